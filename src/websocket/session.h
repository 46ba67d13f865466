/* SPDX-License-Identifier: MIT */
/* One WebSocket at work: the endpoint driven over a stream, in a loop.
 *
 *     stream ──on_receive──▶ endpoint ──event──▶ handlers
 *        ▲                      │ frames
 *        └──── flush ◀── queue ◀┘
 *
 * The same for servers and clients; what they add (topics, reconnecting) is in the struct that they
 * embed it in. */
#ifndef HAWSER_WEBSOCKET_SESSION_H
#define HAWSER_WEBSOCKET_SESSION_H

#include "base/blob.h"
#include "hawser/websocket.h"
#include "loop/alarm.h"
#include "net/stream.h"
#include "websocket/slots.h"
#include "wire/endpoint.h"

typedef struct hws_session hws_session;

/* What many sessions have in common: those of one route, for example. */
typedef struct hws_session_plan {
    hws_loop *loop;
    hws_slots *slots;
    const hws_memory *memory;
    hws_handlers handlers;
    void *user;
    hws_endpoint_options endpoint;
    size_t send_queue_max;

    /* After on_close: the session is released, and the struct it is embedded in may be freed. */
    void (*on_finished)(hws_session *session);
} hws_session_plan;

struct hws_session {
    const hws_session_plan *plan;
    hws_stream *stream; /* NULL while CONNECTING */
    void *user;
    hws_endpoint endpoint;
    hws_alarm alarm;
    hws_blob *held; /* input that waits until output flows again */
    uint32_t slot;  /* of its handle */
    uint32_t generation;
    const char *protocol; /* static, or as long-lived as the plan; NULL: none */
    hws_status cause;     /* why we gave up, when the endpoint cannot know */
    bool paused;          /* not reading: too much waits to be sent */
    bool aborted;         /* to be finished as soon as the loop gets to it */
    bool drain_wanted;    /* somebody was told to wait */
};

static inline hws_websocket hws_session_handle(const hws_session *session)
{
    return (hws_websocket){session->plan->slots, session->slot, session->generation};
}

/* Gives the session a handle, CONNECTING.  Errors: HWS_ERR_NO_MEMORY, HWS_ERR_LIMIT. */
HWS_MUST_CHECK hws_status hws_session_init(hws_session *session, const hws_session_plan *plan);

/* Takes a session that was never opened out of the world again, without a callback. */
void hws_session_cancel(hws_session *session);

/* The opening handshake is over: takes over `stream`, calls on_open, and then takes `early`, the
 * bytes that came behind the handshake.  The session may be finished when this returns.
 *
 * Errors: HWS_ERR_NO_MEMORY; nothing was called, and `stream` is still the caller's. */
HWS_MUST_CHECK hws_status hws_session_open(hws_session *session, hws_stream *stream,
                                           hws_span early);

/* The calls of hawser/websocket.h, on the loop's thread. */
hws_status hws_session_send(hws_session *session, const hws_message *message);
hws_status hws_session_share(hws_session *session, hws_blob *frame);
hws_status hws_session_ping(hws_session *session, const void *payload, size_t size);
hws_status hws_session_close(hws_session *session, int code, hws_text reason);
hws_status hws_session_abort(hws_session *session);

/* Closes because of `cause`, with its close code and text; what waits is sent first if the peer
 * takes it in time. */
void hws_session_give_up(hws_session *session, hws_status cause);

/* Ends it now, with an on_close: for the end of the server.  Not from inside a callback. */
void hws_session_end(hws_session *session, hws_status why);

#endif /* HAWSER_WEBSOCKET_SESSION_H */
