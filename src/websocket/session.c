/* SPDX-License-Identifier: MIT */
/* A session ends in one place, hws_session_finish, and never inside a call of the application: a
 * call that would end it only notes so, and the alarm, set to now, comes back to it in the same
 * turn. */
#include "websocket/session.h"

#include <assert.h>
#include <string.h>

#include "base/try.h"
#include "websocket/cause.h"
#include "websocket/session_state.h"
#include "wire/close.h"

enum {
    /* After both Close frames the peer has nothing more to say; this is for its FIN, behind no more
     * than the kernel takes at once. */
    LINGER_CLEAN_MS = 1000,
    LINGER_CLEAN_SIZE = 16384,
};

void hws_session_set_alarm(hws_session *session, uint64_t at_ms)
{
    const hws_status status =
        hws_alarm_set(&session->alarm, hws_session_plan_of(session)->loop, at_ms);
    assert(status == HWS_OK);
}

void hws_session_update_alarm(hws_session *session)
{
    const uint64_t deadline = hws_endpoint_deadline(&session->endpoint);
    if (deadline < hws_alarm_at_ms(&session->alarm, hws_session_plan_of(session)->loop))
        hws_session_set_alarm(session, deadline);
}

void hws_session_wake(hws_session *session)
{
    hws_session_set_alarm(session, hws_loop_now_ms(hws_session_plan_of(session)->loop));
}

void hws_session_finish_soon(hws_session *session)
{
    session->aborted = true;
    hws_slots_set_ready_state(hws_session_handle(session), HWS_CLOSING);
    hws_session_wake(session);
}

/* How long the transport may outlive the session: until our Close frame, if there is one, has
 * reached the peer. */
static uint32_t linger_ms(const hws_session *session, const hws_close *close)
{
    if (session->aborted || hws_status_close_code(close->status) == HWS_CLOSE_ABNORMAL) return 0;
    const hws_stream *stream = hws_session_stream_of(session);
    if (close->was_clean && !stream->blocked && stream->queue.size <= LINGER_CLEAN_SIZE)
        return LINGER_CLEAN_MS;
    return hws_session_plan_of(session)->endpoint.close_timeout_ms;
}

static void take_apart(hws_session *session, uint32_t linger)
{
    const hws_session_plan *plan = hws_session_plan_of(session);
    hws_stream *stream = hws_session_stream_of(session);
    /* In the midst of its input: what that has lent to the queue does not outlive this call. */
    if (linger > 0 && hws_queue_keep(&stream->queue) < HWS_OK) linger = 0;
    hws_stream_close(stream, linger);
    hws_alarm_unset(&session->alarm, plan->loop);
    hws_endpoint_release(&session->endpoint);
    hws_session_set_yields(session, false);
}

void hws_session_tell_close(hws_session *session, const hws_close *close)
{
    const hws_session_plan *plan = hws_session_plan_of(session);
    if (close->status != HWS_OK && plan->handlers.on_error)
        plan->handlers.on_error(hws_session_handle(session), close->status, close->cause,
                                session->user);
    if (plan->handlers.on_close)
        plan->handlers.on_close(hws_session_handle(session), close, session->user);
}

void hws_session_depart(hws_session *session)
{
    hws_slots_leave(hws_session_handle(session));
    hws_session_plan_of(session)->on_finished(session);
}

/* The reason lies in what is taken apart. */
static void hand_to_client(hws_session *session, hws_close *close, uint32_t linger)
{
    char reason[HWS_CLOSE_REASON_MAX];
    if (close->reason.size > 0) memcpy(reason, close->reason.data, close->reason.size);
    if (close->reason.data) close->reason.data = reason;
    take_apart(session, linger);
    session->endpoint.queue = NULL;
    session->cause = HWS_OK;
    session->paused = session->halted = session->full = false;
    session->aborted = session->drain_wanted = false;
    hws_session_plan_of(session)->client->ended(session, close);
}

