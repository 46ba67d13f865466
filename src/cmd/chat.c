/* SPDX-License-Identifier: MIT */
/* The life of a chat's client, and its messages cut into commands.
 *
 *     NEW ──connect──▶ CONNECTED ──25 s──▶ PINGED ──pong──▶ CONNECTED
 *      │ 10 s                                │ 8 s
 *      ▼                                     ▼
 *     ENDED (3502 stale)                   ENDED (3012 no pong)
 */
#include "cmd/chat.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "cmd/chat_client.h"
#include "cmd/chat_rule.h"

void chat_client_disconnect(chat_client *client, int code, const char *reason)
{
    if (client->state == CHAT_ENDED) return;
    client->state = CHAT_ENDED;
    if (client->timer) hws_timer_stop(client->timer);
    (void)hws_websocket_close(client->ws, code, reason);
}

void chat_client_enter(chat_client *client, chat_state state, uint64_t delay_ms)
{
    if (client->state == CHAT_ENDED) return;
    client->state = state;
    if (hws_timer_start(client->timer, delay_ms, 0) != HWS_OK)
        chat_client_disconnect(client, HWS_CLOSE_INTERNAL_ERROR, "out of memory");
}

void chat_client_send(chat_client *client, json_t *message)
{
    char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;
    json_decref(message);
    const hws_status status = text ? hws_websocket_send_text(client->ws, text) : HWS_ERR_NO_MEMORY;
    free(text);
    if (status == HWS_ERR_QUEUE_FULL) {
        chat_client_disconnect(client, CHAT_CLOSE_SLOW, "slow");
    } else if (status < 0 && status != HWS_ERR_NOT_OPEN) {
        chat_client_disconnect(client, HWS_CLOSE_INTERNAL_ERROR, hws_status_text(status));
    }
}

static void on_timer(void *user)
{
    chat_client *client = user;
    switch (client->state) {
    case CHAT_NEW:
        chat_client_disconnect(client, CHAT_CLOSE_STALE, "stale");
        break;
    case CHAT_CONNECTED:
        chat_client_enter(client, CHAT_PINGED, CHAT_PONG_TIMEOUT_MS);
        chat_client_send(client, json_object());
        break;
    case CHAT_PINGED:
        chat_client_disconnect(client, CHAT_CLOSE_NO_PONG, "no pong");
        break;
    case CHAT_ENDED:
        break;
    }
}

/* Nobody can guess another's id. */
static bool make_id(char *id)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char random[(CHAT_CLIENT_ID_SIZE - 1) / 2];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) return false;
    for (size_t i = 0; i < sizeof random; i++) {
        id[2 * i] = digits[random[i] >> 4];
        id[2 * i + 1] = digits[random[i] & 0xF];
    }
    id[2 * sizeof random] = '\0';
    return true;
}

static void free_client(chat_client *client)
{
    hws_timer_free(client->timer);
    json_decref(client->info);
    free(client);
}

static chat_client *make_client(chat *it, hws_websocket ws)
{
    chat_client *client = malloc(sizeof *client);
    if (!client) return NULL;
    *client = (chat_client){
        .chat = it,
        .ws = ws,
        .state = CHAT_NEW,
        .member = {.owner = client},
    };
    if (!make_id(client->id) ||
        hws_timer_new(it->loop, on_timer, client, &client->timer) != HWS_OK ||
        hws_websocket_set_user(ws, client) != HWS_OK) {
        free_client(client);
        return NULL;
    }
    return client;
}

static void on_open(hws_websocket ws, void *user)
{
    chat_client *client = make_client(user, ws);
    if (client) {
        chat_client_enter(client, CHAT_NEW, CHAT_CONNECT_TIMEOUT_MS);
    } else {
        (void)hws_websocket_set_user(ws, NULL);
        (void)hws_websocket_close(ws, HWS_CLOSE_INTERNAL_ERROR, "out of memory");
    }
}

/* {} is the answer to our own {}. */
static void take_pong(chat_client *client)
{
    if (client->state == CHAT_NEW) {
        chat_client_disconnect(client, CHAT_CLOSE_BAD_REQUEST, "bad request");
    } else if (client->state == CHAT_PINGED) {
        chat_client_enter(client, CHAT_CONNECTED, CHAT_PING_MS);
    }
}

/* The parser names a reason for whatever is wrong with a text, and mostly none for memory. */
static bool lacks_memory(const json_error_t *error)
{
    const enum json_error_code code = json_error_code(error);
    return code == json_error_unknown || code == json_error_out_of_memory;
}

/* The object in a line; NULL when the client was disconnected for it. */
static json_t *read_command(chat_client *client, const char *line, size_t size)
{
    json_t *command = NULL;
    if (chat_is_shallow(line, size)) {
        json_error_t error = {0}; /* the parser does not set its code without a reason */
        command = json_loadb(line, size, JSON_REJECT_DUPLICATES, &error);
        if (json_is_object(command)) return command;
        if (!command && lacks_memory(&error)) {
            chat_client_disconnect(client, HWS_CLOSE_INTERNAL_ERROR, "out of memory");
            return NULL;
        }
    }
    json_decref(command);
    chat_client_disconnect(client, CHAT_CLOSE_BAD_REQUEST, "bad request");
    return NULL;
}

static void take_line(chat_client *client, const char *line, size_t size)
{
    json_t *command = read_command(client, line, size);
    if (!command) return;
    if (json_object_size(command) == 0) {
        take_pong(client);
    } else {
        chat_client_obey(client, command);
    }
    json_decref(command);
}

/* Lines end with a newline, the last one with or without. */
static size_t count_lines(const char *text, size_t size)
{
    size_t count = size > 0 && text[size - 1] != '\n' ? 1 : 0;
    for (size_t i = 0; i < size; i++) count += text[i] == '\n';
    return count;
}

static void on_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)ws;
    chat_client *client = user;
    if (!client || client->state == CHAT_ENDED) return;
    if (message->type != HWS_TEXT) {
        chat_client_disconnect(client, HWS_CLOSE_UNSUPPORTED_DATA, "text only");
        return;
    }

    const char *text = (const char *)message->data;
    size_t left = message->size;
    const size_t count = count_lines(text, left);
    if (count == 0 || count > CHAT_COMMAND_COUNT_MAX) {
        chat_client_disconnect(client, CHAT_CLOSE_BAD_REQUEST, "bad request");
        return;
    }
    while (left > 0 && client->state != CHAT_ENDED) {
        const char *end = memchr(text, '\n', left);
        const size_t size = end ? (size_t)(end - text) : left;
        take_line(client, text, size);
        const size_t taken = size + (end ? 1 : 0);
        text += taken;
        left -= taken;
    }
}

static void on_close(hws_websocket ws, const hws_close *close, void *user)
{
    (void)ws;
    (void)close;
    chat_client *client = user;
    if (!client) return;
    client->state = CHAT_ENDED;
    chat_client_leave_all(client);
    free_client(client);
}

chat *chat_new(hws_loop *loop)
{
    chat *it = malloc(sizeof *it);
    if (it) *it = (chat){.loop = loop};
    return it;
}

hws_route chat_route(chat *it)
{
    return (hws_route){
        .path = "/connection/websocket",
        .on_open = on_open,
        .on_message = on_message,
        .on_close = on_close,
        .user = it,
        .message_size_max = CHAT_FRAME_SIZE_MAX,
    };
}

void chat_begin(chat *it, hws_server *server)
{
    it->server = server;
}

void chat_end(chat *it)
{
    it->is_ending = true;
}

void chat_free(chat *it)
{
    if (!it) return;
    assert(it->rooms.room_count == 0);
    free(it);
}
