/* SPDX-License-Identifier: MIT */
/* Reading spans front to back, and numbers in the wire's byte order. */
#ifndef HAWSER_BASE_SPAN_H
#define HAWSER_BASE_SPAN_H

#include <assert.h>

#include "hawser/span.h"

/* Cuts the first `size` bytes off `span` and answers them. */
static inline hws_span hws_span_take(hws_span *span, size_t size)
{
    assert(size <= span->size);
    const hws_span front = {span->data, size};
    span->data += size;
    span->size -= size;
    return front;
}

/* A number of `size` bytes, most significant first. */
static inline uint64_t hws_load_be(const uint8_t *bytes, size_t size)
{
    assert(size <= 8);
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++) value = (value << 8) | bytes[i];
    return value;
}

static inline void hws_store_be(uint8_t *bytes, size_t size, uint64_t value)
{
    assert(size <= 8);
    for (size_t i = size; i > 0; i--) {
        bytes[i - 1] = (uint8_t)value;
        value >>= 8;
    }
}

#endif /* HAWSER_BASE_SPAN_H */
