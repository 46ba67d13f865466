/* SPDX-License-Identifier: MIT */
/* The first command: who it is that connects, and the channels that its token puts it in. */
#include <time.h>

#include "base/memory.h"
#include "channel/command.h"
#include "channel/json.h"
#include "channel/name.h"
#include "channel/permission.h"
#include "channel/question.h"
#include "channel/subscribe.h"
#include "hawser/version.h"
#include "net/address.h"

/* A connect that waits for the channels of its token. */
typedef struct connecting {
    hws_command *command; /* kept */
    hws_writer subs;      /* "channel":{…} each */
    hws_writer data;      /* for the client */
    size_t pending;       /* and one for the beginning */
} connecting;

static const hws_memory *memory_of(const hws_guest *client)
{
    return client->station->hub->memory;
}

/* Answering. */

/* When its token ends is the client's affair; when it has none, somebody else's. */
static void write_expiry(const hws_guest *client, hws_writer *to)
{
    const uint64_t now_s = (uint64_t)time(NULL);
    if (client->expires_s == 0 || client->is_vouched) return;
    HWS_WRITE(to, ",\"expires\":true,\"ttl\":");
    hws_write_number(to, client->expires_s > now_s ? client->expires_s - now_s : 0);
}

static void write_result(const hws_guest *client, hws_text subs, hws_text data, hws_writer *to)
{
    const hws_hub_options *options = &client->station->hub->options;
    HWS_WRITE(to, "{\"client\":");
    hws_write_string(to, hws_guest_id(client));
    HWS_WRITE(to, ",\"version\":");
    hws_write_string(to, hws_text_of(hws_version()));
    if (client->session[0] != '\0') {
        HWS_WRITE(to, ",\"session\":");
        hws_write_string(to, hws_text_of(client->session));
        HWS_WRITE(to, ",\"node\":");
        hws_write_string(to, hws_text_of(client->station->hub->uid));
    }
    write_expiry(client, to);
    if (data.size > 0) {
        HWS_WRITE(to, ",\"data\":");
        hws_write(to, data);
    }
    if (subs.size > 0) {
        HWS_WRITE(to, ",\"subs\":{");
        hws_write(to, subs);
        HWS_WRITE(to, "}");
    }
    HWS_WRITE(to, ",\"ping\":");
    hws_write_number(to, options->ping_interval_ms / 1000);
    if (!hws_format_is_one_way(client->outlet.format)) HWS_WRITE(to, ",\"pong\":true");
    HWS_WRITE(to, "}");
}

static void answer(const hws_command *command, hws_text subs, hws_text data)
{
    hws_writer result = hws_writer_on(memory_of(command->client));
    write_result(command->client, subs, data, &result);
    hws_command_succeed(command, hws_writer_text(&result));
    hws_writer_release(&result);
}

static void finish_one(connecting *it)
{
    if (--it->pending > 0) return;
    const hws_memory *memory = memory_of(it->command->client);
    if (it->subs.has_failed || it->data.has_failed)
        hws_guest_disconnect(it->command->client, HWS_DISCONNECT_SERVER_ERROR,
                             "internal server error");
    else
        answer(it->command, hws_writer_text(&it->subs), hws_writer_text(&it->data));
    hws_writer_release(&it->subs);
    hws_writer_release(&it->data);
    hws_command_end(it->command);
    hws_memory_free(memory, it, sizeof *it);
}

/* Channels of its token. */

static void on_subscribed(hws_guest *client, hws_subscription *subscription, hws_error error,
                          hws_text result, void *user)
{
    (void)client;
    connecting *it = user;
    if (error == HWS_ERROR_NONE) {
        if (it->subs.buffer.size > 0) HWS_WRITE(&it->subs, ",");
        hws_write_string(&it->subs, hws_channel_name(subscription->channel));
        HWS_WRITE(&it->subs, ":");
        hws_write(&it->subs, result);
    }
    finish_one(it);
}

static const json_t *find_place(const json_t *subs, hws_text channel)
{
    const char *name;
    json_t *place;
    json_object_foreach((json_t *)(uintptr_t)subs, name, place)
    {
        if (hws_text_equal(hws_text_of(name), channel)) return place;
    }
    return NULL;
}

/* Where the client has been in that channel before. */
static void read_place(const json_t *subs, hws_text channel, hws_subscribe_request *request)
{
    const json_t *place = find_place(subs, channel);
    if (!hws_json_get_flag(place, "recover", &request->recover) ||
        !hws_json_get_number(place, "offset", &request->offset) ||
        !hws_json_get_text(place, "epoch", &request->epoch))
        request->recover = false;
}

