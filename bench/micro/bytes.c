/* SPDX-License-Identifier: MIT */
/* Payloads lie as they come: behind headers of 6 bytes, seldom aligned, the short ones in a row.
 * To mask one in place over and over would show how the processor hands on stores instead. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contest.h"
#include "micro.h"
#include "wire/mask.h"
#include "wire/utf8.h"

enum { HEADER_SIZE = 6, ROW_SIZE = 16384, SIZE_MOST = 1 << 20 };

static const size_t SIZES[] = {20, 125, 1024, 16384, SIZE_MOST};

typedef struct payloads {
    uint8_t *bytes;
    uint8_t *copy;
    size_t size;
    size_t count;
    bool told; /* what the last one was found to be */
} payloads;

static hws_span payload_at(const payloads *it, size_t i)
{
    return (hws_span){it->bytes + HEADER_SIZE + i * (it->size + HEADER_SIZE), it->size};
}

static void copy(const void *with, void *on)
{
    (void)with;
    payloads *it = on;
    for (size_t i = 0; i < it->count; i++)
        memcpy(it->copy + i * it->size, payload_at(it, i).data, it->size);
}

static void search(const void *with, void *on)
{
    (void)with;
    payloads *it = on;
    for (size_t i = 0; i < it->count; i++)
        it->told = memchr(payload_at(it, i).data, 0xFF, it->size) != NULL;
}

static void mask(const void *with, void *on)
{
    static const uint8_t KEY[4] = {0x37, 0xfa, 0x21, 0x3d};
    payloads *it = on;
    for (size_t i = 0; i < it->count; i++) it->told = hws_mask(with, payload_at(it, i), KEY, 0);
}

/* A key of zeros, which costs as much as any, leaves the text a text. */
static void unmask_text(const void *with, void *on)
{
    static const uint8_t KEY[4] = {0};
    payloads *it = on;
    for (size_t i = 0; i < it->count; i++) {
        hws_utf8 utf8 = {0};
        if (hws_utf8_unmask(with, &utf8, payload_at(it, i), KEY, 0) != HWS_OK) abort();
        if (hws_utf8_finish(&utf8) != HWS_OK) abort();
    }
}

static void validate(const void *with, void *on)
{
    payloads *it = on;
    for (size_t i = 0; i < it->count; i++) {
        hws_utf8 utf8 = {0};
        if (hws_utf8_check(with, &utf8, payload_at(it, i)) != HWS_OK) abort();
        if (hws_utf8_finish(&utf8) != HWS_OK) abort();
    }
}

/* `text` over and over, as far as whole characters fit, and then spaces. */
static void write_text(hws_span payload, const char *text)
{
    const size_t text_size = strlen(text);
    for (size_t i = 0; i < payload.size; i++) payload.data[i] = (uint8_t)text[i % text_size];
    size_t end = payload.size;
    while (end > 0 && ((uint8_t)text[end % text_size] & 0xC0) == 0x80) end--;
    memset(payload.data + end, ' ', payload.size - end);
}

static void run(const char *title, const char *text, void (*baseline)(const void *, void *),
                void (*work)(const void *, void *), payloads *it)
{
    const hws_kernels *list[HWS_KERNELS_MAX];
    const size_t count = hws_kernels_all(list);
    way ways[1 + HWS_KERNELS_MAX] = {
        {.name = baseline == copy ? "memcpy" : "memchr", .work = baseline}};
    for (size_t k = 0; k < count; k++) ways[1 + k] = (way){list[k]->name, work, list[k]};
    contest_print_names(ways, 1 + count);
    for (size_t s = 0; s < sizeof SIZES / sizeof *SIZES; s++) {
        it->size = SIZES[s];
        it->count = it->size < ROW_SIZE ? ROW_SIZE / (it->size + HEADER_SIZE) : 1;
        for (size_t i = 0; i < it->count; i++) write_text(payload_at(it, i), text);
        contest_run(&(contest){.title = title,
                               .size = it->size,
                               .item_count = it->count,
                               .on = it,
                               .ways = ways,
                               .way_count = 1 + count});
    }
}

void micro_bytes(void)
{
    static const struct {
        const char *name;
        const char *text;
    } TEXTS[] = {
        {"ascii", "The quick brown fox jumps over the lazy dog. "},
        {"chinese", "我能吞下玻璃而不伤身体。"},
        {"cyrillic", "Съешь же ещё этих мягких французских булок, "},
        {"emoji", "😀🎉👍🚀"},
        {"chat", "ok, see you at the café tomorrow at 8 😀 — привет Ане, 明天见! "},
    };
    static payloads it;
    char title[32];
    it.bytes = malloc(SIZE_MOST + HEADER_SIZE + ROW_SIZE);
    it.copy = malloc(SIZE_MOST);
    if (!it.bytes || !it.copy) abort();
    run("mask", "x", copy, mask, &it);
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        snprintf(title, sizeof title, "unmask %s", TEXTS[i].name);
        run(title, TEXTS[i].text, copy, unmask_text, &it);
    }
    for (size_t i = 0; i < sizeof TEXTS / sizeof *TEXTS; i++) {
        snprintf(title, sizeof title, "utf8 %s", TEXTS[i].name);
        run(title, TEXTS[i].text, search, validate, &it);
    }
    free(it.bytes);
    free(it.copy);
}
