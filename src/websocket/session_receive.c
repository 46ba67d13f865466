/* SPDX-License-Identifier: MIT */
/* From what the stream received to the handlers of the application, as far as it may be taken now:
 *
 *     input ──▶ endpoint ──▶ event ──▶ handlers
 *       └────── too much waits to be sent, or it is the others' turn ──▶ held ──▶ gone on with */
#include "base/try.h"
#include "websocket/inflation.h"
#include "websocket/session_state.h"

enum {
    BUDGET_MIN = 16, /* messages in one go, however many want theirs */

    PUSH_SIZE_AMID = 262144, /* answers that are pushed out in the midst of the input */

    LEND_SIZE = 8192, /* a message from which on its answer is sent from where it lies */
};

void hws_session_set_yields(hws_session *session, bool yields)
{
    if (session->yields == yields) return;
    session->yields = yields;
    hws_slots_add_yielding(hws_session_plan_of(session)->slots, yields ? 1 : -1);
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

/* `ws`: the handle of the session. */
static void deliver_message(hws_session *session, hws_websocket ws, const hws_message *message)
{
    const hws_session_plan *plan = hws_session_plan_of(session);
    hws_traffic_received(plan->traffic, message);
    if (plan->charge && hws_message_ends(message) && !pay(session, 1, 0)) return;
    if (plan->handlers.on_message) plan->handlers.on_message(ws, message, session->user);
}

bool hws_session_deliver(hws_session *session, const hws_event *event)
{
    switch (event->type) {
    case HWS_EVENT_MESSAGE:
        deliver_message(session, hws_session_handle(session), &event->message);
        return true;
    case HWS_EVENT_CLOSE:
        hws_session_finish(session, event->close);
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

bool hws_session_must_pause(const hws_session *session)
{
    if (hws_endpoint_ready_state(&session->endpoint) != HWS_OPEN) return false;
    return session->full || session->halted ||
           hws_session_stream_of(session)->queue.size >=
               hws_session_plan_of(session)->send_queue_max / 2;
}

/* Whether the rest of `input` would only make a queue longer that had no chance to leave: what is
 * sent in one turn leaves at its end. */
static bool must_wait(const hws_session *session, hws_span input)
{
    return input.size > 0 && hws_slots_holds_input(hws_session_plan_of(session)->slots);
}

void hws_session_hold_input(hws_session *session, hws_span input)
{
    hws_stream_receive(hws_session_stream_of(session), false);
    session->paused = true;
    if (input.size == 0 && hws_endpoint_held(&session->endpoint).size == 0) return;
    if (hws_endpoint_hold(&session->endpoint, input) == HWS_OK) return;
    session->cause = HWS_ERR_NO_MEMORY;
    hws_session_finish_soon(session);
}

/* The others come first; then, or when it has rested, this one goes on. */
static void yield(hws_session *session, hws_span input, uint64_t rest_ms)
{
    hws_session_hold_input(session, input);
    hws_session_set_yields(session, true);
    if (!session->aborted)
        hws_session_set_alarm(session,
                              hws_loop_now_ms(hws_session_plan_of(session)->loop) + rest_ms);
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

/* What the queue has borrowed of the input, and has not left, becomes its own. */
static void keep_answers(hws_session *session)
{
    if (hws_queue_keep(&hws_session_stream_of(session)->queue) == HWS_OK) return;
    session->cause = HWS_ERR_NO_MEMORY;
    hws_session_finish_soon(session);
}

/* A large message that lies whole in `input` may be answered with as it lies there: where the
 * stream can send at once, and does. */
static bool is_lent(const hws_session *session, const hws_message *message, hws_span input)
{
    if (message->size < LEND_SIZE) return false;
    const hws_stream *stream = hws_session_stream_of(session);
    return stream->kind->push && !stream->blocked && message->data >= input.data &&
           message->data < input.data + input.size;
}

/* `all`: the input, what has been looked at included. */
static void deliver_from(hws_session *session, hws_websocket ws, const hws_message *message,
                         hws_span all)
{
    if (!is_lent(session, message, all)) {
        deliver_message(session, ws, message);
        return;
    }
    hws_slots *slots = hws_session_plan_of(session)->slots;
    hws_slots_tell(slots, (hws_told){.session = session,
                                     .data = message->data,
                                     .size = message->size,
                                     .room = (size_t)(message->data - all.data),
                                     .type = message->type});
    deliver_message(session, ws, message);
    hws_slots_tell(slots, (hws_told){0});
}

/* As hws_session_take_input; what is answered is in the queue. */
static bool take_events(hws_session *session, hws_span input)
{
    const hws_span all = input;
    const hws_websocket ws = hws_session_handle(session);
    const uint64_t now_ms = hws_loop_now_ms(hws_session_plan_of(session)->loop);
    const uint32_t count_max = budget(session);
    const hws_deflate *deflate = session->endpoint.options->deflate;
    const hws_inflation inflation = hws_inflation_begin(deflate);
    /* on_sent tells of what has left; that nothing leaves may have been found out since. */
    if (hws_session_stream_of(session)->blocked) hws_endpoint_set_blocked(&session->endpoint, true);
    for (uint32_t count = 1;; count++) {
        hws_event event;
        hws_endpoint_receive(&session->endpoint, now_ms, &input, &event);
        if (event.type == HWS_EVENT_NEED_INPUT) break;
        if (event.type == HWS_EVENT_MESSAGE)
            deliver_from(session, ws, &event.message, all);
        else if (!hws_session_deliver(session, &event))
            return false;
        if (session->aborted) return true;
        if (hws_session_stream_of(session)->queue.size >= PUSH_SIZE_AMID)
            hws_stream_push(hws_session_stream_of(session));
        if (hws_session_must_pause(session)) {
            hws_session_hold_input(session, input);
            break;
        }
        if (must_wait(session, input)) {
            hws_session_hold_input(session, input);
            hws_session_set_alarm(session, now_ms + 1);
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
    return true;
}

bool hws_session_take_input(hws_session *session, hws_span input)
{
    hws_stream *stream = hws_session_stream_of(session);
    hws_queue_store *store = stream->queue.store;
    hws_queue_expect(store, &stream->queue, input.size); /* answers as long as what they answer */
    const bool lives = take_events(session, input);
    hws_queue_expect(store, NULL, 0);
    if (!lives) return false;
    if (!session->aborted && stream->queue.size > 0) hws_stream_push(stream);
    stream->has_room = hws_endpoint_has_room(&session->endpoint);
    keep_answers(session);
    hws_session_update_alarm(session);
    return true;
}

bool hws_session_go_on(hws_session *session)
{
    const hws_span input = hws_endpoint_held(&session->endpoint);
    end_rest(session);
    session->paused = false;
    hws_session_set_yields(session, false);
    if (!hws_session_take_input(session, input)) return false;
    if (session->paused) return true;
    hws_endpoint_drop_held(&session->endpoint);
    hws_stream_receive(hws_session_stream_of(session), true);
    return true;
}

void hws_session_on_receive(void *owner, hws_span bytes)
{
    hws_session *session = owner;
    if (session->aborted || !pay(session, 0, bytes.size)) return;
    hws_session_take_input(session, bytes);
}

void hws_session_on_sent(void *owner)
{
    hws_session *session = owner;
    if (session->aborted) return;
    hws_stream *stream = hws_session_stream_of(session);
    hws_endpoint_set_blocked(&session->endpoint, stream->blocked);
    if (stream->queue.size > 0) hws_stream_flush(stream); /* a pong that was kept */
    const bool may_go_on = session->paused && !session->yields && !hws_session_must_pause(session);
    if (may_go_on && !hws_session_go_on(session)) return;
    if (session->drain_wanted && stream->queue.size == 0) {
        session->drain_wanted = false;
        const hws_handlers *handlers = &hws_session_plan_of(session)->handlers;
        if (handlers->on_drain) handlers->on_drain(hws_session_handle(session), session->user);
    }
}

hws_status hws_session_pause(hws_session *session)
{
    if (!hws_session_is_open(session)) return HWS_ERR_NOT_OPEN;
    session->halted = true;
    if (!session->paused) hws_session_hold_input(session, (hws_span){0});
    return HWS_OK;
}

hws_status hws_session_resume(hws_session *session)
{
    if (!hws_session_stream(session) || session->aborted) return HWS_ERR_NOT_OPEN;
    if (session->halted)
        hws_endpoint_excuse(&session->endpoint,
                            hws_loop_now_ms(hws_session_plan_of(session)->loop));
    session->halted = false;
    if (session->paused) hws_session_wake(session);
    return HWS_OK;
}

void hws_session_set_full(hws_session *session, bool full)
{
    session->full = full;
    if (!full && session->paused && !session->aborted) hws_session_wake(session);
}
