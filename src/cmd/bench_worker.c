/* SPDX-License-Identifier: MIT */
/* One thread of a load: a loop, and its share of the connections. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/prctl.h>

#include "cmd/bench_load.h"
#include "cmd/bench_slow.h"

enum {
    UNDER_WAY_MAX = 64, /* connections that open at once; more overflow a server's backlog */
    TURN_MS_MAX = 20,   /* after which the times are looked at again */
    CLOSING_NS_MAX = 1000000000, /* for the answers to our Close frames */
};

void bench_worker_count(bench_worker *it, uint64_t now_ns, uint64_t latency_ns, uint64_t byte_count)
{
    it->message_count++;
    if (it->has_started) bench_samples_add(&it->samples, now_ns, latency_ns, byte_count);
}

void bench_connection_settle(bench_connection *it)
{
    if (it->is_settled) return;
    it->is_settled = true;
    it->worker->settled_count++;
}

static void on_open(hws_websocket ws, void *user)
{
    (void)ws;
    bench_connection *it = user;
    bench_worker *worker = it->worker;
    it->is_open = true;
    worker->open_count++;
    worker->under_way_count--;
    bench_histogram_add(&worker->connect, bench_now_ns() - it->begun_ns);
    if (worker->load->task->on_open)
        worker->load->task->on_open(it);
    else
        bench_connection_settle(it);
}

/* What one connection has in one turn came in one receive, and so at one time: to ask the clock for
 * each of sixteen small messages would cost as much as to send them. */
static uint64_t arrival_ns(const bench_connection *it)
{
    bench_worker *worker = it->worker;
    if (worker->arrived_on != it) {
        worker->arrived_on = it;
        worker->arrived_ns = bench_now_ns();
    }
    return worker->arrived_ns;
}

static void on_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)ws;
    bench_connection *it = user;
    if (it->worker->is_closing || !it->worker->load->task->on_message) return;
    it->worker->load->task->on_message(it, message, arrival_ns(it));
}

static void on_drain(hws_websocket ws, void *user)
{
    (void)ws;
    bench_connection *it = user;
    if (it->worker->is_ended || !it->worker->load->task->on_drain) return;
    it->worker->load->task->on_drain(it, bench_now_ns());
}

static void explain(bench_errors *errors, bool was_open, const hws_close *close)
{
    char text[BENCH_CAUSE_SIZE_MAX];
    snprintf(text, sizeof text, "%s: %s", was_open ? "lost" : "not opened", close->cause);
    bench_errors_add(errors, text);
}

static void on_close(hws_websocket ws, const hws_close *close, void *user)
{
    (void)ws;
    bench_connection *it = user;
    bench_worker *worker = it->worker;
    const bool was_open = it->is_open;
    const bool is_asked_for = was_open && worker->load->task == &bench_connect;
    it->is_open = false;
    if (was_open)
        worker->open_count--;
    else
        worker->under_way_count--;
    bench_connection_settle(it);
    if (worker->is_closing) return;
    if (!is_asked_for || close->status != HWS_OK) explain(&worker->errors, was_open, close);
    it->is_waiting = !was_open;
    if (was_open && worker->load->task->on_close) worker->load->task->on_close(it);
}

void bench_connection_open(bench_connection *it, uint64_t now_ns)
{
    bench_worker *worker = it->worker;
    hws_client_options options = worker->load->client;
    options.on_open = on_open;
    options.on_message = on_message;
    options.on_drain = on_drain;
    options.on_close = on_close;
    options.user = it;
    it->begun_ns = now_ns;
    it->is_waiting = false;
    const hws_status status = hws_websocket_open(worker->loop, &options, &it->ws);
    if (status == HWS_OK) {
        worker->under_way_count++;
        return;
    }
    bench_errors_add(&worker->errors, hws_status_text(status));
    it->is_waiting = true;
    bench_connection_settle(it);
}

/* How many should have begun to open by now. */
static size_t wanted_count(const bench_worker *it, uint64_t now_ns, uint64_t begin_ns)
{
    const bench_options *options = it->load->options;
    if (options->ramp == 0) return it->connection_count;
    const bench_pace ramp = {
        .start_ns = begin_ns,
        .rate = options->ramp,
        .worker = it->index,
        .worker_count = it->load->worker_count,
        .connection_count = 1,
    };
    size_t count = it->begun_count;
    while (count < it->connection_count && bench_pace_due_ns(&ramp, count) <= now_ns) count++;
    return count;
}

static void open_more(bench_worker *it, uint64_t now_ns, uint64_t begin_ns)
{
    const size_t wanted = wanted_count(it, now_ns, begin_ns);
    const size_t under_way_max = it->load->options->ramp ? SIZE_MAX : UNDER_WAY_MAX;
    while (it->begun_count < wanted && it->under_way_count < under_way_max)
        bench_connection_open(&it->connection[it->begun_count++], now_ns);
}

