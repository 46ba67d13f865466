/* SPDX-License-Identifier: MIT */
#include "channel/guest.h"

#include <assert.h>
#include <time.h>

#include "base/memory.h"
#include "base/try.h"
#include "channel/command.h"
#include "channel/json.h"
#include "channel/question.h"
#include "channel/subscribe.h"

enum { ASK_PART = 10, ASK_LEAD_MAX_S = 60 }; /* of what is left until it expires */

static const hws_hub_options *options_of(const hws_guest *client)
{
    return &client->station->hub->options;
}

static const hws_memory *memory_of(const hws_guest *client)
{
    return client->station->hub->memory;
}

static uint64_t wall_s(void)
{
    return (uint64_t)time(NULL);
}

/* References. */

hws_guest *hws_guest_ref(hws_guest *client)
{
    client->reference_count++;
    return client;
}

static void free_text(const hws_guest *client, char *text, size_t size)
{
    if (text) hws_memory_free(memory_of(client), text, size + 1);
}

void hws_guest_unref(hws_guest *client)
{
    if (--client->reference_count > 0) return;
    free_text(client, client->user, client->user_size);
    free_text(client, client->info, client->info_size);
    free_text(client, client->meta, client->meta_size);
    hws_headers_release(&client->headers, memory_of(client));
    hws_memory_free(memory_of(client), client, sizeof *client);
}

/* Its end. */

void hws_guest_disconnect(hws_guest *client, int code, const char *reason)
{
    if (client->state == HWS_GUEST_ENDED) return;
    client->state = HWS_GUEST_ENDED;
    hws_counter_add(&client->station->metric.disconnects[hws_disconnect_class(code)], 1);
    if (client->timer) hws_timer_stop(client->timer);
    hws_outlet_close(&client->outlet, memory_of(client), code, reason);
}

static void end_for_memory(hws_guest *client)
{
    hws_guest_disconnect(client, HWS_DISCONNECT_SERVER_ERROR, "internal server error");
}

/* Time. */

