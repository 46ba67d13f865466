/* SPDX-License-Identifier: MIT */
/* Bytes as vectors write them: hex, text, repeats and frames.  See
 * tests/vectors/endpoint/README.md.
 *
 *     items   = *( item [ "*" number ] )
 *     item    = hex digits | '"' text '"' | [ "!" ] "[" head items "]"
 *     head    = first byte in hex, [ "key=" 8 hex digits ],
 *               [ ( "size7=" | "size16=" | "size64=" ) number ]
 */
#ifndef HAWSER_TESTS_ITEMS_H
#define HAWSER_TESTS_ITEMS_H

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "hawser/frame.h"
#include "lib/cmocka.h"

typedef struct items {
    uint8_t *data;
    size_t size;
    size_t capacity;
} items;

static inline void items_reserve(items *out, size_t extra)
{
    if (out->size + extra <= out->capacity) return;
    out->capacity = (out->size + extra) * 2 + 64;
    out->data = realloc(out->data, out->capacity);
    assert_non_null(out->data);
}

static inline void items_add(items *out, const void *bytes, size_t size)
{
    items_reserve(out, size);
    if (size > 0) memcpy(out->data + out->size, bytes, size);
    out->size += size;
}

/* Makes `count` of what stands behind `start`. */
static inline void items_repeat(items *out, size_t start, size_t count)
{
    const size_t size = out->size - start;
    items_reserve(out, size * count);
    for (size_t i = 1; i < count; i++) items_add(out, out->data + start, size);
    if (count == 0) out->size = start;
}

static inline void items_release(items *out)
{
    free(out->data);
    *out = (items){0};
}

/* How frames are masked: by a client, with this key unless another is given. */
typedef struct items_style {
    bool masked;
    uint8_t key[4];
} items_style;

static inline void items_bad(const char *at)
{
    fail_msg("cannot read the vector at: %.40s", at);
}

static inline uint8_t items_hex(const char **at)
{
    char digits[3] = {0};
    for (int i = 0; i < 2; i++) {
        if (!isxdigit((unsigned char)**at)) items_bad(*at);
        digits[i] = *(*at)++;
    }
    return (uint8_t)strtoul(digits, NULL, 16);
}

static inline bool items_skip(const char **at, const char *word)
{
    while (**at == ' ') (*at)++;
    if (strncmp(*at, word, strlen(word)) != 0) return false;
    *at += strlen(word);
    return true;
}

static inline uint64_t items_number(const char **at)
{
    char *end;
    const uint64_t number = strtoull(*at, &end, 10);
    if (end == *at) items_bad(*at);
    *at = end;
    return number;
}

static inline void items_add_number(items *out, uint64_t number, int size)
{
    for (int shift = (size - 1) * 8; shift >= 0; shift -= 8)
        items_add(out, &(uint8_t){(uint8_t)(number >> shift)}, 1);
}

static inline void items_read(items *out, const char **at, const items_style *style);

/* Frames are written out here, not by the library: it is what is tested. */
static inline void items_read_frame(items *out, const char **at, items_style style)
{
    const uint8_t first = (items_skip(at, ""), items_hex(at));
    if (items_skip(at, "key="))
        for (int i = 0; i < 4; i++) style.key[i] = items_hex(at);
    const int form = items_skip(at, "size7=")    ? 7
                     : items_skip(at, "size16=") ? 16
                     : items_skip(at, "size64=") ? 64
                                                 : 0;
    const uint64_t stated = form ? items_number(at) : 0;
    items payload = {0};
    items_read(&payload, at, &style);
    if (!items_skip(at, "]")) items_bad(*at);

    const uint64_t size = form ? stated : payload.size;
    const uint8_t mask_bit = style.masked ? 0x80 : 0;
    items_add(out, &first, 1);
    if (form == 7 || (!form && size < 126)) {
        items_add_number(out, mask_bit | size, 1);
    } else if (form == 16 || (!form && size < 65536)) {
        items_add_number(out, mask_bit | 126, 1);
        items_add_number(out, size, 2);
    } else {
        items_add_number(out, mask_bit | 127, 1);
        items_add_number(out, size, 8);
    }
    if (style.masked) items_add(out, style.key, 4);
    for (size_t i = 0; style.masked && i < payload.size; i++) payload.data[i] ^= style.key[i % 4];
    items_add(out, payload.data, payload.size);
    items_release(&payload);
}

static inline void items_read_one(items *out, const char **at, const items_style *style)
{
    items_style frame_style = *style;
    if (items_skip(at, "![")) {
        frame_style.masked = !style->masked;
        items_read_frame(out, at, frame_style);
    } else if (items_skip(at, "[")) {
        items_read_frame(out, at, frame_style);
    } else if (items_skip(at, "\"")) {
        while (**at && **at != '"') items_add(out, (*at)++, 1);
        if (!items_skip(at, "\"")) items_bad(*at);
    } else {
        items_add(out, &(uint8_t){items_hex(at)}, 1);
    }
}

/* Reads up to the end, or to a bracket or word that is no item. */
static inline void items_read(items *out, const char **at, const items_style *style)
{
    while (items_skip(at, ""), **at && !strchr("]-\n", **at)) {
        const size_t start = out->size;
        items_read_one(out, at, style);
        if (**at != '*') continue;
        ++*at;
        items_repeat(out, start, (size_t)items_number(at));
    }
}

#endif /* HAWSER_TESTS_ITEMS_H */
