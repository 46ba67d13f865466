/* SPDX-License-Identifier: MIT */
#include "channel/api.h"

#include "channel/json.h"
#include "channel/look.h"
#include "channel/name.h"

enum { IDEMPOTENCY_KEY_SIZE_MAX = 64 };

static const hws_engine_calls *engine_of(const hws_api_call *call)
{
    return call->hub->engine->calls;
}

/* The channel that a call names, and its policy. */
static const hws_policy *read_channel(hws_api_call *call, hws_text *channel)
{
    *channel = (hws_text){0};
    call->error = HWS_ERROR_BAD_REQUEST;
    if (!hws_json_get_text(call->parameters, "channel", channel) || !hws_channel_is_valid(*channel))
        return NULL;
    const hws_policy *policy = hws_policies_find(&call->hub->policies, *channel);
    call->error = policy ? HWS_ERROR_NONE : HWS_ERROR_UNKNOWN_CHANNEL;
    return policy;
}

/* Publishing. */

static void on_published(void *user, const hws_engine_answer *answer)
{
    hws_api_call *call = user;
    hws_hub_published(call->hub, call->channel, answer);
    call->error = hws_error_of(answer->status);
    if (call->error != HWS_ERROR_NONE) return;
    HWS_WRITE(&call->result, "{");
    if (answer->position.offset > 0) {
        HWS_WRITE(&call->result, "\"offset\":");
        hws_write_number(&call->result, answer->position.offset);
        HWS_WRITE(&call->result, ",\"epoch\":");
        hws_write_string(&call->result, hws_text_of(answer->position.epoch));
    }
    HWS_WRITE(&call->result, "}");
}

static bool read_tags(const json_t *parameters, json_t **tags)
{
    const char *key;
    json_t *value;
    *tags = json_object_get(parameters, "tags");
    if (!*tags) return true;
    if (!json_is_object(*tags)) return false;
    json_object_foreach(*tags, key, value)
    {
        if (!json_is_string(value)) return false;
    }
    return true;
}

static void publish_to(hws_api_call *call, hws_text channel)
{
    json_t *tags;
    const json_t *data = json_object_get(call->parameters, "data");
    hws_publication publication = {.channel = channel};
    call->error = HWS_ERROR_BAD_REQUEST;
    if (!data || !read_tags(call->parameters, &tags) ||
        !hws_json_get_flag(call->parameters, "skip_history", &publication.skip_history) ||
        !hws_json_get_text(call->parameters, "idempotency_key", &publication.idempotency_key) ||
        publication.idempotency_key.size > IDEMPOTENCY_KEY_SIZE_MAX)
        return;
    if (publication.idempotency_key.size == 0) publication.idempotency_key = (hws_text){0};
    call->channel = channel;
    call->error = HWS_ERROR_INTERNAL; /* until the engine has answered */
    const hws_status status =
        hws_hub_publish_json(call->hub, &publication, data, tags, on_published, call);
    if (status != HWS_OK) call->error = hws_error_of(status);
}

static void publish(hws_api_call *call)
{
    hws_text channel;
    if (read_channel(call, &channel)) publish_to(call, channel);
}

/* Each channel has its own answer, in the order of the channels (S007). */
static void broadcast(hws_api_call *call)
{
    const json_t *channels = json_object_get(call->parameters, "channels");
    call->error = HWS_ERROR_BAD_REQUEST;
    call->is_too_much = json_array_size(channels) > HWS_API_CHANNEL_MAX;
    if (json_array_size(channels) == 0 || call->is_too_much) return;
    hws_writer responses = hws_writer_on(call->hub->memory);
    for (size_t i = 0; i < json_array_size(channels); i++) {
        hws_api_call one = {.hub = call->hub,
                            .parameters = call->parameters,
                            .result = hws_writer_on(call->hub->memory),
                            .error = HWS_ERROR_BAD_REQUEST};
        const hws_text channel = hws_json_text(json_array_get(channels, i));
        if (channel.data) publish_to(&one, channel);
        if (i > 0) HWS_WRITE(&responses, ",");
        hws_api_write_answer(&one, &responses);
        hws_writer_release(&one.result);
    }
    HWS_WRITE(&call->result, "{\"responses\":[");
    hws_write(&call->result, hws_writer_text(&responses));
    HWS_WRITE(&call->result, "]}");
    call->error = responses.has_failed ? HWS_ERROR_INTERNAL : HWS_ERROR_NONE;
    hws_writer_release(&responses);
}