static void subscribe_to(connecting *it, const hws_decision_sub *sub, const json_t *subs)
{
    hws_guest *client = it->command->client;
    const hws_hub *hub = client->station->hub;
    hws_subscribe_request request = {
        .channel = sub->channel,
        .is_by_server = true,
        .wants_join_leave = true,
        .chan_info = sub->info,
        .data = sub->data,
    };
    const hws_policy *policy = hws_policies_find(&hub->policies, request.channel);
    if (!policy || !hws_channel_is_valid(request.channel) ||
        hws_guest_subscription(client, request.channel) ||
        client->subscription_count >= hub->options.subscription_count_max)
        return;
    read_place(subs, request.channel, &request);
    it->pending++;
    hws_subscribe_begin(client, policy, &request, on_subscribed, it);
}

/* Who can only be pushed to says which channels he wants when he connects; he may have those that
 * he could subscribe to. */
static void subscribe_to_wanted(connecting *it, const json_t *subs)
{
    const hws_guest *client = it->command->client;
    const hws_policies *policies = &client->station->hub->policies;
    const char *name;
    json_t *place;
    json_object_foreach((json_t *)(uintptr_t)subs, name, place)
    {
        const hws_text channel = hws_text_of(name);
        const hws_policy *policy = hws_policies_find(policies, channel);
        if (policy && hws_permission_subscribe(client, policy, channel, false) == HWS_ERROR_NONE)
            subscribe_to(it, &(hws_decision_sub){.channel = channel}, subs);
    }
}

/* What is told about who comes in; all of it may be absent. */
typedef struct welcome {
    hws_text info; /* JSON that others are told */
    hws_text data; /* JSON for itself */
    hws_text meta; /* JSON for who decides */
    const hws_decision_sub *subs;
    size_t sub_count;
} welcome;

static void subscribe_all(const hws_command *command, const json_t *channels, const welcome *with)
{
    const hws_memory *memory = memory_of(command->client);
    const json_t *subs = json_object_get(command->parameters, "subs");
    hws_command *kept = hws_command_keep(command);
    if (!kept) return;
    connecting *it = hws_memory_new(memory, sizeof *it);
    if (!it) {
        hws_command_fail(kept, HWS_ERROR_INTERNAL);
        hws_command_end(kept);
        return;
    }
    *it = (connecting){.command = kept,
                       .subs = hws_writer_on(memory),
                       .data = hws_writer_on(memory),
                       .pending = 1};
    if (with->data.size > 0) hws_write(&it->data, with->data);
    for (size_t i = 0; i < with->sub_count; i++) subscribe_to(it, &with->subs[i], subs);
    for (size_t i = 0; i < json_array_size(channels); i++) {
        const hws_text channel = hws_json_text(json_array_get(channels, i));
        subscribe_to(it, &(hws_decision_sub){.channel = channel}, subs);
    }
    if (hws_format_is_one_way(command->client->outlet.format)) subscribe_to_wanted(it, subs);
    finish_one(it);
}

/* Who it is. */

static bool has_channels(const hws_command *command, const json_t *channels)
{
    return json_array_size(channels) > 0 ||
           json_object_size(json_object_get(command->parameters, "subs")) > 0;
}

static void come_in(const hws_command *command, const hws_claims *claims, const welcome *with)
{
    hws_guest *client = command->client;
    client->expires_s = claims->expires_s;
    if (hws_guest_set_meta(client, with->meta) != HWS_OK ||
        hws_guest_connected(client, claims->sub, with->info) != HWS_OK) {
        hws_guest_disconnect(client, HWS_DISCONNECT_SERVER_ERROR, "internal server error");
        return;
    }
    hws_guest_set_expiry(client, claims->expires_s);
    if (with->sub_count > 0 || has_channels(command, claims->channels))
        subscribe_all(command, claims->channels, with);
    else
        answer(command, (hws_text){0}, with->data);
}

static void come_in_with(const hws_command *command, const hws_claims *claims,
                         const hws_writer *info, const hws_writer *meta)
{
    const welcome with = {.info = hws_writer_text(info), .meta = hws_writer_text(meta)};
    if (info->has_failed || meta->has_failed)
        hws_guest_disconnect(command->client, HWS_DISCONNECT_SERVER_ERROR, "internal server error");
    else
        come_in(command, claims, &with);
}

