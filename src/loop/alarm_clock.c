/* SPDX-License-Identifier: MIT */
#include "loop/alarm_clock.h"

#include <sys/timerfd.h>
#include <unistd.h>

enum { SECONDS_MAX = INT32_MAX }; /* what every time_t holds: 68 years after the machine started */

hws_status hws_alarm_clock_init(hws_alarm_clock *clock)
{
    *clock = (hws_alarm_clock){.at_ms = UINT64_MAX};
    clock->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    return clock->fd < 0 ? HWS_ERR_SYSTEM : HWS_OK;
}

void hws_alarm_clock_release(hws_alarm_clock *clock)
{
    if (clock->fd >= 0) close(clock->fd);
}

bool hws_alarm_clock_set(hws_alarm_clock *clock, uint64_t at_ms)
{
    if (clock->at_ms <= at_ms) return true;
    const uint64_t seconds = at_ms / 1000;
    const struct itimerspec once = {
        .it_value.tv_sec = (time_t)(seconds < SECONDS_MAX ? seconds : SECONDS_MAX),
        .it_value.tv_nsec = (long)(at_ms % 1000 * 1000000),
    };
    if (timerfd_settime(clock->fd, TFD_TIMER_ABSTIME, &once, NULL) < 0) return false;
    clock->at_ms = at_ms;
    return true;
}

void hws_alarm_clock_rang(hws_alarm_clock *clock)
{
    clock->at_ms = UINT64_MAX;
}
