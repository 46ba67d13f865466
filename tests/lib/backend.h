/* SPDX-License-Identifier: MIT */
/* Where tests see that one backend takes another turn than the other.  All unit tests of loops run
 * on each of them: HAWSER_BACKEND. */
#ifndef HAWSER_TESTS_BACKEND_H
#define HAWSER_TESTS_BACKEND_H

#include <string.h>

#include "lib/cmocka.h"
#include "loop/state.h"

static inline bool on_io_uring(const hws_loop *loop)
{
    return strcmp(hws_loop_backend(loop), "io_uring") == 0;
}

/* A ring listens from its first turn on. */
static inline void first_turn(hws_loop *loop)
{
    if (on_io_uring(loop)) assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
}

/* One turn, without waiting; with io_uring also those in which what it submitted completes. */
static inline void whole_turn(hws_loop *loop)
{
    do assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
    while (on_io_uring(loop) && loop->backend->is_pending(loop));
}

#endif /* HAWSER_TESTS_BACKEND_H */
