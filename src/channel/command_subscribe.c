/* SPDX-License-Identifier: MIT */
/* Coming into channels, and leaving them. */
#include "channel/command.h"
#include "channel/json.h"
#include "channel/permission.h"
#include "channel/question.h"
#include "channel/subscribe.h"

static hws_hub *hub_of(const hws_command *command)
{
    return command->client->station->hub;
}

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

/* Of the bits of `flag`: who loads his state anew when he cannot recover wants an error. */
static const uint64_t FLAG_REJECT_UNRECOVERED = 2;

static bool read_subscribe(const hws_command *command, hws_subscribe_request *request)
{
    const json_t *from = command->parameters;
    uint64_t flags = 0;
    const bool is_well_formed = hws_json_get_flag(from, "join_leave", &request->wants_join_leave) &&
                                hws_json_get_flag(from, "recover", &request->recover) &&
                                hws_json_get_number(from, "flag", &flags) &&
                                hws_json_get_text(from, "epoch", &request->epoch);
    request->is_refused_unrecovered = (flags & FLAG_REJECT_UNRECOVERED) != 0;
    return is_well_formed;
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

static hws_error permit(const hws_command *command, const hws_policy *policy, hws_text channel,
                        const hws_claims *claims, bool *is_asked)
{
    const hws_guest *client = command->client;
    const bool has_token = claims->body != NULL;
    if (hws_guest_subscription(client, channel)) return HWS_ERROR_ALREADY_SUBSCRIBED;
    if (client->subscription_count >= hub_of(command)->options.subscription_count_max)
        return HWS_ERROR_LIMIT_EXCEEDED;
    *is_asked = !has_token && hws_permission_may_ask_subscribe(client, policy, channel);
    if (*is_asked) return HWS_ERROR_NONE;
    return hws_permission_subscribe(client, policy, channel, has_token);
}

static void begin(const hws_command *command, const hws_policy *policy,
                  const hws_subscribe_request *request)
{
    hws_command *kept = hws_command_keep(command);
    if (kept) hws_subscribe_begin(command->client, policy, request, on_subscribed, kept);
}

/* What was true when it was asked need not be so any more. */
static void apply(hws_question *question, const hws_decision *decision)
{
    const hws_policy *policy;
    const hws_command *command = &question->command;
    hws_subscribe_request request = {
        .chan_info = decision->info,
        .data = decision->data,
        .expires_s = decision->expire_at_s,
    };
    bool is_asked = false;
    if (!hws_command_channel(command, &request.channel, &policy)) return;
    read_offset(command->parameters, &request);
    hws_error error = read_subscribe(command, &request) ? HWS_ERROR_NONE : HWS_ERROR_BAD_REQUEST;
    if (error == HWS_ERROR_NONE)
        error = permit(command, policy, request.channel, &(hws_claims){.body = NULL}, &is_asked);
    if (error == HWS_ERROR_NONE)
        begin(command, policy, &request);
    else
        hws_command_fail(command, error);
}

static void subscribe(const hws_command *command, const hws_policy *policy,
                      hws_subscribe_request *request, const hws_claims *claims)
{
    bool is_asked = false;
    hws_writer info = hws_writer_on(hub_of(command)->memory);
    hws_error error = permit(command, policy, request->channel, claims, &is_asked);
    if (claims->info) hws_write_json(&info, claims->info);
    if (error == HWS_ERROR_NONE && info.has_failed) error = HWS_ERROR_INTERNAL;
    request->chan_info = hws_writer_text(&info);
    request->expires_s = claims->expires_s;
    if (error != HWS_ERROR_NONE)
        hws_command_fail(command, error);
    else if (is_asked)
        hws_question_ask(command, HWS_QUESTION_SUBSCRIBE, apply);
    else
        begin(command, policy, request);
    hws_writer_release(&info);
}

void hws_command_subscribe(const hws_command *command)
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
void hws_command_unsubscribe(const hws_command *command)
{
    hws_text channel;
    const hws_policy *policy;
    if (!hws_command_channel(command, &channel, &policy)) return;
    hws_subscription *subscription = hws_guest_subscription(command->client, channel);
    if (subscription) hws_guest_unsubscribe(command->client, subscription, 0, "");
    hws_command_succeed(command, hws_text_of("{}"));
}
