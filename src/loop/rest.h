/* SPDX-License-Identifier: MIT */
/* Listeners that rest: descriptors or memory are short, and what waits in their backlog would be
 * reported without pause. */
#ifndef HAWSER_LOOP_REST_H
#define HAWSER_LOOP_REST_H

#include "loop/state.h"

typedef struct hws_rest {
    hws_alarm over; /* always set, so that setting it cannot fail; UINT64_MAX: nobody rests */
    hws_io_list resting;
    void (*go_on)(hws_io *io); /* called for each when the rest is over */
} hws_rest;

/* Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_rest_init(hws_rest *rest, hws_loop *loop, void (*go_on)(hws_io *io));
void hws_rest_release(hws_rest *rest, hws_loop *loop);

/* `io` stands in no list.  The rest of all is over together, after 100 ms at most. */
void hws_rest_begin(hws_rest *rest, hws_io *io);

/* It rests no more, and is not called. */
void hws_rest_end(hws_rest *rest, hws_io *io);

#endif /* HAWSER_LOOP_REST_H */