void hws_session_finish(hws_session *session, hws_close close)
{
    const uint32_t linger = linger_ms(session, &close);
    char words[HWS_CAUSE_SIZE_MAX];
    if (session->cause != HWS_OK) {
        close.status = session->cause;
        close.cause = hws_status_text(session->cause);
    }
    hws_cause_describe(&close, &hws_session_plan_of(session)->endpoint, words);
    close.cause = words;
    hws_traffic_closed(hws_session_plan_of(session)->traffic, &session->endpoint, &close);
    if (hws_session_plan_of(session)->client) {
        hand_to_client(session, &close, linger);
        return;
    }
    hws_slots_set_ready_state(hws_session_handle(session), HWS_CLOSED);
    hws_session_tell_close(session, &close);
    take_apart(session, linger);
    hws_session_depart(session);
}

static void on_end(void *owner, hws_status why)
{
    hws_session *session = owner;
    hws_event event;
    char words[HWS_CAUSE_SIZE_MAX];
    hws_endpoint_end(&session->endpoint, why == HWS_OK ? HWS_ERR_CONNECTION_LOST : why, &event);
    if (event.type == HWS_EVENT_CLOSE) {
        hws_stream_explain(hws_session_stream_of(session), words, sizeof words);
        if (words[0]) event.close.cause = words;
    }
    hws_session_deliver(session, &event);
}

static hws_span on_room(void *owner)
{
    hws_session *session = owner;
    return session->aborted ? (hws_span){0} : hws_endpoint_room(&session->endpoint);
}

static const hws_stream_owner STREAM_CALLS = {
    .on_room = on_room,
    .on_receive = hws_session_on_receive,
    .on_end = on_end,
    .on_sent = hws_session_on_sent,
};

/* While reading is paused a pong could not be seen: that the peer lives is then for the stream to
 * judge, by whether it takes what is sent. */
static bool keepalive_is_blind(const hws_session *session)
{
    return session->paused && hws_session_must_pause(session);
}

static void on_ring(hws_alarm *alarm, hws_loop *loop)
{
    hws_session *session = (hws_session *)(void *)((uint8_t *)alarm - offsetof(hws_session, alarm));
    const uint64_t now_ms = hws_loop_now_ms(loop);
    hws_session_set_alarm(session, UINT64_MAX);

    hws_event event;
    if (session->aborted) {
        hws_endpoint_end(&session->endpoint, HWS_ERR_CONNECTION_LOST, &event);
        hws_session_deliver(session, &event);
    } else if (keepalive_is_blind(session)) {
        hws_session_set_alarm(session,
                              now_ms + hws_session_plan_of(session)->endpoint.pong_timeout_ms);
    } else if (!session->paused || hws_session_go_on(session)) {
        hws_endpoint_tick(&session->endpoint, now_ms, &event);
        if (!hws_session_deliver(session, &event)) return;
        if (hws_session_stream_of(session)->queue.size > 0)
            hws_stream_flush(hws_session_stream_of(session));
        hws_session_update_alarm(session);
    }
}

hws_status hws_session_init(hws_session *session, const hws_session_plan *plan)
{
    *session = (hws_session){
        .endpoint.options = &plan->endpoint,
        .user = plan->user,
        .alarm.on_ring = on_ring,
        .diverted = plan->client != NULL,
    };
    hws_websocket ws;
    HWS_TRY(hws_slots_enter(plan->slots, session, &ws));
    session->slot = ws.slot;
    return HWS_OK;
}

void hws_session_set_protocol(hws_session *session, const char *protocol)
{
    const char *const *known = hws_session_plan_of(session)->protocols;
    session->protocol = 0;
    for (size_t i = 0; protocol && known && known[i] && i < HWS_SESSION_PROTOCOL_MAX; i++)
        if (known[i] == protocol) session->protocol = (uint8_t)(i + 1);
}

const char *hws_session_protocol(const hws_session *session)
{
    if (session->protocol == 0) return "";
    return hws_session_plan_of(session)->protocols[session->protocol - 1];
}

void hws_session_cancel(hws_session *session)
{
    assert(!hws_session_stream(session));
    hws_slots_leave(hws_session_handle(session));
}

/* on_open paused it: what is queued, the end of the opening handshake at least, leaves all the
 * same. */
static void keep_early(hws_session *session, hws_span early)
{
    hws_session_hold_input(session, early);
    hws_stream_flush(hws_session_stream_of(session));
    hws_session_update_alarm(session);
}

