/* SPDX-License-Identifier: MIT */
/* A client comes, is told things, and goes. */
#include "base/memory.h"
#include "base/try.h"
#include "channel/guest_state.h"
#include "channel/question.h"
#include "channel/subscribe.h"

/* References. */

hws_guest *hws_guest_ref(hws_guest *client)
{
    client->reference_count++;
    return client;
}

static void free_text(const hws_guest *client, char *text, size_t size)
{
    if (text) hws_memory_free(hws_guest_memory(client), text, size + 1);
}

void hws_guest_unref(hws_guest *client)
{
    if (--client->reference_count > 0) return;
    free_text(client, client->user, client->user_size);
    free_text(client, client->info, client->info_size);
    free_text(client, client->meta, client->meta_size);
    hws_headers_release(&client->headers, hws_guest_memory(client));
    hws_memory_free(hws_guest_memory(client), client, sizeof *client);
}

/* Its end. */

void hws_guest_disconnect(hws_guest *client, int code, const char *reason)
{
    if (client->state == HWS_GUEST_ENDED) return;
    client->state = HWS_GUEST_ENDED;
    hws_counter_add(&client->station->metric.disconnects[hws_disconnect_class(code)], 1);
    if (client->timer) hws_timer_stop(client->timer);
    hws_outlet_close(&client->outlet, hws_guest_memory(client), code, reason);
}

void hws_guest_end_for_memory(hws_guest *client)
{
    hws_guest_disconnect(client, HWS_DISCONNECT_SERVER_ERROR, "internal server error");
}

/* Sending. */

static void look_at_send(hws_guest *client, hws_status status)
{
    if (status == HWS_ERR_QUEUE_FULL)
        hws_guest_disconnect(client, HWS_DISCONNECT_SLOW, "slow");
    else if (status < 0 && status != HWS_ERR_NOT_OPEN)
        hws_guest_end_for_memory(client);
}

void hws_guest_share_blob(hws_guest *client, hws_blob *blob)
{
    if (client->state == HWS_GUEST_ENDED) return;
    look_at_send(client, blob ? hws_outlet_share(&client->outlet, blob) : HWS_ERR_NO_MEMORY);
}

void hws_guest_share(hws_guest *client, hws_bulletin *bulletin)
{
    hws_guest_share_blob(client, hws_bulletin_in(bulletin, client->outlet.format));
}

void hws_guest_send(hws_guest *client, const hws_writer *message)
{
    hws_bulletin bulletin = hws_bulletin_of(hws_guest_memory(client), hws_writer_text(message));
    hws_guest_share(client, &bulletin);
    hws_bulletin_release(&bulletin);
}

/* Subscriptions. */

hws_subscription *hws_guest_subscription(const hws_guest *client, hws_text channel)
{
    hws_subscription *each = client->subscriptions;
    while (each && !hws_text_equal(hws_channel_name(each->channel), channel)) each = each->next;
    return each;
}

void hws_guest_unsubscribe(hws_guest *client, hws_subscription *subscription, int code,
                           const char *reason)
{
    if (code != 0) {
        hws_counter_add(&client->station->metric.unsubscribes[hws_unsubscribe_class(code)], 1);
        hws_writer push = hws_writer_on(hws_guest_memory(client));
        HWS_WRITE(&push, "{\"push\":{\"channel\":");
        hws_write_string(&push, hws_channel_name(subscription->channel));
        HWS_WRITE(&push, ",\"unsubscribe\":{\"code\":");
        hws_write_number(&push, (uint64_t)code);
        HWS_WRITE(&push, ",\"reason\":");
        hws_write_string(&push, hws_text_of(reason));
        HWS_WRITE(&push, "}}}");
        hws_guest_send(client, &push);
        hws_writer_release(&push);
    }
    hws_subscribe_end(subscription);
}

static void end_lost(hws_deferred *deferred)
{
    hws_guest *client = (hws_guest *)(void *)((char *)deferred - offsetof(hws_guest, deferred));
    for (hws_subscription *each = client->subscriptions, *next; each; each = next) {
        next = each->next;
        if (each->merge.has_gap)
            hws_guest_unsubscribe(client, each, HWS_UNSUBSCRIBE_INSUFFICIENT, "insufficient state");
    }
}

