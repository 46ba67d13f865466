/* SPDX-License-Identifier: MIT */
/* A session ends in one place, finish(), and never inside a call of the application: a call that
 * would end it only notes so, and the alarm, set to now, comes back to it in the same turn. */
#include "websocket/session.h"

#include <assert.h>
#include <string.h>

#include "base/try.h"

enum {
    /* After both Close frames the peer has nothing more to say; this is for its FIN, behind no more
     * than the kernel takes at once. */
    LINGER_CLEAN_MS = 1000,
    LINGER_CLEAN_SIZE = 16384,
};

/* The alarm of an open session is always set, be it to the end of time: setting it to another time
 * then needs no memory, and cannot fail. */
static void set_alarm(hws_session *session, uint64_t at_ms)
{
    const hws_status status = hws_alarm_set(&session->alarm, session->plan->loop, at_ms);
    assert(status == HWS_OK);
}

/* Rings at the endpoint's deadline or before: deadlines mostly move away, and are looked at again
 * when it rings. */
static void update_alarm(hws_session *session)
{
    const uint64_t deadline = hws_endpoint_deadline(&session->endpoint);
    if (deadline < session->alarm.at_ms) set_alarm(session, deadline);
}

static void wake(hws_session *session)
{
    set_alarm(session, hws_loop_now_ms(session->plan->loop));
}

static void finish_soon(hws_session *session)
{
    session->aborted = true;
    hws_slots_set_ready_state(hws_session_handle(session), HWS_CLOSING);
    wake(session);
}

/* How long the transport may outlive the session: until our Close frame, if there is one, has
 * reached the peer. */
static uint32_t linger_ms(const hws_session *session, const hws_close *close)
{
    if (session->aborted || hws_status_close_code(close->status) == HWS_CLOSE_ABNORMAL) return 0;
    const hws_stream *stream = session->stream;
    if (close->was_clean && !stream->blocked && stream->queue.size <= LINGER_CLEAN_SIZE)
        return LINGER_CLEAN_MS;
    return session->plan->endpoint.close_timeout_ms;
}

static void finish(hws_session *session, hws_close close)
{
    const hws_session_plan *plan = session->plan;
    const uint32_t linger = linger_ms(session, &close);
    if (session->cause != HWS_OK) close.status = session->cause;
    hws_slots_set_ready_state(hws_session_handle(session), HWS_CLOSED);

    if (close.status != HWS_OK && plan->handlers.on_error)
        plan->handlers.on_error(hws_session_handle(session), close.status,
                                hws_status_text(close.status), session->user);
    if (plan->handlers.on_close)
        plan->handlers.on_close(hws_session_handle(session), &close, session->user);

    hws_stream_close(session->stream, linger);
    hws_alarm_unset(&session->alarm, plan->loop);
    hws_endpoint_release(&session->endpoint);
    hws_blob_unref(session->held, plan->memory);
    hws_slots_leave(hws_session_handle(session));
    plan->on_finished(session);
}

/* Hands one event to the application.  False: the session is gone. */
static bool deliver(hws_session *session, const hws_event *event)
{
    switch (event->type) {
    case HWS_EVENT_MESSAGE:
        if (session->plan->handlers.on_message)
            session->plan->handlers.on_message(hws_session_handle(session), &event->message,
                                               session->user);
        return true;
    case HWS_EVENT_CLOSE:
        finish(session, event->close);
        return false;
    case HWS_EVENT_NEED_INPUT:
    case HWS_EVENT_PING:
    case HWS_EVENT_PONG:
        return true;
    }
    return true;
}

/* Reading stops when this much waits to be sent, so that whoever answers each message with another
 * is slowed down by TCP before a send has to be refused (row N013).  A session that closes reads
 * on: the peer's Close frame is what it waits for. */
static bool must_pause(const hws_session *session)
{
    return session->stream->queue.size >= session->plan->send_queue_max / 2 &&
           hws_endpoint_ready_state(&session->endpoint) == HWS_OPEN;
}

/* Whether the rest of `input` would only make a queue longer that had no chance to leave: what is
 * sent in one turn leaves at its end. */
static bool must_wait(const hws_session *session, hws_span input)
{
    return input.size > 0 && hws_slots_holds_input(session->plan->slots);
}

