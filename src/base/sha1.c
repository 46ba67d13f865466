/* SPDX-License-Identifier: MIT */
/* Names and numbers of clauses are those of FIPS 180-4. */
#include "base/sha1.h"

#include <stdbool.h>
#include <string.h>

#include "base/span.h"

enum {
    BLOCK_SIZE = 64,
    LENGTH_SIZE = 8, /* the count of bits that ends the last block */
    ROUND_COUNT = 80,
};

static uint32_t rotate_left(uint32_t word, unsigned count)
{
    return word << count | word >> (32 - count);
}

/* §4.1.1 and §4.2.1: choose, parity, majority, parity; each with a constant of its own. */
static uint32_t mix(unsigned round, uint32_t b, uint32_t c, uint32_t d)
{
    if (round < 20) return ((b & c) ^ (~b & d)) + 0x5A827999;
    if (round < 40) return (b ^ c ^ d) + 0x6ED9EBA1;
    if (round < 60) return ((b & c) ^ (b & d) ^ (c & d)) + 0x8F1BBCDC;
    return (b ^ c ^ d) + 0xCA62C1D6;
}

/* §6.1.2 */
static void add_block(uint32_t hash[5], const uint8_t block[BLOCK_SIZE])
{
    uint32_t schedule[ROUND_COUNT];
    for (size_t t = 0; t < 16; t++) schedule[t] = (uint32_t)hws_load_be(block + 4 * t, 4);
    for (size_t t = 16; t < ROUND_COUNT; t++)
        schedule[t] =
            rotate_left(schedule[t - 3] ^ schedule[t - 8] ^ schedule[t - 14] ^ schedule[t - 16], 1);

    uint32_t a = hash[0];
    uint32_t b = hash[1];
    uint32_t c = hash[2];
    uint32_t d = hash[3];
    uint32_t e = hash[4];
    for (unsigned t = 0; t < ROUND_COUNT; t++) {
        const uint32_t next = rotate_left(a, 5) + mix(t, b, c, d) + e + schedule[t];
        e = d;
        d = c;
        c = rotate_left(b, 30);
        b = a;
        a = next;
    }
    hash[0] += a;
    hash[1] += b;
    hash[2] += c;
    hash[3] += d;
    hash[4] += e;
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
