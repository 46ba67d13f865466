/* SPDX-License-Identifier: MIT */
#include "cmd/demo_link.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cmd/options.h"

enum { COMMAND_SIZE_MAX = DEMO_DATA_SIZE_MAX + DEMO_CHANNEL_SIZE_MAX + 64, RETRY_MS = 500 };

/* What it sends. */

/* A command, which has a newline before it unless it is the first. */
static void add(demo_link *it, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(demo_link *it, const char *format, ...)
{
    if (it->batch_count == DEMO_BATCH_COUNT_MAX ||
        sizeof it->batch - it->batch_size < COMMAND_SIZE_MAX)
        demo_link_flush(it);
    const size_t head_size = it->batch_count > 0 ? 1 : 0;
    if (head_size > 0) it->batch[it->batch_size] = '\n';
    char *place = it->batch + it->batch_size + head_size;
    va_list arguments;
    va_start(arguments, format);
    const size_t room = sizeof it->batch - it->batch_size - head_size;
    const int size = vsnprintf(place, room, format, arguments);
    va_end(arguments);
    if (size < 0 || (size_t)size >= room) return; /* no such command */
    it->batch_size += head_size + (size_t)size;
    it->batch_count++;
}

void demo_link_flush(demo_link *it)
{
    if (it->batch_count == 0) return;
    const hws_message message = {
        .type = HWS_TEXT, .data = (const uint8_t *)it->batch, .size = it->batch_size};
    (void)hws_websocket_send(it->ws, &message);
    it->batch_size = 0;
    it->batch_count = 0;
}

void demo_link_publish(demo_link *it, const char *channel, const char *data)
{
    if (!it->is_ready) return;
    add(it, "{\"id\":%" PRIu64 ",\"publish\":{\"channel\":\"%s\",\"data\":%s}}", ++it->last_id,
        channel, data);
}

size_t demo_link_waiting(const demo_link *it)
{
    return hws_websocket_buffered_amount(it->ws);
}

void demo_link_die(demo_link *it)
{
    it->is_dying = true;
    it->is_ready = false;
    (void)hws_websocket_abort(it->ws);
}

static void greet(demo_link *it)
{
    char token[SECRET_FILE_SIZE_MAX + 16] = "";
    char data[DEMO_CHANNEL_SIZE_MAX + 24] = "";
    if (it->token->text) snprintf(token, sizeof token, "\"token\":\"%s\",", it->token->text);
    if (it->name[0] != '\0') snprintf(data, sizeof data, "\"data\":{\"name\":\"%s\"},", it->name);
    it->is_ready = false;
    it->last_id = 1;
    it->batch_size = it->batch_count = 0;
    add(it, "{\"id\":1,\"connect\":{%s%s\"name\":\"hawser\"}}", token, data);
    for (size_t i = 0; i < DEMO_CHANNEL_MAX && it->channel[i][0] != '\0'; i++)
        add(it, "{\"id\":%" PRIu64 ",\"subscribe\":{\"channel\":\"%s\"}}", ++it->last_id,
            it->channel[i]);
    demo_link_flush(it);
}

/* What it gets. */

/* It was told why. */
static void give_up(demo_link *it)
{
    it->has_failed = true;
    if (it->on_end) it->on_end(it);
}

static void fail(demo_link *it, const char *what, const char *why)
{
    if (!it->has_failed) options_complain(it->command, "%s: %s", what, why);
    give_up(it);
}

static void take_push(demo_link *it, const json_t *push)
{
    const char *channel = json_string_value(json_object_get(push, "channel"));
    const json_t *data = json_object_get(json_object_get(push, "pub"), "data");
    if (channel && data && it->on_publication) it->on_publication(it, channel, data);
}

/* Replies come in the order of the commands: with the last of the greeting's all is done. */
static void take_reply(demo_link *it, const json_t *reply)
{
    const json_t *error = json_object_get(reply, "error");
    if (error) {
        const char *message = json_string_value(json_object_get(error, "message"));
        fail(it, "the server refuses", message ? message : "it does not say why");
        return;
    }
    const json_int_t id = json_integer_value(json_object_get(reply, "id"));
    if (it->is_ready || (uint64_t)id != it->last_id) return;
    it->is_ready = true;
    if (it->on_ready) it->on_ready(it);
}

static void take_line(demo_link *it, const char *line, size_t size)
{
    json_t *reply = json_loadb(line, size, 0, NULL);
    const json_t *push = json_object_get(reply, "push");
    if (!json_is_object(reply))
        fail(it, it->url, "that is no server of channels");
    else if (json_object_size(reply) == 0)
        (void)hws_websocket_send_text(it->ws, "{}"); /* a ping, and its answer */
    else if (push)
        take_push(it, push);
    else
        take_reply(it, reply);
    json_decref(reply);
}

static void on_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)ws;
    const char *at = (const char *)message->data;
    const char *end = at + message->size;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline ? newline : end;
        if (stop > at) take_line(user, at, (size_t)(stop - at));
        at = stop + 1;
    }
}

static void on_open(hws_websocket ws, void *user)
{
    demo_link *it = user;
    it->ws = ws;
    if (access_token_renew(it->command, it->token))
        greet(it);
    else
        give_up(it);
}

static void on_retry(hws_websocket ws, const hws_close *close, uint32_t delay_ms, void *user)
{
    (void)ws;
    (void)close;
    (void)delay_ms;
    demo_link *it = user;
    it->is_ready = false;
}

static void on_close(hws_websocket ws, const hws_close *close, void *user)
{
    (void)ws;
    demo_link *it = user;
    const bool is_expected = it->is_dying || (close->status == HWS_OK && close->was_clean &&
                                              close->code == HWS_CLOSE_NORMAL);
    it->is_ready = false;
    it->is_dying = false;
    if (!is_expected)
        fail(it, it->url, close->cause);
    else if (it->on_end)
        it->on_end(it);
}

hws_status demo_link_open(demo_link *it, hws_loop *loop)
{
    const hws_client_options options = {
        .url = it->url,
        .on_open = on_open,
        .on_message = on_message,
        .on_retry = on_retry,
        .on_close = on_close,
        .user = it,
        .reconnect = true,
        .retry_delay_ms = RETRY_MS,
        .retry_delay_max_ms = 10 * RETRY_MS,
        .offline_size_max = SIZE_MAX,
    };
    return hws_websocket_open(loop, &options, &it->ws);
}