/* What is left of `input` is kept until output flows again. */
static void pause(hws_session *session, hws_span input)
{
    hws_stream_receive(session->stream, false);
    session->paused = true;
    if (input.size == 0) return;
    session->held = hws_blob_new(session->plan->memory, input.size);
    if (session->held) {
        memcpy(session->held->data, input.data, input.size);
        return;
    }
    session->cause = HWS_ERR_NO_MEMORY;
    finish_soon(session);
}

/* False: the session is gone. */
static bool take_input(hws_session *session, hws_span input)
{
    const uint64_t now_ms = hws_loop_now_ms(session->plan->loop);
    for (;;) {
        hws_event event;
        hws_endpoint_receive(&session->endpoint, now_ms, &input, &event);
        if (event.type == HWS_EVENT_NEED_INPUT) break;
        if (!deliver(session, &event)) return false;
        if (session->aborted) return true;
        if (must_pause(session)) {
            pause(session, input);
            break;
        }
        if (must_wait(session, input)) {
            pause(session, input);
            set_alarm(session, now_ms + 1);
            break;
        }
    }
    if (session->stream->queue.size > 0) hws_stream_flush(session->stream);
    update_alarm(session);
    return true;
}

/* Goes on with what was held back.  False: the session is gone. */
static bool resume(hws_session *session)
{
    const hws_memory *memory = session->plan->memory;
    hws_blob *held = session->held;
    session->held = NULL;
    session->paused = false;
    const bool alive =
        take_input(session, held ? (hws_span){held->data, held->size} : (hws_span){0});
    if (alive && !session->paused) hws_stream_receive(session->stream, true);
    hws_blob_unref(held, memory);
    return alive;
}

static void on_receive(void *owner, hws_span bytes)
{
    hws_session *session = owner;
    if (session->aborted) return;
    take_input(session, bytes);
}

static void on_end(void *owner, hws_status why)
{
    hws_session *session = owner;
    hws_event event;
    hws_endpoint_end(&session->endpoint, why == HWS_OK ? HWS_ERR_CONNECTION_LOST : why, &event);
    deliver(session, &event);
}

static void on_sent(void *owner)
{
    hws_session *session = owner;
    if (session->aborted) return;
    hws_stream *stream = session->stream;
    hws_endpoint_set_blocked(&session->endpoint, stream->blocked);
    if (stream->queue.size > 0) hws_stream_flush(stream); /* a pong that was kept */
    if (session->paused && !must_pause(session) && !resume(session)) return;
    if (session->drain_wanted && stream->queue.size == 0) {
        session->drain_wanted = false;
        const hws_handlers *handlers = &session->plan->handlers;
        if (handlers->on_drain) handlers->on_drain(hws_session_handle(session), session->user);
    }
}

static const hws_stream_owner STREAM_CALLS = {
    .on_receive = on_receive,
    .on_end = on_end,
    .on_sent = on_sent,
};

/* While reading is paused a pong could not be seen: that the peer lives is then for the stream to
 * judge, by whether it takes what is sent. */
static bool keepalive_is_blind(const hws_session *session)
{
    return session->paused && must_pause(session);
}

static void on_ring(hws_alarm *alarm, hws_loop *loop)
{
    hws_session *session = (hws_session *)(void *)((uint8_t *)alarm - offsetof(hws_session, alarm));
    const uint64_t now_ms = hws_loop_now_ms(loop);
    set_alarm(session, UINT64_MAX);

    hws_event event;
    if (session->aborted) {
        hws_endpoint_end(&session->endpoint, HWS_ERR_CONNECTION_LOST, &event);
        deliver(session, &event);
    } else if (keepalive_is_blind(session)) {
        set_alarm(session, now_ms + session->plan->endpoint.pong_timeout_ms);
    } else if (!session->paused || resume(session)) {
        hws_endpoint_tick(&session->endpoint, now_ms, &event);
        if (!deliver(session, &event)) return;
        if (session->stream->queue.size > 0) hws_stream_flush(session->stream);
        update_alarm(session);
    }
}

hws_status hws_session_init(hws_session *session, const hws_session_plan *plan)
{
    *session = (hws_session){.plan = plan, .user = plan->user, .alarm.on_ring = on_ring};
    hws_websocket ws;
    HWS_TRY(hws_slots_enter(plan->slots, session, &ws));
    session->slot = ws.slot;
    session->generation = ws.generation;
    return HWS_OK;
}

