/* SPDX-License-Identifier: MIT */
#include "cmd/bench_load.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/bench_cast.h"
#include "cmd/bench_slow.h"

static const bench_task *task_of(bench_mode mode)
{
    static const bench_task *const tasks[] = {
        [BENCH_ECHO] = &bench_echo, [BENCH_LISTEN] = &bench_listen,
        [BENCH_CHAT] = &bench_chat, [BENCH_CONNECT] = &bench_connect,
        [BENCH_IDLE] = &bench_idle,
    };
    return tasks[mode];
}

const bench_task bench_idle = {.on_open = NULL};

static hws_status make_payload(bench_load *it)
{
    const bench_options *options = it->options;
    if (options->mode == BENCH_CHAT || options->mode == BENCH_LISTEN) return bench_cast_payload(it);
    it->payload_size = (size_t)options->size;
    it->payload = malloc(it->payload_size + 1); /* never of nothing */
    if (!it->payload) return HWS_ERR_NO_MEMORY;
    if (options->message)
        memcpy(it->payload, options->message, it->payload_size);
    else
        bench_content_fill(options->content, it->payload, it->payload_size);
    return HWS_OK;
}

/* What is in flight may all have to wait in our own queue. */
static size_t queue_max(const bench_options *options)
{
    const uint64_t size_min = 1 << 20;
    const uint64_t size_max = 256 << 20;
    const uint64_t size = options->in_flight * (options->size + 64);
    if (size < size_min) return (size_t)size_min;
    return (size_t)(size < size_max ? size : size_max);
}

static hws_status make_worker(bench_load *it, bench_worker *worker, size_t index)
{
    const bench_options *options = it->options;
    const size_t all = (size_t)options->connection_count;
    worker->load = it;
    worker->index = index;
    worker->connection_count = (all + it->worker_count - 1 - index) / it->worker_count;
    worker->connection = calloc(worker->connection_count, sizeof *worker->connection);
    if (!worker->connection) return HWS_ERR_NO_MEMORY;
    for (size_t i = 0; i < worker->connection_count; i++) worker->connection[i].worker = worker;
    worker->pace = (bench_pace){
        .rate = options->rate,
        .worker = index,
        .worker_count = it->worker_count,
        .connection_count = worker->connection_count,
    };
    if (options->mode == BENCH_ECHO && options->rate == 0) {
        worker->sent_ns =
            calloc(worker->connection_count, (size_t)options->in_flight * sizeof *worker->sent_ns);
        if (!worker->sent_ns) return HWS_ERR_NO_MEMORY;
    }
    return bench_samples_init(&worker->samples, options->duration_ms) ? HWS_OK : HWS_ERR_NO_MEMORY;
}

static hws_status start_threads(bench_load *it)
{
    for (size_t i = 0; i < it->worker_count; i++) {
        bench_worker *worker = &it->worker[i];
        if (pthread_create(&worker->thread, NULL, bench_worker_run, worker) != 0)
            return HWS_ERR_SYSTEM;
        worker->has_thread = true;
    }
    return HWS_OK;
}

/* What is wrong with the options would be told by every connection; here it is told once. */
static hws_status try_options(const bench_load *it)
{
    hws_loop *loop;
    hws_websocket ws;
    hws_status status = hws_loop_new(NULL, &loop);
    if (status != HWS_OK) return status;
    status = hws_websocket_open(loop, &it->client, &ws);
    if (status == HWS_OK) (void)hws_websocket_abort(ws);
    hws_loop_free(loop);
    return status;
}

hws_status bench_load_begin(bench_load *it, const bench_options *options)
{
    *it = (bench_load){
        .options = options,
        .task = task_of(options->mode),
        .client = connect_options_client(&options->connect),
        .worker_count = (size_t)options->thread_count,
        .start_ns = UINT64_MAX,
        .measure_ns = UINT64_MAX,
        .end_ns = UINT64_MAX,
    };
    it->client.send_queue_max = queue_max(options);
    it->client.offline_size_max = SIZE_MAX;
    hws_status status = try_options(it);
    if (status == HWS_OK) status = make_payload(it);
    if (status != HWS_OK) return status;
    it->worker = calloc(it->worker_count, sizeof *it->worker);
    if (!it->worker) return HWS_ERR_NO_MEMORY;
    for (size_t i = 0; i < it->worker_count && status == HWS_OK; i++)
        status = make_worker(it, &it->worker[i], i);
    return status == HWS_OK ? start_threads(it) : status;
}

void bench_load_end(bench_load *it)
{
    atomic_store(&it->is_closing, true);
    for (size_t i = 0; it->worker && i < it->worker_count; i++) {
        bench_worker *worker = &it->worker[i];
        if (worker->has_thread) (void)pthread_join(worker->thread, NULL);
        worker->has_thread = false;
    }
}

void bench_load_release(bench_load *it)
{
    bench_load_end(it);
    for (size_t i = 0; it->worker && i < it->worker_count; i++) {
        bench_worker *worker = &it->worker[i];
        bench_slow_free(worker->slow);
        bench_samples_release(&worker->samples);
        free(worker->sent_ns);
        free(worker->connection);
    }
    free(it->worker);
    free(it->payload);
    free(it->greeting);
    it->worker = NULL;
    it->payload = NULL;
    it->greeting = NULL;
}

size_t bench_load_open_count(const bench_load *it)
{
    size_t count = 0;
    for (size_t i = 0; i < it->worker_count; i++) count += atomic_load(&it->worker[i].shown_open);
    return count;
}

size_t bench_load_settled_count(const bench_load *it)
{
    size_t count = 0;
    for (size_t i = 0; i < it->worker_count; i++)
        count += atomic_load(&it->worker[i].shown_settled);
    return count;
}

uint64_t bench_load_error_count(const bench_load *it)
{
    uint64_t count = 0;
    for (size_t i = 0; i < it->worker_count; i++) count += atomic_load(&it->worker[i].shown_errors);
    return count;
}

uint64_t bench_load_message_count(const bench_load *it)
{
    uint64_t count = 0;
    for (size_t i = 0; i < it->worker_count; i++)
        count += atomic_load(&it->worker[i].shown_messages);
    return count;
}
