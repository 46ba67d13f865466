/* SPDX-License-Identifier: MIT */
#include "loop/rest.h"

#include <stddef.h>

enum { REST_MS = 100 };

static void on_over(hws_alarm *alarm, hws_loop *loop)
{
    hws_rest *rest = (hws_rest *)alarm; /* its first member */
    const hws_status status = hws_alarm_set(alarm, loop, UINT64_MAX);
    (void)status; /* its place is still free */
    hws_io_list resting = rest->resting;
    rest->resting = (hws_io_list){0};
    hws_io *io;
    while ((io = hws_io_list_pop(&resting))) rest->go_on(io);
}

_Static_assert(offsetof(hws_rest, over) == 0, "on_over takes the one for the other");

hws_status hws_rest_init(hws_rest *rest, hws_loop *loop, void (*go_on)(hws_io *io))
{
    *rest = (hws_rest){.over.on_ring = on_over, .go_on = go_on};
    return hws_alarm_set(&rest->over, loop, UINT64_MAX);
}

void hws_rest_release(hws_rest *rest, hws_loop *loop)
{
    hws_alarm_unset(&rest->over, loop);
}

void hws_rest_begin(hws_rest *rest, hws_io *io)
{
    hws_loop *loop = io->loop;
    hws_io_list_push(&rest->resting, io);
    if (hws_alarm_at_ms(&rest->over, loop) != UINT64_MAX) return;
    const hws_status status = hws_alarm_set(&rest->over, loop, hws_loop_now_ms(loop) + REST_MS);
    (void)status; /* it was set */
}

void hws_rest_end(hws_rest *rest, hws_io *io)
{
    hws_io_list_remove(&rest->resting, io);
}