static void show(bench_worker *it)
{
    atomic_store_explicit(&it->shown_open, it->open_count, memory_order_relaxed);
    atomic_store_explicit(&it->shown_settled, it->settled_count, memory_order_relaxed);
    atomic_store_explicit(&it->shown_errors, it->errors.count, memory_order_relaxed);
    atomic_store_explicit(&it->shown_messages, it->message_count, memory_order_relaxed);
    /* Who sees this sees the samples, too. */
    atomic_store_explicit(&it->shown_samples, it->samples.current, memory_order_release);
}

static void follow_times(bench_worker *it, uint64_t now_ns)
{
    bench_load *load = it->load;
    const uint64_t start_ns = atomic_load(&load->start_ns);
    const uint64_t end_ns = atomic_load(&load->end_ns);
    it->samples.end_ns = end_ns; /* it may come earlier than was thought */
    if (!it->has_started && now_ns >= start_ns) {
        it->has_started = true;
        it->pace.start_ns = start_ns;
        bench_samples_begin(&it->samples, atomic_load(&load->measure_ns), end_ns);
        if (load->task->on_start) load->task->on_start(it, now_ns);
    }
    if (!it->has_started) return;
    it->is_ended = now_ns >= end_ns;
    if (now_ns >= atomic_load(&load->measure_ns)) bench_samples_advance(&it->samples, now_ns);
    if (!it->is_ended && load->task->on_turn) load->task->on_turn(it, now_ns);
}

/* Sleeps until something comes, or `until_ns`.  The loop knows milliseconds; what is due between
 * them is waited for outside of it. */
static hws_status wait(const bench_worker *it, uint64_t now_ns, uint64_t until_ns)
{
    const uint64_t longest_ns = (uint64_t)TURN_MS_MAX * BENCH_NS_PER_MS;
    if (until_ns == UINT64_MAX) return hws_loop_step(it->loop, TURN_MS_MAX);

    uint64_t left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
    if (left_ns > longest_ns) left_ns = longest_ns;
    const int timeout_ms = hws_loop_timeout_ms(it->loop);
    if (timeout_ms >= 0 && (uint64_t)timeout_ms * BENCH_NS_PER_MS < left_ns)
        left_ns = (uint64_t)timeout_ms * BENCH_NS_PER_MS;
    struct pollfd ready = {.fd = hws_loop_fd(it->loop), .events = POLLIN};
    const struct timespec timeout = {.tv_nsec = (long)left_ns};
    if (left_ns > 0 && ppoll(&ready, 1, &timeout, NULL) < 0 && errno != EINTR)
        return HWS_ERR_SYSTEM;
    return hws_loop_step(it->loop, 0);
}

static uint64_t next_ns(const bench_worker *it)
{
    const bench_task *task = it->load->task;
    if (it->begun_count < it->connection_count && it->load->options->ramp > 0)
        return bench_now_ns() + BENCH_NS_PER_MS;
    return it->has_started && !it->is_ended && task->next_ns ? task->next_ns(it) : UINT64_MAX;
}

static void close_all(bench_worker *it)
{
    const uint64_t until_ns = bench_now_ns() + CLOSING_NS_MAX;
    it->is_closing = it->is_ended = true;
    for (size_t i = 0; i < it->begun_count; i++) {
        if (!it->connection[i].is_open) continue;
        bench_deflate_add(&it->deflate, it->connection[i].ws);
        (void)hws_websocket_close(it->connection[i].ws, 1000, NULL);
    }
    while (it->open_count > 0 && bench_now_ns() < until_ns)
        if (hws_loop_step(it->loop, TURN_MS_MAX) != HWS_OK) return;
}

static hws_status begin(bench_worker *it)
{
    const hws_status status = hws_loop_new(NULL, &it->loop);
    if (status != HWS_OK) return status;
    const bool has_slow = it->index == 0 && it->load->options->slow_count > 0;
    return has_slow ? bench_slow_new(it) : HWS_OK;
}

/* Nobody waits for what a worker cannot do. */
static void give_up(bench_worker *it)
{
    bench_errors_add(&it->errors, hws_status_text(it->failure));
    for (size_t i = 0; i < it->connection_count; i++) bench_connection_settle(&it->connection[i]);
}

void *bench_worker_run(void *worker)
{
    bench_worker *it = worker;
    const uint64_t begin_ns = bench_now_ns();
    (void)prctl(PR_SET_TIMERSLACK, 1UL); /* nanoseconds; else 50 us, which is a latency */
    it->failure = begin(it);
    while (it->failure == HWS_OK && !atomic_load(&it->load->is_closing)) {
        const uint64_t now_ns = bench_now_ns();
        open_more(it, now_ns, begin_ns);
        follow_times(it, now_ns);
        if (it->slow) bench_slow_turn(it->slow, now_ns);
        show(it);
        it->arrived_on = NULL;
        it->failure = wait(it, now_ns, next_ns(it));
    }
    if (it->failure != HWS_OK) give_up(it);
    if (it->loop) close_all(it);
    hws_loop_free(it->loop);
    show(it);
    return NULL;
}
