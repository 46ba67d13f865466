/* SPDX-License-Identifier: MIT */
/* How long the turns of a loop take: while one lasts, everybody else waits. */
#ifndef HAWSER_LOOP_LAG_H
#define HAWSER_LOOP_LAG_H

#include "base/counter.h"

enum { HWS_LAG_BUCKETS = 10 };

/* Zero is no turn yet. */
typedef struct hws_lag {
    hws_counter turns[HWS_LAG_BUCKETS]; /* by hws_lag_bound_ns */
    hws_counter sum_ns;
} hws_lag;

/* Thread: the loop's. */
void hws_lag_note(hws_lag *lag, uint64_t turn_ns);

/* The longest turn that is counted at `index`; UINT64_MAX for the last. */
uint64_t hws_lag_bound_ns(unsigned index);

#endif /* HAWSER_LOOP_LAG_H */