static void connect_with_token(const hws_command *command, hws_text token)
{
    hws_claims claims;
    hws_guest *client = command->client;
    const hws_error error =
        hws_token_read(&client->station->hub->tokens, token, (uint64_t)time(NULL), &claims);
    const bool is_for_connections = error == HWS_ERROR_NONE && !claims.channel.data;
    if (error == HWS_ERROR_TOKEN_EXPIRED || error == HWS_ERROR_INTERNAL) {
        hws_command_fail(command, error);
    } else if (!is_for_connections) {
        hws_guest_disconnect(client, HWS_DISCONNECT_INVALID_TOKEN, "invalid token");
    } else {
        hws_writer info = hws_writer_on(memory_of(client));
        hws_writer meta = hws_writer_on(memory_of(client));
        if (claims.info) hws_write_json(&info, claims.info);
        if (claims.meta) hws_write_json(&meta, claims.meta);
        come_in_with(command, &claims, &info, &meta);
        hws_writer_release(&info);
        hws_writer_release(&meta);
    }
    if (error == HWS_ERROR_NONE) hws_claims_release(&claims);
}

/* Of what a client says of itself only the name goes on to others.
 *
 * Returns: false when there is a name that is none. */
static bool read_name(const json_t *parameters, hws_text *name)
{
    const json_t *data = json_object_get(parameters, "data");
    *name = (hws_text){0};
    if (!json_object_get(data, "name")) return true;
    return hws_json_get_text(data, "name", name) && hws_name_is_valid(*name);
}

static void connect_as_anybody(const hws_command *command)
{
    hws_text name;
    if (!read_name(command->parameters, &name)) {
        hws_command_fail(command, HWS_ERROR_BAD_REQUEST);
        return;
    }
    hws_writer info = hws_writer_on(memory_of(command->client));
    if (name.data) {
        HWS_WRITE(&info, "{\"name\":");
        hws_write_string(&info, name);
        HWS_WRITE(&info, "}");
    }
    const hws_writer no_meta = hws_writer_on(memory_of(command->client));
    come_in_with(command, &(hws_claims){.body = NULL}, &info, &no_meta);
    hws_writer_release(&info);
}

/* Somebody else has looked who it is. */
static json_t *list_of(const hws_text *channels, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < count; i++) {
        if (json_array_append_new(list, json_stringn(channels[i].data, channels[i].size)) == 0)
            continue;
        json_decref(list);
        list = NULL;
    }
    return list;
}

static void apply(hws_question *question, const hws_decision *decision)
{
    hws_guest *client = question->command.client;
    json_t *channels = list_of(decision->channels, decision->channel_count);
    const hws_claims claims = {
        .sub = decision->user,
        .channels = channels,
        .expires_s = decision->expire_at_s,
    };
    const welcome with = {
        .info = decision->info,
        .data = decision->data,
        .meta = decision->meta,
        .subs = decision->subs,
        .sub_count = decision->sub_count,
    };
    client->is_vouched = true;
    if (channels)
        come_in(&question->command, &claims, &with);
    else
        hws_command_fail(&question->command, HWS_ERROR_INTERNAL);
    json_decref(channels);
}

static void connect_with_access_token(const hws_command *command, hws_text token)
{
    hws_guest *client = command->client;
    hws_hub *hub = client->station->hub;
    char address[HWS_ADDRESS_TEXT_MAX] = "";
    hws_login_result result = HWS_LOGIN_REFUSED;
    /* Whose address cannot be told cannot be braked. */
    if (hws_websocket_address(client->outlet.ws, address, sizeof address) == HWS_OK)
        result = hws_login_check(&hub->login, token, address, hws_clock_ms());
    hws_counter_add(&client->station->metric.logins[result], 1);
    if (hub->options.on_login) hub->options.on_login(result, address, hub->options.user);
    if (result == HWS_LOGIN_ACCEPTED)
        come_in(command, &(hws_claims){.body = NULL}, &(welcome){.sub_count = 0});
    else if (result == HWS_LOGIN_BRAKED)
        hws_command_fail(command, HWS_ERROR_TOO_MANY_REQUESTS);
    else
        hws_guest_disconnect(client, HWS_DISCONNECT_INVALID_TOKEN, "invalid token");
}

void hws_command_connect(const hws_command *command)
{
    hws_text token = {0};
    hws_guest *client = command->client;
    const hws_hub *hub = client->station->hub;
    const bool is_keyed = hub->tokens.key_count > 0;
    const bool is_asked = hws_question_is_asked(hub, HWS_QUESTION_CONNECT);
    if (client->state != HWS_GUEST_NEW)
        hws_guest_disconnect(client, HWS_DISCONNECT_BAD_REQUEST, "bad request");
    else if (!hws_json_get_text(command->parameters, "token", &token))
        hws_command_fail(command, HWS_ERROR_BAD_REQUEST);
    else if (hub->login.is_set)
        connect_with_access_token(command, token);
    else if (is_asked && !(is_keyed && token.size > 0))
        hws_question_ask(command, HWS_QUESTION_CONNECT, apply);
    else if (is_keyed && (token.size > 0 || !hub->options.allow_anonymous))
        connect_with_token(command, token);
    else
        connect_as_anybody(command);
}
