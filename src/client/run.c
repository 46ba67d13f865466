/* SPDX-License-Identifier: MIT */
/* A whole program in one call: a loop, a WebSocket, and the signals that close it. */
#include <stdio.h>

#include "client/client.h"
#include "loop/signal.h"

enum { EXIT_FAILED = 1, EXIT_CANNOT_BEGIN = 2 };

typedef struct run {
    hws_loop *loop;
    hws_websocket ws;
    bool has_ended;
    bool was_interrupted; /* by a signal */
    bool is_urgent;       /* by one that does not wait */
    int result;
} run;

static void on_ended(void *watcher, const hws_close *close, bool was_open)
{
    run *now = watcher;
    if (!was_open || close->status != HWS_OK) {
        now->result = now->was_interrupted ? 0 : EXIT_FAILED;
        fprintf(stderr, "hawser: %s\n", close->cause);
    }
    now->has_ended = true;
    hws_loop_stop(now->loop);
}

/* The first signal closes; the second does not wait for the peer. */
static void on_signal(int signal, void *user)
{
    (void)signal;
    run *now = user;
    now->is_urgent = now->was_interrupted || now->has_ended;
    if (now->is_urgent)
        (void)hws_websocket_abort(now->ws);
    else
        (void)hws_websocket_close(now->ws, HWS_CLOSE_NORMAL, NULL);
    now->was_interrupted = true;
}

/* A Close frame of ours may still be on its way, behind which a stream lingers, for no longer than
 * close_timeout_ms: a process that ends now would destroy it. */
static hws_status say_goodbye(const run *now, const hws_tally *streams)
{
    hws_status status = HWS_OK;
    while (status == HWS_OK && !now->is_urgent && hws_tally_count(streams) > 0)
        status = hws_loop_step(now->loop, -1);
    return status;
}

static hws_status turn(run *now)
{
    hws_signals *signals;
    hws_status status = hws_signals_open(now->loop, on_signal, now, &signals);
    if (status != HWS_OK) return status;
    hws_client *client = (hws_client *)hws_slots_find(now->ws);
    client->on_ended = on_ended;
    client->watcher = now;
    const hws_tally *streams = client->home->streams;
    status = hws_loop_run(now->loop);
    if (status == HWS_OK) status = say_goodbye(now, streams);
    hws_signals_close(signals);
    return status;
}

int hws_connect(const hws_client_options *options)
{
    run now = {0};
    hws_status status = hws_loop_new(NULL, &now.loop);
    if (status == HWS_OK) status = hws_websocket_open(now.loop, options, &now.ws);
    if (status == HWS_OK) status = turn(&now);
    if (status != HWS_OK) {
        fprintf(stderr, "hawser: %s\n", hws_status_text(status));
        now.result = EXIT_CANNOT_BEGIN;
    }
    hws_loop_free(now.loop);
    return now.result;
}
