/* SPDX-License-Identifier: MIT */
/* The calls on a handle: here, straight to the session; from another thread, as a copy that the
 * loop makes good on. */
#include "hawser/websocket.h"

#include "base/try.h"
#include "hawser/frame.h"
#include "hawser/utf8.h"
#include "net/address.h"
#include "websocket/remote.h"
#include "websocket/session.h"
#include "wire/close.h"
#include "wire/deflate_offer.h"

static hws_text text_of(const char *text)
{
    return (hws_text){text, text ? strlen(text) : 0};
}

/* From elsewhere only what the handle itself tells can be answered at once.  A client's takes
 * messages before it is open, too. */
static bool is_open_elsewhere(hws_websocket ws)
{
    const hws_ready_state state = hws_slots_ready_state(ws);
    return state == HWS_OPEN || (state == HWS_CONNECTING && hws_slots_are_clients(ws.slots));
}

static void send_arrived(const hws_remote *remote)
{
    hws_session *session = hws_slots_find(remote->ws);
    if (!session) return;
    const hws_message message = hws_remote_message(remote);
    hws_session_send_late(session, &message);
}

/* A text that will be refused is refused at once; parts are judged in their order, by the loop. */
static hws_status check_text(const hws_message *message)
{
    if (message->type != HWS_TEXT || message->part != HWS_WHOLE) return HWS_OK;
    hws_utf8 utf8 = {0};
    HWS_TRY(hws_utf8_feed(&utf8, message->data, message->size));
    return hws_utf8_finish(&utf8);
}

hws_status hws_websocket_send(hws_websocket ws, const hws_message *message)
{
    if (!message || (!message->data && message->size > 0)) return HWS_ERR_INVALID_ARGUMENT;
    if (hws_remote_is_here(ws.slots)) {
        hws_session *session = hws_slots_find_here(ws);
        return session ? hws_session_send(session, message) : HWS_ERR_NOT_OPEN;
    }
    if (!is_open_elsewhere(ws)) return HWS_ERR_NOT_OPEN;
    HWS_TRY(check_text(message));
    return hws_remote_post(ws.slots,
                           &(hws_remote){
                               .call = send_arrived,
                               .ws = ws,
                               .type = message->type,
                               .part = message->part,
                               .compress = message->compress,
                               .bytes = {(uint8_t *)(uintptr_t)message->data, message->size},
                           });
}

hws_status hws_websocket_send_text(hws_websocket ws, const char *text)
{
    if (!text) return HWS_ERR_INVALID_ARGUMENT;
    return hws_websocket_send(
        ws, &(hws_message){.type = HWS_TEXT, .data = (const uint8_t *)text, .size = strlen(text)});
}

hws_status hws_websocket_send_binary(hws_websocket ws, const void *data, size_t size)
{
    return hws_websocket_send(ws, &(hws_message){.type = HWS_BINARY, .data = data, .size = size});
}

static void ping_arrived(const hws_remote *remote)
{
    hws_session *session = hws_slots_find(remote->ws);
    if (session) (void)hws_session_ping(session, remote->bytes.data, remote->bytes.size);
}

hws_status hws_websocket_ping(hws_websocket ws, const void *payload, size_t size)
{
    if (size > HWS_FRAME_CONTROL_MAX || (!payload && size > 0)) return HWS_ERR_INVALID_ARGUMENT;
    if (hws_remote_is_here(ws.slots)) {
        hws_session *session = hws_slots_find(ws);
        return session ? hws_session_ping(session, payload, size) : HWS_ERR_NOT_OPEN;
    }
    if (!is_open_elsewhere(ws)) return HWS_ERR_NOT_OPEN;
    return hws_remote_post(ws.slots, &(hws_remote){.call = ping_arrived,
                                                   .ws = ws,
                                                   .bytes = {(uint8_t *)(uintptr_t)payload, size}});
}

static void close_arrived(const hws_remote *remote)
{
    hws_session *session = hws_slots_find(remote->ws);
    if (!session) return;
    /* An argument that is refused now cannot be told any more; the wish to close is honoured. */
    const hws_status status = hws_session_close(session, remote->code, remote->name);
    if (status < HWS_OK && status != HWS_ERR_NOT_OPEN) (void)hws_session_abort(session);
}

hws_status hws_websocket_close(hws_websocket ws, int code, const char *reason)
{
    if (hws_remote_is_here(ws.slots)) {
        hws_session *session = hws_slots_find(ws);
        return session ? hws_session_close(session, code, text_of(reason)) : HWS_ERR_NOT_OPEN;
    }
    const hws_status status = hws_close_check(code, text_of(reason));
    if (status != HWS_OK) return status;
    if (!is_open_elsewhere(ws)) return HWS_ERR_NOT_OPEN;
    return hws_remote_post(
        ws.slots,
        &(hws_remote){.call = close_arrived, .ws = ws, .code = code, .name = text_of(reason)});
}

static void abort_arrived(const hws_remote *remote)
{
    hws_session *session = hws_slots_find(remote->ws);
    if (session) (void)hws_session_abort(session);
}

hws_status hws_websocket_abort(hws_websocket ws)
{
    if (hws_remote_is_here(ws.slots)) {
        hws_session *session = hws_slots_find(ws);
        return session ? hws_session_abort(session) : HWS_ERR_NOT_OPEN;
    }
    if (hws_slots_ready_state(ws) == HWS_CLOSED) return HWS_ERR_NOT_OPEN;
    return hws_remote_post(ws.slots, &(hws_remote){.call = abort_arrived, .ws = ws});
}

