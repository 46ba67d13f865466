/* SPDX-License-Identifier: MIT */
/* One side of one WebSocket, without a socket (RFC 6455): bytes and the time go in, events and
 * bytes come out.
 *
 * It knows framing, fragments, UTF-8, ping and pong, the closing handshake and its deadlines.  It
 * is the same for both roles and for every transport.  The opening handshake comes before it.
 *
 *     hws_span input = ...;                      // what has just arrived
 *     hws_event event;
 *     do {
 *         hws_endpoint_receive(endpoint, now_ms, &input, &event);
 *         switch (event.type) {
 *         case HWS_EVENT_NEED_INPUT: break;
 *         case HWS_EVENT_MESSAGE: on_message(&event.message); break;
 *         case HWS_EVENT_PING: case HWS_EVENT_PONG: break;   // already answered
 *         case HWS_EVENT_CLOSE: on_close(&event.close); break;
 *         }
 *     } while (event.type != HWS_EVENT_NEED_INPUT);
 *     ... write what hws_endpoint_output shows, tell hws_endpoint_sent ...
 *
 * An idle endpoint owns no memory but itself. */
#ifndef HAWSER_ENDPOINT_H
#define HAWSER_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hawser/export.h"
#include "hawser/memory.h"
#include "hawser/message.h"
#include "hawser/span.h"
#include "hawser/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hws_endpoint hws_endpoint;

typedef enum hws_role {
    HWS_ROLE_SERVER, /* receives masked frames, sends unmasked ones (§5.1) */
    HWS_ROLE_CLIENT, /* the other way round */
} hws_role;

/* The states of the WHATWG's readyState. */
typedef enum hws_ready_state {
    HWS_CONNECTING = 0,
    HWS_OPEN = 1,
    HWS_CLOSING = 2,
    HWS_CLOSED = 3,
} hws_ready_state;

/* Close codes that have a name (§7.4.1 and the IANA registry). */
enum {
    HWS_CLOSE_NORMAL = 1000,
    HWS_CLOSE_GOING_AWAY = 1001,
    HWS_CLOSE_PROTOCOL_ERROR = 1002,
    HWS_CLOSE_UNSUPPORTED_DATA = 1003,
    HWS_CLOSE_NO_CODE = 1005,  /* local only: the peer's Close had no code */
    HWS_CLOSE_ABNORMAL = 1006, /* local only: no Close frame came */
    HWS_CLOSE_INVALID_DATA = 1007,
    HWS_CLOSE_POLICY = 1008,
    HWS_CLOSE_TOO_BIG = 1009,
    HWS_CLOSE_EXTENSION_MISSING = 1010,
    HWS_CLOSE_INTERNAL_ERROR = 1011,
    HWS_CLOSE_SERVICE_RESTART = 1012,
    HWS_CLOSE_TRY_AGAIN_LATER = 1013,
    HWS_CLOSE_BAD_GATEWAY = 1014,
    HWS_CLOSE_TLS = 1015,       /* local only */
    HWS_CLOSE_REASON_MAX = 123, /* bytes of UTF-8 */
};

/* Shared by many endpoints, and outlives them.  hws_endpoint_options_complete turns every zero into
 * the default stated here. */
typedef struct hws_endpoint_options {
    hws_role role;
    bool stream_parts;           /* deliver parts of messages as they arrive; false: whole */
    bool skip_utf8;              /* do not validate text; false: §8.1 */
    uint64_t message_size_max;   /* bytes over all fragments; 0: 1 MiB; whole: at most 2 GiB */
    uint32_t fragment_count_max; /* of one message; 0: 131072 */
    uint32_t fragment_empty_max; /* fragments without payload of one message; 0: 128 */
    uint32_t control_burst_max;  /* control frames at once; 0: 50; at most 4,000,000 */
    uint32_t control_rate_max;   /* control frames in 10 s, when the burst is used up; 0: 100;
                                    UINT32_MAX: no limit */
    uint32_t ping_interval_ms;   /* of silence before a ping; 0: 25000; UINT32_MAX: no pings */
    uint32_t pong_timeout_ms;    /* for any sign of life after that; 0: 8000 */
    uint32_t close_timeout_ms;   /* for the peer's Close after ours; 0: 5000 */
    uint32_t message_timeout_ms; /* for a message to arrive, plus ... ; 0: 30000 */
    uint32_t message_rate_min;   /* ... one second for each so many of its bytes; 0: 16384 */
    const hws_memory *memory;    /* for messages in more than one piece; required */
    const struct hws_kernels *kernels; /* NULL: the scalar ones, for any processor */
    struct hws_deflate *deflate; /* for connections that agree on permessage-deflate; NULL: none */

    /* Fills `bytes` with cryptographically strong random bytes; the client's mask keys (§5.3).
     * Required of a client.  Returns false on failure. */
    bool (*random)(void *user, uint8_t *bytes, size_t size);
    void *random_user;
} hws_endpoint_options;

HWS_API void hws_endpoint_options_complete(hws_endpoint_options *options);

