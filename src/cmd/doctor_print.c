/* SPDX-License-Identifier: MIT */
/* Writes what was seen for people: a line a step. */
#include "cmd/doctor_print.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "cmd/doctor_answer.h"
#include "cmd/doctor_certificate.h"
#include "cmd/doctor_deflate.h"
#include "cmd/doctor_mask.h"
#include "cmd/doctor_talk.h"
#include "cmd/doctor_trial.h"
#include "cmd/doctor_verdict.h"
#include "cmd/visible.h"

enum {
    SUBJECT_SIZE = 34,                 /* columns */
    TEXT_SIZE = DOCTOR_NAMES_SIZE * 2, /* bytes of one line */
};

static const uint64_t NO_TIME = UINT64_MAX;

static const char dim[] = "\x1b[2m";
static const char plain[] = "\x1b[0m";

/* Where it goes. */
typedef struct page {
    FILE *file;
    const doctor_report *report;
    const doctor_style *style;
} page;

/* What a peer said, among others: secrets hidden, controls made visible. */
static void write_text(const page *it, const char *text)
{
    char masked[TEXT_SIZE];
    doctor_mask_text(text, strlen(text), masked, sizeof masked);
    visible_write(it->file, masked, strlen(masked), &(visible_style){0});
}

/* What stands between subject and text: the time, in its column. */
static void write_gap(const page *it, size_t subject_size, uint64_t took_us, bool has_text)
{
    const int padding = subject_size < SUBJECT_SIZE ? (int)(SUBJECT_SIZE - subject_size) : 1;
    if (took_us != NO_TIME) {
        fprintf(it->file, "%*s%8.1f ms%s", padding, "", (double)took_us / 1000,
                has_text ? "   " : "");
    } else if (has_text) {
        fprintf(it->file, "%*s%14s", padding, "", "");
    }
}

static void write_row(const page *it, const char *label, const char *subject, uint64_t took_us,
                      const char *format, ...) __attribute__((format(printf, 5, 6)));

/* "tcp       127.0.0.1 port 80          0.1 ms   connected" */
static void write_row(const page *it, const char *label, const char *subject, uint64_t took_us,
                      const char *format, ...)
{
    char text[TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);

    fprintf(it->file, "%s%-10s%s", it->style->has_colors ? dim : "", label,
            it->style->has_colors ? plain : "");
    write_text(it, subject);
    write_gap(it, strlen(subject), took_us, text[0] != '\0');
    write_text(it, text);
    fputc('\n', it->file);
}

static void write_name(const page *it)
{
    const doctor_step *begin = doctor_report_step(it->report, HWS_STEP_RESOLVE);
    const doctor_step *end = doctor_report_step(it->report, HWS_STEP_RESOLVED);
    if (begin && end)
        write_row(it, "name", begin->text, end->took_us, "%s",
                  end->text[0] != '\0' ? end->text : hws_status_text(end->status));
}

static const char *word_of(hws_status status, const char *good)
{
    return status == HWS_OK ? good : hws_status_text(status);
}

/* The way to a proxy is told by its steps; that to the host by its addresses, whoever tried
 * them. */
static void write_way(const page *it)
{
    const doctor_report *report = it->report;
    const doctor_step *proxy = doctor_report_step(report, HWS_STEP_PROXY);
    for (size_t i = 0; i < report->step_count; i++) {
        const doctor_step *step = &report->step[i];
        if (step->type == HWS_STEP_CONNECTED && report->address_count == 0)
            write_row(it, "connect", step->text, step->took_us, "%s",
                      word_of(step->status, "connected"));
    }
    for (size_t i = 0; i < report->address_count; i++) {
        const doctor_address *address = &report->address[i];
        if (address->is_done)
            write_row(it, "tcp", address->text, address->took_us, "%s",
                      word_of(address->status, "connected"));
    }
    if (proxy)
        write_row(it, "proxy", proxy->status == HWS_OK ? "open" : "not open", proxy->took_us, "%s",
                  proxy->text);
}

