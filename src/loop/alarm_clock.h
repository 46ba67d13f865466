/* SPDX-License-Identifier: MIT */
/* The kernel's timer for the earliest alarm.
 *
 * A wait that has a timeout makes the kernel start a timer and cancel it again, each time a thread
 * sleeps.  This one is started when an alarm is earlier than all before it, and else left alone: it
 * may ring when the alarm that it was set for is no more (decision 0047). */
#ifndef HAWSER_LOOP_ALARM_CLOCK_H
#define HAWSER_LOOP_ALARM_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "hawser/status.h"

typedef struct hws_alarm_clock {
    int fd;         /* a timerfd, which a backend watches edge-triggered: nobody reads it */
    uint64_t at_ms; /* when it rings, in the time of hws_clock_ms; UINT64_MAX: it is not set */
} hws_alarm_clock;

/* Errors: HWS_ERR_SYSTEM; there is nothing to release then. */
HWS_MUST_CHECK hws_status hws_alarm_clock_init(hws_alarm_clock *clock);
void hws_alarm_clock_release(hws_alarm_clock *clock);

/* It will ring at `at_ms`, or before.  False: the kernel refused. */
bool hws_alarm_clock_set(hws_alarm_clock *clock, uint64_t at_ms);

/* It has rung. */
void hws_alarm_clock_rang(hws_alarm_clock *clock);

#endif /* HAWSER_LOOP_ALARM_CLOCK_H */
