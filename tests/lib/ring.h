/* SPDX-License-Identifier: MIT */
/* A ring that fails when told to: what the library asks liburing for, and what the kernel answers
 * to single operations.
 *
 * A test that is linked with tests/lib/ring.c and its -Wl,--wrap arguments can replace the answers
 * to come. */
#ifndef HAWSER_TESTS_RING_H
#define HAWSER_TESTS_RING_H

#include <stddef.h>

#define RING_MAP(X)                                                                                \
    X(io_uring_queue_init_params)                                                                  \
    X(io_uring_get_probe_ring) /* any answer: NULL */                                              \
    X(io_uring_register_buf_ring)                                                                  \
    X(io_uring_get_events)                                                                         \
    X(io_uring_register)                                                                           \
    X(io_uring_submit)                                                                             \
    X(io_uring_submit_and_wait)                                                                    \
    X(io_uring_submit_and_get_events)                                                              \
    X(hws_uring_acceptable)                                                                        \
    X(hws_uring_received)                                                                          \
    X(hws_uring_sent)                                                                              \
    X(hws_uring_is_writable)

typedef enum ring_call {
#define RING_ENUM(name) RING_##name,
    RING_MAP(RING_ENUM)
#undef RING_ENUM
        RING_COUNT,
} ring_call;

/* The next `times` calls are answered with `result`; of a completion, the next that succeeded. */
void ring_answer(ring_call call, size_t times, int result);

/* A ring made from now on has room for so few submissions, and twice as many completions; 0: as
 * asked for. */
void ring_shrink(unsigned entries);

/* Everything works again; counts are zero. */
void ring_reset(void);

/* Calls since the last reset. */
size_t ring_calls(ring_call call);

#endif /* HAWSER_TESTS_RING_H */
