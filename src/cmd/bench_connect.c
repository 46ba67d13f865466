/* SPDX-License-Identifier: MIT */
/* A storm of connections: each opens, closes in order, and opens again.  What is counted is how
 * many have opened, and how long that took, from before its name is looked up to the answer. */
#include "cmd/bench_load.h"

enum { RETRY_NS = 100000000 }; /* after which those that failed try again */

static void on_open(bench_connection *it)
{
    const uint64_t now_ns = bench_now_ns();
    bench_worker_count(it->worker, now_ns, now_ns - it->begun_ns, 0);
    bench_connection_settle(it);
    if (it->worker->has_started) (void)hws_websocket_close(it->ws, HWS_CLOSE_NORMAL, NULL);
}

static void on_close(bench_connection *it)
{
    if (!it->worker->is_ended) bench_connection_open(it, bench_now_ns());
}

static void on_start(bench_worker *it, uint64_t now_ns)
{
    (void)now_ns;
    for (size_t i = 0; i < it->connection_count; i++)
        if (it->connection[i].is_open)
            (void)hws_websocket_close(it->connection[i].ws, HWS_CLOSE_NORMAL, NULL);
}

static void on_turn(bench_worker *it, uint64_t now_ns)
{
    if (now_ns - it->looked_at_ns < RETRY_NS) return;
    it->looked_at_ns = now_ns;
    for (size_t i = 0; i < it->connection_count; i++)
        if (it->connection[i].is_waiting) bench_connection_open(&it->connection[i], now_ns);
}

const bench_task bench_connect = {
    .on_open = on_open,
    .on_start = on_start,
    .on_turn = on_turn,
    .on_close = on_close,
};
