/* SPDX-License-Identifier: MIT */
/* What a client's states wait for, and when something of it expires.  One timer does for all. */
#include <time.h>

#include "channel/guest_state.h"
#include "channel/question.h"

enum { ASK_PART = 10, ASK_LEAD_MAX_S = 60 }; /* of what is left until it expires */

static uint64_t wall_s(void)
{
    return (uint64_t)time(NULL);
}

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
    if (hws_timer_start(client->timer, delay_ms, 0) != HWS_OK) hws_guest_end_for_memory(client);
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

void hws_guest_enter(hws_guest *client, hws_guest_state state, uint64_t delay_ms)
{
    client->state = state;
    client->due_ms = hws_loop_now_ms(client->station->loop) + delay_ms;
    hws_guest_schedule(client);
}

static void ping(hws_guest *client)
{
    hws_writer message = hws_writer_on(hws_guest_memory(client));
    HWS_WRITE(&message, "{}");
    if (hws_format_is_one_way(client->outlet.format))
        hws_guest_enter(client, HWS_GUEST_CONNECTED, hws_guest_options(client)->ping_interval_ms);
    else
        hws_guest_enter(client, HWS_GUEST_PINGED, hws_guest_options(client)->pong_timeout_ms);
    hws_guest_send(client, &message);
    hws_writer_release(&message);
}

static void do_what_is_due(hws_guest *client)
{
    switch (client->state) {
    case HWS_GUEST_NEW:
        if (client->question) /* it has come, and somebody takes his time */
            hws_guest_enter(client, HWS_GUEST_NEW, hws_guest_options(client)->connect_timeout_ms);
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

void hws_guest_on_timer(void *user)
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