void hws_guest_lost_place(hws_subscription *subscription)
{
    subscription->merge.has_gap = true;
    hws_loop_defer(subscription->client->station->loop, &subscription->client->deferred);
}

/* Its beginning. */

/* Nobody can guess another's id. */
static hws_status make_id(const hws_guest *client, char id[HWS_GUEST_ID_SIZE + 1])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t random[HWS_GUEST_ID_SIZE / 2];
    const hws_status status = hws_loop_random(client->station->loop, random, sizeof random);
    if (status != HWS_OK) return status;
    for (size_t i = 0; i < sizeof random; i++) {
        id[2 * i] = digits[random[i] >> 4];
        id[2 * i + 1] = digits[random[i] & 0xF];
    }
    id[2 * sizeof random] = '\0';
    return HWS_OK;
}

static void list_client(hws_guest *client)
{
    hws_station *station = client->station;
    client->next = station->clients;
    if (client->next) client->next->previous = client;
    station->clients = client;
    atomic_fetch_add(&station->hub->client_count, 1);
}

static void unlist_client(hws_guest *client)
{
    hws_station *station = client->station;
    if (client->next) client->next->previous = client->previous;
    if (client->previous)
        client->previous->next = client->next;
    else
        station->clients = client->next;
    atomic_fetch_sub(&station->hub->client_count, 1);
}

hws_guest *hws_guest_new(hws_hub *hub, hws_loop *loop, hws_format format)
{
    hws_station *station;
    if (hws_station_of(hub, loop, &station) != HWS_OK) return NULL;
    hws_guest *client = hws_memory_new_zeroed(hub->memory, sizeof *client);
    if (!client) return NULL;
    client->station = station;
    client->outlet.format = format;
    client->reference_count = 1;
    client->deferred.call = end_lost;
    if (make_id(client, client->id) != HWS_OK ||
        hws_timer_new(loop, hws_guest_on_timer, client, &client->timer) != HWS_OK) {
        hws_guest_unref(client);
        return NULL;
    }
    list_client(client);
    return client;
}

hws_status hws_guest_expect(hws_hub *hub, hws_websocket ws, hws_request *request)
{
    hws_station *station;
    if (!hub->decider.headers) return HWS_OK;
    HWS_TRY(hws_station_of(hub, hws_websocket_loop(ws), &station));
    return hws_newcomer_add(&station->newcomers, hub->memory, hub->decider.headers, ws, request);
}

/* Without the headers that are to be there nobody can decide about it. */
static bool take_headers(hws_guest *client, hws_websocket ws)
{
    const hws_hub *hub = client->station->hub;
    return !hub->decider.headers ||
           hws_newcomer_take(&client->station->newcomers, hub->memory, ws, &client->headers);
}

void hws_guest_open(hws_hub *hub, hws_websocket ws, hws_format format)
{
    hws_guest *client = hws_guest_new(hub, hws_websocket_loop(ws), format);
    (void)hws_websocket_set_user(ws, client);
    if (client) {
        client->outlet.ws = ws;
        hws_guest_enter(client, HWS_GUEST_NEW, hws_guest_options(client)->connect_timeout_ms);
        if (!take_headers(client, ws)) hws_guest_end_for_memory(client);
    } else {
        (void)hws_websocket_close(ws, HWS_DISCONNECT_SERVER_ERROR, "internal server error");
    }
}

void hws_guest_on_open(hws_websocket ws, void *user)
{
    hws_guest_open(user, ws, HWS_FORMAT_WEBSOCKET);
}

static uint64_t hash_of(const hws_station *station, hws_text session)
{
    return hws_hash(&station->hub->key, session.data, session.size);
}

hws_guest *hws_guest_of_session(const hws_station *station, hws_text session)
{
    hws_table_entry *at = hws_table_find(&station->sessions, hash_of(station, session));
    while (at && !hws_text_equal(hws_text_of(((hws_guest *)at)->session), session))
        at = hws_table_find_next(at);
    return (hws_guest *)at;
}

