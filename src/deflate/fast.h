/* SPDX-License-Identifier: MIT */
/* A faster way to compress what stands for itself, where this build has one: whole messages, at the
 * lowest level, in the widest window.  Its output reads like zlib's, flushed.
 *
 *     fast_isal.c   Intel's ISA-L, on x86-64 and arm64
 *     fast_none.c   there is none; nothing but the first call is ever made */
#ifndef HAWSER_DEFLATE_FAST_H
#define HAWSER_DEFLATE_FAST_H

#include <stdbool.h>
#include <stddef.h>

#include "hawser/memory.h"
#include "hawser/span.h"

typedef struct hws_fast hws_fast;

/* Bytes of one; 0: there is none in this build. */
size_t hws_fast_size(void);

/* NULL: no memory. */
hws_fast *hws_fast_new(const hws_memory *memory);
void hws_fast_free(hws_fast *fast, const hws_memory *memory);

/* As deflate in hws_codec, from a clean start each time. */
size_t hws_fast_deflate(hws_fast *fast, hws_span input, uint8_t *output, size_t size_max);

#endif /* HAWSER_DEFLATE_FAST_H */