typedef enum hws_event_type {
    HWS_EVENT_NEED_INPUT, /* all input is consumed, nothing more to tell */
    HWS_EVENT_MESSAGE,    /* event.message; data lives until the next call */
    HWS_EVENT_PING,       /* event.payload; its pong is in the queue */
    HWS_EVENT_PONG,       /* event.payload */
    HWS_EVENT_CLOSE, /* event.close; the last event: nothing arrives or leaves after it but what
                             is in the queue, and then the transport is to be ended */
} hws_event_type;

/* Why and how a WebSocket ended. */
typedef struct hws_close {
    int code;          /* the peer's; else ours, if a Close frame of ours went out; else 1006, or
                          1015 when TLS failed */
    bool was_clean;    /* a Close frame was sent and one received (§7.1.4) */
    hws_status status; /* HWS_OK when the peer or this side simply closed; else the failure */
    hws_text reason;   /* the peer's, or that of our failure; UTF-8, not terminated; lives until
                          the next call */
    const char *cause; /* what happened, in words: one line; never NULL */
    int http_status;   /* of the answer that refused the opening handshake; 0: there was none */
} hws_close;

typedef struct hws_event {
    hws_event_type type;
    union {
        hws_message message;
        hws_span payload;
        hws_close close;
    };
} hws_event;

/* Makes the endpoint of a connection whose opening handshake is over.
 *
 * Errors: HWS_ERR_NO_MEMORY.  Lifetime: `options`, completed, outlives the endpoint. */
HWS_API HWS_MUST_CHECK hws_status hws_endpoint_new(const hws_endpoint_options *options,
                                                   uint64_t now_ms, hws_endpoint **endpoint);

/* NULL is let pass. */
HWS_API void hws_endpoint_free(hws_endpoint *endpoint);

/* The next bytes to write to the peer, in order; empty when there are none.  They stay where they
 * are until hws_endpoint_sent says how many of them have gone. */
HWS_API hws_span hws_endpoint_output(const hws_endpoint *endpoint);
HWS_API void hws_endpoint_sent(hws_endpoint *endpoint, size_t size);

/* Consumes `input` up to the next event.  Bytes are unmasked in place; a frame that lies whole in
 * `input` is delivered from there without a copy.
 *
 * A peer that breaks the protocol gets the Close frame it deserves into the queue (if one can still
 * be sent), and the event is HWS_EVENT_CLOSE. */
HWS_API void hws_endpoint_receive(hws_endpoint *endpoint, uint64_t now_ms, hws_span *input,
                                  hws_event *event);

/* The transport ended: by the peer's end of stream (HWS_ERR_CONNECTION_LOST), a reset, a timeout.
 * The event is HWS_EVENT_CLOSE, or HWS_EVENT_NEED_INPUT when that was told before. */
HWS_API void hws_endpoint_end(hws_endpoint *endpoint, hws_status why, hws_event *event);

/* When hws_endpoint_tick wants to be called; UINT64_MAX: never. */
HWS_API uint64_t hws_endpoint_deadline(const hws_endpoint *endpoint);

/* Does what time demands: a ping, or giving up.  The event is HWS_EVENT_CLOSE or _NEED_INPUT.
 * Calling it too early is harmless. */
HWS_API void hws_endpoint_tick(hws_endpoint *endpoint, uint64_t now_ms, hws_event *event);

/* Frames a message, or a part of one, into the queue.
 *
 * Errors: HWS_ERR_NOT_OPEN after a close was begun by either side; HWS_ERR_INVALID_ARGUMENT
 *         (unknown type, a part out of sequence); HWS_ERR_UTF8 (a text that is not, over all its
 *         parts, unless skip_utf8); HWS_ERR_NO_MEMORY; HWS_ERR_RANDOM.  After an error nothing was
 *         sent. */
HWS_API HWS_MUST_CHECK hws_status hws_endpoint_send(hws_endpoint *endpoint,
                                                    const hws_message *message);

/* `size` is at most HWS_FRAME_CONTROL_MAX bytes.  Errors as above. */
HWS_API HWS_MUST_CHECK hws_status hws_endpoint_ping(hws_endpoint *endpoint, const void *payload,
                                                    size_t size);

/* Begins the closing handshake; the deadline of the peer's answer starts at `now_ms`.
 *
 * code     1000 to 1014 without 1004 to 1006, or 3000 to 4999; 0: a Close frame without a body.
 * reason   UTF-8, at most HWS_CLOSE_REASON_MAX bytes; absent when code is 0.
 *
 * Errors: HWS_ERR_INVALID_ARGUMENT, HWS_ERR_UTF8, HWS_ERR_NOT_OPEN (already closing),
 *         HWS_ERR_NO_MEMORY, HWS_ERR_RANDOM; after an error nothing was sent. */
HWS_API HWS_MUST_CHECK hws_status hws_endpoint_close(hws_endpoint *endpoint, uint64_t now_ms,
                                                     int code, hws_text reason);

/* Tells whether output is stuck: pings are then not answered one by one, only the latest is kept
 * and answered when output flows again (§5.5.3). */
HWS_API void hws_endpoint_set_blocked(hws_endpoint *endpoint, bool blocked);

HWS_API hws_ready_state hws_endpoint_ready_state(const hws_endpoint *endpoint);

#ifdef __cplusplus
}
#endif

#endif /* HAWSER_ENDPOINT_H */
