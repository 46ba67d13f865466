/* SPDX-License-Identifier: MIT */
/* Each connection sends, and waits for its messages to come back.
 *
 * Without a rate, as soon as one has come back the next one goes out (a closed loop), and the time
 * counts from when it was sent.  With one, messages are sent when they are due (an open loop), or
 * when there is room again for one that could not be, and the time counts from when it was due. */
#include <string.h>

#include "cmd/bench_load.h"

enum { COMPARE_EVERY = 64 }; /* messages of a connection, beginning with its first */

static uint64_t *slot_of(const bench_connection *it, uint64_t number)
{
    const bench_worker *worker = it->worker;
    const uint64_t in_flight = worker->load->options->in_flight;
    const size_t index = (size_t)(it - worker->connection);
    return &worker->sent_ns[index * in_flight + number % in_flight];
}

static uint64_t begin_ns(const bench_connection *it, uint64_t number)
{
    const bench_worker *worker = it->worker;
    if (worker->sent_ns) return *slot_of(it, number);
    return bench_pace_due_on_ns(&worker->pace, (uint64_t)(it - worker->connection), number);
}

static bool may_send(const bench_connection *it)
{
    const bench_worker *worker = it->worker;
    if (!it->is_open || worker->is_ended) return false;
    if (it->sent_count - it->answered_count >= worker->load->options->in_flight) return false;
    return worker->sent_ns || it->sent_count < it->due_count;
}

static void fill(bench_connection *it, uint64_t now_ns)
{
    const bench_load *load = it->worker->load;
    const hws_message message = {
        .type = load->options->connect.binary ? HWS_BINARY : HWS_TEXT,
        .data = load->payload,
        .size = load->payload_size,
    };
    while (may_send(it)) {
        const hws_status status = hws_websocket_send(it->ws, &message);
        if (status < HWS_OK) {
            /* A full queue drains, and on_close will tell of what is not open. */
            if (status != HWS_ERR_QUEUE_FULL && status != HWS_ERR_NOT_OPEN)
                bench_errors_add(&it->worker->errors, hws_status_text(status));
            return;
        }
        if (it->worker->sent_ns) *slot_of(it, it->sent_count) = now_ns;
        it->sent_count++;
    }
}

static bool is_answer(const bench_connection *it, const hws_message *message)
{
    const bench_load *load = it->worker->load;
    if (load->options->any_answer) return true;
    if (message->size != load->payload_size) return false;
    if (message->size == 0 || it->answered_count % COMPARE_EVERY != 0) return true;
    return memcmp(message->data, load->payload, message->size) == 0;
}

static void on_message(bench_connection *it, const hws_message *message, uint64_t now_ns)
{
    bench_worker *worker = it->worker;
    if (it->answered_count == it->sent_count) {
        /* Many servers greet, before there is any load. */
        if (worker->has_started)
            bench_errors_add(&worker->errors, "a message that answers nothing");
        return;
    }
    if (!is_answer(it, message))
        bench_errors_add(&worker->errors, "an answer that is not what was sent");
    const uint64_t latency_ns = now_ns - begin_ns(it, it->answered_count++);
    bench_worker_count(worker, now_ns, latency_ns, worker->load->payload_size + message->size);
    fill(it, now_ns);
}

static void on_start(bench_worker *it, uint64_t now_ns)
{
    for (size_t i = 0; i < it->connection_count; i++) fill(&it->connection[i], now_ns);
}

static void on_turn(bench_worker *it, uint64_t now_ns)
{
    if (it->sent_ns) return;
    while (bench_pace_due_ns(&it->pace, it->due_count) <= now_ns) {
        bench_connection *to = &it->connection[it->due_count++ % it->connection_count];
        to->due_count++;
        fill(to, now_ns);
    }
}

static uint64_t next_ns(const bench_worker *it)
{
    return it->sent_ns ? UINT64_MAX : bench_pace_due_ns(&it->pace, it->due_count);
}

const bench_task bench_echo = {
    .on_message = on_message,
    .on_drain = fill,
    .on_start = on_start,
    .on_turn = on_turn,
    .next_ns = next_ns,
};
