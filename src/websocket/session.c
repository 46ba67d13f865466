/* SPDX-License-Identifier: MIT */
/* A session ends in one place, finish(), and never inside a call of the application: a call that
 * would end it only notes so, and the alarm, set to now, comes back to it in the same turn. */
#include "websocket/session.h"

#include <assert.h>
#include <string.h>

#include "base/try.h"
#include "websocket/cause.h"
#include "websocket/inflation.h"
#include "wire/close.h"

enum {
    /* After both Close frames the peer has nothing more to say; this is for its FIN, behind no more
     * than the kernel takes at once. */
    LINGER_CLEAN_MS = 1000,
    LINGER_CLEAN_SIZE = 16384,
    BUDGET_MIN = 16, /* messages in one go, however many want theirs */

    /* Answers that are pushed out while their bytes are in the cache: of one, behind its input; in
     * the midst of it.  Less is worth waiting for the end of the turn, and what others add. */
    PUSH_SIZE = 8192,
    PUSH_SIZE_AMID = 65536,
};

/* Of one that is not CONNECTING. */
static hws_stream *stream_of(const hws_session *session)
{
    return (hws_stream *)(void *)((uint8_t *)session->endpoint.queue - offsetof(hws_stream, queue));
}

/* The alarm of an open session is always set, be it to the end of time: setting it to another time
 * then needs no memory, and cannot fail. */
static void set_alarm(hws_session *session, uint64_t at_ms)
{
    const hws_status status =
        hws_alarm_set(&session->alarm, hws_session_plan_of(session)->loop, at_ms);
    assert(status == HWS_OK);
}

/* Rings at the endpoint's deadline or before: deadlines mostly move away, and are looked at again
 * when it rings. */
static void update_alarm(hws_session *session)
{
    const uint64_t deadline = hws_endpoint_deadline(&session->endpoint);
    if (deadline < hws_alarm_at_ms(&session->alarm, hws_session_plan_of(session)->loop))
        set_alarm(session, deadline);
}

static void wake(hws_session *session)
{
    set_alarm(session, hws_loop_now_ms(hws_session_plan_of(session)->loop));
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
    const hws_stream *stream = stream_of(session);
    if (close->was_clean && !stream->blocked && stream->queue.size <= LINGER_CLEAN_SIZE)
        return LINGER_CLEAN_MS;
    return hws_session_plan_of(session)->endpoint.close_timeout_ms;
}

static void set_yields(hws_session *session, bool yields)
{
    if (session->yields == yields) return;
    session->yields = yields;
    hws_slots_add_yielding(hws_session_plan_of(session)->slots, yields ? 1 : -1);
}

