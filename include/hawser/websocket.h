/* SPDX-License-Identifier: MIT */
/* A WebSocket, from either end: a handle, the calls on it, and what it calls back.
 *
 * The names are the browser's (WHATWG WebSockets) where the browser has one.
 *
 * A handle is a small value: copy it, keep it, compare it.  It cannot dangle: a call on a WebSocket
 * that has closed answers HWS_ERR_NOT_OPEN, also when its place was taken by another since.
 * Lifetime of all handles: that of the server (or client) they came from.
 *
 * Thread: calls may come from any thread and never block on the network; callbacks come on the
 *         thread of the WebSocket's loop, and never from inside a call of yours.  What is asked for
 *         from another thread takes effect in the order in which that thread asked. */
#ifndef HAWSER_WEBSOCKET_H
#define HAWSER_WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hawser/deflate.h"
#include "hawser/endpoint.h"
#include "hawser/export.h"
#include "hawser/message.h"
#include "hawser/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Zero is no WebSocket: every call on it answers HWS_ERR_NOT_OPEN. */
typedef struct hws_websocket {
    struct hws_slots *slots;
    uint32_t slot;
    uint32_t generation;
} hws_websocket;

static inline bool hws_websocket_equal(hws_websocket a, hws_websocket b)
{
    return a.slots == b.slots && a.slot == b.slot && a.generation == b.generation;
}

/* What a WebSocket calls back.  Any of them may be NULL.  Each may send, close, subscribe, publish,
 * to this WebSocket and to others.  `user` is what hws_websocket_set_user set last, and before that
 * the `user` that came with these handlers. */
typedef struct hws_handlers {
    void (*on_open)(hws_websocket ws, void *user);

    /* `message` and its bytes are gone when this returns. */
    void (*on_message)(hws_websocket ws, const hws_message *message, void *user);

    /* A failure, before the on_close that follows it; `text` says what happened, in words. */
    void (*on_error)(hws_websocket ws, hws_status status, const char *text, void *user);

    /* The last call.  `close` and its text are gone when this returns. */
    void (*on_close)(hws_websocket ws, const hws_close *close, void *user);

    /* After a send that answered HWS_BUFFERED or HWS_ERR_QUEUE_FULL: everything has left. */
    void (*on_drain)(hws_websocket ws, void *user);

    /* A pong: the answer to a hws_websocket_ping, with its payload, or to a ping that was sent by
     * itself, or to none; for those who measure.  `payload` is gone when this returns. */
    void (*on_pong)(hws_websocket ws, const void *payload, size_t size, void *user);
} hws_handlers;

/* Sends a message, or a part of one.  The bytes are copied.
 *
 * Returns: HWS_OK: it leaves at the end of this turn of the loop.  HWS_BUFFERED: it waits behind
 *          others (always so from another thread, before the loop has seen it).
 * Errors:  HWS_ERR_NOT_OPEN; HWS_ERR_QUEUE_FULL: send_queue_max bytes or more wait already, and the
 *          message was dropped; HWS_ERR_UTF8; HWS_ERR_INVALID_ARGUMENT; HWS_ERR_NO_MEMORY. */
HWS_API hws_status hws_websocket_send(hws_websocket ws, const hws_message *message);

/* The same for a text that ends with a zero byte, and for bytes. */
HWS_API hws_status hws_websocket_send_text(hws_websocket ws, const char *text);
HWS_API hws_status hws_websocket_send_binary(hws_websocket ws, const void *data, size_t size);

/* Sends a ping of at most HWS_FRAME_CONTROL_MAX bytes.  Pings are sent by themselves when a
 * connection is silent; this one is for those who measure. */
HWS_API hws_status hws_websocket_ping(hws_websocket ws, const void *payload, size_t size);

/* No more messages until hws_websocket_resume: what the peer sends waits, first here (at most what
 * the loop receives at once) and then, by TCP, with the peer, who feels it.  Nothing is lost.  What
 * is not read is not judged either: while it is paused a peer is not asked for pongs, and that it
 * has gone, or closed, is told after resuming, unless something sent to it fails before.
 * Pausing twice is once.
 *
 * Returns: HWS_OK; from another thread HWS_BUFFERED: it is paused when its loop has seen it.
 * Errors:  HWS_ERR_NOT_OPEN; from another thread also HWS_ERR_QUEUE_FULL, HWS_ERR_NO_MEMORY. */
HWS_API hws_status hws_websocket_pause(hws_websocket ws);
HWS_API hws_status hws_websocket_resume(hws_websocket ws);

/* Begins the closing handshake; on_close follows.
 *
 * code    1000 to 1014 without 1004 to 1006, or 3000 to 4999; 0: none is sent.
 * reason  UTF-8 of at most HWS_CLOSE_REASON_MAX bytes, terminated; NULL: none.
 *
 * Errors: HWS_ERR_NOT_OPEN, HWS_ERR_INVALID_ARGUMENT, HWS_ERR_UTF8, HWS_ERR_NO_MEMORY. */
HWS_API hws_status hws_websocket_close(hws_websocket ws, int code, const char *reason);

/* Ends the connection at once, without a Close frame.  on_close follows, with 1006. */
HWS_API hws_status hws_websocket_abort(hws_websocket ws);

/* HWS_CLOSED for a handle that is stale. */
HWS_API hws_ready_state hws_websocket_ready_state(hws_websocket ws);

/* The following are for the loop's thread; elsewhere, and for a stale handle, they answer 0, NULL
 * or HWS_ERR_INVALID_ARGUMENT. */

/* Bytes that were sent and have not left yet, headers of frames included. */
HWS_API size_t hws_websocket_buffered_amount(hws_websocket ws);

/* The subprotocol that was agreed on; "" for none.  Lives as long as the WebSocket. */
HWS_API const char *hws_websocket_protocol(hws_websocket ws);

/* The extensions in use, as the server answered them, such as "permessage-deflate;
 * server_no_context_takeover; client_no_context_takeover"; "" for none.  Lives until this is called
 * again for a WebSocket of this loop. */
HWS_API const char *hws_websocket_extensions(hws_websocket ws);

/* What permessage-deflate does for it.  Errors: HWS_ERR_NOT_OPEN. */
HWS_API hws_status hws_websocket_deflate(hws_websocket ws, hws_deflate_info *info);

/* The loop that it lives in: for timers, and to know its thread. */
HWS_API struct hws_loop *hws_websocket_loop(hws_websocket ws);

/* The peer's address as text, written to `text` (at least 48 bytes), terminated. */
HWS_API hws_status hws_websocket_address(hws_websocket ws, char *text, size_t size);

HWS_API void *hws_websocket_user(hws_websocket ws);
HWS_API hws_status hws_websocket_set_user(hws_websocket ws, void *user);

#ifdef __cplusplus
}
#endif

#endif /* HAWSER_WEBSOCKET_H */
