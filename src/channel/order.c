/* SPDX-License-Identifier: MIT */
#include "channel/order.h"

#include "channel/guest.h"
#include "channel/json.h"
#include "channel/subscribe.h"

typedef struct order {
    const json_t *body;
    hws_text name;
    hws_text user;
    hws_text client;  /* absent: all of the user's */
    hws_text session; /* absent: it is about a user */
    hws_text channel;
    uint64_t code;
    hws_text reason;
} order;

static bool is_meant(const order *it, const hws_guest *client)
{
    if (client->state == HWS_GUEST_NEW || client->state == HWS_GUEST_ENDED) return false;
    if (it->client.size > 0 && !hws_text_equal(it->client, hws_guest_id(client))) return false;
    return hws_text_equal(it->user, hws_guest_user(client));
}

static void disconnect(const order *it, hws_guest *client)
{
    hws_guest_disconnect(client, (int)it->code, it->reason.data);
}

static void unsubscribe(const order *it, hws_guest *client)
{
    for (hws_subscription *each = client->subscriptions, *next; each; each = next) {
        next = each->next;
        const bool is_all = it->channel.size == 0;
        if (is_all || hws_text_equal(hws_channel_name(each->channel), it->channel))
            hws_guest_unsubscribe(client, each, HWS_UNSUBSCRIBE_SERVER, "server unsubscribe");
    }
}

/* The client is told of a subscription that it did not ask for. */
static void on_subscribed(hws_guest *client, hws_subscription *subscription, hws_error error,
                          hws_text result, void *user)
{
    (void)user;
    if (error != HWS_ERROR_NONE) return;
    hws_writer push = hws_writer_on(client->station->hub->memory);
    HWS_WRITE(&push, "{\"push\":{\"channel\":");
    hws_write_string(&push, hws_channel_name(subscription->channel));
    HWS_WRITE(&push, ",\"subscribe\":");
    hws_write(&push, result);
    HWS_WRITE(&push, "}}");
    hws_guest_send(client, &push);
    hws_writer_release(&push);
}

static void subscribe(const order *it, hws_guest *client)
{
    const hws_hub *hub = client->station->hub;
    const hws_policy *policy = hws_policies_find(&hub->policies, it->channel);
    if (!policy || hws_guest_subscription(client, it->channel) ||
        client->subscription_count >= hub->options.subscription_count_max)
        return;
    const hws_subscribe_request request = {
        .channel = it->channel, .is_by_server = true, .wants_join_leave = true};
    hws_subscribe_begin(client, policy, &request, on_subscribed, NULL);
}

static void refresh(const order *it, hws_guest *client)
{
    uint64_t expires_s = 0;
    bool is_expired = false;
    if (!hws_json_get_number(it->body, "expire_at", &expires_s) ||
        !hws_json_get_flag(it->body, "expired", &is_expired))
        return;
    if (is_expired) {
        hws_guest_disconnect(client, HWS_DISCONNECT_EXPIRED, "connection expired");
        return;
    }
    hws_guest_set_expiry(client, expires_s);
}

typedef void obedience(const order *it, hws_guest *client);

static const struct {
    const char *name;
    obedience *obey;
} ORDERS[] = {
    {"disconnect", disconnect},
    {"unsubscribe", unsubscribe},
    {"subscribe", subscribe},
    {"refresh", refresh},
};

static obedience *find(hws_text name)
{
    for (size_t i = 0; i < sizeof ORDERS / sizeof *ORDERS; i++)
        if (hws_text_equal(name, hws_text_of(ORDERS[i].name))) return ORDERS[i].obey;
    return NULL;
}

static bool read(const json_t *body, order *it)
{
    it->body = body;
    return json_is_object(body) && hws_json_get_text(body, "order", &it->name) &&
           hws_json_get_text(body, "user", &it->user) &&
           hws_json_get_text(body, "client", &it->client) &&
           hws_json_get_text(body, "session", &it->session) &&
           hws_json_get_text(body, "channel", &it->channel) &&
           hws_json_get_number(body, "code", &it->code) &&
           hws_json_get_text(body, "reason", &it->reason);
}

/* Commands of a client whose connection goes one way come to whatever thread, and show the session
 * that nobody else knows. */
static void emulate(const order *it, hws_station *station)
{
    hws_text commands = {0};
    hws_guest *client = hws_guest_of_session(station, it->session);
    if (client && hws_json_get_text(it->body, "data", &commands)) hws_guest_take(client, commands);
}

/* Callbacks come later: no client leaves the list meanwhile. */
static void obey_all(const order *it, hws_station *station)
{
    obedience *obey = find(it->name);
    for (hws_guest *client = station->clients; obey && client; client = client->next)
        if (is_meant(it, client)) obey(it, client);
}

void hws_order_obey(hws_station *station, hws_text text)
{
    json_t *body = NULL;
    order it = {.code = HWS_DISCONNECT_FORCED, .reason = {"force disconnect", 16}};
    if (hws_json_read(text, &body) != HWS_OK) return;
    if (!read(body, &it)) {
        /* written by a newer node */
    } else if (it.session.data) {
        emulate(&it, station);
    } else {
        obey_all(&it, station);
    }
    json_decref(body);
}
