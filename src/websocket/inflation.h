/* SPDX-License-Identifier: MIT */
/* What a peer makes us inflate: one KiB may cost as much as a MiB does (row M004).  From whoever
 * goes beyond what compression is good for nothing more is read for as long as that is worth; who
 * goes ten times beyond it, and does not cease, is closed.
 *
 *     read ──▶ rest ──▶ read ──▶ rest     each rest is a debt of its length, in milliseconds;
 *                  wait                   each millisecond that the peer lets pass when it could be
 *                                         read from takes ten of them away */
#ifndef HAWSER_WEBSOCKET_INFLATION_H
#define HAWSER_WEBSOCKET_INFLATION_H

#include "hawser/websocket.h"
#include "wire/deflate.h"

enum {
    HWS_INFLATION_GO_MAX = 1 << 20, /* bytes of output in one go, before it is the others' turn */
    HWS_INFLATION_RATIO = 32,       /* bytes of output for each of input that nobody minds */
    HWS_INFLATION_FREE = 1 << 18,   /* bytes beyond that in one go, likewise */
    HWS_INFLATION_PER_MS = 1 << 15, /* then so many in a millisecond: 32 MiB/s */

    HWS_INFLATION_TIMES = 10, /* as much as that is too much, if it goes on */
    HWS_INFLATION_DEBT_MAX_MS = 10000,
    HWS_INFLATION_DEBTOR_MAX = 16, /* whose debts are known, of a thread: the largest */
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

/* Those of one thread who had to rest of late.  A connection that never does costs nothing, and one
 * that has gone is known by its stale handle.  Zero is nobody. */
typedef struct hws_inflation_debts {
    struct hws_inflation_debtor {
        hws_websocket ws;
        uint64_t at_ms; /* from when on it could be read from */
        uint64_t debt_ms;
    } of[HWS_INFLATION_DEBTOR_MAX];
} hws_inflation_debts;

/* It rests for `rest_ms`, from now on.  False: what it owed already was too much. */
bool hws_inflation_lend(hws_inflation_debts *debts, hws_websocket ws, uint64_t now_ms,
                        uint64_t rest_ms);

/* It has rested, and perhaps longer than it had to. */
void hws_inflation_resume(hws_inflation_debts *debts, hws_websocket ws, uint64_t now_ms);

#endif /* HAWSER_WEBSOCKET_INFLATION_H */
