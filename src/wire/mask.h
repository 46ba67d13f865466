/* SPDX-License-Identifier: MIT */
/* Masking, which is its own inverse (RFC 6455 §5.3). */
#ifndef HAWSER_WIRE_MASK_H
#define HAWSER_WIRE_MASK_H

#include <stdbool.h>
#include <string.h>

#include "hawser/span.h"
#include "wire/ascii.h"
#include "wire/kernels.h"

/* Payloads under this many bytes are masked in line: a call through the table would cost as much
 * as the work. */
enum { HWS_MASK_SHORT = 32 };

/* From this size on the vector forms store along the lines of the cache: a store across two of
 * them costs two, but a start off the line costs a vector that is stored twice. */
enum { HWS_MASK_LONG = 768 };

bool hws_mask_scalar(uint8_t *to, const uint8_t *from, size_t size, uint64_t key);
bool hws_mask_sse2(uint8_t *to, const uint8_t *from, size_t size, uint64_t key);
bool hws_mask_avx2(uint8_t *to, const uint8_t *from, size_t size, uint64_t key);
bool hws_mask_avx512(uint8_t *to, const uint8_t *from, size_t size, uint64_t key);
bool hws_mask_neon(uint8_t *to, const uint8_t *from, size_t size, uint64_t key);

static inline uint64_t hws_mask_load(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static inline void hws_mask_store(uint8_t *bytes, uint64_t word)
{
    memcpy(bytes, &word, sizeof word);
}

/* The key of the payload `size` bytes further on. */
static inline uint64_t hws_mask_turn(uint64_t key, uint64_t size)
{
    const bool first_is_low = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
    const unsigned bits = (unsigned)(size % 4) * 8;
    const unsigned rest = (64 - bits) % 64;
    return first_is_low ? key >> bits | key << rest : key << bits | key >> rest;
}

/* The key as it lies in memory, twice over: one word masks 8 bytes, and 8 is a multiple of 4, so
 * every word of the payload takes the same. */
static inline uint64_t hws_mask_twice(const uint8_t key[4])
{
    uint32_t half;
    memcpy(&half, key, sizeof half);
    return (uint64_t)half << 32 | half;
}

/* One word of 8 bytes.  Returns what came out. */
static inline uint64_t hws_mask_word(uint8_t *to, const uint8_t *from, uint64_t key)
{
    const uint64_t word = hws_mask_load(from) ^ key;
    hws_mask_store(to, word);
    return word;
}

/* At most 3 bytes.  Returns the OR of what came out. */
static inline uint64_t hws_mask_bytes(uint8_t *to, const uint8_t *from, size_t size, uint64_t key)
{
    const uint32_t half = (uint32_t)key;
    uint8_t lane[4];
    memcpy(lane, &half, sizeof lane);
    uint64_t any = 0;
    for (size_t i = 0; i < size; i++) any |= to[i] = from[i] ^ lane[i];
    return any;
}

/* Under 32 bytes, in pieces that do not overlap: what was stored is soon loaded again, and a
 * processor hands a store on to a load only if one store holds all of it.  Returns the OR of what
 * came out. */
static inline uint64_t hws_mask_words(uint8_t *to, const uint8_t *from, size_t size, uint64_t key)
{
    uint64_t any = 0;
    size_t at = 0;
    if (size & 16) {
        any = hws_mask_word(to, from, key) | hws_mask_word(to + 8, from + 8, key);
        at = 16;
    }
    if (size & 8) {
        any |= hws_mask_word(to + at, from + at, key);
        at += 8;
    }
    if (size & 4) {
        uint32_t half;
        memcpy(&half, from + at, sizeof half);
        half ^= (uint32_t)key;
        memcpy(to + at, &half, sizeof half);
        any |= half;
        at += 4;
    }
    return any | hws_mask_bytes(to + at, from + at, size & 3, key);
}

/* Copies `from`, masking the copy; `word` is the key of its first byte, twice over, or 0 for a copy
 * alone.  Returns whether what came out is ASCII alone. */
static inline bool hws_mask_copy(const hws_kernels *kernels, uint8_t *to, const uint8_t *from,
                                 size_t size, uint64_t word)
{
    if (size < HWS_MASK_SHORT) return hws_ascii_bits(hws_mask_words(to, from, size, word));
    return kernels->mask(to, from, size, word);
}

/* Masks or unmasks `payload` in place.  Returns whether what came out is ASCII alone.
 *
 * offset   Where in the payload of the frame it starts, in bytes. */
static inline bool hws_mask(const hws_kernels *kernels, hws_span payload, const uint8_t key[4],
                            uint64_t offset)
{
    const uint64_t word = hws_mask_turn(hws_mask_twice(key), offset);
    return hws_mask_copy(kernels, payload.data, payload.data, payload.size, word);
}

#endif /* HAWSER_WIRE_MASK_H */
