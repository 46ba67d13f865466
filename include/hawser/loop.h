/* SPDX-License-Identifier: MIT */
/* The loop that servers and clients live in: one loop, one thread.
 *
 * To run it as the program's own:
 *
 *     hws_loop *loop;
 *     if (hws_loop_new(NULL, &loop) != HWS_OK) return 1;
 *     ... make a server in it ...
 *     hws_loop_run(loop);      // until hws_loop_stop
 *     hws_loop_free(loop);
 *
 * Inside another loop: watch hws_loop_fd for reading, wait for at most hws_loop_timeout_ms, then
 * call hws_loop_step(loop, 0).
 *
 * A forked child inherits no loop that works with io_uring: it must not touch it.
 *
 * Thread: the loop's own, but for hws_loop_post and hws_loop_stop, which any thread may call.
 * The loop's own thread is the one that runs or steps it. */
#ifndef HAWSER_LOOP_H
#define HAWSER_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "hawser/export.h"
#include "hawser/memory.h"
#include "hawser/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hws_loop hws_loop;

/* How a loop speaks with the kernel. */
enum {
    HWS_BACKEND_ANY,      /* what $HAWSER_BACKEND names ("epoll", "io_uring"); epoll without it */
    HWS_BACKEND_EPOLL,    /* always there */
    HWS_BACKEND_IO_URING, /* Linux 6.1 or later, unless a sandbox forbids it */
};

/* Zero is the good default. */
typedef struct hws_loop_options {
    const hws_memory *memory; /* NULL: malloc; must outlive the loop */
    uint32_t receive_size; /* bytes handed over at once, at most; 0: 260 KiB.  With io_uring 0: 780
                            * KiB, which is the most; it is at most 20 KiB where less than 256 were
                            * asked for, and before Linux 6.12 */
    uint32_t post_count_max; /* posts waiting; 0: 65536 */
    uint8_t backend;         /* HWS_BACKEND_* */
    uint8_t reserved[47];    /* zero */
} hws_loop_options;

/* Makes a loop.  `options` may be NULL.
 *
 * Errors: HWS_ERR_NO_MEMORY, HWS_ERR_SYSTEM (no descriptors); HWS_ERR_BACKEND: the backend that was
 *         asked for does not work here; errno is kept. */
HWS_API HWS_MUST_CHECK hws_status hws_loop_new(const hws_loop_options *options, hws_loop **loop);

/* "epoll" or "io_uring".  Static. */
HWS_API const char *hws_loop_backend(const hws_loop *loop);

/* Turns until hws_loop_stop.  Errors: HWS_ERR_SYSTEM. */
HWS_API hws_status hws_loop_run(hws_loop *loop);

/* One turn: waits for at most `timeout_ms` (-1: until something happens, 0: not at all), then does
 * everything that is ready.
 *
 * Errors: HWS_ERR_SYSTEM; HWS_ERR_INVALID_ARGUMENT: from inside a turn, or, with io_uring, from
 *         another thread than the first turn's. */
HWS_API hws_status hws_loop_step(hws_loop *loop, int timeout_ms);

/* Turns the loop in a thread of the library's own, until it is freed.
 *
 * Errors: HWS_ERR_SYSTEM (no more threads); HWS_ERR_INVALID_ARGUMENT: it has one already. */
HWS_API HWS_MUST_CHECK hws_status hws_loop_start(hws_loop *loop);

/* Makes hws_loop_run return after the turn under way.  Thread: any; also from a signal handler. */
HWS_API void hws_loop_stop(hws_loop *loop);

/* Calls `call(user)` once on the loop's thread, in a turn to come.  Posts of one thread keep their
 * order.  What is still waiting when the loop is freed is called from hws_loop_free.
 *
 * Errors: HWS_ERR_LIMIT when post_count_max wait, HWS_ERR_NO_MEMORY, HWS_ERR_SHUTTING_DOWN when
 *         the loop is being freed.
 * Thread: any. */
HWS_API HWS_MUST_CHECK hws_status hws_loop_post(hws_loop *loop, void (*call)(void *user),
                                                void *user);

/* Milliseconds of a clock that never jumps, as of the start of this turn. */
HWS_API uint64_t hws_loop_now_ms(const hws_loop *loop);

/* Whether the caller is on the loop's thread. */
HWS_API bool hws_loop_is_current(const hws_loop *loop);

/* For a loop within a loop: readable when there is something to do.  -1: there is no descriptor
 * left to tell it with (io_uring, which takes one when this is first asked). */
HWS_API int hws_loop_fd(const hws_loop *loop);

/* How long to wait for hws_loop_fd at most; -1: for ever. */
HWS_API int hws_loop_timeout_ms(const hws_loop *loop);

/* Servers and timers of the loop must have been freed before; WebSockets that a client opened in it
 * are ended, each with an on_close.  A thread of hws_loop_start is waited for.  NULL is let pass.
 * Not from inside a callback. */
HWS_API void hws_loop_free(hws_loop *loop);

/* A timer that calls back on the loop's thread, after a delay or again and again. */
typedef struct hws_timer hws_timer;

/* Makes a timer; it does not run yet.  Errors: HWS_ERR_NO_MEMORY.  Lifetime: before the loop's. */
HWS_API HWS_MUST_CHECK hws_status hws_timer_new(hws_loop *loop, void (*call)(void *user),
                                                void *user, hws_timer **timer);

/* Starts it, or starts it anew.  `repeat_ms` 0: once.  Errors: HWS_ERR_NO_MEMORY. */
HWS_API HWS_MUST_CHECK hws_status hws_timer_start(hws_timer *timer, uint64_t delay_ms,
                                                  uint64_t repeat_ms);

HWS_API void hws_timer_stop(hws_timer *timer);

/* Also from within its own call.  NULL is let pass. */
HWS_API void hws_timer_free(hws_timer *timer);

#ifdef __cplusplus
}
#endif

#endif /* HAWSER_LOOP_H */
