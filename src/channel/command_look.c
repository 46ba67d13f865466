/* SPDX-License-Identifier: MIT */
/* Commands that look: who is here, and what was said. */
#include "channel/command.h"
#include "channel/json.h"
#include "channel/look.h"
#include "channel/permission.h"

static hws_hub *hub_of(const hws_command *command)
{
    return command->client->station->hub;
}

static void finish(hws_command *kept, const hws_engine_answer *answer, hws_look_write *write)
{
    hws_writer result = hws_writer_on(hub_of(kept)->memory);
    const hws_error error = hws_look_error(answer->status);
    if (error == HWS_ERROR_NONE) {
        write(&result, answer);
        hws_command_succeed(kept, hws_writer_text(&result));
    } else {
        hws_command_fail(kept, error);
    }
    hws_writer_release(&result);
    hws_command_end(kept);
}

static void on_presence(void *user, const hws_engine_answer *answer)
{
    finish(user, answer, hws_look_write_presence);
}

static void on_presence_stats(void *user, const hws_engine_answer *answer)
{
    finish(user, answer, hws_look_write_presence_stats);
}

static void on_history(void *user, const hws_engine_answer *answer)
{
    finish(user, answer, hws_look_write_history);
}

/* The command, kept, when it may look; NULL: it was answered. */
static hws_command *permit(const hws_command *command, const hws_policy *policy, hws_text channel,
                           bool is_offered)
{
    const hws_error error = hws_permission_look(command->client, policy, channel, is_offered);
    if (error == HWS_ERROR_NONE) return hws_command_keep(command);
    hws_command_fail(command, error);
    return NULL;
}

static void ask_presence(const hws_command *command, bool with_list, hws_engine_done *done)
{
    hws_text channel;
    const hws_policy *policy;
    hws_engine *engine = hub_of(command)->engine;
    if (!hws_command_channel(command, &channel, &policy)) return;
    hws_command *kept = permit(command, policy, channel, policy->presence);
    if (kept) engine->calls->presence(engine, channel, with_list, done, kept);
}

void hws_command_presence(const hws_command *command)
{
    ask_presence(command, true, on_presence);
}

void hws_command_presence_stats(const hws_command *command)
{
    ask_presence(command, false, on_presence_stats);
}

void hws_command_history(const hws_command *command)
{
    const hws_policy *policy;
    hws_history_query query = {0};
    hws_engine *engine = hub_of(command)->engine;
    if (!hws_command_channel(command, &query.channel, &policy)) return;
    hws_command *kept = permit(command, policy, query.channel, policy->history_size > 0);
    if (!kept) return;
    if (hws_look_read_history(command->parameters, &query)) {
        engine->calls->history(engine, policy, &query, on_history, kept);
        return;
    }
    hws_command_fail(kept, HWS_ERROR_BAD_REQUEST);
    hws_command_end(kept);
}
