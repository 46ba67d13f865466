/* SPDX-License-Identifier: MIT */
/* A whole program in one call: a loop, a server, and the signals that end it. */
#include <stdio.h>

#include "loop/signal.h"
#include "server/internal.h"

enum { EXIT_CANNOT_START = 2 };

typedef struct run {
    hws_loop *loop;
    hws_server *server;
} run;

static void on_done(void *user)
{
    const run *now = user;
    hws_loop_stop(now->loop);
}

/* The first signal says goodbye to everybody; the second does not wait for their answers. */
static void on_signal(int signal, void *user)
{
    (void)signal;
    run *now = user;
    if (now->server->closing)
        hws_loop_stop(now->loop);
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
