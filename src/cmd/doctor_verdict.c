/* SPDX-License-Identifier: MIT */
/* Writes the verdict for people: what is wrong, what to do. */
#include "cmd/doctor_verdict.h"

#include <inttypes.h>
#include <string.h>

#include "cmd/doctor_mask.h"
#include "cmd/visible.h"

enum {
    LINE_SIZE = 92,  /* columns */
    LABEL_SIZE = 10, /* of them for "Remedy:" */
};

static const char red[] = "\x1b[1;31m";
static const char yellow[] = "\x1b[33m";
static const char green[] = "\x1b[1;32m";
static const char plain[] = "\x1b[0m";

static void write_label(FILE *file, const char *label, const char *color, const doctor_style *style)
{
    const int padding = LABEL_SIZE - (int)strlen(label);
    const bool is_colored = style->has_colors && color;
    fprintf(file, "%s%s%s%*s", is_colored ? color : "", label, is_colored ? plain : "", padding,
            "");
}

/* Words of one line, broken where the next one would be too far to the right. */
static void write_words(FILE *file, const char *line, size_t size)
{
    size_t column = LABEL_SIZE;
    size_t i = 0;
    while (i < size) {
        size_t word = 0;
        while (i + word < size && line[i + word] != ' ') word++;
        if (column > LABEL_SIZE && column + 1 + word > LINE_SIZE) {
            fprintf(file, "\n%*s", LABEL_SIZE, "");
            column = LABEL_SIZE;
        } else if (column > LABEL_SIZE) {
            fputc(' ', file);
            column++;
        }
        visible_write(file, line + i, word, &(visible_style){0});
        column += word;
        i += word < size - i ? word + 1 : word;
    }
}

/* Lines that begin with a space are to be copied as they are. */
static void write_lines(FILE *file, const char *text)
{
    while (*text != '\0') {
        const size_t size = strcspn(text, "\n");
        if (text[0] == ' ') {
            visible_write(file, text, size, &(visible_style){0});
        } else {
            write_words(file, text, size);
        }
        text += size;
        if (*text != '\n') break;
        text++;
        fprintf(file, "\n%*s", LABEL_SIZE, "");
    }
    fputc('\n', file);
}

static void write_part(FILE *file, const char *label, const char *color, const char *text,
                       const doctor_style *style)
{
    char masked[2 * DOCTOR_FAULT_REMEDY_SIZE];
    doctor_mask_text(text, strlen(text), masked, sizeof masked);
    write_label(file, label, color, style);
    write_lines(file, masked);
}

static void write_fault(FILE *file, const doctor_fault *fault, const doctor_style *style)
{
    static const struct look {
        const char *label;
        const char *color;
    } looks[] = {
        [DOCTOR_FAULT] = {"Fault:", red},
        [DOCTOR_WARNING] = {"Warning:", yellow},
        [DOCTOR_NOTE] = {"Note:", NULL},
    };
    const struct look *look = &looks[fault->gravity];
    write_part(file, look->label, look->color, fault->text, style);
    if (fault->remedy[0] != '\0') write_part(file, "Remedy:", NULL, fault->remedy, style);
}

static void write_health(FILE *file, const doctor_report *report, const doctor_style *style)
{
    char text[2 * DOCTOR_URL_SIZE];
    const doctor_step *answer = doctor_report_step(report, HWS_STEP_RESPONSE);
    const double open_ms = answer ? (double)answer->at_us / 1000 : 0;
    snprintf(text, sizeof text, "%s opens in %.1f ms.", report->question.url, open_ms);
    write_part(file, "Healthy:", green, text, style);
}

void doctor_verdict_print(FILE *file, const doctor_report *report, const doctor_faults *faults,
                          const doctor_style *style)
{
    if (doctor_fault_count(faults, DOCTOR_FAULT) == 0) write_health(file, report, style);
    for (size_t i = 0; i < faults->count; i++) write_fault(file, &faults->fault[i], style);
}
