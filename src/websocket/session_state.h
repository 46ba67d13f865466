/* SPDX-License-Identifier: MIT */
/* A session from inside: for src/websocket/session*.c alone.
 *
 *     session.c            made, opened, its alarm, closed, ended
 *     session_receive.c    what arrives, and when it may be looked at
 *     session_send.c       what the application sends */
#ifndef HAWSER_WEBSOCKET_SESSION_STATE_H
#define HAWSER_WEBSOCKET_SESSION_STATE_H

#include "websocket/session.h"

/* Of one that is not CONNECTING. */
static inline hws_stream *hws_session_stream_of(const hws_session *session)
{
    return (hws_stream *)(void *)((uint8_t *)session->endpoint.queue - offsetof(hws_stream, queue));
}

static inline bool hws_session_is_open(const hws_session *session)
{
    return hws_session_stream(session) && !session->aborted &&
           hws_endpoint_ready_state(&session->endpoint) == HWS_OPEN;
}

/* session.c */

/* The alarm of an open session is always set, be it to the end of time: setting it to another time
 * then needs no memory, and cannot fail. */
void hws_session_set_alarm(hws_session *session, uint64_t at_ms);

/* Rings at the endpoint's deadline or before: deadlines mostly move away, and are looked at again
 * when it rings. */
void hws_session_update_alarm(hws_session *session);

/* Rings in this turn. */
void hws_session_wake(hws_session *session);

/* Ends it when the alarm has come back to it, in this turn. */
void hws_session_finish_soon(hws_session *session);

/* Ends it, with an on_close; a server's session is gone when this returns. */
void hws_session_finish(hws_session *session, hws_close close);

/* session_receive.c */

/* Hands one event to the application.  False: the session is gone. */
bool hws_session_deliver(hws_session *session, const hws_event *event);

/* Lets the endpoint look at `input`, or at as much of it as may be taken now.  False: the session
 * is gone. */
bool hws_session_take_input(hws_session *session, hws_span input);

/* Stops reading.  What is left of `input` is kept until output flows again, or until the others had
 * their turn. */
void hws_session_hold_input(hws_session *session, hws_span input);

/* Goes on with what was held back.  False: the session is gone. */
bool hws_session_go_on(hws_session *session);

/* Reading stops when this much waits to be sent, so that whoever answers each message with another
 * is slowed down by TCP before a send has to be refused (row N013).  A session that closes reads
 * on: the peer's Close frame is what it waits for. */
bool hws_session_must_pause(const hws_session *session);

/* It waits for the others to have their turn, or no more. */
void hws_session_set_yields(hws_session *session, bool yields);

/* Calls of the stream (net/stream.h). */
void hws_session_on_receive(void *owner, hws_span bytes);
void hws_session_on_sent(void *owner);

/* session_send.c */

/* Ends it when there are no random bytes: without them there are no mask keys, and not even a Close
 * frame could be sent (row E028).  Returns `status`. */
hws_status hws_session_hold_to(hws_session *session, hws_status status);

#endif /* HAWSER_WEBSOCKET_SESSION_STATE_H */
