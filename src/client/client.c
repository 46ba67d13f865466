/* SPDX-License-Identifier: MIT */
/* Its beginning, its states, and its end. */
#include "base/memory.h"
#include "base/try.h"
#include "client/client_state.h"

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

void hws_client_finished(hws_session *session)
{
    free_client((hws_client *)session);
}

void hws_client_tell_drop(const hws_client *client, const hws_message *message)
{
    if (hws_client_options_of(client)->on_drop)
        hws_client_options_of(client)->on_drop(hws_client_handle(client), message,
                                               client->session.user);
}

static void drop_waiting(hws_client *client)
{
    hws_message message;
    while (hws_offline_peek(&client->offline, &message)) {
        hws_client_tell_drop(client, &message);
        hws_offline_drop(&client->offline, client->home->memory);
    }
}

/* A blocking one stays until whoever receives has heard of it, and hws_websocket_receive sees to
 * the rest; but when the loop ends there is nobody any more. */
void hws_client_end(hws_client *client, const hws_close *close)
{
    client->state = HWS_CLIENT_ENDED;
    drop_waiting(client);
    hws_slots_set_ready_state(hws_client_handle(client), client->inbox ? HWS_CLOSING : HWS_CLOSED);
    hws_session_tell_close(&client->session, close);
    if (client->on_ended) client->on_ended(client->watcher, close, client->opened_ms > 0);
    hws_client_set_alarm(client, UINT64_MAX);
    if (client->inbox && !client->home->ending)
        hws_inbox_end(client->inbox, close->status == HWS_OK ? HWS_ERR_NOT_OPEN : close->status);
    else
        hws_session_depart(&client->session);
}

static void end_dismissed(hws_client *client)
{
    if (client->opening) hws_opening_cancel(client->opening);
    client->opening = NULL;
    hws_client_end(client, &(hws_close){.code = HWS_CLOSE_ABNORMAL,
                                        .cause = "closed by this side before it was open"});
}

/* Trying again. */

static void wait_for(hws_client *client, uint32_t delay_ms)
{
    client->state = HWS_CLIENT_WAITING;
    if (!client->dismissed) hws_client_set_alarm(client, hws_client_now_ms(client) + delay_ms);
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
    const hws_client_options *options = hws_client_options_of(client);
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

void hws_client_lose(hws_client *client, const hws_close *close, uint64_t open_ms,
                     uint32_t retry_after_s)
{
    uint32_t delay_ms;
    if (!may_retry(client, close, open_ms, retry_after_s, &delay_ms)) {
        hws_client_end(client, close);
        return;
    }
    client->state = HWS_CLIENT_WAITING;
    hws_redirect_release(&client->redirect, client->home->memory);
    if (hws_client_options_of(client)->on_retry)
        hws_client_options_of(client)->on_retry(hws_client_handle(client), close, delay_ms,
                                                client->session.user);
    wait_for(client, delay_ms);
}

/* RFC 6455 §7.1.5: no Close frame was received; §7.4.1: 1015 where TLS is the reason. */
int hws_client_local_code(hws_status status)
{
    return hws_status_close_code(status) == HWS_CLOSE_TLS ? HWS_CLOSE_TLS : HWS_CLOSE_ABNORMAL;
}

void hws_client_fail(hws_client *client, hws_status status, const char *text)
{
    hws_client_lose(
        client,
        &(hws_close){.code = hws_client_local_code(status), .status = status, .cause = text}, 0, 0);
}

static void on_ring(hws_alarm *alarm, hws_loop *loop)
{
    (void)loop;
    hws_client *client = (hws_client *)(void *)((uint8_t *)alarm - offsetof(hws_client, alarm));
    hws_client_set_alarm(client, UINT64_MAX);
    if (client->dismissed)
        end_dismissed(client);
    else if (client->state == HWS_CLIENT_WAITING)
        hws_client_attempt(client);
}

void hws_client_hurry(hws_client *client)
{
    if (client->state == HWS_CLIENT_WAITING)
        hws_client_set_alarm(client, hws_client_now_ms(client));
}

/* Making. */

static hws_status make(hws_client *client)
{
    const hws_client_options *options = hws_client_options_of(client);
    const hws_attempt attempt = {
        .url = options->url,
        .bearer = options->bearer,
        .headers = options->headers,
        .header_count = options->header_count,
    };
    HWS_TRY(hws_destination_new(&attempt, client->home->memory, &client->destination));
    if (options->blocking)
        HWS_TRY(hws_inbox_new(client->home->memory, options->inbox_size_max, &client->inbox));
    HWS_TRY(hws_alarm_set(&client->alarm, client->home->loop, hws_client_now_ms(client)));
    HWS_TRY(hws_client_plan(client));
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
    *ws = hws_client_handle(client);
    return HWS_OK;
}

/* hws_session_end leads back to connection_ended, and so to hws_client_end(). */
void hws_client_end_now(hws_client *client)
{
    if (hws_session_stream(&client->session))
        hws_session_end(&client->session, HWS_ERR_SHUTTING_DOWN);
    else if (client->state != HWS_CLIENT_ENDED)
        hws_client_fail(client, HWS_ERR_SHUTTING_DOWN, "the loop ended");
    else
        hws_session_depart(&client->session);
}
