/* SPDX-License-Identifier: MIT */
/* The commands of a chat's client, and what they answer.
 *
 * Every command has an id, which its reply repeats.  What a command may not do is answered with an
 * error; who breaks the protocol itself is disconnected. */
#include <stdlib.h>
#include <string.h>

#include "cmd/chat_client.h"
#include "cmd/chat_rule.h"
#include "hawser/hawser.h"

/* The protocol's error codes, as far as they are used. */
enum {
    ERROR_INTERNAL = 100,
    ERROR_PERMISSION_DENIED = 103,
    ERROR_METHOD_NOT_FOUND = 104,
    ERROR_ALREADY_SUBSCRIBED = 105,
    ERROR_LIMIT_EXCEEDED = 106,
    ERROR_BAD_REQUEST = 107,
};

typedef struct command {
    chat_client *client;
    json_int_t id;
    const json_t *parameters; /* an object */
} command;

typedef struct method {
    const char *name; /* in command and reply */
    void (*run)(const command *it);
} method;

static void fail(const command *it, int code, const char *message)
{
    chat_client_send(it->client, json_pack("{s:I, s:{s:i, s:s}}", "id", it->id, "error", "code",
                                           code, "message", message));
}

static void fail_with(const command *it, hws_status status)
{
    if (status == HWS_ERR_LIMIT) {
        fail(it, ERROR_LIMIT_EXCEEDED, "limit exceeded");
    } else if (status == HWS_ERR_NO_MEMORY) {
        chat_client_disconnect(it->client, HWS_CLOSE_INTERNAL_ERROR, "out of memory");
    } else if (status != HWS_ERR_NOT_OPEN) {
        fail(it, ERROR_INTERNAL, "internal server error");
    }
}

/* `result` is taken over; NULL is one for which there was no memory. */
static void succeed(const command *it, const char *method_name, json_t *result)
{
    json_t *reply = result ? json_pack("{s:I, s:o}", "id", it->id, method_name, result) : NULL;
    chat_client_send(it->client, reply);
}

/* Tells all subscribers of a channel; `content` is taken over. */
static hws_status push(const chat_client *client, const char *channel, const char *kind,
                       json_t *content)
{
    json_t *message =
        content ? json_pack("{s:{s:s, s:o}}", "push", "channel", channel, kind, content) : NULL;
    char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;
    json_decref(message);
    if (!text) return HWS_ERR_NO_MEMORY;
    const hws_status status = hws_server_publish(
        client->chat->server, channel,
        &(hws_message){.type = HWS_TEXT, .data = (const uint8_t *)text, .size = strlen(text)});
    free(text);
    return status;
}

static hws_status push_info(const chat_client *client, const char *channel, const char *kind)
{
    return push(client, channel, kind, json_pack("{s:O}", "info", client->info));
}

/* The channel that a command names; NULL after an error was answered. */
static const char *read_channel(const command *it)
{
    const char *channel = json_string_value(json_object_get(it->parameters, "channel"));
    if (channel && chat_channel_is_valid(channel)) return channel;
    fail(it, ERROR_BAD_REQUEST, "bad request");
    return NULL;
}

/* The same of a room in which the client is: from outside nobody speaks, and nobody looks in. */
static const room *read_room(const command *it)
{
    const char *channel = read_channel(it);
    if (!channel) return NULL;
    const room *found = room_of(&it->client->member, channel);
    if (!found) fail(it, ERROR_PERMISSION_DENIED, "permission denied");
    return found;
}

/* Of what a client says of itself only the name goes on to others.
 *
 * Returns: false when there is a name that is none. */
static bool read_name(const json_t *parameters, const char **name)
{
    const json_t *value = json_object_get(json_object_get(parameters, "data"), "name");
    *name = json_string_value(value);
    return !value || (*name && chat_name_is_valid(*name));
}

static json_t *make_info(const char *id, const char *name)
{
    if (!name) return json_pack("{s:s, s:s}", "client", id, "user", "");
    return json_pack("{s:s, s:s, s:{s:s}}", "client", id, "user", "", "conn_info", "name", name);
}

static void run_connect(const command *it)
{
    chat_client *client = it->client;
    if (client->state != CHAT_NEW) {
        chat_client_disconnect(client, CHAT_CLOSE_BAD_REQUEST, "bad request");
        return;
    }
    const char *name;
    if (!read_name(it->parameters, &name)) {
        fail(it, ERROR_BAD_REQUEST, "bad request");
        return;
    }
    client->info = make_info(client->id, name);
    if (!client->info) {
        fail_with(it, HWS_ERR_NO_MEMORY);
        return;
    }
    chat_client_enter(client, CHAT_CONNECTED, CHAT_PING_MS);
    succeed(it, "connect",
            json_pack("{s:s, s:s, s:i, s:b}", "client", client->id, "version", hws_version(),
                      "ping", CHAT_PING_MS / 1000, "pong", 1));
}

