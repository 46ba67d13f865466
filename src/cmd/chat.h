/* SPDX-License-Identifier: MIT */
/* The chat's protocol: commands and replies in the JSON form of the Centrifuge client protocol,
 * spoken over the topics of a server.
 *
 *     --> {"id":1,"connect":{"data":{"name":"Ada"}}}
 *     <-- {"id":1,"connect":{"client":"0b5c...","version":"0.1.0","ping":25,"pong":true}}
 *     --> {"id":2,"subscribe":{"channel":"harbour"}}
 *     <-- {"id":2,"subscribe":{}}
 *     <-- {"push":{"channel":"harbour","join":{"info":{"client":"0b5c...", ...}}}}
 *     --> {"id":3,"publish":{"channel":"harbour","data":{"text":"ahoy"}}}
 *     <-- {"push":{"channel":"harbour","pub":{"data":{"text":"ahoy"},"info":{...}}}}
 *     <-- {"id":3,"publish":{}}
 *
 * Thread: the loop's. */
#ifndef HAWSER_CMD_CHAT_H
#define HAWSER_CMD_CHAT_H

#include "hawser/loop.h"
#include "hawser/server.h"

typedef struct chat chat;

/* NULL when there is no memory. */
chat *chat_new(hws_loop *loop);

/* The route of its WebSockets. */
hws_route chat_route(chat *it);

/* Names the server that has this route, before the loop turns. */
void chat_begin(chat *it, hws_server *server);

/* From now on nobody is told who leaves: all do. */
void chat_end(chat *it);

/* After the server was freed.  NULL is let pass. */
void chat_free(chat *it);

#endif /* HAWSER_CMD_CHAT_H */