static uint64_t min(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Milliseconds until a moment of the wall's clock, and the grace behind it. */
static uint64_t left_ms(uint64_t expires_s, uint64_t now_s)
{
    if (expires_s == 0) return UINT64_MAX;
    const uint64_t end_s =
        expires_s > UINT64_MAX / 2 ? UINT64_MAX / 2 : expires_s + HWS_EXPIRE_GRACE_S;
    /* Looked at once an hour at least: that clock may be set. */
    return end_s > now_s ? min(end_s - now_s, 3600) * 1000 : 0;
}

static uint64_t until_ask_ms(const hws_guest *client, uint64_t now_s)
{
    if (client->ask_s == 0) return UINT64_MAX;
    return client->ask_s > now_s ? min(client->ask_s - now_s, 3600) * 1000 : 0;
}

void hws_guest_schedule(hws_guest *client)
{
    if (client->state == HWS_GUEST_ENDED) return;
    const uint64_t now_ms = hws_loop_now_ms(client->station->loop);
    const uint64_t now_s = wall_s();
    uint64_t delay_ms = client->due_ms > now_ms ? client->due_ms - now_ms : 0;
    delay_ms = min(delay_ms, left_ms(client->expires_s, now_s));
    delay_ms = min(delay_ms, until_ask_ms(client, now_s));
    for (const hws_subscription *each = client->subscriptions; each; each = each->next)
        delay_ms = min(delay_ms, left_ms(each->expires_s, now_s));
    if (hws_timer_start(client->timer, delay_ms, 0) != HWS_OK) end_for_memory(client);
}

uint64_t hws_guest_draw(const hws_guest *client, uint64_t limit)
{
    uint64_t random;
    const hws_status status = hws_loop_random(client->station->loop, &random, sizeof random);
    return status == HWS_OK ? random % limit : 0;
}

/* How much sooner than it expires it is asked about. */
static uint64_t draw_lead_s(const hws_guest *client, uint64_t expires_s)
{
    const uint64_t now_s = wall_s();
    const uint64_t left_s = expires_s > now_s ? expires_s - now_s : 0;
    return hws_guest_draw(client, min(left_s / ASK_PART, ASK_LEAD_MAX_S) + 1);
}

void hws_guest_set_expiry(hws_guest *client, uint64_t expires_s)
{
    const hws_hub *hub = client->station->hub;
    client->expires_s = expires_s;
    client->ask_s = 0;
    if (client->is_vouched && hws_question_is_asked(hub, HWS_QUESTION_REFRESH) && expires_s > 0)
        client->ask_s = expires_s - draw_lead_s(client, expires_s);
    hws_guest_schedule(client);
}

static void enter(hws_guest *client, hws_guest_state state, uint64_t delay_ms)
{
    client->state = state;
    client->due_ms = hws_loop_now_ms(client->station->loop) + delay_ms;
    hws_guest_schedule(client);
}

static void ping(hws_guest *client)
{
    hws_writer message = hws_writer_on(memory_of(client));
    HWS_WRITE(&message, "{}");
    if (hws_format_is_one_way(client->outlet.format))
        enter(client, HWS_GUEST_CONNECTED, options_of(client)->ping_interval_ms);
    else
        enter(client, HWS_GUEST_PINGED, options_of(client)->pong_timeout_ms);
    hws_guest_send(client, &message);
    hws_writer_release(&message);
}

static void do_what_is_due(hws_guest *client)
{
    switch (client->state) {
    case HWS_GUEST_NEW:
        if (client->question) /* it has come, and somebody takes his time */
            enter(client, HWS_GUEST_NEW, options_of(client)->connect_timeout_ms);
        else
            hws_guest_disconnect(client, HWS_DISCONNECT_STALE, "stale");
        break;
    case HWS_GUEST_CONNECTED:
        ping(client);
        break;
    case HWS_GUEST_PINGED:
        hws_guest_disconnect(client, HWS_DISCONNECT_NO_PONG, "no pong");
        break;
    case HWS_GUEST_ENDED:
        break;
    }
}

static void end_expired(hws_guest *client)
{
    const uint64_t now_s = wall_s();
    for (hws_subscription *each = client->subscriptions, *next; each; each = next) {
        next = each->next;
        if (left_ms(each->expires_s, now_s) == 0)
            hws_guest_unsubscribe(client, each, HWS_UNSUBSCRIBE_EXPIRED, "subscription expired");
    }
}

static void on_timer(void *user)
{
    hws_guest *client = user;
    if (left_ms(client->expires_s, wall_s()) == 0) {
        hws_guest_disconnect(client, HWS_DISCONNECT_EXPIRED, "connection expired");
        return;
    }
    end_expired(client);
    if (until_ask_ms(client, wall_s()) == 0) {
        client->ask_s = 0;
        hws_question_ask_refresh(client);
    }
    if (hws_loop_now_ms(client->station->loop) >= client->due_ms) do_what_is_due(client);
    hws_guest_schedule(client);
}

/* Sending. */

static void look_at_send(hws_guest *client, hws_status status)
{
    if (status == HWS_ERR_QUEUE_FULL)
        hws_guest_disconnect(client, HWS_DISCONNECT_SLOW, "slow");
    else if (status < 0 && status != HWS_ERR_NOT_OPEN)
        end_for_memory(client);
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
    hws_bulletin bulletin = hws_bulletin_of(memory_of(client), hws_writer_text(message));
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
        hws_writer push = hws_writer_on(memory_of(client));
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
        hws_timer_new(loop, on_timer, client, &client->timer) != HWS_OK) {
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
        enter(client, HWS_GUEST_NEW, options_of(client)->connect_timeout_ms);
        if (!take_headers(client, ws)) end_for_memory(client);
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
        end_for_memory(client);
        return;
    }
    enter(client, HWS_GUEST_NEW, options_of(client)->connect_timeout_ms);
    hws_guest_take(client, commands);
}

static char *copy(const hws_guest *client, hws_text text)
{
    char *made = hws_memory_new(memory_of(client), text.size + 1);
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
    hws_writer info = hws_writer_on(memory_of(client));
    hws_guest_write_info(client, conn_info, (hws_text){0}, &info);
    const hws_text text = hws_writer_text(&info);
    client->info = text.data ? copy(client, text) : NULL;
    client->info_size = text.size;
    hws_writer_release(&info);
    if (!client->info) return HWS_ERR_NO_MEMORY;
    enter(client, HWS_GUEST_CONNECTED, options_of(client)->ping_interval_ms);
    return HWS_OK;
}