static void write_certificate(const page *it, const doctor_certificate *certificate)
{
    char until[32];
    doctor_certificate_date(certificate->not_after_s, until, sizeof until);
    write_row(it, "", certificate->subject, NO_TIME, "until %s, by %s", until, certificate->issuer);
}

static void write_tls(const page *it)
{
    const doctor_tls *tls = &it->report->tls;
    const doctor_step *step = doctor_report_step(it->report, HWS_STEP_TLS);
    if (!step) return;
    write_row(it, "tls", tls->version[0] != '\0' ? tls->version : "none", step->took_us, "%s",
              step->status != HWS_OK ? step->text
              : tls->is_trusted      ? tls->cipher
                                     : tls->distrust);
    for (size_t i = 0; i < tls->chain_count; i++) write_certificate(it, &tls->chain[i]);
    if (tls->chain_count > 0 && tls->chain[0].names[0] != '\0')
        write_row(it, "", "for", NO_TIME, "%s", tls->chain[0].names);
}

/* The status line, or what stands in its place. */
static void first_line(const doctor_bytes *bytes, char *text, size_t size)
{
    const size_t length = bytes->size < size ? bytes->size : size - 1;
    memcpy(text, bytes->data, length);
    text[length] = '\0';
    text[strcspn(text, "\r\n")] = '\0';
}

/* One of a 101: "ok", or that it is not. */
static void write_header(const page *it, const doctor_header *header)
{
    if (!header->is_there && !header->fault) return;
    write_row(it, "", header->name, NO_TIME, "%s%s", header->is_there ? header->value : "missing",
              !header->fault     ? "   ok"
              : header->is_there ? "   wrong"
                                 : "");
}

/* Of an answer in which nothing is wrong they say nothing. */
static void write_headers(const page *it)
{
    doctor_answer answer;
    doctor_header headers[DOCTOR_HEADER_COUNT];
    size_t wrong_count = 0;
    doctor_answer_read(&answer, it->report);
    if (answer.is_head && answer.response.status == 101) {
        doctor_answer_headers(&answer, headers);
        for (size_t i = 0; i < DOCTOR_HEADER_COUNT; i++) wrong_count += headers[i].fault != NULL;
        for (size_t i = 0; i < DOCTOR_HEADER_COUNT && wrong_count > 0; i++)
            write_header(it, &headers[i]);
    }
    doctor_answer_release(&answer);
}

static void write_answer(const page *it)
{
    const doctor_step *step = doctor_report_step(it->report, HWS_STEP_RESPONSE);
    char line[DOCTOR_LINE_SIZE];
    if (!step) return;
    first_line(&it->report->answer, line, sizeof line);
    const bool is_http = strncmp(line, "HTTP/", 5) == 0;
    const char *words = is_http ? line + strcspn(line, " ") : line;
    while (*words == ' ') words++;
    write_row(it, is_http ? "http" : "answer", words[0] != '\0' ? words : "none", step->took_us,
              "%s", is_http && step->status != HWS_OK ? "" : step->text);
    write_headers(it);
}

static void write_echo(const page *it)
{
    const doctor_talk *talk = &it->report->talk;
    switch (talk->echo) {
    case DOCTOR_ECHO_SAME:
        write_row(it, "echo", "our message came back", talk->echo_us, "%s", "");
        break;
    case DOCTOR_ECHO_OTHER:
        write_row(it, "echo", "no: it answers in its own way", NO_TIME, "%s", "");
        break;
    case DOCTOR_ECHO_NONE:
        write_row(it, "echo", "no: our message did not come back", NO_TIME, "%s", "");
        break;
    case DOCTOR_ECHO_NOT_TRIED:
        break;
    }
}

/* What was agreed on, and out of what. */
static void write_extension(const page *it)
{
    char offered[DOCTOR_LINE_SIZE];
    const char *agreed = it->report->talk.extensions;
    doctor_answer answer;
    doctor_answer_read(&answer, it->report);
    doctor_answer_offered(&answer, offered, sizeof offered);
    doctor_answer_release(&answer);
    write_row(it, "extension", agreed[0] != '\0' ? agreed : "none", NO_TIME, "%s%s",
              offered[0] != '\0' ? "offered: " : "", offered);
}

