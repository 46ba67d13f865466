/* SPDX-License-Identifier: MIT */
/* For demonstration: the procedures that the pages call by RPC, and what they work on.
 *
 *     gomoku.…           cmd/gomoku_hall.h
 *     picture.promise    cmd/picture.h; answers {"address"} */
#ifndef HAWSER_CMD_DEMO_CALL_H
#define HAWSER_CMD_DEMO_CALL_H

#include "cmd/gomoku_hall.h"
#include "cmd/picture.h"
#include "hawser/channel.h"

typedef struct demo {
    bool is_on; /* else every procedure is unknown */
    gomoku_hall games;
    pictures pictures;
} demo;

/* The games are published in `*hub`, which may be made later. */
void demo_init(demo *it, bool is_on, hws_hub **hub);
void demo_release(demo *it);

/* Answers a call, if it is one of these procedures.  Thread: any. */
void demo_call(demo *it, hws_rpc *rpc);

#endif /* HAWSER_CMD_DEMO_CALL_H */
