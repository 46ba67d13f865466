/* SPDX-License-Identifier: MIT */
/* A call that was made on another thread, on its way to the loop's: a copy of its arguments. */
#ifndef HAWSER_WEBSOCKET_REMOTE_H
#define HAWSER_WEBSOCKET_REMOTE_H

#include "hawser/websocket.h"
#include "websocket/slots.h"

typedef struct hws_remote hws_remote;

struct hws_remote {
    void (*call)(const hws_remote *remote); /* on the loop's thread */
    hws_websocket ws;
    void *target; /* something else than a WebSocket, of the same life */
    hws_message_type type;
    hws_message_part part;
    int code;
    hws_text name;    /* of a topic, a protocol, a reason: the callee's copy */
    hws_span bytes;   /* likewise */
    hws_slots *slots; /* private from here */
    size_t size;
};

/* Whether the caller is on the thread that the WebSocket lives on.  False for the zero handle. */
bool hws_remote_is_here(const hws_slots *slots);

/* Copies `call` with its name and bytes, and lets the loop of `slots` call it.
 *
 * Returns: HWS_BUFFERED.
 * Errors:  HWS_ERR_QUEUE_FULL, HWS_ERR_NO_MEMORY. */
hws_status hws_remote_post(hws_slots *slots, const hws_remote *call);

#endif /* HAWSER_WEBSOCKET_REMOTE_H */
