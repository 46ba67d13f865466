/* SPDX-License-Identifier: MIT */
#include "client/client.h"

#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include "client/request.h"
#include "hawser/utf8.h"
#include "websocket/cause.h"
#include "wire/kernels.h"

static const hws_client_options *options_of(const hws_client *client)
{
    return &client->settings->options;
}

static hws_websocket handle_of(const hws_client *client)
{
    return hws_session_handle(&client->session);
}

static hws_client *find(hws_websocket ws)
{
    return (hws_client *)hws_slots_find(ws);
}

static void set_alarm(hws_client *client, uint64_t at_ms)
{
    /* It is set already, and so needs no memory. */
    (void)!hws_alarm_set(&client->alarm, client->home->loop, at_ms);
}

static uint64_t now_ms(const hws_client *client)
{
    return hws_loop_now_ms(client->home->loop);
}

/* The end. */

static void free_client(hws_client *client)
{
    const hws_memory *memory = client->home->memory;
    if (client->opening) hws_opening_cancel(client->opening);
    hws_alarm_unset(&client->alarm, client->home->loop);
    hws_offline_release(&client->offline, memory);
    hws_inbox_free(client->inbox);
    hws_redirect_release(&client->redirect, memory);
    hws_destination_free(client->destination, memory);
    hws_tls_context_unref(client->tls);
    hws_tls_context_unref(client->proxy_tls);
    hws_settings_free(client->settings, memory);
    hws_memory_free(memory, client, sizeof *client);
}

static void on_finished(hws_session *session)
{
    free_client((hws_client *)session);
}

static void tell_drop(const hws_client *client, const hws_message *message)
{
    if (options_of(client)->on_drop)
        options_of(client)->on_drop(handle_of(client), message, client->session.user);
}

static void drop_waiting(hws_client *client)
{
    hws_message message;
    while (hws_offline_peek(&client->offline, &message)) {
        tell_drop(client, &message);
        hws_offline_drop(&client->offline, client->home->memory);
    }
}

/* A blocking one stays until whoever receives has heard of it, and hws_websocket_receive sees to
 * the rest; but when the loop ends there is nobody any more. */
static void end(hws_client *client, const hws_close *close)
{
    client->state = HWS_CLIENT_ENDED;
    drop_waiting(client);
    hws_slots_set_ready_state(handle_of(client), client->inbox ? HWS_CLOSING : HWS_CLOSED);
    hws_session_tell_close(&client->session, close);
    if (client->on_ended) client->on_ended(client->watcher, close, client->opened_ms > 0);
    set_alarm(client, UINT64_MAX);
    if (client->inbox && !client->home->ending)
        hws_inbox_end(client->inbox, close->status == HWS_OK ? HWS_ERR_NOT_OPEN : close->status);
    else
        hws_session_depart(&client->session);
}

static void end_dismissed(hws_client *client)
{
    if (client->opening) hws_opening_cancel(client->opening);
    client->opening = NULL;
    end(client, &(hws_close){.code = HWS_CLOSE_ABNORMAL,
                             .cause = "closed by this side before it was open"});
}

/* Trying again. */

static void wait_for(hws_client *client, uint32_t delay_ms)
{
    client->state = HWS_CLIENT_WAITING;
    if (!client->dismissed) set_alarm(client, now_ms(client) + delay_ms);
}

static uint32_t random_bits(const hws_client *client)
{
    uint32_t bits;
    /* Without random bytes the longest wait is the kindest. */
    return hws_loop_random(client->home->loop, &bits, sizeof bits) == HWS_OK ? bits : UINT32_MAX;
}

static bool may_retry(hws_client *client, const hws_close *close, uint64_t open_ms,
                      uint32_t retry_after_s, uint32_t *delay_ms)
{
    const hws_client_options *options = options_of(client);
    const hws_retry_options retry = {
        .delay_ms = options->retry_delay_ms,
        .delay_max_ms = options->retry_delay_max_ms,
        .count_max = options->retry_count_max,
        .stable_ms = options->stable_ms,
        .renews = options->on_attempt != NULL,
    };
    if (!options->reconnect || client->home->ending) return false;
    return hws_retry_next(&client->retry, &retry, close, open_ms, retry_after_s,
                          random_bits(client), delay_ms);
}

