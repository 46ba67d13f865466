/* SPDX-License-Identifier: MIT */
#include "cmd/demo_run.h"

#include <signal.h>
#include <stddef.h>

const char demo_url[] = "ws://localhost:8080/connection/websocket";

static hws_loop *running; /* for the signal handler, which gets no argument */

static void stop(int number)
{
    (void)number;
    hws_loop_stop(running);
}

hws_status demo_run(hws_loop *loop)
{
    running = loop;
    struct sigaction action = {.sa_handler = stop};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    const hws_status status = hws_loop_run(loop);
    action.sa_handler = SIG_DFL;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return status;
}
