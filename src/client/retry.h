/* SPDX-License-Identifier: MIT */
/* When to connect again, and when not to: exponential backoff with full jitter (RFC 6455 §7.2.3).
 *
 * Without a clock and a random source of its own. */
#ifndef HAWSER_CLIENT_RETRY_H
#define HAWSER_CLIENT_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "hawser/endpoint.h"

typedef struct hws_retry_options {
    uint32_t delay_ms;     /* the first wait is up to this */
    uint32_t delay_max_ms; /* and none is longer, unless the server asks for it */
    uint32_t count_max;    /* attempts in a row that may fail; 0: no end */
    uint32_t stable_ms;    /* who has been open for so long begins anew */
    bool renews;           /* each attempt may bring other credentials */
} hws_retry_options;

/* Zero is the state before the first attempt. */
typedef struct hws_retry {
    uint32_t failure_count; /* attempts in a row that came to nothing that lasted */
    uint32_t wait_count;    /* waits since something lasted: each up to twice the one before */
} hws_retry;

/* Seconds that a Retry-After asks for (RFC 9110 §10.2.3), from 1 to 3600; 0 when the field is
 * absent or not understood.  `now_s` is the time of day, for a date. */
uint32_t hws_retry_after(hws_text value, int64_t now_s);

/* Whether what ended the connection would only happen again: refused for good, broken protocol,
 * closed in order. */
bool hws_retry_is_final(const hws_retry_options *options, const hws_close *close);

/* Counts an end, and says whether to try again.
 *
 * open_ms        How long the connection was open; 0: it never was.
 * retry_after_s  What the server asked for, and what is waited at least; 0: nothing.  Who was told
 *                "try again later" (1013) waits in the upper half of what others would.
 * random         Any 32 bits.
 * delay_ms       When; unchanged when the answer is false. */
bool hws_retry_next(hws_retry *retry, const hws_retry_options *options, const hws_close *close,
                    uint64_t open_ms, uint32_t retry_after_s, uint32_t random, uint32_t *delay_ms);

#endif /* HAWSER_CLIENT_RETRY_H */
