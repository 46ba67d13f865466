/* SPDX-License-Identifier: MIT */
#include "wire/http_run.h"

#include <stdbool.h>

#include "base/text.h"

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))
#define TOPS EACH(0x80)

/* The words: the first byte is the lowest, and what a byte does to those above it comes too late
 * to matter, as only the first stranger is looked for.  An answer is the top bits of some bytes. */

/* One instruction, which compilers find in this. */
static uint64_t load(const uint8_t *bytes)
{
    return (uint64_t)bytes[0] | (uint64_t)bytes[1] << 8 | (uint64_t)bytes[2] << 16 |
           (uint64_t)bytes[3] << 24 | (uint64_t)bytes[4] << 32 | (uint64_t)bytes[5] << 40 |
           (uint64_t)bytes[6] << 48 | (uint64_t)bytes[7] << 56;
}

/* Which are under `limit`, which is at most 0x80. */
static uint64_t under(uint64_t word, uint64_t limit)
{
    return (word - EACH(limit)) & ~word & TOPS;
}

static uint64_t equal(uint64_t word, uint64_t byte)
{
    return under(word ^ EACH(byte), 1);
}

/* Which are none of a to z, A to Z, and the dash. */
static uint64_t strange_in_token(uint64_t word)
{
    const uint64_t lower = word | EACH(0x20);
    const uint64_t letters = (lower + EACH(0x80 - 'a')) & ~(lower + EACH(0x80 - ('z' + 1)));
    const uint64_t dashes = (word + EACH(0x80 - '-')) & ~(word + EACH(0x80 - ('-' + 1)));
    return ~(letters | dashes) & TOPS;
}

static uint64_t strange_in_target(uint64_t word)
{
    return (word & TOPS) | under(word, ' ' + 1) | equal(word, 0x7F) | equal(word, '#');
}

static uint64_t strange_in_value(uint64_t word)
{
    return under(word, ' ') | equal(word, 0x7F);
}

static bool is_token(uint8_t byte)
{
    return hws_character_is_token((char)byte);
}

static bool is_target(uint8_t byte)
{
    return byte > ' ' && byte < 0x7F && byte != '#';
}

static bool is_value(uint8_t byte)
{
    return (byte >= ' ' && byte != 0x7F) || byte == '\t';
}

static inline size_t run(hws_span input, uint64_t (*strange)(uint64_t word),
                         bool (*belongs)(uint8_t byte))
{
    size_t size = 0;
    uint64_t found = 0;
    for (; found == 0 && input.size - size >= 8; size += 8)
        found = strange(load(input.data + size));
    if (found != 0) size -= 8 - (size_t)__builtin_ctzll(found) / 8;
    while (size < input.size && belongs(input.data[size])) size++;
    return size;
}

size_t hws_http_run_token(hws_span input)
{
    return run(input, strange_in_token, is_token);
}

size_t hws_http_run_target(hws_span input)
{
    return run(input, strange_in_target, is_target);
}

size_t hws_http_run_value(hws_span input)
{
    return run(input, strange_in_value, is_value);
}