static void write_deflate(const page *it)
{
    const doctor_talk *talk = &it->report->talk;
    char text[DOCTOR_LINE_SIZE];
    if (!talk->deflate.agreed) return;
    doctor_deflate_describe(it->report, text, sizeof text);
    const bool is_back = talk->sample == DOCTOR_ECHO_SAME;
    write_row(it, "deflate",
              is_back                                 ? "a compressed message came back"
              : talk->sample == DOCTOR_ECHO_NOT_TRIED ? "agreed on, not tried"
                                                      : "a compressed message did not come back",
              is_back ? talk->sample_us : NO_TIME, "%s", text);
}

static void write_talk(const page *it)
{
    const doctor_talk *talk = &it->report->talk;
    if (!talk->is_open) return;
    if (talk->protocol[0] != '\0')
        write_row(it, "protocol", talk->protocol, NO_TIME, "%s", "subprotocol agreed on");
    write_extension(it);
    if (talk->is_ponged) {
        write_row(it, "ping", "answered", talk->pong_us, "%s", "there and back");
    } else if (talk->is_pinged) {
        write_row(it, "ping", "not answered", NO_TIME, "%s", "");
    }
    if (talk->message_count > 0)
        write_row(it, "messages", "came unasked", NO_TIME, "%" PRIu32, talk->message_count);
    write_echo(it);
    write_deflate(it);
    char code[DOCTOR_LINE_SIZE];
    snprintf(code, sizeof code, "%d%s%s", talk->code, talk->reason[0] != '\0' ? " " : "",
             talk->reason);
    write_row(it, "close", code, talk->close_us, "%s",
              talk->was_clean          ? "in order"
              : talk->cause[0] != '\0' ? talk->cause
                                       : doctor_talk_code_text(talk->code));
}

static void write_trials(const page *it)
{
    for (size_t i = 0; i < it->report->trial_count; i++) {
        const doctor_trial *trial = &it->report->trial[i];
        char what[DOCTOR_URL_SIZE];
        char result[DOCTOR_LINE_SIZE];
        doctor_trial_describe(trial, what, sizeof what);
        if (trial->http_status != 0 && !trial->is_open) {
            snprintf(result, sizeof result, "HTTP %d", trial->http_status);
        } else {
            snprintf(result, sizeof result, "%s",
                     trial->is_open ? "opens" : hws_status_text(trial->status));
        }
        write_row(it, "tried", result, NO_TIME, "%s", what);
    }
}

/* Line by line, behind a mark that says whose they are. */
static void write_head(const page *it, const char *mark, const doctor_bytes *bytes)
{
    size_t i = 0;
    while (i < bytes->size) {
        const char *line = bytes->data + i;
        const char *end = memchr(line, '\n', bytes->size - i);
        const size_t whole = end ? (size_t)(end - line) + 1 : bytes->size - i;
        size_t size = end ? whole - 1 : whole;
        if (size > 0 && line[size - 1] == '\r') size--;
        char masked[2 * HWS_HTTP_LINE_SIZE_MAX];
        doctor_mask_line(line, size, masked, sizeof masked);
        fprintf(it->file, "%s ", mark);
        visible_write(it->file, masked, strlen(masked), &(visible_style){0});
        fputc('\n', it->file);
        i += whole;
    }
}

static void write_heads(const page *it)
{
    if (it->report->request.size == 0) return;
    fputc('\n', it->file);
    write_head(it, ">", &it->report->request);
    write_head(it, "<", &it->report->answer);
}

void doctor_print(FILE *file, const doctor_report *report, const doctor_faults *faults,
                  const doctor_style *style)
{
    const page it = {.file = file, .report = report, .style = style};
    write_name(&it);
    write_way(&it);
    write_tls(&it);
    write_answer(&it);
    write_talk(&it);
    write_trials(&it);
    if (style->is_verbose) write_heads(&it);
    fputc('\n', file);
    doctor_verdict_print(file, report, faults, style);
}
