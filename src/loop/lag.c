/* SPDX-License-Identifier: MIT */
#include "loop/lag.h"

/* 0.1, 0.5, 1, 5, 10, 50, 100, 500 milliseconds and 1 second: from a turn that did next to nothing
 * to one that a watchdog should have noticed. */
static const uint64_t bounds_ns[HWS_LAG_BUCKETS] = {
    100000,   500000,    1000000,   5000000,    10000000,
    50000000, 100000000, 500000000, 1000000000, UINT64_MAX,
};

uint64_t hws_lag_bound_ns(unsigned index)
{
    return index < HWS_LAG_BUCKETS ? bounds_ns[index] : UINT64_MAX;
}

void hws_lag_note(hws_lag *lag, uint64_t turn_ns)
{
    unsigned index = 0;
    while (turn_ns > bounds_ns[index]) index++;
    hws_counter_add(&lag->turns[index], 1);
    hws_counter_add(&lag->sum_ns, turn_ns);
}
