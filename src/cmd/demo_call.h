/* SPDX-License-Identifier: MIT */
/* For demonstration: the procedures that the pages call by RPC, and what they work on.
 *
 *     gomoku.…           cmd/gomoku_hall.h
 *     picture.promise    cmd/picture.h; answers {"address"}
 *     crowd.start        cmd/crowd.h; {"count", "seconds"}   ┐
 *     crowd.stop                                             ├ answers {"count", "refusal"}
 *     crowd.look                                             ┘ */
#ifndef HAWSER_CMD_DEMO_CALL_H
#define HAWSER_CMD_DEMO_CALL_H

#include "cmd/crowd.h"
#include "cmd/gomoku_hall.h"
#include "cmd/picture.h"
#include "hawser/channel.h"

typedef struct demo {
    bool is_on; /* else every procedure is unknown */
    gomoku_hall games;
    pictures pictures;
    crowd crowd;
} demo;

/* The games are published in `*hub`, which may be made later. */
void demo_init(demo *it, bool is_on, hws_hub **hub);
void demo_release(demo *it);

/* `server` serves it; a crowd may come when `refusal` is NULL, and else is told it. */
void demo_settle(demo *it, const hws_server *server, const char *refusal,
                 uint64_t connection_count_max);

/* Answers a call, if it is one of these procedures.  Thread: any. */
void demo_call(demo *it, hws_rpc *rpc);

#endif /* HAWSER_CMD_DEMO_CALL_H */
