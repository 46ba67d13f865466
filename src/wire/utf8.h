/* SPDX-License-Identifier: MIT */
/* UTF-8 with the kernels of this processor. */
#ifndef HAWSER_WIRE_UTF8_H
#define HAWSER_WIRE_UTF8_H

#include "hawser/utf8.h"
#include "wire/kernels.h"

size_t hws_utf8_prefix_scalar(const uint8_t *bytes, size_t size);
size_t hws_utf8_prefix_avx2(const uint8_t *bytes, size_t size);
size_t hws_utf8_prefix_neon(const uint8_t *bytes, size_t size);

/* hws_utf8_feed, faster. */
HWS_MUST_CHECK hws_status hws_utf8_feed_with(const hws_kernels *kernels, hws_utf8 *utf8,
                                             const uint8_t *bytes, size_t size);

/* The end of the last whole character before `end`, in text that is well-formed up to there. */
static inline size_t hws_utf8_border(const uint8_t *bytes, size_t end)
{
    if (end >= 1 && bytes[end - 1] >= 0xC0) return end - 1;
    if (end >= 2 && bytes[end - 2] >= 0xE0) return end - 2;
    if (end >= 3 && bytes[end - 3] >= 0xF0) return end - 3;
    return end;
}

#endif /* HAWSER_WIRE_UTF8_H */