static void take_apart(hws_session *session, uint32_t linger)
{
    const hws_session_plan *plan = hws_session_plan_of(session);
    hws_stream_close(stream_of(session), linger);
    hws_alarm_unset(&session->alarm, plan->loop);
    hws_endpoint_release(&session->endpoint);
    set_yields(session, false);
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

static void finish(hws_session *session, hws_close close)
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

/* Whether the peer may send so much more.  Who may not is closed, and what he sent is not looked
 * at. */
static bool pay(hws_session *session, size_t message_count, size_t size)
{
    const hws_session_plan *plan = hws_session_plan_of(session);
    const hws_status status = plan->charge ? plan->charge(session, message_count, size) : HWS_OK;
    if (status != HWS_OK) hws_session_give_up(session, status);
    return status == HWS_OK;
}

static void deliver_message(hws_session *session, const hws_message *message)
{
    const hws_handlers *handlers = &hws_session_plan_of(session)->handlers;
    hws_traffic_received(hws_session_plan_of(session)->traffic, message);
    const bool is_last = message->part == HWS_WHOLE || message->part == HWS_LAST;
    if (is_last && !pay(session, 1, 0)) return;
    if (handlers->on_message)
        handlers->on_message(hws_session_handle(session), message, session->user);
}

/* Hands one event to the application.  False: the session is gone. */
static bool deliver(hws_session *session, const hws_event *event)
{
    switch (event->type) {
    case HWS_EVENT_MESSAGE:
        deliver_message(session, &event->message);
        return true;
    case HWS_EVENT_CLOSE:
        finish(session, event->close);
        return false;
    case HWS_EVENT_PONG:
        if (hws_session_plan_of(session)->handlers.on_pong)
            hws_session_plan_of(session)->handlers.on_pong(hws_session_handle(session),
                                                           event->payload.data, event->payload.size,
                                                           session->user);
        return true;
    case HWS_EVENT_NEED_INPUT:
    case HWS_EVENT_PING:
        return true;
    }
    return true;
}

/* Reading stops when this much waits to be sent, so that whoever answers each message with another
 * is slowed down by TCP before a send has to be refused (row N013).  A session that closes reads
 * on: the peer's Close frame is what it waits for. */
static bool must_pause(const hws_session *session)
{
    if (hws_endpoint_ready_state(&session->endpoint) != HWS_OPEN) return false;
    return session->full || session->halted ||
           stream_of(session)->queue.size >= hws_session_plan_of(session)->send_queue_max / 2;
}

/* Whether the rest of `input` would only make a queue longer that had no chance to leave: what is
 * sent in one turn leaves at its end. */
static bool must_wait(const hws_session *session, hws_span input)
{
    return input.size > 0 && hws_slots_holds_input(hws_session_plan_of(session)->slots);
}

/* What is left of `input` is kept until output flows again, or until the others had their turn. */
static void pause(hws_session *session, hws_span input)
{
    hws_stream_receive(stream_of(session), false);
    session->paused = true;
    if (input.size == 0 && hws_endpoint_held(&session->endpoint).size == 0) return;
    if (hws_endpoint_hold(&session->endpoint, input) == HWS_OK) return;
    session->cause = HWS_ERR_NO_MEMORY;
    finish_soon(session);
}

/* The others come first; then, or when it has rested, this one goes on. */
static void yield(hws_session *session, hws_span input, uint64_t rest_ms)
{
    pause(session, input);
    set_yields(session, true);
    if (!session->aborted)
        set_alarm(session, hws_loop_now_ms(hws_session_plan_of(session)->loop) + rest_ms);
}

/* It was enough for one go; a rest is for what was inflated. */
static void rest(hws_session *session, hws_span input, uint64_t rest_ms)
{
    const hws_session_plan *plan = hws_session_plan_of(session);
    yield(session, input, rest_ms);
    if (rest_ms == 0) return;
    if (!hws_inflation_lend(hws_slots_debts(plan->slots), hws_session_handle(session),
                            hws_loop_now_ms(plan->loop), rest_ms))
        hws_session_give_up(session, HWS_ERR_INFLATION);
}

static void end_rest(const hws_session *session)
{
    const hws_session_plan *plan = hws_session_plan_of(session);
    if (session->yields && plan->endpoint.deflate)
        hws_inflation_resume(hws_slots_debts(plan->slots), hws_session_handle(session),
                             hws_loop_now_ms(plan->loop));
}

/* How many messages may be handled in one go.  When many send without pause each gets less, so that
 * a round through all of them stays short. */
static uint32_t budget(const hws_session *session)
{
    const hws_session_plan *plan = hws_session_plan_of(session);
    if (plan->turn_message_max <= BUDGET_MIN) return plan->turn_message_max;
    const uint32_t share = plan->turn_message_max / (1 + hws_slots_yielding(plan->slots) / 16);
    return share > BUDGET_MIN ? share : BUDGET_MIN;
}

static void send_answers(hws_stream *stream)
{
    if (stream->queue.size >= PUSH_SIZE)
        hws_stream_push(stream);
    else if (stream->queue.size > 0)
        hws_stream_flush(stream);
}

/* False: the session is gone. */
static bool take_input(hws_session *session, hws_span input)
{
    const uint64_t now_ms = hws_loop_now_ms(hws_session_plan_of(session)->loop);
    const uint32_t count_max = budget(session);
    const hws_deflate *deflate = session->endpoint.options->deflate;
    const hws_inflation inflation = hws_inflation_begin(deflate);
    /* on_sent tells of what has left; that nothing leaves may have been found out since. */
    if (stream_of(session)->blocked) hws_endpoint_set_blocked(&session->endpoint, true);
    for (uint32_t count = 1;; count++) {
        hws_event event;
        hws_endpoint_receive(&session->endpoint, now_ms, &input, &event);
        if (event.type == HWS_EVENT_NEED_INPUT) break;
        if (!deliver(session, &event)) return false;
        if (session->aborted) return true;
        if (stream_of(session)->queue.size >= PUSH_SIZE_AMID) hws_stream_push(stream_of(session));
        if (must_pause(session)) {
            pause(session, input);
            break;
        }
        if (must_wait(session, input)) {
            pause(session, input);
            set_alarm(session, now_ms + 1);
            break;
        }
        const bool is_enough = count >= count_max || hws_inflation_is_much(&inflation, deflate);
        if (is_enough && input.size > 0) {
            rest(session, input, hws_inflation_rest_ms(&inflation, deflate));
            break;
        }
    }
    const uint64_t rest_ms = hws_inflation_rest_ms(&inflation, deflate);
    if (rest_ms > 0 && !session->paused) rest(session, input, rest_ms);
    send_answers(stream_of(session));
    update_alarm(session);
    return true;
}

/* Goes on with what was held back.  False: the session is gone. */
static bool resume(hws_session *session)
{
    const hws_span input = hws_endpoint_held(&session->endpoint);
    end_rest(session);
    session->paused = false;
    set_yields(session, false);
    if (!take_input(session, input)) return false;
    if (session->paused) return true;
    hws_endpoint_drop_held(&session->endpoint);
    hws_stream_receive(stream_of(session), true);
    return true;
}

static void on_receive(void *owner, hws_span bytes)
{
    hws_session *session = owner;
    if (session->aborted || !pay(session, 0, bytes.size)) return;
    take_input(session, bytes);
}

static void on_end(void *owner, hws_status why)
{
    hws_session *session = owner;
    hws_event event;
    char words[HWS_CAUSE_SIZE_MAX];
    hws_endpoint_end(&session->endpoint, why == HWS_OK ? HWS_ERR_CONNECTION_LOST : why, &event);
    if (event.type == HWS_EVENT_CLOSE) {
        hws_stream_explain(stream_of(session), words, sizeof words);
        if (words[0]) event.close.cause = words;
    }
    deliver(session, &event);
}

static void on_sent(void *owner)
{
    hws_session *session = owner;
    if (session->aborted) return;
    hws_stream *stream = stream_of(session);
    hws_endpoint_set_blocked(&session->endpoint, stream->blocked);
    if (stream->queue.size > 0) hws_stream_flush(stream); /* a pong that was kept */
    const bool may_go_on = session->paused && !session->yields && !must_pause(session);
    if (may_go_on && !resume(session)) return;
    if (session->drain_wanted && stream->queue.size == 0) {
        session->drain_wanted = false;
        const hws_handlers *handlers = &hws_session_plan_of(session)->handlers;
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
        set_alarm(session, now_ms + hws_session_plan_of(session)->endpoint.pong_timeout_ms);
    } else if (!session->paused || resume(session)) {
        hws_endpoint_tick(&session->endpoint, now_ms, &event);
        if (!deliver(session, &event)) return;
        if (stream_of(session)->queue.size > 0) hws_stream_flush(stream_of(session));
        update_alarm(session);
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
    pause(session, early);
    hws_stream_flush(stream_of(session));
    update_alarm(session);
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
        take_input(session, early);
    return HWS_OK;
}

static bool is_open(const hws_session *session)
{
    return hws_session_stream(session) && !session->aborted &&
           hws_endpoint_ready_state(&session->endpoint) == HWS_OPEN;
}

/* Without random bytes there are no mask keys: not even a Close frame could be sent (row E028). */
static hws_status hold_to(hws_session *session, hws_status status)
{
    if (status != HWS_ERR_RANDOM) return status;
    session->cause = (int16_t)status;
    finish_soon(session);
    return status;
}

hws_status hws_session_send(hws_session *session, const hws_message *message)
{
    if (session->diverted)
        return hws_session_plan_of(session)->client->send(session, message, false);
    if (!is_open(session)) return HWS_ERR_NOT_OPEN;
    hws_stream *stream = stream_of(session);
    if (stream->queue.size >= hws_session_plan_of(session)->send_queue_max) {
        session->drain_wanted = true;
        return HWS_ERR_QUEUE_FULL;
    }
    HWS_TRY(hold_to(session, hws_endpoint_send(&session->endpoint, message)));
    hws_traffic_sent(hws_session_plan_of(session)->traffic, message);
    hws_stream_flush(stream);
    if (!stream->blocked) return HWS_OK;
    session->drain_wanted = true;
    return HWS_BUFFERED;
}

void hws_session_send_late(hws_session *session, const hws_message *message)
{
    if (session->diverted) {
        (void)hws_session_plan_of(session)->client->send(session, message, true);
        return;
    }
    const hws_status status = hws_session_send(session, message);
    if (status >= HWS_OK)
        session->drain_wanted = true;
    else if (status == HWS_ERR_QUEUE_FULL && hws_session_plan_of(session)->client)
        (void)hws_session_plan_of(session)->client->send(session, message, true);
    else
        hws_session_give_up(session, status);
}

static bool has_full_queue(const hws_session *session)
{
    return stream_of(session)->queue.size >= hws_session_plan_of(session)->send_queue_max;
}

bool hws_session_is_full(const hws_session *session)
{
    return is_open(session) && has_full_queue(session);
}

bool hws_session_is_behind(const hws_session *session)
{
    return is_open(session) && (stream_of(session)->blocked || has_full_queue(session));
}

bool hws_session_withdraw(hws_session *session, uint64_t label)
{
    return hws_queue_withdraw(&stream_of(session)->queue, label);
}

size_t hws_session_replace(hws_session *session, uint64_t label, hws_blob *frame)
{
    return hws_queue_replace(&stream_of(session)->queue, label,
                             hws_endpoint_form(&session->endpoint, frame));
}

hws_status hws_session_share(hws_session *session, hws_blob *frame, const uint64_t *label)
{
    if (!is_open(session)) return HWS_ERR_NOT_OPEN;
    if (has_full_queue(session)) return HWS_ERR_QUEUE_FULL;
    hws_stream *stream = stream_of(session);
    HWS_TRY(hws_endpoint_share(&session->endpoint, frame, label));
    hws_traffic_shared(hws_session_plan_of(session)->traffic, frame);
    hws_stream_flush(stream);
    if (!stream->blocked && stream->queue.size >= hws_session_plan_of(session)->send_queue_max / 2)
        hws_slots_hold_input(hws_session_plan_of(session)->slots);
    return HWS_OK;
}

hws_status hws_session_ping(hws_session *session, const void *payload, size_t size)
{
    if (!is_open(session)) return HWS_ERR_NOT_OPEN;
    HWS_TRY(hold_to(session, hws_endpoint_ping(&session->endpoint, payload, size)));
    hws_stream_flush(stream_of(session));
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
    if (!is_open(session)) return HWS_ERR_NOT_OPEN;
    const uint64_t now_ms = hws_loop_now_ms(hws_session_plan_of(session)->loop);
    HWS_TRY(hold_to(session, hws_endpoint_close(&session->endpoint, now_ms, code, reason)));
    session->dismissed = true;
    hws_slots_set_ready_state(hws_session_handle(session), HWS_CLOSING);
    hws_stream_flush(stream_of(session));
    if (session->paused)
        wake(session); /* to read on */
    else
        update_alarm(session);
    return HWS_OK;
}

hws_status hws_session_abort(hws_session *session)
{
    if (is_connecting(session)) return hws_session_plan_of(session)->client->close(session);
    if (!hws_session_stream(session) || session->aborted) return HWS_ERR_NOT_OPEN;
    if (hws_endpoint_ready_state(&session->endpoint) == HWS_CLOSED) return HWS_ERR_NOT_OPEN;
    session->dismissed = true;
    finish_soon(session);
    return HWS_OK;
}

hws_status hws_session_pause(hws_session *session)
{
    if (!is_open(session)) return HWS_ERR_NOT_OPEN;
    session->halted = true;
    if (!session->paused) pause(session, (hws_span){0});
    return HWS_OK;
}

hws_status hws_session_resume(hws_session *session)
{
    if (!hws_session_stream(session) || session->aborted) return HWS_ERR_NOT_OPEN;
    if (session->halted)
        hws_endpoint_excuse(&session->endpoint,
                            hws_loop_now_ms(hws_session_plan_of(session)->loop));
    session->halted = false;
    if (session->paused) wake(session);
    return HWS_OK;
}

void hws_session_set_full(hws_session *session, bool full)
{
    session->full = full;
    if (!full && session->paused && !session->aborted) wake(session);
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
    if (status != HWS_OK) finish_soon(session);
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
    deliver(session, &event);
}

void hws_session_end(hws_session *session, hws_status why)
{
    hws_event event;
    session->aborted = true;
    hws_endpoint_end(&session->endpoint, why, &event);
    deliver(session, &event);
}
