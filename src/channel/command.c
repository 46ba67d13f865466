/* SPDX-License-Identifier: MIT */
#include "channel/command.h"

#include "base/memory.h"
#include "channel/json.h"
#include "channel/name.h"

typedef struct method {
    const char *name; /* in command and reply */
    void (*run)(const hws_command *command);
} method;

static hws_hub *hub_of(const hws_command *command)
{
    return command->client->station->hub;
}

/* Replies. */

/* `value` is JSON, and absent when there was no memory for it. */
static void reply(const hws_command *command, hws_text key, hws_text value)
{
    hws_writer message = hws_writer_on(hub_of(command)->memory);
    message.has_failed = !value.data;
    HWS_WRITE(&message, "{\"id\":");
    hws_write_number(&message, command->id);
    HWS_WRITE(&message, ",");
    hws_write_string(&message, key);
    HWS_WRITE(&message, ":");
    hws_write(&message, value);
    HWS_WRITE(&message, "}");
    hws_guest_send(command->client, &message);
    hws_writer_release(&message);
}

/* Who can only be pushed to has sent nothing but connect, and has no reply to wait for: what came
 * of it is a push, or the end. */
static void push_connect(const hws_command *command, hws_text result)
{
    hws_writer message = hws_writer_on(hub_of(command)->memory);
    message.has_failed = !result.data;
    HWS_WRITE(&message, "{\"connect\":");
    hws_write(&message, result);
    HWS_WRITE(&message, "}");
    hws_guest_send(command->client, &message);
    hws_writer_release(&message);
}

static int disconnect_code(hws_error error)
{
    if (error == HWS_ERROR_TOKEN_EXPIRED) return HWS_DISCONNECT_EXPIRED;
    return error == HWS_ERROR_INTERNAL ? HWS_DISCONNECT_SERVER_ERROR : HWS_DISCONNECT_BAD_REQUEST;
}

void hws_command_succeed(const hws_command *command, hws_text result)
{
    if (hws_format_is_one_way(command->client->outlet.format)) {
        push_connect(command, result);
        return;
    }
    reply(command, hws_text_of(command->method), result);
}

static void count_error(const hws_command *command, int code)
{
    hws_counter_add(&command->client->station->metric.errors[hws_error_class(code)], 1);
}

void hws_command_fail(const hws_command *command, hws_error error)
{
    count_error(command, (int)error);
    if (hws_format_is_one_way(command->client->outlet.format)) {
        hws_guest_disconnect(command->client, disconnect_code(error), hws_error_text(error));
        return;
    }
    hws_writer text = hws_writer_on(hub_of(command)->memory);
    hws_write_error(&text, error);
    reply(command, hws_text_of("error"), hws_writer_text(&text));
    hws_writer_release(&text);
}

/* A one-way client is told no more than whether to come back. */
static void end_one_way(hws_guest *client, bool is_temporary)
{
    if (is_temporary)
        hws_guest_disconnect(client, HWS_DISCONNECT_SERVER_ERROR, "internal server error");
    else
        hws_guest_disconnect(client, HWS_DISCONNECT_FORCED, "not let in");
}

void hws_command_fail_with(const hws_command *command, int code, hws_text message,
                           bool is_temporary)
{
    count_error(command, code);
    if (hws_format_is_one_way(command->client->outlet.format)) {
        end_one_way(command->client, is_temporary);
        return;
    }
    hws_writer text = hws_writer_on(hub_of(command)->memory);
    HWS_WRITE(&text, "{\"code\":");
    hws_write_number(&text, (uint64_t)code);
    HWS_WRITE(&text, ",\"message\":");
    hws_write_string(&text, message);
    if (is_temporary) HWS_WRITE(&text, ",\"temporary\":true");
    HWS_WRITE(&text, "}");
    reply(command, hws_text_of("error"), hws_writer_text(&text));
    hws_writer_release(&text);
}

hws_command *hws_command_keep(const hws_command *command)
{
    hws_command *kept = hws_memory_new(hub_of(command)->memory, sizeof *kept);
    if (!kept) {
        hws_command_fail(command, HWS_ERROR_INTERNAL);
        return NULL;
    }
    *kept = *command;
    kept->parameters = NULL;
    (void)hws_guest_ref(kept->client);
    return kept;
}

