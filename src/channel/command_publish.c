/* SPDX-License-Identifier: MIT */
/* Publishing. */
#include "channel/command.h"
#include "channel/json.h"
#include "channel/permission.h"
#include "channel/question.h"

static hws_hub *hub_of(const hws_command *command)
{
    return command->client->station->hub;
}

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

static void write_publication(hws_writer *body, hws_text data, const hws_guest *by,
                              const hws_subscription *from)
{
    HWS_WRITE(body, "{\"data\":");
    hws_write(body, data);
    HWS_WRITE(body, ",\"info\":");
    if (from && from->info)
        hws_write(body, (hws_text){from->info, from->info_size});
    else
        hws_write(body, (hws_text){by->info, by->info_size});
}

static void publish(const hws_command *command, const hws_policy *policy, hws_text channel,
                    hws_text data, bool skip_history)
{
    hws_hub *hub = hub_of(command);
    hws_writer body = hws_writer_on(hub->memory);
    write_publication(&body, data, command->client,
                      hws_guest_subscription(command->client, channel));
    const hws_publication publication = {
        .channel = channel,
        .body = hws_writer_text(&body),
        .skip_history = skip_history,
    };
    hws_command *kept = NULL;
    if (data.size > policy->max_message) {
        hws_command_fail(command, HWS_ERROR_LIMIT_EXCEEDED);
    } else if (!publication.body.data) {
        hws_command_fail(command, HWS_ERROR_INTERNAL);
    } else if ((kept = hws_command_keep(command))) {
        kept->policy = policy;
        hub->engine->calls->publish(hub->engine, policy, &publication, on_published, kept);
    }
    hws_writer_release(&body);
}

static void apply(hws_question *question, const hws_decision *decision)
{
    hws_text channel;
    const hws_policy *policy;
    const hws_text data = decision->data.data ? decision->data : hws_question_data(question);
    if (!hws_command_channel(&question->command, &channel, &policy)) return;
    if (hws_permission_may_ask_publish(question->command.client, policy, channel))
        publish(&question->command, policy, channel, data, decision->skip_history);
    else
        hws_command_fail(&question->command, HWS_ERROR_PERMISSION_DENIED);
}

/* Too much is too much, whoever decides. */
static void publish_or_ask(const hws_command *command, const hws_policy *policy, hws_text channel,
                           hws_text data)
{
    if (!data.data)
        hws_command_fail(command, HWS_ERROR_INTERNAL);
    else if (!hws_permission_may_ask_publish(command->client, policy, channel))
        publish(command, policy, channel, data, false);
    else if (data.size > policy->max_message)
        hws_command_fail(command, HWS_ERROR_LIMIT_EXCEEDED);
    else
        hws_question_ask(command, HWS_QUESTION_PUBLISH, apply);
}

static hws_error permit(const hws_command *command, const hws_policy *policy, hws_text channel)
{
    if (hws_permission_may_ask_publish(command->client, policy, channel)) return HWS_ERROR_NONE;
    return hws_permission_publish(command->client, policy, channel);
}

void hws_command_publish(const hws_command *command)
{
    hws_text channel;
    const hws_policy *policy;
    if (!hws_command_channel(command, &channel, &policy)) return;
    const json_t *data = json_object_get(command->parameters, "data");
    hws_error error = permit(command, policy, channel);
    if (error == HWS_ERROR_NONE && !data) error = HWS_ERROR_BAD_REQUEST;
    if (error != HWS_ERROR_NONE) {
        hws_command_fail(command, error);
        return;
    }
    hws_writer text = hws_writer_on(hub_of(command)->memory);
    hws_write_json(&text, data);
    publish_or_ask(command, policy, channel, hws_writer_text(&text));
    hws_writer_release(&text);
}