hws_status hws_session_open(hws_session *session, hws_stream *stream, hws_deflate_terms deflate,
                            hws_span early)
{
    const hws_session_plan *plan = hws_session_plan_of(session);
    HWS_TRY(hws_alarm_set(&session->alarm, plan->loop, UINT64_MAX));
    hws_endpoint_init(&session->endpoint, &plan->endpoint, &stream->queue,
                      hws_loop_now_ms(plan->loop));
    hws_endpoint_set_deflate(&session->endpoint, deflate);
    hws_stream_own(stream, &STREAM_CALLS, session);
    hws_stream_receive(stream, true);
    hws_slots_set_ready_state(hws_session_handle(session), HWS_OPEN);
    hws_traffic_opened(plan->traffic, deflate.send_bits > 0);

    if (plan->handlers.on_open) plan->handlers.on_open(hws_session_handle(session), session->user);
    if (session->aborted) return HWS_OK;
    if (session->paused)
        keep_early(session, early);
    else
        hws_session_take_input(session, early);
    return HWS_OK;
}

/* Of a client that has no connection. */
static bool is_connecting(const hws_session *session)
{
    return hws_session_plan_of(session)->client && !hws_session_stream(session);
}

hws_status hws_session_close(hws_session *session, int code, hws_text reason)
{
    if (is_connecting(session)) {
        HWS_TRY(hws_close_check(code, reason));
        return hws_session_plan_of(session)->client->close(session);
    }
    if (!hws_session_is_open(session)) return HWS_ERR_NOT_OPEN;
    const uint64_t now_ms = hws_loop_now_ms(hws_session_plan_of(session)->loop);
    HWS_TRY(
        hws_session_hold_to(session, hws_endpoint_close(&session->endpoint, now_ms, code, reason)));
    session->dismissed = true;
    hws_slots_set_ready_state(hws_session_handle(session), HWS_CLOSING);
    hws_stream_flush(hws_session_stream_of(session));
    if (session->paused)
        hws_session_wake(session); /* to read on */
    else
        hws_session_update_alarm(session);
    return HWS_OK;
}

hws_status hws_session_abort(hws_session *session)
{
    if (is_connecting(session)) return hws_session_plan_of(session)->client->close(session);
    if (!hws_session_stream(session) || session->aborted) return HWS_ERR_NOT_OPEN;
    if (hws_endpoint_ready_state(&session->endpoint) == HWS_CLOSED) return HWS_ERR_NOT_OPEN;
    session->dismissed = true;
    hws_session_finish_soon(session);
    return HWS_OK;
}

void hws_session_give_up(hws_session *session, hws_status cause)
{
    if (!hws_session_stream(session) || session->aborted) return;
    const char *text = hws_status_text(cause);
    const hws_status status =
        hws_session_close(session, hws_status_close_code(cause), (hws_text){text, strlen(text)});
    if (status == HWS_ERR_NOT_OPEN) return; /* on its way out already */
    session->cause = (int16_t)cause;
    session->dismissed = false;
    if (status != HWS_OK) hws_session_finish_soon(session);
}

size_t hws_session_weight(const hws_session *session)
{
    const hws_stream *stream = hws_session_stream(session);
    return stream ? hws_endpoint_weight(&session->endpoint) + stream->queue.size : 0;
}

void hws_session_shed(hws_session *session)
{
    const hws_stream *stream = hws_session_stream(session);
    if (!stream || session->aborted) return;
    if (hws_endpoint_weight(&session->endpoint) < stream->queue.size) {
        session->cause = HWS_ERR_MEMORY_SHED;
        hws_session_end(session, HWS_ERR_MEMORY_SHED);
        return;
    }
    hws_event event;
    hws_endpoint_fail(&session->endpoint, HWS_ERR_MEMORY_SHED, &event);
    hws_session_deliver(session, &event);
}

void hws_session_end(hws_session *session, hws_status why)
{
    hws_event event;
    session->aborted = true;
    hws_endpoint_end(&session->endpoint, why, &event);
    hws_session_deliver(session, &event);
}
