/* SPDX-License-Identifier: MIT */
/* The one WebSocket of hawser connect. */
#include "cmd/connect_client.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

static const char LAST_PING[] = "that is all";

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void tell(connect_client *it, const connect_event *event)
{
    if (it->before_telling) it->before_telling(it->user);
    connect_report_tell(&it->report, event);
}

static void on_attempt(hws_websocket ws, hws_attempt *attempt, void *user)
{
    (void)ws;
    tell(user, &(connect_event){.type = CONNECT_EVENT_ATTEMPT, .attempt = attempt});
}

static void on_step(hws_websocket ws, const hws_step *step, void *user)
{
    (void)ws;
    tell(user, &(connect_event){.type = CONNECT_EVENT_STEP, .step = step});
}

static void on_open(hws_websocket ws, void *user)
{
    connect_client *it = user;
    it->is_open = true;
    tell(it, &(connect_event){.type = CONNECT_EVENT_OPEN, .ws = ws});
    if (it->on_ready) it->on_ready(it->user);
}

static void on_drain(hws_websocket ws, void *user)
{
    (void)ws;
    const connect_client *it = user;
    if (it->on_ready) it->on_ready(it->user);
}

static bool has_all_answers(const connect_client *it)
{
    const uint64_t wanted = it->options->answer_count_max;
    return wanted > 0 && it->answer_count >= wanted;
}

/* What comes behind the last answer that was wanted is not told. */
static void on_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)ws;
    connect_client *it = user;
    if (has_all_answers(it)) return;
    tell(it, &(connect_event){.type = CONNECT_EVENT_MESSAGE, .message = message});
    it->answer_count++;
    if (has_all_answers(it) && !it->is_leaving) connect_client_leave(it);
}

static void on_drop(hws_websocket ws, const hws_message *message, void *user)
{
    (void)ws;
    tell(user, &(connect_event){.type = CONNECT_EVENT_DROP, .message = message});
}

static bool is_last_ping(const void *payload, size_t size)
{
    return size == sizeof LAST_PING - 1 && memcmp(payload, LAST_PING, size) == 0;
}

static void on_pong(hws_websocket ws, const void *payload, size_t size, void *user)
{
    (void)ws;
    connect_client *it = user;
    if (it->is_ending && is_last_ping(payload, size)) {
        if (!it->is_leaving) connect_client_leave(it);
        return;
    }
    const bool is_ours = it->has_pinged && size == it->ping_size &&
                         (size == 0 || memcmp(payload, it->ping, size) == 0);
    const uint64_t round_trip_us = is_ours ? now_us() - it->pinged_us : UINT64_MAX;
    if (is_ours) it->has_pinged = false;
    tell(it, &(connect_event){.type = CONNECT_EVENT_PONG,
                              .payload = {payload, size},
                              .round_trip_us = round_trip_us});
}

static void on_retry(hws_websocket ws, const hws_close *close, uint32_t delay_ms, void *user)
{
    (void)ws;
    connect_client *it = user;
    it->is_open = false;
    it->is_lost = true;
    it->is_ending = false;
    it->has_pinged = false;
    tell(it, &(connect_event){.type = CONNECT_EVENT_RETRY, .close = close, .delay_ms = delay_ms});
}

/* A peer that closes with another code says that something is wrong. */
static bool is_in_order(const connect_client *it, const hws_close *close)
{
    if (close->status != HWS_OK || !close->was_clean) return false;
    return it->is_leaving || close->code == HWS_CLOSE_NORMAL || close->code == HWS_CLOSE_NO_CODE;
}

static void on_close(hws_websocket ws, const hws_close *close, void *user)
{
    (void)ws;
    connect_client *it = user;
    it->is_open = false;
    it->has_closed = true;
    it->was_in_order = is_in_order(it, close);
    snprintf(it->cause, sizeof it->cause, "%s", close->cause);
    tell(it, &(connect_event){.type = CONNECT_EVENT_CLOSE, .close = close});
}

hws_status connect_client_open(connect_client *it)
{
    hws_client_options options = connect_options_client(it->options);
    options.on_attempt = on_attempt;
    options.on_step = on_step;
    options.on_open = on_open;
    options.on_message = on_message;
    options.on_drain = on_drain;
    options.on_drop = on_drop;
    options.on_pong = on_pong;
    options.on_retry = on_retry;
    options.on_close = on_close;
    options.user = it;
    if (it->on_ready) options.offline_size_max = SIZE_MAX; /* it sends when it is told to */
    return hws_websocket_open(it->loop, &options, &it->ws);
}

static hws_status ping(connect_client *it, const connect_command *command)
{
    const hws_status status = hws_websocket_ping(it->ws, command->text, command->size);
    if (status < HWS_OK) return status;
    it->has_pinged = true;
    it->ping_size = command->size;
    if (command->size > 0) memcpy(it->ping, command->text, command->size);
    it->pinged_us = now_us();
    return status;
}

static hws_status send_as(const connect_client *it, const connect_command *command,
                          hws_message_type type)
{
    const hws_message message = {
        .type = type, .data = (const uint8_t *)command->text, .size = command->size};
    return hws_websocket_send(it->ws, &message);
}

/* A close with an argument that is refused changes nothing. */
static hws_status close_with(connect_client *it, const connect_command *command)
{
    const hws_status status = hws_websocket_close(it->ws, command->code, command->text);
    if (status >= HWS_OK) it->is_leaving = true;
    return status;
}

static hws_status carry_out(connect_client *it, const connect_command *command)
{
    switch (command->type) {
    case CONNECT_SEND:
        return send_as(it, command, HWS_TEXT);
    case CONNECT_BINARY:
        return send_as(it, command, HWS_BINARY);
    case CONNECT_PING:
        return ping(it, command);
    case CONNECT_CLOSE:
        return close_with(it, command);
    case CONNECT_QUIT:
        connect_client_leave(it);
        return HWS_OK;
    case CONNECT_HELP:
    case CONNECT_WRONG:
        break;
    }
    return HWS_OK;
}

/* Told behind, and yet before any answer: no callback comes from inside a call. */
void connect_client_obey(connect_client *it, const connect_command *command)
{
    const hws_status status = carry_out(it, command);
    tell(it, &(connect_event){.type = CONNECT_EVENT_SENT, .command = command, .status = status});
}

void connect_client_end(connect_client *it)
{
    it->is_ending = true;
    if (hws_websocket_ping(it->ws, LAST_PING, sizeof LAST_PING - 1) < HWS_OK)
        connect_client_leave(it);
}

void connect_client_leave(connect_client *it)
{
    const bool is_first = !it->is_leaving;
    it->is_leaving = true;
    if (is_first && hws_websocket_close(it->ws, HWS_CLOSE_NORMAL, NULL) >= HWS_OK) return;
    if (hws_websocket_abort(it->ws) < HWS_OK) it->has_closed = true; /* it is gone */
}

bool connect_client_is_content(connect_client *it)
{
    if (has_all_answers(it)) return true;
    const uint64_t wanted = it->options->answer_count_max;
    if (it->was_in_order && wanted > 0) {
        snprintf(it->cause, sizeof it->cause,
                 "only %" PRIu64 " of %" PRIu64 " messages came before the end", it->answer_count,
                 wanted);
        return false;
    }
    return it->was_in_order;
}
