/* SPDX-License-Identifier: MIT */
/* The one WebSocket of hawser connect: what happens to it is told, and what comes is counted. */
#ifndef HAWSER_CMD_CONNECT_CLIENT_H
#define HAWSER_CMD_CONNECT_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/connect_command.h"
#include "cmd/connect_options.h"
#include "cmd/connect_report.h"
#include "hawser/client.h"
#include "hawser/frame.h"

enum { CONNECT_CAUSE_SIZE_MAX = 512 }; /* bytes, the end included */

/* The first group is set by who makes it; the rest is zero. */
typedef struct connect_client {
    const connect_options *options;
    hws_loop *loop;
    connect_report report;
    void (*before_telling)(void *user); /* NULL: nothing to do */
    void (*on_ready)(void *user);       /* it is open, or what was sent has left; NULL likewise */
    void *user;

    hws_websocket ws;
    uint64_t answer_count;
    bool is_open;
    bool is_ending;  /* the answer to the last ping is waited for */
    bool is_leaving; /* this side has begun to close */
    bool has_closed; /* there is nothing more to wait for */
    bool is_lost;    /* the connection that a message was begun on */

    bool has_pinged;
    char ping[HWS_FRAME_CONTROL_MAX];
    size_t ping_size;
    uint64_t pinged_us;

    bool was_in_order;
    char cause[CONNECT_CAUSE_SIZE_MAX]; /* of the end */
} connect_client;

/* Errors: those of hws_websocket_open. */
hws_status connect_client_open(connect_client *client);

/* Does what a person typed, and tells it. */
void connect_client_obey(connect_client *client, const connect_command *command);

/* Leaves when all has come that the peer answers at once to what was sent: it has when it answers a
 * ping behind that.  After a Close of ours nothing more would be told (RFC 6455 §1.4, and as in a
 * browser). */
void connect_client_end(connect_client *client);

/* Closes with 1000; asked again, at once. */
void connect_client_leave(connect_client *client);

/* Whether all is well that has ended: closed in order, with as many answers as were wanted.  If
 * not, `cause` says why. */
bool connect_client_is_content(connect_client *client);

#endif /* HAWSER_CMD_CONNECT_CLIENT_H */
