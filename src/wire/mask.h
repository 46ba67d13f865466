/* SPDX-License-Identifier: MIT */
/* Masking (RFC 6455 §5.3): payload xor key, the same operation in both directions. */
#ifndef HAWSER_WIRE_MASK_H
#define HAWSER_WIRE_MASK_H

#include <string.h>

#include "hawser/span.h"
#include "wire/kernels.h"

enum { HWS_MASK_SHORT_MAX = 64 }; /* bytes that are not worth an indirect call */

void hws_mask_scalar(uint8_t *bytes, size_t size, const uint8_t key[4]);
void hws_mask_sse2(uint8_t *bytes, size_t size, const uint8_t key[4]);
void hws_mask_avx2(uint8_t *bytes, size_t size, const uint8_t key[4]);
void hws_mask_neon(uint8_t *bytes, size_t size, const uint8_t key[4]);

/* By eights, then by one: the key twice makes a word, and 8 is a multiple of 4, so that the phase
 * never changes. */
static inline void hws_mask_words(uint8_t *bytes, size_t size, const uint8_t key[4])
{
    uint64_t key_word;
    memcpy(&key_word, key, 4);
    memcpy((uint8_t *)&key_word + 4, key, 4);

    size_t at = 0;
    for (; size - at >= sizeof key_word; at += sizeof key_word) {
        uint64_t word;
        memcpy(&word, bytes + at, sizeof word);
        word ^= key_word;
        memcpy(bytes + at, &word, sizeof word);
    }
    for (; at < size; at++) bytes[at] ^= key[at % 4];
}

/* Masks `bytes` in place, or unmasks them.
 *
 * offset   How far into the frame's payload `bytes` starts: a frame can be masked in pieces. */
static inline void hws_mask(const hws_kernels *kernels, hws_span bytes, const uint8_t key[4],
                            uint64_t offset)
{
    uint8_t turned[4];
    for (size_t i = 0; i < sizeof turned; i++) turned[i] = key[(offset + i) % 4];
    if (bytes.size <= HWS_MASK_SHORT_MAX)
        hws_mask_words(bytes.data, bytes.size, turned);
    else
        kernels->mask(bytes.data, bytes.size, turned);
}

#endif /* HAWSER_WIRE_MASK_H */
