/* SPDX-License-Identifier: MIT */
/* Procedures that the program answers. */
#include "channel/json.h"
#include "channel/question.h"
#include "channel/rpc.h"

enum { MESSAGE_SIZE_MAX = 255 };

hws_text hws_rpc_method(const hws_rpc *rpc)
{
    return rpc->method;
}

hws_text hws_rpc_data(const hws_rpc *rpc)
{
    return rpc->data;
}

hws_text hws_rpc_user(const hws_rpc *rpc)
{
    return hws_guest_user(rpc->command->client);
}

hws_text hws_rpc_client(const hws_rpc *rpc)
{
    return hws_guest_id(rpc->command->client);
}

hws_status hws_rpc_answer(hws_rpc *rpc, hws_text data)
{
    json_t *value = NULL;
    if (rpc->is_answered) return HWS_ERR_INVALID_ARGUMENT;
    const hws_status status = hws_json_read(data, &value);
    if (status != HWS_OK) return status;
    hws_writer result = hws_writer_on(rpc->command->client->station->hub->memory);
    HWS_WRITE(&result, "{\"data\":");
    hws_write_json(&result, value);
    HWS_WRITE(&result, "}");
    json_decref(value);
    rpc->is_answered = true;
    hws_command_succeed(rpc->command, hws_writer_text(&result));
    hws_writer_release(&result);
    return HWS_OK;
}

hws_status hws_rpc_fail(hws_rpc *rpc, int code, const char *message)
{
    const size_t size = message ? strnlen(message, MESSAGE_SIZE_MAX + 1) : 0;
    if (rpc->is_answered || code < 400 || code > 1999 || size > MESSAGE_SIZE_MAX)
        return HWS_ERR_INVALID_ARGUMENT;
    rpc->is_answered = true;
    hws_command_fail_with(rpc->command, code, (hws_text){message, size}, false);
    return HWS_OK;
}

static void call(const hws_command *command, hws_text method, hws_text data)
{
    const hws_hub_options *options = &command->client->station->hub->options;
    hws_rpc rpc = {.command = command, .method = method, .data = data};
    if (options->on_rpc) options->on_rpc(&rpc, options->user);
    if (!rpc.is_answered) hws_command_fail(command, HWS_ERROR_NOT_AVAILABLE);
}

static void apply(hws_question *question, const hws_decision *decision)
{
    hws_writer result = hws_writer_on(question->command.client->station->hub->memory);
    HWS_WRITE(&result, "{");
    if (decision->data.data) {
        HWS_WRITE(&result, "\"data\":");
        hws_write(&result, decision->data);
    }
    HWS_WRITE(&result, "}");
    hws_command_succeed(&question->command, hws_writer_text(&result));
    hws_writer_release(&result);
}

void hws_command_rpc(const hws_command *command)
{
    hws_text method = {0};
    if (!hws_json_get_text(command->parameters, "method", &method)) {
        hws_command_fail(command, HWS_ERROR_BAD_REQUEST);
        return;
    }
    if (hws_question_is_asked(command->client->station->hub, HWS_QUESTION_RPC)) {
        hws_question_ask(command, HWS_QUESTION_RPC, apply);
        return;
    }
    const json_t *data = json_object_get(command->parameters, "data");
    hws_writer text = hws_writer_on(command->client->station->hub->memory);
    if (data) hws_write_json(&text, data);
    if (text.has_failed)
        hws_command_fail(command, HWS_ERROR_INTERNAL);
    else
        call(command, method, hws_writer_text(&text));
    hws_writer_release(&text);
}
