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
#include "websocket/traffic.h"
#include "wire/endpoint.h"

typedef struct hws_session hws_session;

/* Events that one session is given in one go; then it is the others' turn. */
enum { HWS_TURN_MESSAGE_MAX = 1000 };

/* What a client does where a server would have nothing to do: before there is a connection, and
 * after there was one. */
typedef struct hws_session_client {
    /* While the session is diverted (and so before hws_session_open): in place of sending.
     * `is_late`: on behalf of another thread, which has been told that the message waits. */
    hws_status (*send)(hws_session *session, const hws_message *message, bool is_late);

    /* While CONNECTING. */
    hws_status (*close)(hws_session *session);

    /* The connection has ended and is taken apart: the session is as it was before
     * hws_session_open, and may be opened again.  `close` and its texts live until this returns. */
    void (*ended)(hws_session *session, const hws_close *close);

    size_t (*buffered_amount)(const hws_session *session); /* beyond what the stream has */
} hws_session_client;

enum { HWS_SESSION_PROTOCOL_MAX = 255 };

/* What many sessions have in common: those of one route, for example. */
typedef struct hws_session_plan {
    hws_loop *loop;
    hws_slots *slots;
    const hws_memory *memory;
    hws_handlers handlers;
    void *user;
    hws_endpoint_options endpoint;
    size_t send_queue_max;
    const char *const *protocols;     /* HWS_SESSION_PROTOCOL_MAX at most, then NULL; or NULL */
    hws_traffic *traffic;             /* NULL: nobody counts */
    uint32_t turn_message_max;        /* at least 1; see HWS_TURN_MESSAGE_MAX */
    const hws_session_client *client; /* NULL: of a server */

    /* Whether the peer may have sent so many more messages and bytes; else why it is closed.  NULL:
     * it may. */
    hws_status (*charge)(hws_session *session, size_t message_count, size_t size);

    /* After on_close: the session is released, and the struct it is embedded in may be freed. */
    void (*on_finished)(hws_session *session);
} hws_session_plan;

/* Every connection pays for these bytes, idle or not (docs/decisions/0031). */
struct hws_session {
    hws_endpoint endpoint; /* its options are the plan's, its queue is the stream's */
    void *user;
    hws_alarm alarm;
    uint32_t slot;    /* of its handle */
    int16_t cause;    /* an hws_status: why we gave up, when the endpoint cannot know */
    uint8_t protocol; /* which of the plan's, from 1; 0: none */

    bool paused : 1;       /* not reading: too much waits to be sent, or to be received */
    bool yields : 1;       /* not reading: the others come first */
    bool halted : 1;       /* the application wants no more until it says so */
    bool full : 1;         /* the inbox has enough for now */
    bool diverted : 1;     /* of a client: messages wait in the client */
    bool dismissed : 1;    /* the application closed it */
    bool aborted : 1;      /* to be finished as soon as the loop gets to it */
    bool drain_wanted : 1; /* somebody was told to wait */
};

static inline const hws_session_plan *hws_session_plan_of(const hws_session *session)
{
    return (const hws_session_plan *)(const void *)((const uint8_t *)session->endpoint.options -
                                                    offsetof(hws_session_plan, endpoint));
}

/* NULL while CONNECTING. */
static inline hws_stream *hws_session_stream(const hws_session *session)
{
    uint8_t *queue = (uint8_t *)session->endpoint.queue;
    return queue ? (hws_stream *)(void *)(queue - offsetof(hws_stream, queue)) : NULL;
}

static inline hws_websocket hws_session_handle(const hws_session *session)
{
    return hws_slots_handle(hws_session_plan_of(session)->slots, session->slot);
}

/* One of the plan's, by its address; NULL: none. */
void hws_session_set_protocol(hws_session *session, const char *protocol);
const char *hws_session_protocol(const hws_session *session); /* "": none */

/* Gives the session a handle, CONNECTING.  Errors: HWS_ERR_NO_MEMORY, HWS_ERR_LIMIT. */
HWS_MUST_CHECK hws_status hws_session_init(hws_session *session, const hws_session_plan *plan);

/* Takes a session that was never opened out of the world again, without a callback. */
void hws_session_cancel(hws_session *session);

/* The opening handshake is over: takes over `stream`, calls on_open, and then takes `early`, the
 * bytes that came behind the handshake.  The session may be finished when this returns.
 *
 * deflate  What was agreed on; what that reserved (hws_deflate_enter) is taken over, too.
 *
 * Errors: HWS_ERR_NO_MEMORY; nothing was called, and `stream` is still the caller's. */
HWS_MUST_CHECK hws_status hws_session_open(hws_session *session, hws_stream *stream,
                                           hws_deflate_terms deflate, hws_span early);

/* The calls of hawser/websocket.h, on the loop's thread. */
hws_status hws_session_send(hws_session *session, const hws_message *message);

/* For another thread, which was told that it is buffered: what cannot be sent any more must not
 * vanish in silence. */
void hws_session_send_late(hws_session *session, const hws_message *message);
hws_status hws_session_ping(hws_session *session, const void *payload, size_t size);
hws_status hws_session_close(hws_session *session, int code, hws_text reason);
hws_status hws_session_abort(hws_session *session);

/* Stop and resume reading; nothing is lost meanwhile.  The calls are the application's, `full` the
 * inbox's. */
hws_status hws_session_pause(hws_session *session);
hws_status hws_session_resume(hws_session *session);
void hws_session_set_full(hws_session *session, bool full);

/* The end of one that is not open, in two steps: on_error and on_close; then its handle is stale,
 * and on_finished is called. */
void hws_session_tell_close(hws_session *session, const hws_close *close);
void hws_session_depart(hws_session *session);

/* A message that was framed for many.  `label` as of hws_queue_share_as; NULL: none.
 * Errors: HWS_ERR_QUEUE_FULL, and of hws_endpoint_share. */
hws_status hws_session_share(hws_session *session, hws_blob *frame, const uint64_t *label);

/* Whether hws_session_share would find the queue full; whether the peer takes less than he is
 * sent.  False when it is not open. */
bool hws_session_is_full(const hws_session *session);
bool hws_session_is_behind(const hws_session *session);

/* Of an open one: what waits of that label goes, or gives its place to `frame` (base/queue). */
bool hws_session_withdraw(hws_session *session, uint64_t label);
size_t hws_session_replace(hws_session *session, uint64_t label, hws_blob *frame);

/* Closes because of `cause`, with its close code and text; what waits is sent first if the peer
 * takes it in time. */
void hws_session_give_up(hws_session *session, hws_status cause);

/* Bytes that it holds beyond itself: of a message on its way in, of input that waits, and of its
 * queue; what it shares with others counts as its own. */
size_t hws_session_weight(const hws_session *session);

/* Ends it now to be rid of them: with 1013 if a message on its way in is most of it; else the peer
 * does not read, and would not read that either.  Not from inside a callback of the session. */
void hws_session_shed(hws_session *session);

/* Ends it now, with an on_close: for the end of the server.  Not from inside a callback. */
void hws_session_end(hws_session *session, hws_status why);

#endif /* HAWSER_WEBSOCKET_SESSION_H */
