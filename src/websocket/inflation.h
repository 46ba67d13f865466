/* SPDX-License-Identifier: MIT */
/* What a peer makes us inflate: one KiB may cost as much as a MiB does (row M004).  From whoever
 * goes beyond what compression is good for nothing more is read for as long as that is worth;
 * nobody is closed for it. */
#ifndef HAWSER_WEBSOCKET_INFLATION_H
#define HAWSER_WEBSOCKET_INFLATION_H

#include "wire/deflate.h"

enum {
    HWS_INFLATION_GO_MAX = 1 << 20, /* bytes of output in one go, before it is the others' turn */
    HWS_INFLATION_RATIO = 32,       /* bytes of output for each of input that nobody minds */
    HWS_INFLATION_FREE = 1 << 18,   /* bytes beyond that in one go, likewise */
    HWS_INFLATION_PER_MS = 1 << 15, /* then so many in a millisecond: 32 MiB/s */
};

/* Where the counters of a thread, or of a client, stood when a go began. */
typedef struct hws_inflation {
    uint64_t input_size;
    uint64_t output_size;
} hws_inflation;

/* `deflate` may be NULL: nothing is inflated then. */
static inline hws_inflation hws_inflation_begin(const hws_deflate *deflate)
{
    if (!deflate) return (hws_inflation){0};
    return (hws_inflation){deflate->inflated_from, deflate->inflated_to};
}

/* Whether it is enough for one go. */
static inline bool hws_inflation_is_much(const hws_inflation *began, const hws_deflate *deflate)
{
    return deflate && deflate->inflated_to - began->output_size >= HWS_INFLATION_GO_MAX;
}

/* Milliseconds for which the peer is not to be read from. */
static inline uint64_t hws_inflation_rest_ms(const hws_inflation *began, const hws_deflate *deflate)
{
    if (!deflate) return 0;
    const uint64_t output_size = deflate->inflated_to - began->output_size;
    const uint64_t input_size = deflate->inflated_from - began->input_size;
    if (output_size <= HWS_INFLATION_FREE) return 0;
    const uint64_t beyond = output_size - HWS_INFLATION_FREE;
    if (beyond / HWS_INFLATION_RATIO <= input_size) return 0;
    return (beyond - input_size * HWS_INFLATION_RATIO) / HWS_INFLATION_PER_MS;
}

#endif /* HAWSER_WEBSOCKET_INFLATION_H */
