/* SPDX-License-Identifier: MIT */
/* The engine that everybody has: zlib, and a pool of its contexts.
 *
 * A context without takeover is used for one message and given back, so that a thread needs about
 * one of a kind; a few are kept, since making one costs more than using it. */
#ifndef HAWSER_DEFLATE_ZLIB_H
#define HAWSER_DEFLATE_ZLIB_H

#include "hawser/deflate.h"
#include "wire/deflate.h"

const hws_codec *hws_codec_zlib(void);

/* A pool of one thread; `options` are complete.
 *
 * budget   What the contexts that are borrowed count towards; NULL: no bound.
 * Errors:  HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_codec_pool_new(const hws_memory *memory,
                                             const hws_deflate_options *options,
                                             hws_deflate_budget *budget, hws_codec_pool **pool);

/* All contexts must have come back.  NULL is let pass. */
void hws_codec_pool_free(hws_codec_pool *pool);

/* Bytes at most that a deflater and an inflater of that window take. */
size_t hws_codec_deflater_cost(const hws_deflate_options *options, uint8_t window_bits);
size_t hws_codec_inflater_cost(uint8_t window_bits);

#endif /* HAWSER_DEFLATE_ZLIB_H */
