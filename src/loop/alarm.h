/* SPDX-License-Identifier: MIT */
/* Deadlines embedded in their owners: the timers of connections.
 *
 * A 4-ary heap of pointers; setting an alarm that is already set moves it.  To keep a deadline
 * that is pushed back by every message cheap, owners leave the alarm where it is and look at the
 * true deadline when it rings. */
#ifndef HAWSER_LOOP_ALARM_H
#define HAWSER_LOOP_ALARM_H

#include <stdbool.h>
#include <stdint.h>

#include "hawser/loop.h"

typedef struct hws_alarm hws_alarm;

/* Zero with `on_ring` filled in is an alarm that is not set. */
struct hws_alarm {
    void (*on_ring)(hws_alarm *alarm, hws_loop *loop); /* not set any more; may be set again */
    uint32_t place; /* in the heap, from 1, where the time is, too; 0: not set */
};

/* Errors: HWS_ERR_NO_MEMORY only when the heap must grow; never when the alarm was set already. */
HWS_MUST_CHECK hws_status hws_alarm_set(hws_alarm *alarm, hws_loop *loop, uint64_t at_ms);

void hws_alarm_unset(hws_alarm *alarm, hws_loop *loop);

/* When it rings.  It is set. */
uint64_t hws_alarm_at_ms(const hws_alarm *alarm, const hws_loop *loop);

static inline bool hws_alarm_is_set(const hws_alarm *alarm)
{
    return alarm->place != 0;
}

#endif /* HAWSER_LOOP_ALARM_H */
