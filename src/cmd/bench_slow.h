/* SPDX-License-Identifier: MIT */
/* A fault: connections that send (in a chat, that have subscribed) and hardly read.
 *
 * A good server bounds what it keeps for them, and serves the others as before; whether it stops
 * reading from them or ends them is its choice. */
#ifndef HAWSER_CMD_BENCH_SLOW_H
#define HAWSER_CMD_BENCH_SLOW_H

#include <stddef.h>
#include <stdint.h>

#include "cmd/bench_errors.h"
#include "cmd/bench_load.h"

typedef struct bench_slow {
    bench_worker *worker;
    hws_websocket *ws;
    size_t ws_count;
    uint64_t sent_at_ns;
    uint64_t read_at_ns;
    size_t open_count;
    size_t opened_count;
    size_t ended_count; /* by the server, while they were slow */
    bench_errors ends;  /* how */
} bench_slow;

/* Makes those that the options ask for, in `worker`'s loop.  Errors: HWS_ERR_NO_MEMORY. */
hws_status bench_slow_new(bench_worker *worker);

/* After the loop has been freed.  NULL is let pass. */
void bench_slow_free(bench_slow *it);

/* To be called in every turn, on the worker's thread. */
void bench_slow_turn(bench_slow *it, uint64_t now_ns);

#endif /* HAWSER_CMD_BENCH_SLOW_H */