void hws_command_end(hws_command *kept)
{
    hws_guest *client = kept->client;
    hws_memory_free(client->station->hub->memory, kept, sizeof *kept);
    hws_guest_unref(client);
}

bool hws_command_channel(const hws_command *command, hws_text *channel, const hws_policy **policy)
{
    *channel = (hws_text){0};
    if (!hws_json_get_text(command->parameters, "channel", channel) ||
        !hws_channel_is_valid(*channel)) {
        hws_command_fail(command, HWS_ERROR_BAD_REQUEST);
        return false;
    }
    *policy = hws_policies_find(&hub_of(command)->policies, *channel);
    if (*policy) return true;
    hws_command_fail(command, HWS_ERROR_UNKNOWN_CHANNEL);
    return false;
}

/* The rest. */

static void run_ping(const hws_command *command)
{
    hws_command_succeed(command, hws_text_of("{}"));
}

/* A message to a back end that nobody is: it is let pass, and never answered. */
static void run_send(const hws_command *command)
{
    (void)command;
}

/* Methods. */

static const method METHODS[HWS_COMMAND_UNKNOWN] = {
    [HWS_COMMAND_CONNECT] = {"connect", hws_command_connect},
    [HWS_COMMAND_SUBSCRIBE] = {"subscribe", hws_command_subscribe},
    [HWS_COMMAND_UNSUBSCRIBE] = {"unsubscribe", hws_command_unsubscribe},
    [HWS_COMMAND_PUBLISH] = {"publish", hws_command_publish},
    [HWS_COMMAND_PRESENCE] = {"presence", hws_command_presence},
    [HWS_COMMAND_PRESENCE_STATS] = {"presence_stats", hws_command_presence_stats},
    [HWS_COMMAND_HISTORY] = {"history", hws_command_history},
    [HWS_COMMAND_RPC] = {"rpc", hws_command_rpc},
    [HWS_COMMAND_REFRESH] = {"refresh", hws_command_refresh},
    [HWS_COMMAND_SUB_REFRESH] = {"sub_refresh", hws_command_sub_refresh},
    [HWS_COMMAND_PING] = {"ping", run_ping},
    [HWS_COMMAND_SEND] = {"send", run_send},
};

/* The first method that the object names; its parameters too. */
static const method *find_method(const json_t *object, const json_t **parameters)
{
    for (size_t i = 0; i < HWS_COMMAND_UNKNOWN; i++) {
        *parameters = json_object_get(object, METHODS[i].name);
        if (*parameters) return &METHODS[i];
    }
    return NULL;
}

static bool is_in_order(const hws_guest *client, const method *found, const json_t *id)
{
    if (client->state != HWS_GUEST_NEW && hws_format_is_one_way(client->outlet.format))
        return false;
    if (client->state == HWS_GUEST_NEW && !(found && found->run == hws_command_connect))
        return false;
    if (found && found->run == run_send) return true; /* the one that needs no reply */
    /* Without an id no reply finds its command. */
    return json_is_integer(id) && json_integer_value(id) > 0;
}

void hws_command_refuse(hws_guest *client, const json_t *object, hws_error error)
{
    const json_t *id = json_object_get(object, "id");
    const hws_command command = {.client = client, .id = (uint64_t)json_integer_value(id)};
    if (json_is_integer(id) && json_integer_value(id) > 0) hws_command_fail(&command, error);
}

void hws_command_obey(hws_guest *client, const json_t *object)
{
    const json_t *id = json_object_get(object, "id");
    hws_command command = {.client = client, .id = (uint64_t)json_integer_value(id)};
    const method *found = find_method(object, &command.parameters);
    if (!is_in_order(client, found, id)) {
        hws_guest_disconnect(client, HWS_DISCONNECT_BAD_REQUEST, "bad request");
        return;
    }
    const size_t kind = found ? (size_t)(found - METHODS) : HWS_COMMAND_UNKNOWN;
    hws_counter_add(&client->station->metric.commands[kind], 1);
    if (!found) {
        hws_command_fail(&command, HWS_ERROR_METHOD_NOT_FOUND);
        return;
    }
    command.method = found->name;
    if (json_is_object(command.parameters))
        found->run(&command);
    else
        hws_command_fail(&command, HWS_ERROR_BAD_REQUEST);
    hws_json_wipe(command.parameters, "token");
}