/* Looking. */

static void finish(hws_api_call *call, const hws_engine_answer *answer, hws_look_write *write)
{
    call->error = hws_look_error(answer->status);
    if (call->error == HWS_ERROR_NONE) write(&call->result, answer);
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

static void on_removed(void *user, const hws_engine_answer *answer)
{
    hws_api_call *call = user;
    call->error = hws_error_of(answer->status);
    HWS_WRITE(&call->result, "{}");
}

static void ask_presence(hws_api_call *call, bool with_list, hws_engine_done *done)
{
    hws_text channel;
    const hws_policy *policy = read_channel(call, &channel);
    if (!policy) return;
    call->error = policy->presence ? HWS_ERROR_INTERNAL : HWS_ERROR_NOT_AVAILABLE;
    if (policy->presence)
        engine_of(call)->presence(call->hub->engine, channel, with_list, done, call);
}

static void presence(hws_api_call *call)
{
    ask_presence(call, true, on_presence);
}

static void presence_stats(hws_api_call *call)
{
    ask_presence(call, false, on_presence_stats);
}

static void history(hws_api_call *call)
{
    hws_history_query query = {0};
    const hws_policy *policy = read_channel(call, &query.channel);
    if (!policy) return;
    if (policy->history_size == 0) {
        call->error = HWS_ERROR_NOT_AVAILABLE;
    } else if (!hws_look_read_history(call->parameters, &query)) {
        call->error = HWS_ERROR_BAD_REQUEST;
    } else {
        call->error = HWS_ERROR_INTERNAL;
        engine_of(call)->history(call->hub->engine, policy, &query, on_history, call);
    }
}

static void history_remove(hws_api_call *call)
{
    hws_text channel;
    const hws_policy *policy = read_channel(call, &channel);
    if (!policy) return;
    call->error = policy->history_size > 0 ? HWS_ERROR_INTERNAL : HWS_ERROR_NOT_AVAILABLE;
    if (policy->history_size > 0)
        engine_of(call)->history_remove(call->hub->engine, channel, on_removed, call);
}

/* Several in one: {"commands":[{"publish":{…}},…]} is answered by {"replies":[{"publish":{…}},…]},
 * in order, each with its own result or error. */

static void run_one(hws_api_call *call, const char *name)
{
    hws_api_kind kind = name ? hws_api_find(hws_text_of(name)) : HWS_API_UNKNOWN;
    if (kind == HWS_API_BATCH) kind = HWS_API_UNKNOWN; /* a batch within a batch is none */
    if (kind == HWS_API_UNKNOWN || json_is_object(call->parameters))
        hws_api_run(call, kind);
    else
        call->error = HWS_ERROR_BAD_REQUEST;
}

static void batch_one(hws_hub *hub, const json_t *command, hws_writer *to)
{
    const char *name = json_object_iter_key(json_object_iter((json_t *)(uintptr_t)command));
    hws_api_call call = {.hub = hub,
                         .parameters = name ? json_object_get(command, name) : NULL,
                         .result = hws_writer_on(hub->memory)};
    if (json_object_size(command) > 1) call.parameters = NULL; /* which one is meant? */
    run_one(&call, name);
    if (call.error == HWS_ERROR_NONE && !call.result.has_failed) {
        HWS_WRITE(to, "{");
        hws_write_string(to, hws_text_of(name));
        HWS_WRITE(to, ":");
        hws_write(to, hws_writer_text(&call.result));
        HWS_WRITE(to, "}");
    } else {
        hws_api_write_answer(&call, to);
    }
    hws_writer_release(&call.result);
}

static void batch(hws_api_call *call)
{
    const json_t *commands = json_object_get(call->parameters, "commands");
    call->is_too_much = json_array_size(commands) > HWS_API_BATCH_MAX;
    call->error = HWS_ERROR_BAD_REQUEST;
    if (!json_is_array(commands) || call->is_too_much) return;
    call->error = HWS_ERROR_NONE;
    call->is_whole = true;
    HWS_WRITE(&call->result, "{\"replies\":[");
    for (size_t i = 0; i < json_array_size(commands); i++) {
        if (i > 0) HWS_WRITE(&call->result, ",");
        batch_one(call->hub, json_array_get(commands, i), &call->result);
    }
    HWS_WRITE(&call->result, "]}");
}

/* Methods. */

static const struct {
    const char *name;
    hws_api_method *run;
} METHODS[HWS_API_UNKNOWN] = {
    [HWS_API_PUBLISH] = {"publish", publish},
    [HWS_API_BROADCAST] = {"broadcast", broadcast},
    [HWS_API_SUBSCRIBE] = {"subscribe", hws_api_subscribe},
    [HWS_API_UNSUBSCRIBE] = {"unsubscribe", hws_api_unsubscribe},
    [HWS_API_DISCONNECT] = {"disconnect", hws_api_disconnect},
    [HWS_API_REFRESH] = {"refresh", hws_api_refresh},
    [HWS_API_PRESENCE] = {"presence", presence},
    [HWS_API_PRESENCE_STATS] = {"presence_stats", presence_stats},
    [HWS_API_HISTORY] = {"history", history},
    [HWS_API_HISTORY_REMOVE] = {"history_remove", history_remove},
    [HWS_API_CHANNELS] = {"channels", hws_api_channels},
    [HWS_API_INFO] = {"info", hws_api_info},
    [HWS_API_BATCH] = {"batch", batch},
};

hws_api_kind hws_api_find(hws_text name)
{
    size_t kind = 0;
    while (kind < HWS_API_UNKNOWN && !hws_text_equal(name, hws_text_of(METHODS[kind].name))) kind++;
    return (hws_api_kind)kind;
}

void hws_api_run(hws_api_call *call, hws_api_kind kind)
{
    hws_counter_add_shared(&call->hub->metric.api_calls[kind], 1);
    if (kind < HWS_API_UNKNOWN)
        METHODS[kind].run(call);
    else
        call->error = HWS_ERROR_METHOD_NOT_FOUND;
}

void hws_api_count_error(hws_hub *hub, hws_error error)
{
    hws_counter_add_shared(&hub->metric.api_errors[hws_error_class((int)error)], 1);
}

void hws_api_write_answer(hws_api_call *call, hws_writer *to)
{
    if (call->error == HWS_ERROR_NONE && call->result.has_failed) call->error = HWS_ERROR_INTERNAL;
    if (call->error != HWS_ERROR_NONE) {
        hws_api_count_error(call->hub, call->error);
        HWS_WRITE(to, "{\"error\":");
        hws_write_error(to, call->error);
        HWS_WRITE(to, "}");
    } else if (call->is_whole) {
        hws_write(to, hws_writer_text(&call->result));
    } else {
        HWS_WRITE(to, "{\"result\":");
        hws_write(to, hws_writer_text(&call->result));
        HWS_WRITE(to, "}");
    }
}

/* From within the program. */

hws_status hws_hub_call(hws_hub *hub, const char *method, hws_text parameters,
                        void (*answer)(hws_text json, void *user), void *user)
{
    json_t *object = NULL;
    const hws_api_kind kind = hws_api_find(hws_text_of(method));
    if (kind == HWS_API_UNKNOWN) return HWS_ERR_INVALID_ARGUMENT;
    hws_status status = hws_json_read(parameters, &object);
    if (status != HWS_OK) return status;
    hws_writer json = hws_writer_on(hub->memory);
    hws_api_call call = {.hub = hub, .parameters = object, .result = hws_writer_on(hub->memory)};
    if (json_is_object(object)) {
        hws_api_run(&call, kind);
        hws_api_write_answer(&call, &json);
        const hws_text text = hws_writer_text(&json);
        if (text.data)
            answer(text, user);
        else
            status = HWS_ERR_NO_MEMORY;
    } else {
        status = HWS_ERR_INVALID_ARGUMENT;
    }
    json_decref(object);
    hws_writer_release(&call.result);
    hws_writer_release(&json);
    return status;
}
