/* SPDX-License-Identifier: MIT */
/* The timer of the public header: an alarm with an owner of its own. */
#include "base/memory.h"
#include "loop/alarm.h"
#include "loop/loop.h"

struct hws_timer {
    hws_alarm alarm; /* first */
    hws_loop *loop;
    void (*call)(void *user);
    void *user;
    uint64_t at_ms;
    uint64_t repeat_ms; /* 0: once */
};

static uint64_t later(uint64_t at_ms, uint64_t delay_ms)
{
    return delay_ms < UINT64_MAX - at_ms ? at_ms + delay_ms : UINT64_MAX;
}

static void on_ring(hws_alarm *alarm, hws_loop *loop)
{
    hws_timer *timer = (hws_timer *)alarm;
    if (timer->repeat_ms > 0) {
        /* A beat that was missed altogether is left out. */
        const uint64_t now_ms = hws_loop_now_ms(loop);
        timer->at_ms = later(timer->at_ms, timer->repeat_ms);
        if (timer->at_ms <= now_ms) timer->at_ms = later(now_ms, timer->repeat_ms);
        const hws_status status = hws_alarm_set(alarm, loop, timer->at_ms);
        (void)status; /* the place it had a moment ago is free */
    }
    timer->call(timer->user); /* last: it may free the timer */
}

hws_status hws_timer_new(hws_loop *loop, void (*call)(void *user), void *user, hws_timer **out)
{
    hws_timer *timer = hws_memory_new(hws_loop_memory(loop), sizeof *timer);
    if (!timer) return HWS_ERR_NO_MEMORY;
    *timer = (hws_timer){.alarm = {.on_ring = on_ring}, .loop = loop, .call = call, .user = user};
    *out = timer;
    return HWS_OK;
}

hws_status hws_timer_start(hws_timer *timer, uint64_t delay_ms, uint64_t repeat_ms)
{
    const uint64_t at_ms = later(hws_loop_now_ms(timer->loop), delay_ms);
    const hws_status status = hws_alarm_set(&timer->alarm, timer->loop, at_ms);
    if (status != HWS_OK) return status;
    timer->at_ms = at_ms;
    timer->repeat_ms = repeat_ms;
    return HWS_OK;
}

void hws_timer_stop(hws_timer *timer)
{
    hws_alarm_unset(&timer->alarm, timer->loop);
}

void hws_timer_free(hws_timer *timer)
{
    if (!timer) return;
    hws_timer_stop(timer);
    hws_memory_free(hws_loop_memory(timer->loop), timer, sizeof *timer);
}