static void pause_arrived(const hws_remote *remote)
{
    hws_session *session = hws_slots_find(remote->ws);
    if (session) (void)hws_session_pause(session);
}

hws_status hws_websocket_pause(hws_websocket ws)
{
    if (hws_remote_is_here(ws.slots)) {
        hws_session *session = hws_slots_find(ws);
        return session ? hws_session_pause(session) : HWS_ERR_NOT_OPEN;
    }
    if (hws_slots_ready_state(ws) != HWS_OPEN) return HWS_ERR_NOT_OPEN;
    return hws_remote_post(ws.slots, &(hws_remote){.call = pause_arrived, .ws = ws});
}

static void resume_arrived(const hws_remote *remote)
{
    hws_session *session = hws_slots_find(remote->ws);
    if (session) (void)hws_session_resume(session);
}

hws_status hws_websocket_resume(hws_websocket ws)
{
    if (hws_remote_is_here(ws.slots)) {
        hws_session *session = hws_slots_find(ws);
        return session ? hws_session_resume(session) : HWS_ERR_NOT_OPEN;
    }
    if (hws_slots_ready_state(ws) == HWS_CLOSED) return HWS_ERR_NOT_OPEN;
    return hws_remote_post(ws.slots, &(hws_remote){.call = resume_arrived, .ws = ws});
}

hws_ready_state hws_websocket_ready_state(hws_websocket ws)
{
    return hws_slots_ready_state(ws);
}

/* The session of a handle that is asked about on the loop's thread, or NULL. */
static hws_session *session_here(hws_websocket ws)
{
    return hws_remote_is_here(ws.slots) ? hws_slots_find(ws) : NULL;
}

size_t hws_websocket_buffered_amount(hws_websocket ws)
{
    const hws_session *session = session_here(ws);
    if (!session) return 0;
    const hws_session_client *client = hws_session_plan_of(session)->client;
    const hws_stream *stream = hws_session_stream(session);
    return (stream ? stream->queue.size : 0) + (client ? client->buffered_amount(session) : 0);
}

const char *hws_websocket_protocol(hws_websocket ws)
{
    const hws_session *session = session_here(ws);
    return session ? hws_session_protocol(session) : "";
}

/* The session of a WebSocket that agreed on permessage-deflate, or NULL. */
static const hws_session *deflated_session(hws_websocket ws)
{
    const hws_session *session = session_here(ws);
    return session && session->endpoint.send_bits > 0 ? session : NULL;
}

const char *hws_websocket_extensions(hws_websocket ws)
{
    const hws_session *session = deflated_session(ws);
    if (!session) return "";
    const hws_endpoint_options *options = session->endpoint.options;
    const hws_deflate_offer answer =
        hws_deflate_terms_as_answer(hws_endpoint_deflate(&session->endpoint), options->role);
    char *text = options->deflate->shown;
    text[hws_deflate_write(&answer, text)] = 0;
    return text;
}

hws_status hws_websocket_deflate(hws_websocket ws, hws_deflate_info *info)
{
    if (!info) return HWS_ERR_INVALID_ARGUMENT;
    if (!session_here(ws)) return HWS_ERR_NOT_OPEN;
    *info = (hws_deflate_info){0};
    const hws_session *session = deflated_session(ws);
    if (!session) return HWS_OK;
    const hws_deflate *deflate = session->endpoint.options->deflate;
    const hws_deflate_terms terms = hws_endpoint_deflate(&session->endpoint);
    *info = (hws_deflate_info){
        .agreed = true,
        .send_takeover = terms.send_takeover,
        .receive_takeover = terms.receive_takeover,
        .send_window_bits = terms.send_bits,
        .receive_window_bits = terms.receive_bits,
        .sent_size = hws_counter_read(&deflate->sent),
        .sent_deflated_size = hws_counter_read(&deflate->sent_deflated),
        .received_size = hws_counter_read(&deflate->received),
        .received_deflated_size = hws_counter_read(&deflate->received_deflated),
    };
    return HWS_OK;
}

hws_loop *hws_websocket_loop(hws_websocket ws)
{
    return session_here(ws) ? hws_slots_loop(ws.slots) : NULL;
}

hws_status hws_websocket_address(hws_websocket ws, char *text, size_t size)
{
    if (!text || size < HWS_ADDRESS_TEXT_MAX) return HWS_ERR_INVALID_ARGUMENT;
    const hws_session *session = session_here(ws);
    if (!session || !hws_session_stream(session)) return HWS_ERR_NOT_OPEN;
    hws_address address;
    hws_stream_peer(hws_session_stream(session), &address);
    hws_address_text(&address, text);
    return HWS_OK;
}

void *hws_websocket_user(hws_websocket ws)
{
    const hws_session *session = session_here(ws);
    return session ? session->user : NULL;
}

hws_status hws_websocket_set_user(hws_websocket ws, void *user)
{
    if (ws.slots && !hws_remote_is_here(ws.slots)) return HWS_ERR_INVALID_ARGUMENT;
    hws_session *session = session_here(ws);
    if (!session) return HWS_ERR_NOT_OPEN;
    session->user = user;
    return HWS_OK;
}
