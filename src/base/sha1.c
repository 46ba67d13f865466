/* SPDX-License-Identifier: MIT */
/* Names and numbers of clauses are those of FIPS 180-4. */
#include "base/sha1.h"

#include <stdbool.h>
#include <string.h>

#include "base/span.h"

enum {
    BLOCK_SIZE = 64,
    LENGTH_SIZE = 8, /* the count of bits that ends the last block */
};

static uint32_t rotate_left(uint32_t word, unsigned count)
{
    return word << count | word >> (32 - count);
}

/* §4.1.1: the one that the first says, whether their number is odd, what most of them are. */
static inline uint32_t choose(uint32_t b, uint32_t c, uint32_t d)
{
    return d ^ (b & (c ^ d));
}

static inline uint32_t parity(uint32_t b, uint32_t c, uint32_t d)
{
    return b ^ c ^ d;
}

static inline uint32_t majority(uint32_t b, uint32_t c, uint32_t d)
{
    return (b & c) | (d & (b | c));
}

/* §6.1.2, step 3: the five working variables, and a round of them. */
typedef struct variables {
    uint32_t a, b, c, d, e;
} variables;

static inline void turn(variables *now, uint32_t mixed, uint32_t constant, uint32_t word)
{
    const uint32_t next = rotate_left(now->a, 5) + mixed + now->e + constant + word;
    *now = (variables){next, now->a, rotate_left(now->b, 30), now->c, now->d};
}

static inline uint32_t load_word(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* §6.1.3: the next word of the schedule, in the place of the first of the last sixteen. */
static inline uint32_t next_word(uint32_t last[16], size_t t)
{
    const uint32_t mixed =
        last[(t + 13) % 16] ^ last[(t + 8) % 16] ^ last[(t + 2) % 16] ^ last[t % 16];
    return last[t % 16] = rotate_left(mixed, 1);
}

/* §6.1.3, with the constants of §4.2.1. */
static void add_block(uint32_t hash[5], const uint8_t block[BLOCK_SIZE])
{
    uint32_t words[16];
    for (size_t t = 0; t < 16; t++) words[t] = load_word(block + 4 * t);

    variables now = {hash[0], hash[1], hash[2], hash[3], hash[4]};
    size_t t = 0;
    for (; t < 16; t++) turn(&now, choose(now.b, now.c, now.d), 0x5A827999, words[t]);
    for (; t < 20; t++) turn(&now, choose(now.b, now.c, now.d), 0x5A827999, next_word(words, t));
    for (; t < 40; t++) turn(&now, parity(now.b, now.c, now.d), 0x6ED9EBA1, next_word(words, t));
    for (; t < 60; t++) turn(&now, majority(now.b, now.c, now.d), 0x8F1BBCDC, next_word(words, t));
    for (; t < 80; t++) turn(&now, parity(now.b, now.c, now.d), 0xCA62C1D6, next_word(words, t));
    hash[0] += now.a;
    hash[1] += now.b;
    hash[2] += now.c;
    hash[3] += now.d;
    hash[4] += now.e;
}

/* §5.1.1: a one bit, zeros, and the length, to the end of this block or of one more. */
static void add_last(uint32_t hash[5], const uint8_t *rest, size_t rest_size, uint64_t size)
{
    uint8_t blocks[2 * BLOCK_SIZE] = {0};
    if (rest_size > 0) memcpy(blocks, rest, rest_size);
    blocks[rest_size] = 0x80;

    const bool fits = rest_size + 1 + LENGTH_SIZE <= BLOCK_SIZE;
    const size_t padded_size = fits ? BLOCK_SIZE : 2 * BLOCK_SIZE;
    hws_store_be(blocks + padded_size - LENGTH_SIZE, LENGTH_SIZE, size * 8);
    for (size_t at = 0; at < padded_size; at += BLOCK_SIZE) add_block(hash, blocks + at);
}

void hws_sha1(const void *bytes, size_t size, uint8_t digest[HWS_SHA1_SIZE])
{
    /* §5.3.1 */
    uint32_t hash[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    const uint8_t *rest = bytes;
    size_t rest_size = size;
    for (; rest_size >= BLOCK_SIZE; rest_size -= BLOCK_SIZE) {
        add_block(hash, rest);
        rest += BLOCK_SIZE;
    }
    add_last(hash, rest, rest_size, size);
    for (size_t i = 0; i < 5; i++) hws_store_be(digest + 4 * i, 4, hash[i]);
}
