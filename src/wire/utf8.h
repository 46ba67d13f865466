/* SPDX-License-Identifier: MIT */
/* UTF-8 validation with the kernels of this processor. */
#ifndef HAWSER_WIRE_UTF8_H
#define HAWSER_WIRE_UTF8_H

#include <stdbool.h>
#include <string.h>

#include "hawser/span.h"
#include "hawser/utf8.h"
#include "wire/kernels.h"

/* Texts under this many bytes are first looked at in line: most short texts are ASCII. */
enum { HWS_UTF8_SHORT = 64 };

size_t hws_utf8_scalar(const uint8_t *bytes, size_t size);
size_t hws_utf8_ssse3(const uint8_t *bytes, size_t size);
size_t hws_utf8_avx2(const uint8_t *bytes, size_t size);
size_t hws_utf8_neon(const uint8_t *bytes, size_t size);

/* Like hws_utf8_feed, with the kernels the caller has at hand. */
HWS_MUST_CHECK hws_status hws_utf8_feed_with(const hws_kernels *kernels, hws_utf8 *utf8,
                                             const uint8_t *bytes, size_t size);

/* One word of bytes, all of them ASCII? */
static inline bool hws_ascii_word(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return (word & UINT64_C(0x8080808080808080)) == 0;
}

/* In words that do not overlap, for the reason named at hws_mask_words. */
static inline bool hws_ascii(const uint8_t *bytes, size_t size)
{
    uint64_t all = 0;
    for (; size >= 8; bytes += 8, size -= 8) {
        uint64_t word;
        memcpy(&word, bytes, sizeof word);
        all |= word;
    }
    if (size & 4) {
        uint32_t half;
        memcpy(&half, bytes, sizeof half);
        all |= half;
        bytes += 4;
    }
    for (size_t i = 0; i < (size & 3); i++) all |= bytes[i];
    return (all & UINT64_C(0x8080808080808080)) == 0;
}

/* Reads the next piece of a text, a message of a few ASCII bytes fastest. */
static inline HWS_MUST_CHECK hws_status hws_utf8_check(const hws_kernels *kernels, hws_utf8 *utf8,
                                                       hws_span piece)
{
    if (piece.size < HWS_UTF8_SHORT && utf8->needed == 0 && hws_ascii(piece.data, piece.size))
        return HWS_OK;
    return hws_utf8_feed_with(kernels, utf8, piece.data, piece.size);
}

#endif /* HAWSER_WIRE_UTF8_H */
