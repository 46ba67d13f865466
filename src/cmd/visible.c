/* SPDX-License-Identifier: MIT */
/* Text of a peer, for a terminal: what is written can be read, and steers nothing. */
#include "cmd/visible.h"

#include <stdbool.h>
#include <stdint.h>

#include "hawser/utf8.h"

enum { CHARACTER_SIZE_MAX = 4 }; /* bytes, in UTF-8 */

typedef struct range {
    uint32_t first;
    uint32_t last;
} range;

/* What a terminal obeys, or shows elsewhere than where it stands. */
static const range steering[] = {
    {0x00, 0x08},     {0x0A, 0x1F},     {0x7F, 0x9F},     {0x061C, 0x061C},
    {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x2069},
};

enum { STEERING_COUNT = sizeof steering / sizeof *steering };

static bool steers(uint32_t character)
{
    for (size_t i = 0; i < STEERING_COUNT; i++)
        if (character >= steering[i].first && character <= steering[i].last) return true;
    return false;
}

/* The size of the character at `at`; 0: this is no UTF-8. */
static size_t character_size(const uint8_t *at, size_t left)
{
    hws_utf8 utf8 = {0};
    for (size_t size = 1; size <= left && size <= CHARACTER_SIZE_MAX; size++) {
        if (hws_utf8_feed(&utf8, at + size - 1, 1) != HWS_OK) return 0;
        if (hws_utf8_finish(&utf8) == HWS_OK) return size;
    }
    return 0;
}

/* The code point of a character that is valid. */
static uint32_t decode(const uint8_t *at, size_t size)
{
    static const uint8_t lead_bits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t character = at[0] & lead_bits[size];
    for (size_t i = 1; i < size; i++) character = character << 6 | (at[i] & 0x3F);
    return character;
}

/* How many bytes at `at` can be shown as they are; 0: escape one byte. */
static size_t shown_size(const uint8_t *at, size_t left)
{
    const size_t size = character_size(at, left);
    return size > 0 && steers(decode(at, size)) ? 0 : size;
}

static void write_text(FILE *file, const char *text)
{
    if (text) fputs(text, file);
}

void visible_write(FILE *file, const char *text, size_t size, const visible_style *style)
{
    const uint8_t *at = (const uint8_t *)text;
    const uint8_t *end = at + size;
    bool escaping = false;
    size_t shown;
    for (; at<end; at += shown> 0 ? shown : 1) {
        const bool is_line_end = *at == '\n' && style->line_begin;
        shown = is_line_end ? 1 : shown_size(at, (size_t)(end - at));
        if (escaping != (shown == 0)) {
            escaping = !escaping;
            write_text(file, escaping ? style->escape_begin : style->escape_end);
        }
        if (shown > 0)
            fwrite(at, 1, shown, file);
        else
            fprintf(file, "\\x%02x", *at);
        if (is_line_end) fputs(style->line_begin, file);
    }
    if (escaping) write_text(file, style->escape_end);
}