void hws_session_cancel(hws_session *session)
{
    assert(!session->stream);
    hws_slots_leave(hws_session_handle(session));
}

hws_status hws_session_open(hws_session *session, hws_stream *stream, hws_span early)
{
    const hws_session_plan *plan = session->plan;
    HWS_TRY(hws_alarm_set(&session->alarm, plan->loop, UINT64_MAX));
    hws_endpoint_init(&session->endpoint, &plan->endpoint, &stream->queue,
                      hws_loop_now_ms(plan->loop));
    session->stream = stream;
    hws_stream_own(stream, &STREAM_CALLS, session);
    hws_stream_receive(stream, true);
    hws_slots_set_ready_state(hws_session_handle(session), HWS_OPEN);

    if (plan->handlers.on_open) plan->handlers.on_open(hws_session_handle(session), session->user);
    if (!session->aborted) take_input(session, early);
    return HWS_OK;
}

static bool is_open(const hws_session *session)
{
    return session->stream && !session->aborted &&
           hws_endpoint_ready_state(&session->endpoint) == HWS_OPEN;
}

hws_status hws_session_send(hws_session *session, const hws_message *message)
{
    hws_stream *stream = session->stream;
    if (!is_open(session)) return HWS_ERR_NOT_OPEN;
    if (stream->queue.size >= session->plan->send_queue_max) {
        session->drain_wanted = true;
        return HWS_ERR_QUEUE_FULL;
    }
    HWS_TRY(hws_endpoint_send(&session->endpoint, message));
    hws_stream_flush(stream);
    if (!stream->blocked) return HWS_OK;
    session->drain_wanted = true;
    return HWS_BUFFERED;
}

hws_status hws_session_share(hws_session *session, hws_blob *frame)
{
    hws_stream *stream = session->stream;
    if (!is_open(session)) return HWS_ERR_NOT_OPEN;
    if (stream->queue.size >= session->plan->send_queue_max) return HWS_ERR_QUEUE_FULL;
    HWS_TRY(hws_endpoint_share(&session->endpoint, frame));
    hws_stream_flush(stream);
    if (!stream->blocked && stream->queue.size >= session->plan->send_queue_max / 2)
        hws_slots_hold_input(session->plan->slots);
    return HWS_OK;
}

hws_status hws_session_ping(hws_session *session, const void *payload, size_t size)
{
    if (!is_open(session)) return HWS_ERR_NOT_OPEN;
    HWS_TRY(hws_endpoint_ping(&session->endpoint, payload, size));
    hws_stream_flush(session->stream);
    return HWS_OK;
}

hws_status hws_session_close(hws_session *session, int code, hws_text reason)
{
    if (!is_open(session)) return HWS_ERR_NOT_OPEN;
    const uint64_t now_ms = hws_loop_now_ms(session->plan->loop);
    HWS_TRY(hws_endpoint_close(&session->endpoint, now_ms, code, reason));
    hws_slots_set_ready_state(hws_session_handle(session), HWS_CLOSING);
    hws_stream_flush(session->stream);
    if (session->paused)
        wake(session); /* to read on */
    else
        update_alarm(session);
    return HWS_OK;
}

hws_status hws_session_abort(hws_session *session)
{
    if (!session->stream || session->aborted) return HWS_ERR_NOT_OPEN;
    if (hws_endpoint_ready_state(&session->endpoint) == HWS_CLOSED) return HWS_ERR_NOT_OPEN;
    finish_soon(session);
    return HWS_OK;
}

void hws_session_give_up(hws_session *session, hws_status cause)
{
    if (!session->stream || session->aborted) return;
    const char *text = hws_status_text(cause);
    const hws_status status =
        hws_session_close(session, hws_status_close_code(cause), (hws_text){text, strlen(text)});
    if (status == HWS_ERR_NOT_OPEN) return; /* on its way out already */
    session->cause = cause;
    if (status != HWS_OK) finish_soon(session);
}

void hws_session_end(hws_session *session, hws_status why)
{
    hws_event event;
    session->aborted = true;
    hws_endpoint_end(&session->endpoint, why, &event);
    deliver(session, &event);
}