/* A connection, or an attempt at one, came to its end. */
static void lose(hws_client *client, const hws_close *close, uint64_t open_ms,
                 uint32_t retry_after_s)
{
    uint32_t delay_ms;
    if (!may_retry(client, close, open_ms, retry_after_s, &delay_ms)) {
        end(client, close);
        return;
    }
    client->state = HWS_CLIENT_WAITING;
    hws_redirect_release(&client->redirect, client->home->memory);
    if (options_of(client)->on_retry)
        options_of(client)->on_retry(handle_of(client), close, delay_ms, client->session.user);
    wait_for(client, delay_ms);
}

/* RFC 6455 §7.1.5: no Close frame was received; §7.4.1: 1015 where TLS is the reason. */
static int local_code(hws_status status)
{
    return hws_status_close_code(status) == HWS_CLOSE_TLS ? HWS_CLOSE_TLS : HWS_CLOSE_ABNORMAL;
}

static void fail(hws_client *client, hws_status status, const char *text)
{
    lose(client, &(hws_close){.code = local_code(status), .status = status, .cause = text}, 0, 0);
}

/* One attempt. */

static const char *url_of(const hws_client *client)
{
    if (client->redirect.url) return client->redirect.url;
    return client->destination ? client->destination->url : options_of(client)->url;
}

/* What the program wants before the attempt.  False: there is to be none now. */
static bool ask_program(hws_client *client)
{
    const hws_client_options *options = options_of(client);
    if (!options->on_attempt) return true;
    hws_attempt attempt = {
        .number = client->retry.failure_count + 1,
        .url = client->destination->url,
        .bearer = client->destination->bearer,
        .headers = client->destination->headers,
        .header_count = client->destination->header_count,
    };
    options->on_attempt(handle_of(client), &attempt, client->session.user);
    if (client->dismissed) return false;
    if (attempt.hold) {
        client->state = HWS_CLIENT_WAITING;
        return false;
    }
    hws_destination *destination;
    hws_status status = hws_destination_new(&attempt, client->home->memory, &destination);
    if (status == HWS_OK) {
        hws_destination_free(client->destination, client->home->memory);
        client->destination = destination;
        status = hws_request_check(options, destination);
    }
    if (status == HWS_OK) return true;
    fail(client, status, "on_attempt gave what cannot be sent");
    return false;
}

static hws_status open_target_tls(hws_client *client, const hws_url *url, char *explain,
                                  size_t size)
{
    if (client->tls || !hws_scheme_is_secure(url->scheme)) return HWS_OK;
    return hws_clients_tls(client->home, &options_of(client)->tls, explain, size, &client->tls);
}

/* To a proxy nothing is shown, and its name is its own: those of the options are the target's. */
static hws_status open_proxy_tls(hws_client *client, const hws_url *url, char *explain, size_t size)
{
    const hws_client_options *options = options_of(client);
    hws_proxy proxy;
    if (hws_opening_proxy(options, url, &proxy) != HWS_OK) {
        snprintf(explain, size, "the proxy that %s names is not a URL like http://host:3128",
                 options->proxy ? "the program" : "the environment (http_proxy, all_proxy, ...)");
        return HWS_ERR_INVALID_ARGUMENT;
    }
    if (client->proxy_tls || proxy.kind != HWS_PROXY_HTTPS) return HWS_OK;
    const hws_tls_options tls = {
        .authorities = options->tls.authorities,
        .insecure = options->tls.insecure,
    };
    return hws_clients_tls(client->home, &tls, explain, size, &client->proxy_tls);
}

static hws_status open_tls(hws_client *client, char *explain, size_t size)
{
    hws_url url;
    HWS_TRY(hws_url_parse(hws_text_of(url_of(client)), &url));
    HWS_TRY(open_target_tls(client, &url, explain, size));
    return open_proxy_tls(client, &url, explain, size);
}