/* What nobody can guess, and whose commands are found by it. */
static hws_status begin_session(hws_guest *client)
{
    hws_station *station = client->station;
    HWS_TRY(hws_table_reserve(&station->sessions));
    HWS_TRY(make_id(client, client->session));
    hws_table_add(&station->sessions, &client->by_session,
                  hash_of(station, hws_text_of(client->session)));
    return HWS_OK;
}

void hws_guest_begin(hws_guest *client, hws_feed *feed, hws_text commands)
{
    client->outlet.feed = feed;
    if (!hws_format_is_one_way(client->outlet.format) && begin_session(client) != HWS_OK) {
        hws_guest_end_for_memory(client);
        return;
    }
    hws_guest_enter(client, HWS_GUEST_NEW, hws_guest_options(client)->connect_timeout_ms);
    hws_guest_take(client, commands);
}

static char *copy(const hws_guest *client, hws_text text)
{
    char *made = hws_memory_new(hws_guest_memory(client), text.size + 1);
    if (!made) return NULL;
    if (text.size > 0) memcpy(made, text.data, text.size);
    made[text.size] = '\0';
    return made;
}

void hws_guest_write_info(const hws_guest *client, hws_text conn_info, hws_text chan_info,
                          hws_writer *writer)
{
    HWS_WRITE(writer, "{\"client\":");
    hws_write_string(writer, hws_guest_id(client));
    HWS_WRITE(writer, ",\"user\":");
    hws_write_string(writer, hws_guest_user(client));
    if (conn_info.data) {
        HWS_WRITE(writer, ",\"conn_info\":");
        hws_write(writer, conn_info);
    }
    if (chan_info.data) {
        HWS_WRITE(writer, ",\"chan_info\":");
        hws_write(writer, chan_info);
    }
    HWS_WRITE(writer, "}");
}

hws_status hws_guest_connected(hws_guest *client, hws_text user, hws_text conn_info)
{
    char *name = copy(client, user);
    if (!name) return HWS_ERR_NO_MEMORY;
    if (user.size > 0 && hws_roster_enter(&client->station->hub->roster, user) != HWS_OK) {
        free_text(client, name, user.size);
        return HWS_ERR_NO_MEMORY;
    }
    client->user = name;
    client->user_size = user.size;
    hws_writer info = hws_writer_on(hws_guest_memory(client));
    hws_guest_write_info(client, conn_info, (hws_text){0}, &info);
    const hws_text text = hws_writer_text(&info);
    client->info = text.data ? copy(client, text) : NULL;
    client->info_size = text.size;
    hws_writer_release(&info);
    if (!client->info) return HWS_ERR_NO_MEMORY;
    hws_guest_enter(client, HWS_GUEST_CONNECTED, hws_guest_options(client)->ping_interval_ms);
    return HWS_OK;
}

hws_status hws_guest_set_meta(hws_guest *client, hws_text meta)
{
    if (!meta.data) return HWS_OK;
    client->meta = copy(client, meta);
    client->meta_size = meta.size;
    return client->meta ? HWS_OK : HWS_ERR_NO_MEMORY;
}

void hws_guest_free(hws_guest *client)
{
    client->state = HWS_GUEST_ENDED;
    client->outlet.feed = NULL;
    hws_question_cancel(client->question);
    hws_question_cancel(client->refreshing);
    client->question = client->refreshing = NULL;
    if (client->session[0] != '\0')
        hws_table_remove(&client->station->sessions, &client->by_session);
    while (client->subscriptions) hws_subscribe_end(client->subscriptions);
    hws_timer_free(client->timer);
    hws_loop_undefer(client->station->loop, &client->deferred);
    if (client->user_size > 0)
        hws_roster_leave(&client->station->hub->roster, hws_guest_user(client));
    unlist_client(client);
    hws_guest_unref(client);
}

void hws_guest_on_close(hws_websocket ws, const hws_close *close, void *user)
{
    (void)ws;
    (void)close;
    if (user) hws_guest_free(user);
}
