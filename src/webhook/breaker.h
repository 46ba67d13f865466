/* SPDX-License-Identifier: MIT */
/* Whether a back end is asked at all: one that does not answer costs each question its whole
 * timeout, and those who wait for it their places.
 *
 *     CLOSED ──so many failures in a row──▶ OPEN, nothing is asked ──pause──▶ one probe is asked
 *        ▲                                    ▲                                  │
 *        └───────── answered ─────────────────┼──────────────────────────────────┤
 *                                             └────────── not answered ──────────┘
 *
 * Thread: any, and all at once. */
#ifndef HAWSER_WEBHOOK_BREAKER_H
#define HAWSER_WEBHOOK_BREAKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Zero is closed. */
typedef struct hws_breaker {
    atomic_uint failure_count;      /* in a row */
    _Atomic uint64_t open_until_ms; /* 0: closed */
    atomic_bool is_probing;         /* the probe is on its way */
} hws_breaker;

/* May it be asked?  `is_probe` goes along with the question, to one of the three below. */
bool hws_breaker_admit(hws_breaker *breaker, uint64_t now_ms, bool *is_probe);

/* It answered, whatever.  Returns: whether that closed it. */
bool hws_breaker_succeed(hws_breaker *breaker, bool is_probe);

/* It did not.  Returns: whether that opened it, after having been closed. */
bool hws_breaker_fail(hws_breaker *breaker, uint64_t now_ms, uint32_t failure_count_max,
                      uint32_t pause_ms, bool is_probe);

/* Nobody wants to know any more. */
void hws_breaker_forget(hws_breaker *breaker, bool is_probe);

bool hws_breaker_is_open(const hws_breaker *breaker);

#endif /* HAWSER_WEBHOOK_BREAKER_H */
