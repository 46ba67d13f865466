/* SPDX-License-Identifier: MIT */
/* A memory hook over another: it counts what is out, and says when that is more than a bound.  All
 * that lives in a loop (connections, messages on their way in, queues on their way out) takes its
 * memory through the meter of that loop. */
#ifndef HAWSER_LOOP_METER_H
#define HAWSER_LOOP_METER_H

#include <stdatomic.h>
#include <stddef.h>

#include "hawser/loop.h"
#include "loop/spare.h"

struct hws_deferred;

typedef struct hws_meter {
    hws_memory memory; /* the hook; counts what goes through it */
    const hws_memory *below;
    hws_spare spare; /* between the two */
    hws_loop *loop;
    _Atomic size_t used;       /* bytes; threads may free what another one made, so it may wrap */
    size_t bound;              /* the loop's thread */
    struct hws_deferred *over; /* NULL: nobody wants to know */
} hws_meter;

/* What `memory` is a meter of; itself when it is none.  A loop that is given the memory of another
 * counts for itself. */
const hws_memory *hws_meter_below(const hws_memory *memory);

/* `below` outlives it. */
void hws_meter_init(hws_meter *meter, const hws_memory *below, hws_loop *loop);

/* Nothing goes through it any more. */
void hws_meter_release(hws_meter *meter);

/* Bytes that are out.  Thread: any. */
static inline size_t hws_meter_used(const hws_meter *meter)
{
    return atomic_load_explicit(&meter->used, memory_order_relaxed);
}

#endif /* HAWSER_LOOP_METER_H */
