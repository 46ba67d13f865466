/* SPDX-License-Identifier: MIT */
/* A number that one thread changes and any thread may read.
 *
 * With one writer a change needs no locked instruction: it is a load, an addition and a store, each
 * of them whole.  Readers see every counter by itself, at some moment or other, which is all that a
 * figure on a screen needs. */
#ifndef HAWSER_BASE_COUNTER_H
#define HAWSER_BASE_COUNTER_H

#include <stdatomic.h>
#include <stdint.h>

typedef struct hws_counter {
    _Atomic uint64_t value;
} hws_counter;

/* Thread: any. */
static inline uint64_t hws_counter_read(const hws_counter *self)
{
    return atomic_load_explicit(&self->value, memory_order_relaxed);
}

/* Thread: the writer's. */
static inline void hws_counter_add(hws_counter *self, uint64_t amount)
{
    const uint64_t value = hws_counter_read(self) + amount;
    atomic_store_explicit(&self->value, value, memory_order_relaxed);
}

/* Of a number that several threads change.  Thread: any. */
static inline void hws_counter_add_shared(hws_counter *self, uint64_t amount)
{
    atomic_fetch_add_explicit(&self->value, amount, memory_order_relaxed);
}

/* Of a number that goes up and down.  Thread: the writer's. */
static inline void hws_counter_subtract(hws_counter *self, uint64_t amount)
{
    const uint64_t value = hws_counter_read(self) - amount;
    atomic_store_explicit(&self->value, value, memory_order_relaxed);
}

#endif /* HAWSER_BASE_COUNTER_H */
