/* SPDX-License-Identifier: MIT */
/* Masking, which is its own inverse (RFC 6455 §5.3). */
#ifndef HAWSER_WIRE_MASK_H
#define HAWSER_WIRE_MASK_H

#include <stdbool.h>
#include <string.h>

#include "hawser/span.h"
#include "wire/kernels.h"

/* Payloads under this many bytes are masked in line: a call through the table would cost as much
 * as the work. */
enum { HWS_MASK_SHORT = 32 };

void hws_mask_scalar(uint8_t *bytes, size_t size, uint64_t key);
void hws_mask_sse2(uint8_t *bytes, size_t size, uint64_t key);
void hws_mask_avx2(uint8_t *bytes, size_t size, uint64_t key);
void hws_mask_neon(uint8_t *bytes, size_t size, uint64_t key);

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

/* At most 4 bytes. */
static inline void hws_mask_bytes(uint8_t *bytes, size_t size, uint64_t key)
{
    const uint32_t half = (uint32_t)key;
    uint8_t lane[4];
    memcpy(lane, &half, sizeof lane);
    for (size_t i = 0; i < size; i++) bytes[i] ^= lane[i];
}

/* In words, none of which overlap: what was stored is soon loaded again, and a processor hands a
 * store on to a load only if one store holds all of it. */
static inline void hws_mask_words(uint8_t *bytes, size_t size, uint64_t key)
{
    for (; size >= 8; bytes += 8, size -= 8) hws_mask_store(bytes, hws_mask_load(bytes) ^ key);
    if (size & 4) {
        uint32_t half;
        memcpy(&half, bytes, sizeof half);
        half ^= (uint32_t)key;
        memcpy(bytes, &half, sizeof half);
        bytes += 4;
    }
    hws_mask_bytes(bytes, size & 3, key);
}

/* Masks or unmasks `payload` in place.
 *
 * offset   Where in the payload of the frame it starts, in bytes. */
static inline void hws_mask(const hws_kernels *kernels, hws_span payload, const uint8_t key[4],
                            uint64_t offset)
{
    const uint64_t word = hws_mask_turn(hws_mask_twice(key), offset);
    if (payload.size < HWS_MASK_SHORT)
        hws_mask_words(payload.data, payload.size, word);
    else
        kernels->mask(payload.data, payload.size, word);
}

#endif /* HAWSER_WIRE_MASK_H */
