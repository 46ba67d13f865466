/* SPDX-License-Identifier: MIT */
/* UTF-8 validation with the kernels of this processor. */
#ifndef HAWSER_WIRE_UTF8_H
#define HAWSER_WIRE_UTF8_H

#include "hawser/span.h"
#include "hawser/utf8.h"
#include "wire/ascii.h"
#include "wire/kernels.h"
#include "wire/mask.h"

/* Texts under this many bytes are first looked at in line: most short texts are ASCII. */
enum { HWS_UTF8_SHORT = 64 };

/* A text is unmasked and read in blocks of this many bytes: they are in the first-level cache when
 * they are read, and in the middle of a long text the two take turns seldom. */
enum { HWS_UTF8_BLOCK = 8192 };

size_t hws_utf8_scalar(const uint8_t *bytes, size_t size);
size_t hws_utf8_ssse3(const uint8_t *bytes, size_t size);
size_t hws_utf8_avx2(const uint8_t *bytes, size_t size);
size_t hws_utf8_avx512(const uint8_t *bytes, size_t size);
size_t hws_utf8_neon(const uint8_t *bytes, size_t size);

/* Like hws_utf8_feed, with the kernels the caller has at hand. */
HWS_MUST_CHECK hws_status hws_utf8_feed_with(const hws_kernels *kernels, hws_utf8 *utf8,
                                             const uint8_t *bytes, size_t size);

/* Reads the next piece of a text, a message of a few ASCII bytes fastest. */
static inline HWS_MUST_CHECK hws_status hws_utf8_check(const hws_kernels *kernels, hws_utf8 *utf8,
                                                       hws_span piece)
{
    if (piece.size < HWS_UTF8_SHORT && utf8->needed == 0 && hws_ascii(piece.data, piece.size))
        return HWS_OK;
    return hws_utf8_feed_with(kernels, utf8, piece.data, piece.size);
}

/* Whether the bytes are a whole text. */
static inline bool hws_utf8_is_text(const hws_kernels *kernels, hws_span bytes)
{
    hws_utf8 utf8 = {0};
    return hws_utf8_feed_with(kernels, &utf8, bytes.data, bytes.size) == HWS_OK && utf8.needed == 0;
}

/* At most HWS_UTF8_BLOCK bytes: what has just been unmasked is known to be ASCII or not, and what
 * is not is read again while it is near. */
static inline HWS_MUST_CHECK hws_status hws_utf8_unmask_block(const hws_kernels *kernels,
                                                              hws_utf8 *utf8, hws_span piece,
                                                              const uint8_t key[4], uint64_t offset)
{
    if (hws_mask(kernels, piece, key, offset) && utf8->needed == 0) return HWS_OK;
    return hws_utf8_feed_with(kernels, utf8, piece.data, piece.size);
}

/* A piece of any size, block by block. */
HWS_MUST_CHECK hws_status hws_utf8_unmask_blocks(const hws_kernels *kernels, hws_utf8 *utf8,
                                                 hws_span piece, const uint8_t key[4],
                                                 uint64_t offset);

/* Unmasks the next piece of a text in place and reads it.
 *
 * offset   Where in the payload of the frame it starts, in bytes.
 * Errors:  HWS_ERR_UTF8; what is behind the block of the fault is then still masked. */
static inline HWS_MUST_CHECK hws_status hws_utf8_unmask(const hws_kernels *kernels, hws_utf8 *utf8,
                                                        hws_span piece, const uint8_t key[4],
                                                        uint64_t offset)
{
    return piece.size <= HWS_UTF8_BLOCK ? hws_utf8_unmask_block(kernels, utf8, piece, key, offset)
                                        : hws_utf8_unmask_blocks(kernels, utf8, piece, key, offset);
}

#endif /* HAWSER_WIRE_UTF8_H */
