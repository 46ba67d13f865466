/* SPDX-License-Identifier: MIT */
/* What the session of a client is like, and what it asks of the client: where it has no connection,
 * messages wait for one. */
#include "base/text.h"
#include "base/try.h"
#include "client/client_state.h"
#include "hawser/utf8.h"
#include "wire/kernels.h"

static hws_client *find(hws_websocket ws)
{
    return (hws_client *)hws_slots_find(ws);
}

static hws_status check_waiting(const hws_client *client, const hws_message *message)
{
    if (client->state == HWS_CLIENT_ENDED || client->dismissed || message->part != HWS_WHOLE ||
        hws_client_options_of(client)->offline_size_max == SIZE_MAX)
        return HWS_ERR_NOT_OPEN;
    if (message->type != HWS_TEXT) return HWS_OK;
    hws_utf8 utf8 = {0};
    HWS_TRY(hws_utf8_feed(&utf8, message->data, message->size));
    return hws_utf8_finish(&utf8);
}

static hws_status send_waiting(hws_session *session, const hws_message *message, bool is_late)
{
    hws_client *client = (hws_client *)session;
    hws_status status = check_waiting(client, message);
    if (status == HWS_OK)
        status = hws_offline_push(&client->offline, client->home->memory, message,
                                  hws_client_options_of(client)->offline_size_max);
    if (status == HWS_OK) {
        session->diverted = true; /* what comes after it must not overtake it */
        session->drain_wanted = true;
        return HWS_BUFFERED;
    }
    if (is_late) hws_client_tell_drop(client, message);
    return status;
}

static hws_status close_unopened(hws_session *session)
{
    hws_client *client = (hws_client *)session;
    if (client->state == HWS_CLIENT_ENDED || client->dismissed) return HWS_ERR_NOT_OPEN;
    client->dismissed = true;
    hws_slots_set_ready_state(hws_client_handle(client), HWS_CLOSING);
    hws_client_set_alarm(client, hws_client_now_ms(client));
    return HWS_OK;
}

static void connection_ended(hws_session *session, const hws_close *close)
{
    hws_client *client = (hws_client *)session;
    const bool was_dismissed = session->dismissed;
    const uint64_t open_ms = hws_client_now_ms(client) - client->opened_ms;
    session->diverted = true;
    session->dismissed = false;
    hws_session_set_protocol(session, NULL);
    if (was_dismissed) {
        hws_client_end(client, close);
        return;
    }
    hws_slots_set_ready_state(hws_client_handle(client), HWS_CONNECTING);
    hws_client_lose(client, close, open_ms > 0 ? open_ms : 1, 0);
}

static size_t buffered_amount(const hws_session *session)
{
    return ((const hws_client *)session)->offline.size;
}

static const hws_session_client SESSION_CALLS = {
    .send = send_waiting,
    .close = close_unopened,
    .ended = connection_ended,
    .buffered_amount = buffered_amount,
};

/* What waited for the connection leaves, as far as the queue of the connection takes it. */
static void send_waited(hws_client *client)
{
    hws_session *session = &client->session;
    hws_message message;
    session->diverted = false;
    while (hws_offline_peek(&client->offline, &message)) {
        const hws_status status = hws_session_send(session, &message);
        if (status == HWS_ERR_QUEUE_FULL) session->diverted = true;
        if (status == HWS_ERR_NO_MEMORY) hws_session_give_up(session, status);
        if (status < HWS_OK) return;
        hws_offline_drop(&client->offline, client->home->memory);
    }
}

/* What on_open sends goes before what waited: a token, a subscription. */
static void on_open(hws_websocket ws, void *user)
{
    hws_client *client = find(ws);
    client->session.diverted = false;
    if (hws_client_options_of(client)->on_open) hws_client_options_of(client)->on_open(ws, user);
    if (client->offline.first) send_waited(client);
}

static void on_drain(hws_websocket ws, void *user)
{
    hws_client *client = find(ws);
    if (client->session.diverted) send_waited(client);
    if (!client->session.diverted && hws_client_options_of(client)->on_drain)
        hws_client_options_of(client)->on_drain(ws, user);
}

static void put_into_inbox(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    hws_client *client = find(ws);
    bool is_full;
    if (hws_inbox_push(client->inbox, message, &is_full) != HWS_OK)
        hws_session_give_up(&client->session, HWS_ERR_NO_MEMORY);
    else if (is_full)
        hws_session_set_full(&client->session, true);
}

static bool random_for_endpoint(void *user, uint8_t *bytes, size_t size)
{
    return hws_loop_random(user, bytes, size) == HWS_OK;
}

static hws_status open_deflate(hws_client *client)
{
    const hws_deflate_options *options = &hws_client_options_of(client)->deflate;
    client->deflate = (hws_deflate){.codec = hws_codec_zlib(), .size_min = options->size_min};
    if (!options->enabled) return HWS_OK;
    return hws_clients_codec_pool(client->home, options, &client->deflate.pool);
}

static hws_endpoint_options endpoint_options(hws_client *client)
{
    const hws_client_options *options = hws_client_options_of(client);
    hws_endpoint_options endpoint = {
        .role = HWS_ROLE_CLIENT,
        .stream_parts = options->stream_parts,
        .message_size_max = options->message_size_max,
        .ping_interval_ms = options->ping_interval_ms,
        .pong_timeout_ms = options->pong_timeout_ms,
        .close_timeout_ms = options->close_timeout_ms,
        .message_timeout_ms = options->message_timeout_ms,
        .memory = client->home->memory,
        .deflate = options->deflate.enabled ? &client->deflate : NULL,
        .kernels = hws_kernels_best(),
        .random = random_for_endpoint,
        .random_user = client->home->loop,
    };
    hws_endpoint_options_complete(&endpoint);
    return endpoint;
}

hws_status hws_client_plan(hws_client *client)
{
    HWS_TRY(open_deflate(client));
    const hws_client_options *options = hws_client_options_of(client);
    client->plan = (hws_session_plan){
        .loop = client->home->loop,
        .slots = client->home->slots,
        .memory = client->home->memory,
        .handlers =
            {
                .on_open = on_open,
                .on_message = options->blocking ? put_into_inbox : options->on_message,
                .on_error = options->on_error,
                .on_close = options->on_close,
                .on_drain = on_drain,
                .on_pong = options->on_pong,
            },
        .user = options->user,
        .endpoint = endpoint_options(client),
        .send_queue_max = options->send_queue_max,
        .turn_message_max = HWS_TURN_MESSAGE_MAX,
        .protocols = options->protocols,
        .client = &SESSION_CALLS,
        .on_finished = hws_client_finished,
    };
    return HWS_OK;
}