static void on_connected(void *owner, hws_stream *stream, const hws_agreement *agreed,
                         hws_span early)
{
    hws_client *client = owner;
    client->opening = NULL;
    if (client->dismissed) { /* its alarm rings in this turn */
        hws_stream_close(stream, 0);
        return;
    }
    hws_stream_count(stream, client->home->streams);
    client->state = HWS_CLIENT_OPEN;
    client->opened_ms = now_ms(client);
    hws_session_set_protocol(&client->session, agreed->protocol);
    const hws_status status = hws_session_open(&client->session, stream, agreed->deflate, early);
    if (status == HWS_OK) return;
    hws_stream_close(stream, 0);
    fail(client, status, hws_status_text(status));
}

static void try_now(hws_client *client);

/* By an answer that says no, or where to go instead. */
static void lose_refused(hws_client *client, hws_status status, const char *text,
                         const hws_refusal *refusal)
{
    const hws_close close = {
        .code = local_code(status),
        .status = status,
        .cause = text,
        .http_status = refusal->http_status,
    };
    lose(client, &close, 0, refusal->retry_after_s);
}

/* False: it is not to be followed. */
static bool follow(hws_client *client, const hws_refusal *refusal)
{
    const uint32_t count_max = options_of(client)->redirect_count_max;
    if (count_max == 0 || !hws_redirect_is_one(refusal->http_status, refusal->location))
        return false;
    const hws_status status = hws_redirect_follow(
        &client->redirect, url_of(client), refusal->location, count_max, client->home->memory);
    if (status == HWS_OK)
        try_now(client);
    else
        lose_refused(client, status, hws_status_text(status), refusal);
    return true;
}

static void on_refused(void *owner, const hws_refusal *refusal)
{
    hws_client *client = owner;
    client->opening = NULL;
    if (client->dismissed || follow(client, refusal)) return;
    lose_refused(client, refusal->status, refusal->text, refusal);
}

static void on_step(void *owner, const hws_step *step)
{
    const hws_client *client = owner;
    options_of(client)->on_step(handle_of(client), step, client->session.user);
}

static const hws_opening_owner QUIET_CALLS = {
    .on_connected = on_connected,
    .on_refused = on_refused,
};

static const hws_opening_owner TELLING_CALLS = {
    .on_connected = on_connected,
    .on_refused = on_refused,
    .on_step = on_step,
};

static void try_now(hws_client *client)
{
    char explain[HWS_CAUSE_SIZE_MAX] = "";
    hws_status status = open_tls(client, explain, sizeof explain);
    if (status == HWS_OK) {
        const hws_opening_plan plan = {
            .loop = client->home->loop,
            .memory = client->home->memory,
            .options = options_of(client),
            .destination = client->destination,
            .url = url_of(client),
            .is_own_origin = !client->redirect.is_elsewhere,
            .tls = client->tls,
            .proxy_tls = client->proxy_tls,
        };
        client->state = HWS_CLIENT_TRYING;
        status = hws_opening_new(&plan, options_of(client)->on_step ? &TELLING_CALLS : &QUIET_CALLS,
                                 client, &client->opening);
    }
    if (status != HWS_OK) fail(client, status, *explain ? explain : hws_status_text(status));
}

static void on_ring(hws_alarm *alarm, hws_loop *loop)
{
    (void)loop;
    hws_client *client = (hws_client *)(void *)((uint8_t *)alarm - offsetof(hws_client, alarm));
    set_alarm(client, UINT64_MAX);
    if (client->dismissed)
        end_dismissed(client);
    else if (client->state == HWS_CLIENT_WAITING && ask_program(client))
        try_now(client);
}

void hws_client_hurry(hws_client *client)
{
    if (client->state == HWS_CLIENT_WAITING) set_alarm(client, now_ms(client));
}

/* What the session asks of us. */

static hws_status check_waiting(const hws_client *client, const hws_message *message)
{
    if (client->state == HWS_CLIENT_ENDED || client->dismissed || message->part != HWS_WHOLE ||
        options_of(client)->offline_size_max == SIZE_MAX)
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
                                  options_of(client)->offline_size_max);
    if (status == HWS_OK) {
        session->diverted = true; /* what comes after it must not overtake it */
        session->drain_wanted = true;
        return HWS_BUFFERED;
    }
    if (is_late) tell_drop(client, message);
    return status;
}

