/* SPDX-License-Identifier: MIT */
/* A whole program in one call: a loop, a server, and the signals that end it. */
#include <signal.h>
#include <stdio.h>

#include "loop/signal.h"
#include "server/internal.h"

enum {
    EXIT_CANNOT_START = 2,
    DRAIN_MS = 30000,
};

typedef struct run {
    hws_loop *loop;
    hws_server *server;
} run;

static void on_done(void *user)
{
    const run *now = user;
    hws_loop_stop(now->loop);
}

static uint32_t drain_ms(const hws_server *server)
{
    return server->options.drain_ms ? server->options.drain_ms : DRAIN_MS;
}

/* SIGTERM is a deploy, and SIGINT somebody at a terminal.  The next one closes what still drains;
 * one more does not wait for answers. */
static void on_signal(int signal, void *user)
{
    run *now = user;
    if (now->server->closing && !now->server->draining)
        hws_loop_stop(now->loop);
    else if (now->server->draining)
        hws_server_close(now->server, HWS_CLOSE_SERVICE_RESTART, on_done, now);
    else if (signal == SIGTERM)
        hws_server_drain(now->server, drain_ms(now->server), on_done, now);
    else
        hws_server_close(now->server, HWS_CLOSE_GOING_AWAY, on_done, now);
}

static int serve_in(hws_loop *loop, const hws_server_options *options)
{
    char explain[256];
    run now = {.loop = loop};
    if (hws_server_new(loop, options, explain, sizeof explain, &now.server) != HWS_OK) {
        fprintf(stderr, "hawser: %s\n", explain);
        return EXIT_CANNOT_START;
    }
    hws_signals *signals;
    hws_status status = hws_signals_open(loop, on_signal, &now, &signals);
    if (status == HWS_OK) {
        status = hws_loop_run(loop);
        hws_signals_close(signals);
    }
    hws_server_free(now.server);
    if (status == HWS_OK) return 0;
    fprintf(stderr, "hawser: %s\n", hws_status_text(status));
    return EXIT_CANNOT_START;
}

int hws_serve(const hws_server_options *options)
{
    hws_loop *loop;
    const hws_status status = hws_loop_new(&(hws_loop_options){.memory = options->memory}, &loop);
    if (status != HWS_OK) {
        fprintf(stderr, "hawser: %s\n", hws_status_text(status));
        return EXIT_CANNOT_START;
    }
    const int result = serve_in(loop, options);
    hws_loop_free(loop);
    return result;
}
