/* SPDX-License-Identifier: MIT */
/* A call that was made on another thread, on its way to the loop's: a copy of its arguments. */
#ifndef HAWSER_WEBSOCKET_REMOTE_H
#define HAWSER_WEBSOCKET_REMOTE_H

#include "base/blob.h"
#include "hawser/websocket.h"
#include "loop/loop.h"
#include "websocket/slots.h"

typedef struct hws_remote hws_remote;

struct hws_remote {
    void (*call)(const hws_remote *remote); /* on the loop's thread */
    hws_websocket ws;
    void *target; /* something else than a WebSocket, of the same life */
    hws_message_type type;
    hws_message_part part;
    hws_compress compress;
    int code;
    hws_text name;     /* of a topic, a protocol, a reason: the callee's copy */
    hws_span bytes;    /* likewise */
    hws_blob *blob;    /* a reference of its own, in the memory of the slots; NULL: none */
    hws_remote *next;  /* for a list of those that are not sent yet */
    hws_posted posted; /* private from here */
    hws_slots *slots;
    size_t size;
};

/* The message that a call carries. */
static inline hws_message hws_remote_message(const hws_remote *remote)
{
    return (hws_message){.type = remote->type,
                         .part = remote->part,
                         .data = remote->bytes.data,
                         .size = remote->bytes.size,
                         .compress = remote->compress};
}

/* Whether the caller is on the thread that the WebSocket lives on.  False for the zero handle. */
bool hws_remote_is_here(const hws_slots *slots);

/* Copies `call` with its name and bytes, and lets the loop of `slots` call it.
 *
 * Returns: HWS_BUFFERED.
 * Errors:  HWS_ERR_QUEUE_FULL, HWS_ERR_NO_MEMORY. */
hws_status hws_remote_post(hws_slots *slots, const hws_remote *call);

/* The same in two steps: what has been made is sent, or freed, and sending does not fail before the
 * loop is gone (HWS_ERR_SHUTTING_DOWN; it is freed then).  Making takes over the reference to
 * `blob`, but not when it fails.  Errors as above. */
HWS_MUST_CHECK hws_status hws_remote_new(hws_slots *slots, const hws_remote *call,
                                         hws_remote **remote);
HWS_MUST_CHECK hws_status hws_remote_send(hws_remote *remote);
void hws_remote_free(hws_remote *remote);

#endif /* HAWSER_WEBSOCKET_REMOTE_H */
