/* SPDX-License-Identifier: MIT */
/* They are blocking WebSockets: what nobody receives stays in an inbox that holds one message, and
 * then in the socket. */
#include "cmd/bench_slow.h"

#include <stdlib.h>

enum {
    SEND_EVERY_NS = 10 * BENCH_NS_PER_MS,
    READ_EVERY_NS = BENCH_NS_PER_S, /* one message of each */
    UNSENT_MAX = 256 * 1024,        /* bytes: then the server has stopped reading */
    BURST_MAX = 64,                 /* messages at once */
};

static void on_open(hws_websocket ws, void *user)
{
    bench_slow *it = user;
    const char *greeting = it->worker->load->greeting;
    it->open_count++;
    it->opened_count++;
    if (greeting) (void)hws_websocket_send_text(ws, greeting);
}

static void on_close(hws_websocket ws, const hws_close *close, void *user)
{
    (void)ws;
    bench_slow *it = user;
    if (it->open_count > 0) it->open_count--;
    if (it->worker->is_closing) return;
    it->ended_count++;
    bench_errors_add(&it->ends, close->cause);
}

hws_status bench_slow_new(bench_worker *worker)
{
    bench_slow *it = calloc(1, sizeof *it);
    if (!it) return HWS_ERR_NO_MEMORY;
    it->worker = worker;
    worker->slow = it;
    it->ws_count = (size_t)worker->load->options->slow_count;
    it->ws = calloc(it->ws_count, sizeof *it->ws);
    if (!it->ws) return HWS_ERR_NO_MEMORY;

    hws_client_options options = worker->load->client;
    options.on_open = on_open;
    options.on_close = on_close;
    options.user = it;
    options.blocking = true;
    options.inbox_size_max = 1;
    options.send_timeout_ms = UINT32_MAX - 1; /* that the server stops reading is no failure */
    options.ping_interval_ms = UINT32_MAX;
    for (size_t i = 0; i < it->ws_count; i++) {
        const hws_status status = hws_websocket_open(worker->loop, &options, &it->ws[i]);
        if (status != HWS_OK) return status;
    }
    return HWS_OK;
}

void bench_slow_free(bench_slow *it)
{
    if (!it) return;
    free(it->ws);
    free(it);
}

static void send_to(const bench_slow *it, hws_websocket ws)
{
    const bench_load *load = it->worker->load;
    const hws_message message = {
        .type = load->options->connect.binary ? HWS_BINARY : HWS_TEXT,
        .data = load->payload,
        .size = load->payload_size,
    };
    for (int i = 0; i < BURST_MAX && hws_websocket_buffered_amount(ws) < UNSENT_MAX; i++)
        if (hws_websocket_send(ws, &message) != HWS_OK) return;
}

void bench_slow_turn(bench_slow *it, uint64_t now_ns)
{
    if (!it->worker->has_started || it->worker->is_ended) return;
    if (it->worker->load->options->mode == BENCH_ECHO && now_ns - it->sent_at_ns >= SEND_EVERY_NS) {
        it->sent_at_ns = now_ns;
        for (size_t i = 0; i < it->ws_count; i++) send_to(it, it->ws[i]);
    }
    if (now_ns - it->read_at_ns < READ_EVERY_NS) return;
    it->read_at_ns = now_ns;
    for (size_t i = 0; i < it->ws_count; i++) {
        hws_message message;
        const hws_status status = hws_websocket_receive(it->ws[i], &message, 0);
        (void)status; /* whether there was one is all the same */
    }
}
