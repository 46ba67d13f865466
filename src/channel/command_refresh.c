/* SPDX-License-Identifier: MIT */
/* Tokens of subscriptions, and fresh ones in the place of those that expire. */
#include <time.h>

#include "channel/command.h"
#include "channel/json.h"
#include "hawser/version.h"

static const hws_tokens *tokens_of(const hws_command *command)
{
    return &command->client->station->hub->tokens;
}

static uint64_t wall_s(void)
{
    return (uint64_t)time(NULL);
}

/* A subscription's token is for one channel, for one user, and, if it says so, for one client
 * (Q025); a connection's token names no channel, and is none. */
static bool is_for(const hws_claims *claims, const hws_guest *client, hws_text channel)
{
    return hws_text_equal(claims->channel, channel) &&
           hws_text_equal(claims->sub, hws_guest_user(client)) &&
           (!claims->client.data || hws_text_equal(claims->client, hws_guest_id(client)));
}

hws_error hws_command_claims(const hws_command *command, hws_text channel, hws_claims *claims)
{
    hws_text token = {0};
    if (!hws_json_get_text(command->parameters, "token", &token)) return HWS_ERROR_BAD_REQUEST;
    if (token.size == 0 || tokens_of(command)->key_count == 0) return HWS_ERROR_NONE;
    const hws_error error = hws_token_read(tokens_of(command), token, wall_s(), claims);
    if (error == HWS_ERROR_UNAUTHORIZED) return HWS_ERROR_PERMISSION_DENIED;
    if (error != HWS_ERROR_NONE) return error;
    if (is_for(claims, command->client, channel)) return HWS_ERROR_NONE;
    hws_claims_release(claims);
    return HWS_ERROR_PERMISSION_DENIED;
}

static void write_ttl(hws_writer *to, uint64_t expires_s)
{
    const uint64_t now_s = wall_s();
    if (expires_s == 0) return;
    HWS_WRITE(to, ",\"expires\":true,\"ttl\":");
    hws_write_number(to, expires_s > now_s ? expires_s - now_s : 0);
}

static void refresh_until(const hws_command *command, uint64_t expires_s)
{
    hws_guest *client = command->client;
    client->expires_s = expires_s;
    hws_guest_schedule(client);
    hws_writer result = hws_writer_on(client->station->hub->memory);
    HWS_WRITE(&result, "{\"client\":");
    hws_write_string(&result, hws_guest_id(client));
    HWS_WRITE(&result, ",\"version\":");
    hws_write_string(&result, hws_text_of(hws_version()));
    write_ttl(&result, expires_s);
    HWS_WRITE(&result, "}");
    hws_command_succeed(command, hws_writer_text(&result));
    hws_writer_release(&result);
}

void hws_command_refresh(const hws_command *command)
{
    hws_text token = {0};
    hws_claims claims;
    hws_guest *client = command->client;
    if (!hws_json_get_text(command->parameters, "token", &token) ||
        tokens_of(command)->key_count == 0) {
        hws_command_fail(command, HWS_ERROR_BAD_REQUEST);
        return;
    }
    const hws_error error = hws_token_read(tokens_of(command), token, wall_s(), &claims);
    if (error == HWS_ERROR_INTERNAL) {
        hws_command_fail(command, error);
    } else if (error == HWS_ERROR_TOKEN_EXPIRED) {
        hws_guest_disconnect(client, HWS_DISCONNECT_EXPIRED, "connection expired");
    } else if (error != HWS_ERROR_NONE) {
        hws_guest_disconnect(client, HWS_DISCONNECT_INVALID_TOKEN, "invalid token");
    } else {
        const bool is_same =
            !claims.channel.data && hws_text_equal(claims.sub, hws_guest_user(client));
        const uint64_t expires_s = claims.expires_s;
        hws_claims_release(&claims);
        if (is_same)
            refresh_until(command, expires_s);
        else
            hws_guest_disconnect(client, HWS_DISCONNECT_INVALID_TOKEN, "invalid token");
    }
}

void hws_command_sub_refresh(const hws_command *command)
{
    hws_text channel;
    const hws_policy *policy;
    hws_claims claims = {.body = NULL};
    if (!hws_command_channel(command, &channel, &policy)) return;
    hws_subscription *subscription = hws_guest_subscription(command->client, channel);
    hws_error error = HWS_ERROR_PERMISSION_DENIED;
    if (subscription) error = hws_command_claims(command, channel, &claims);
    if (error == HWS_ERROR_NONE && !claims.body) error = HWS_ERROR_BAD_REQUEST;
    if (error != HWS_ERROR_NONE) {
        hws_command_fail(command, error == HWS_ERROR_TOKEN_EXPIRED ? HWS_ERROR_EXPIRED : error);
        return;
    }
    subscription->expires_s = claims.expires_s;
    hws_claims_release(&claims);
    hws_guest_schedule(command->client);
    hws_writer result = hws_writer_on(command->client->station->hub->memory);
    HWS_WRITE(&result, "{\"expires\":");
    if (subscription->expires_s == 0) HWS_WRITE(&result, "false");
    if (subscription->expires_s > 0) {
        const uint64_t now_s = wall_s();
        HWS_WRITE(&result, "true,\"ttl\":");
        hws_write_number(&result,
                         subscription->expires_s > now_s ? subscription->expires_s - now_s : 0);
    }
    HWS_WRITE(&result, "}");
    hws_command_succeed(command, hws_writer_text(&result));
    hws_writer_release(&result);
}
