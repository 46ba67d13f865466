/* SPDX-License-Identifier: MIT */
/* SipHash-2-4 after the paper by Aumasson and Bernstein: four words are stirred twice for every
 * eight bytes of input and four times at the end. */
#include "base/hash.h"

#include <string.h>

static uint64_t rotate(uint64_t word, unsigned bits)
{
    return (word << bits) | (word >> (64 - bits));
}

static void stir(uint64_t v[4], int rounds)
{
    while (rounds-- > 0) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] = rotate(v[2], 32);
    }
}

static void absorb(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    stir(v, 2);
    v[0] ^= word;
}

/* The paper counts bytes from the least significant end. */
static uint64_t load_le(const uint8_t *bytes, size_t size)
{
    uint64_t word = 0;
    for (size_t i = 0; i < size; i++) word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

uint64_t hws_hash(const hws_hash_key *key, const void *bytes, size_t size)
{
    uint64_t v[4] = {
        key->words[0] ^ 0x736f6d6570736575, /* "somepseu" */
        key->words[1] ^ 0x646f72616e646f6d, /* "dorandom" */
        key->words[0] ^ 0x6c7967656e657261, /* "lygenera" */
        key->words[1] ^ 0x7465646279746573, /* "tedbytes" */
    };
    const uint8_t *at = bytes;
    size_t left = size;
    for (; left >= 8; left -= 8, at += 8) absorb(v, load_le(at, 8));
    absorb(v, load_le(at, left) | (uint64_t)(size & 0xff) << 56);

    v[2] ^= 0xff;
    stir(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}