hws_status hws_guest_set_meta(hws_guest *client, hws_text meta)
{
    if (!meta.data) return HWS_OK;
    client->meta = copy(client, meta);
    client->meta_size = meta.size;
    return client->meta ? HWS_OK : HWS_ERR_NO_MEMORY;
}

/* What it sends. */

/* {} is the answer to our own {}. */
static void take_pong(hws_guest *client)
{
    if (client->state == HWS_GUEST_NEW)
        hws_guest_disconnect(client, HWS_DISCONNECT_BAD_REQUEST, "bad request");
    else if (client->state == HWS_GUEST_PINGED)
        enter(client, HWS_GUEST_CONNECTED, options_of(client)->ping_interval_ms);
}

/* What comes while its question is open waits, in its order. */
static void obey_or_hold(hws_guest *client, const json_t *command, hws_text line)
{
    const hws_status status = client->question ? hws_question_hold(client->question, line) : HWS_OK;
    if (status == HWS_ERR_LIMIT)
        hws_command_refuse(client, command, HWS_ERROR_TOO_MANY_REQUESTS);
    else if (status != HWS_OK)
        end_for_memory(client);
    else if (!client->question)
        hws_command_obey(client, command);
}

static void take_line(hws_guest *client, hws_text line)
{
    json_t *command = NULL;
    const hws_status status = hws_json_read(line, &command);
    if (status == HWS_ERR_NO_MEMORY) {
        end_for_memory(client);
    } else if (status != HWS_OK || !json_is_object(command)) {
        hws_guest_disconnect(client, HWS_DISCONNECT_BAD_REQUEST, "bad request");
    } else if (json_object_size(command) == 0) {
        take_pong(client);
    } else {
        obey_or_hold(client, command, line);
    }
    json_decref(command);
}

/* Lines end with a newline, the last one with or without. */
static size_t count_lines(hws_text text)
{
    size_t count = text.size > 0 && text.data[text.size - 1] != '\n' ? 1 : 0;
    for (size_t i = 0; i < text.size; i++) count += text.data[i] == '\n';
    return count;
}

static void take_lines(hws_guest *client, hws_text left)
{
    while (left.size > 0 && client->state != HWS_GUEST_ENDED) {
        const char *end = memchr(left.data, '\n', left.size);
        const size_t size = end ? (size_t)(end - left.data) : left.size;
        take_line(client, (hws_text){left.data, size});
        const size_t taken = size + (end ? 1 : 0);
        left = (hws_text){left.data + taken, left.size - taken};
    }
}

/* They were read once, and are as good as they were: when one of them asks again, the rest waits as
 * it is. */
void hws_guest_resume(hws_guest *client, hws_text lines)
{
    while (lines.size > 0 && !client->question && client->state != HWS_GUEST_ENDED) {
        const size_t size =
            (size_t)((const char *)memchr(lines.data, '\n', lines.size) - lines.data);
        take_line(client, (hws_text){lines.data, size});
        lines = (hws_text){lines.data + size + 1, lines.size - size - 1};
    }
    if (lines.size > 0 && client->question && client->state != HWS_GUEST_ENDED &&
        hws_question_hold(client->question, (hws_text){lines.data, lines.size - 1}) != HWS_OK)
        end_for_memory(client);
}

void hws_guest_take(hws_guest *client, hws_text commands)
{
    if (client->state == HWS_GUEST_ENDED) return;
    const size_t count = count_lines(commands);
    if (count == 0 || count > HWS_GUEST_COMMAND_MAX)
        hws_guest_disconnect(client, HWS_DISCONNECT_BAD_REQUEST, "bad request");
    else
        take_lines(client, commands);
}

void hws_guest_on_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)ws;
    hws_guest *client = user;
    if (!client) return;
    if (message->type == HWS_TEXT)
        hws_guest_take(client, (hws_text){(const char *)message->data, message->size});
    else
        hws_guest_disconnect(client, HWS_CLOSE_UNSUPPORTED_DATA, "text only");
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