static void run_subscribe(const command *it)
{
    chat_client *client = it->client;
    const char *channel = read_channel(it);
    if (!channel) return;
    if (room_of(&client->member, channel)) {
        fail(it, ERROR_ALREADY_SUBSCRIBED, "already subscribed");
        return;
    }
    hws_status status = room_enter(&client->chat->rooms, &client->member, channel);
    if (status == HWS_OK) {
        status = hws_websocket_subscribe(client->ws, channel);
        if (status < 0) room_leave(&client->chat->rooms, &client->member, channel);
    }
    if (status < 0) {
        fail_with(it, status);
        return;
    }
    succeed(it, "subscribe", json_object());
    status = push_info(client, channel, "join");
    if (status < 0) fail_with(it, status);
}

/* To leave a room where one is not is no mistake: the reply that was waited for may be lost. */
static void run_unsubscribe(const command *it)
{
    chat_client *client = it->client;
    const char *channel = read_channel(it);
    if (!channel) return;
    if (room_of(&client->member, channel)) {
        (void)hws_websocket_unsubscribe(client->ws, channel);
        room_leave(&client->chat->rooms, &client->member, channel);
        const hws_status status = push_info(client, channel, "leave");
        if (status < 0) {
            fail_with(it, status);
            return;
        }
    }
    succeed(it, "unsubscribe", json_object());
}

static void run_publish(const command *it)
{
    const room *found = read_room(it);
    if (!found) return;
    json_t *data = json_object_get(it->parameters, "data");
    if (!data) {
        fail(it, ERROR_BAD_REQUEST, "bad request");
        return;
    }
    const hws_status status = push(it->client, found->name, "pub",
                                   json_pack("{s:O, s:O}", "data", data, "info", it->client->info));
    if (status < 0) {
        fail_with(it, status);
        return;
    }
    succeed(it, "publish", json_object());
}

/* An object with the members of a room by their ids; NULL when there is no memory. */
static json_t *list_members(const room *it)
{
    json_t *members = json_object();
    for (const room_seat *seat = it->first; seat && members; seat = seat->next_in_room) {
        const chat_client *client = seat->member->owner;
        if (json_object_set(members, client->id, client->info) == 0) continue;
        json_decref(members);
        members = NULL;
    }
    return members;
}

static void run_presence(const command *it)
{
    const room *found = read_room(it);
    if (!found) return;
    json_t *members = list_members(found);
    succeed(it, "presence", members ? json_pack("{s:o}", "presence", members) : NULL);
}

/* All are the one user without a name until there are tokens that tell users apart. */
static void run_presence_stats(const command *it)
{
    const room *found = read_room(it);
    if (!found) return;
    succeed(
        it, "presence_stats",
        json_pack("{s:I, s:i}", "num_clients", (json_int_t)found->member_count, "num_users", 1));
}

static const method methods[] = {
    {"connect", run_connect}, {"subscribe", run_subscribe}, {"unsubscribe", run_unsubscribe},
    {"publish", run_publish}, {"presence", run_presence},   {"presence_stats", run_presence_stats},
};

/* The first method that the command names; its parameters too. */
static const method *find_method(const json_t *object, const json_t **parameters)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        *parameters = json_object_get(object, methods[i].name);
        if (*parameters) return &methods[i];
    }
    return NULL;
}

void chat_client_obey(chat_client *client, const json_t *object)
{
    const json_t *id = json_object_get(object, "id");
    command it = {.client = client, .id = json_integer_value(id)};
    const method *found = find_method(object, &it.parameters);
    const bool is_connect = found && found->run == run_connect;

    /* Without an id no reply finds its command; before connect there is none but connect. */
    if (!json_is_integer(id) || it.id == 0 || (client->state == CHAT_NEW && !is_connect)) {
        chat_client_disconnect(client, CHAT_CLOSE_BAD_REQUEST, "bad request");
    } else if (it.id < 0) {
        fail(&it, ERROR_BAD_REQUEST, "bad request");
    } else if (!found) {
        fail(&it, ERROR_METHOD_NOT_FOUND, "method not found");
    } else if (!json_is_object(it.parameters)) {
        fail(&it, ERROR_BAD_REQUEST, "bad request");
    } else {
        found->run(&it);
    }
}

void chat_client_leave_all(chat_client *client)
{
    while (client->member.first) {
        const room *left = client->member.first->room;
        const bool has_others = left->member_count > 1 && !client->chat->is_ending;
        if (has_others) (void)push_info(client, left->name, "leave"); /* nobody left to complain */
        room_leave(&client->chat->rooms, &client->member, left->name);
    }
}