static hws_status close_unopened(hws_session *session)
{
    hws_client *client = (hws_client *)session;
    if (client->state == HWS_CLIENT_ENDED || client->dismissed) return HWS_ERR_NOT_OPEN;
    client->dismissed = true;
    hws_slots_set_ready_state(handle_of(client), HWS_CLOSING);
    set_alarm(client, now_ms(client));
    return HWS_OK;
}

static void connection_ended(hws_session *session, const hws_close *close)
{
    hws_client *client = (hws_client *)session;
    const bool was_dismissed = session->dismissed;
    const uint64_t open_ms = now_ms(client) - client->opened_ms;
    session->diverted = true;
    session->dismissed = false;
    hws_session_set_protocol(session, NULL);
    if (was_dismissed) {
        end(client, close);
        return;
    }
    hws_slots_set_ready_state(handle_of(client), HWS_CONNECTING);
    lose(client, close, open_ms > 0 ? open_ms : 1, 0);
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
    if (options_of(client)->on_open) options_of(client)->on_open(ws, user);
    if (client->offline.first) send_waited(client);
}

static void on_drain(hws_websocket ws, void *user)
{
    hws_client *client = find(ws);
    if (client->session.diverted) send_waited(client);
    if (!client->session.diverted && options_of(client)->on_drain)
        options_of(client)->on_drain(ws, user);
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

/* Making. */

static bool random_for_endpoint(void *user, uint8_t *bytes, size_t size)
{
    return hws_loop_random(user, bytes, size) == HWS_OK;
}

static hws_status open_deflate(hws_client *client)
{
    const hws_deflate_options *options = &options_of(client)->deflate;
    client->deflate = (hws_deflate){.codec = hws_codec_zlib(), .size_min = options->size_min};
    if (!options->enabled) return HWS_OK;
    return hws_clients_codec_pool(client->home, options, &client->deflate.pool);
}

static hws_endpoint_options endpoint_options(hws_client *client)
{
    const hws_client_options *options = options_of(client);
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

static void plan(hws_client *client)
{
    const hws_client_options *options = options_of(client);
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
        .on_finished = on_finished,
    };
}

static hws_status make(hws_client *client)
{
    const hws_client_options *options = options_of(client);
    const hws_attempt attempt = {
        .url = options->url,
        .bearer = options->bearer,
        .headers = options->headers,
        .header_count = options->header_count,
    };
    HWS_TRY(hws_destination_new(&attempt, client->home->memory, &client->destination));
    if (options->blocking)
        HWS_TRY(hws_inbox_new(client->home->memory, options->inbox_size_max, &client->inbox));
    HWS_TRY(hws_alarm_set(&client->alarm, client->home->loop, now_ms(client)));
    HWS_TRY(open_deflate(client));
    plan(client);
    return hws_session_init(&client->session, &client->plan);
}

hws_status hws_client_new(hws_clients *clients, const hws_client_options *options,
                          hws_websocket *ws)
{
    if (clients->ending) return HWS_ERR_SHUTTING_DOWN;
    hws_client *client = hws_memory_new_zeroed(clients->memory, sizeof *client);
    if (!client) return HWS_ERR_NO_MEMORY;
    client->home = clients;
    client->alarm.on_ring = on_ring;
    hws_status status = hws_settings_new(options, clients->memory, &client->settings);
    if (status == HWS_OK) status = make(client);
    if (status != HWS_OK) {
        free_client(client);
        return status;
    }
    *ws = handle_of(client);
    return HWS_OK;
}

/* hws_session_end leads back to connection_ended, and so to end(). */
void hws_client_end_now(hws_client *client)
{
    if (hws_session_stream(&client->session))
        hws_session_end(&client->session, HWS_ERR_SHUTTING_DOWN);
    else if (client->state != HWS_CLIENT_ENDED)
        fail(client, HWS_ERR_SHUTTING_DOWN, "the loop ended");
    else
        hws_session_depart(&client->session);
}
