/* SPDX-License-Identifier: MIT */
/* What the application sends: into the queue of the stream, as long as that has room. */
#include "base/try.h"
#include "websocket/session_state.h"

hws_status hws_session_hold_to(hws_session *session, hws_status status)
{
    if (status != HWS_ERR_RANDOM) return status;
    session->cause = (int16_t)status;
    hws_session_finish_soon(session);
    return status;
}

static hws_status put(hws_session *session, const hws_message *message)
{
    const hws_told *told = hws_slots_told(hws_session_plan_of(session)->slots);
    const bool is_told = told->session == session && message->data == told->data &&
                         message->size == told->size && message->type == told->type;
    return is_told ? hws_endpoint_send_back(&session->endpoint, message, told->room)
                   : hws_endpoint_send(&session->endpoint, message);
}

hws_status hws_session_send(hws_session *session, const hws_message *message)
{
    if (session->diverted)
        return hws_session_plan_of(session)->client->send(session, message, false);
    if (!hws_session_is_open(session)) return HWS_ERR_NOT_OPEN;
    hws_stream *stream = hws_session_stream_of(session);
    if (stream->queue.size >= hws_session_plan_of(session)->send_queue_max) {
        session->drain_wanted = true;
        return HWS_ERR_QUEUE_FULL;
    }
    HWS_TRY(hws_session_hold_to(session, put(session, message)));
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
    return hws_session_stream_of(session)->queue.size >=
           hws_session_plan_of(session)->send_queue_max;
}

bool hws_session_is_full(const hws_session *session)
{
    return hws_session_is_open(session) && has_full_queue(session);
}

bool hws_session_is_behind(const hws_session *session)
{
    return hws_session_is_open(session) &&
           (hws_session_stream_of(session)->blocked || has_full_queue(session));
}

bool hws_session_withdraw(hws_session *session, uint64_t label)
{
    return hws_queue_withdraw(&hws_session_stream_of(session)->queue, label);
}

size_t hws_session_replace(hws_session *session, uint64_t label, hws_blob *frame)
{
    return hws_queue_replace(&hws_session_stream_of(session)->queue, label,
                             hws_endpoint_form(&session->endpoint, frame));
}

hws_status hws_session_share(hws_session *session, hws_blob *frame, const uint64_t *label)
{
    if (!hws_session_is_open(session)) return HWS_ERR_NOT_OPEN;
    if (has_full_queue(session)) return HWS_ERR_QUEUE_FULL;
    hws_stream *stream = hws_session_stream_of(session);
    HWS_TRY(hws_endpoint_share(&session->endpoint, frame, label));
    hws_traffic_shared(hws_session_plan_of(session)->traffic, frame);
    hws_stream_flush(stream);
    if (!stream->blocked && stream->queue.size >= hws_session_plan_of(session)->send_queue_max / 2)
        hws_slots_hold_input(hws_session_plan_of(session)->slots);
    return HWS_OK;
}

hws_status hws_session_ping(hws_session *session, const void *payload, size_t size)
{
    if (!hws_session_is_open(session)) return HWS_ERR_NOT_OPEN;
    HWS_TRY(hws_session_hold_to(session, hws_endpoint_ping(&session->endpoint, payload, size)));
    hws_stream_flush(hws_session_stream_of(session));
    return HWS_OK;
}
