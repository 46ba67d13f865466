/* SPDX-License-Identifier: MIT */
#include "channel/command.h"

#include "base/memory.h"
#include "channel/json.h"
#include "channel/name.h"
#include "channel/permission.h"
#include "channel/subscribe.h"

typedef struct method {
    const char *name; /* in command and reply */
    void (*run)(const hws_command *command);
} method;

static hws_hub *hub_of(const hws_command *command)
{
    return command->client->station->hub;
}

/* Replies. */

static void reply(const hws_command *command, hws_text key, hws_text value)
{
    hws_writer message = hws_writer_on(hub_of(command)->memory);
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

void hws_command_fail_with(const hws_command *command, int code, hws_text message)
{
    count_error(command, code);
    hws_writer text = hws_writer_on(hub_of(command)->memory);
    HWS_WRITE(&text, "{\"code\":");
    hws_write_number(&text, (uint64_t)code);
    HWS_WRITE(&text, ",\"message\":");
    hws_write_string(&text, message);
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

/* Subscribing. */

static void on_subscribed(hws_guest *client, hws_subscription *subscription, hws_error error,
                          hws_text result, void *user)
{
    (void)client;
    (void)subscription;
    hws_command *kept = user;
    if (error == HWS_ERROR_NONE)
        hws_command_succeed(kept, result);
    else
        hws_command_fail(kept, error);
    hws_command_end(kept);
}

static bool read_subscribe(const hws_command *command, hws_subscribe_request *request)
{
    const json_t *from = command->parameters;
    return hws_json_get_flag(from, "join_leave", &request->wants_join_leave) &&
           hws_json_get_flag(from, "recover", &request->recover) &&
           hws_json_get_text(from, "epoch", &request->epoch);
}

/* An offset that no number of ours can be is one that nobody can come back to (T022). */
static void read_offset(const json_t *from, hws_subscribe_request *request)
{
    const json_t *offset = json_object_get(from, "offset");
    request->offset = UINT64_MAX;
    if (!offset) request->offset = 0;
    if (json_is_integer(offset) && json_integer_value(offset) >= 0)
        request->offset = (uint64_t)json_integer_value(offset);
}

static hws_error permit_subscribe(const hws_command *command, const hws_policy *policy,
                                  const hws_subscribe_request *request, bool has_token)
{
    const hws_guest *client = command->client;
    if (hws_guest_subscription(client, request->channel)) return HWS_ERROR_ALREADY_SUBSCRIBED;
    if (client->subscription_count >= hub_of(command)->options.subscription_count_max)
        return HWS_ERROR_LIMIT_EXCEEDED;
    return hws_permission_subscribe(client, policy, request->channel, has_token);
}

static void subscribe(const hws_command *command, const hws_policy *policy,
                      hws_subscribe_request *request, const hws_claims *claims)
{
    hws_command *kept = NULL;
    hws_writer info = hws_writer_on(hub_of(command)->memory);
    hws_error error = permit_subscribe(command, policy, request, claims->body != NULL);
    if (claims->info) hws_write_json(&info, claims->info);
    if (error == HWS_ERROR_NONE && info.has_failed) error = HWS_ERROR_INTERNAL;
    request->chan_info = hws_writer_text(&info);
    request->expires_s = claims->expires_s;
    if (error != HWS_ERROR_NONE)
        hws_command_fail(command, error);
    else if ((kept = hws_command_keep(command)))
        hws_subscribe_begin(command->client, policy, request, on_subscribed, kept);
    hws_writer_release(&info);
}

static void run_subscribe(const hws_command *command)
{
    const hws_policy *policy;
    hws_subscribe_request request = {0};
    hws_claims claims = {.body = NULL};
    if (!hws_command_channel(command, &request.channel, &policy)) return;
    read_offset(command->parameters, &request);
    const hws_error error = read_subscribe(command, &request)
                                ? hws_command_claims(command, request.channel, &claims)
                                : HWS_ERROR_BAD_REQUEST;
    if (error == HWS_ERROR_NONE)
        subscribe(command, policy, &request, &claims);
    else
        hws_command_fail(command, error);
    hws_claims_release(&claims);
}

/* To leave a channel where one is not is no mistake: the reply that was waited for may be lost. */
static void run_unsubscribe(const hws_command *command)
{
    hws_text channel;
    const hws_policy *policy;
    if (!hws_command_channel(command, &channel, &policy)) return;
    hws_subscription *subscription = hws_guest_subscription(command->client, channel);
    if (subscription) hws_guest_unsubscribe(command->client, subscription, 0, "");
    hws_command_succeed(command, hws_text_of("{}"));
}

/* Publishing. */

static void on_published(void *user, const hws_engine_answer *answer)
{
    hws_command *kept = user;
    if (answer->status == HWS_OK)
        hws_counter_add(&hws_station_namespace(kept->client->station, kept->policy)->published, 1);
    if (answer->status == HWS_OK)
        hws_command_succeed(kept, hws_text_of("{}"));
    else
        hws_command_fail(kept, hws_error_of(answer->status));
    hws_command_end(kept);
}

/* Returns: bytes of the data. */
static size_t write_publication(hws_writer *body, const json_t *data, const hws_guest *by,
                                const hws_subscription *from)
{
    HWS_WRITE(body, "{\"data\":");
    const size_t begin = body->buffer.size;
    hws_write_json(body, data);
    const size_t size = body->buffer.size - begin;
    HWS_WRITE(body, ",\"info\":");
    if (from && from->info)
        hws_write(body, (hws_text){from->info, from->info_size});
    else
        hws_write(body, (hws_text){by->info, by->info_size});
    return size;
}

static void publish(const hws_command *command, const hws_policy *policy, hws_text channel,
                    const json_t *data)
{
    hws_hub *hub = hub_of(command);
    hws_writer body = hws_writer_on(hub->memory);
    const size_t size = write_publication(&body, data, command->client,
                                          hws_guest_subscription(command->client, channel));
    const hws_publication publication = {.channel = channel, .body = hws_writer_text(&body)};
    hws_command *kept = NULL;
    if (size > policy->max_message) {
        hws_command_fail(command, HWS_ERROR_LIMIT_EXCEEDED);
    } else if (!publication.body.data) {
        hws_command_fail(command, HWS_ERROR_INTERNAL);
    } else if ((kept = hws_command_keep(command))) {
        kept->policy = policy;
        hub->engine->calls->publish(hub->engine, policy, &publication, on_published, kept);
    }
    hws_writer_release(&body);
}

static void run_publish(const hws_command *command)
{
    hws_text channel;
    const hws_policy *policy;
    if (!hws_command_channel(command, &channel, &policy)) return;
    const json_t *data = json_object_get(command->parameters, "data");
    const hws_error error = hws_permission_publish(command->client, policy, channel);
    if (error != HWS_ERROR_NONE)
        hws_command_fail(command, error);
    else if (!data)
        hws_command_fail(command, HWS_ERROR_BAD_REQUEST);
    else
        publish(command, policy, channel, data);
}

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
    [HWS_COMMAND_SUBSCRIBE] = {"subscribe", run_subscribe},
    [HWS_COMMAND_UNSUBSCRIBE] = {"unsubscribe", run_unsubscribe},
    [HWS_COMMAND_PUBLISH] = {"publish", run_publish},
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
}
