/* SPDX-License-Identifier: MIT */
/* What both demonstrations do: turn a loop until a signal, and end with a status. */
#ifndef HAWSER_CMD_DEMO_RUN_H
#define HAWSER_CMD_DEMO_RUN_H

#include "hawser/loop.h"

/* Where a hawser serve listens that was told nothing. */
extern const char demo_url[];

/* Turns until hws_loop_stop, SIGINT or SIGTERM.  One loop at a time. */
hws_status demo_run(hws_loop *loop);

#endif /* HAWSER_CMD_DEMO_RUN_H */
