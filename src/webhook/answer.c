/* SPDX-License-Identifier: MIT */
#include "webhook/answer.h"

#include "base/base64.h"
#include "base/memory.h"
#include "base/try.h"
#include "channel/json.h"

enum { CHANNEL_COUNT_MAX = 1000 };

void hws_webhook_answer_init(hws_webhook_answer *answer, const hws_memory *memory)
{
    *answer = (hws_webhook_answer){
        .memory = memory,
        .info = hws_writer_on(memory),
        .data = hws_writer_on(memory),
        .meta = hws_writer_on(memory),
    };
}

static const json_t *find(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

/* Each of these lets pass what is not there. */

static hws_status read_code(const json_t *from, int min, int max, int *code)
{
    const json_t *value = find(from, "code");
    if (!json_is_integer(value)) return HWS_ERR_INVALID_ARGUMENT;
    if (json_integer_value(value) < min || json_integer_value(value) > max)
        return HWS_ERR_INVALID_ARGUMENT;
    *code = (int)json_integer_value(value);
    return HWS_OK;
}

static hws_status read_text(const json_t *from, const char *key, size_t size_max, hws_text *text)
{
    const json_t *value = find(from, key);
    if (!value) return HWS_OK;
    if (!json_is_string(value) || json_string_length(value) > size_max)
        return HWS_ERR_INVALID_ARGUMENT;
    *text = hws_json_text(value);
    return HWS_OK;
}

static hws_status read_flag(const json_t *from, const char *key, bool *flag)
{
    const json_t *value = find(from, key);
    if (!value) return HWS_OK;
    if (!json_is_boolean(value)) return HWS_ERR_INVALID_ARGUMENT;
    *flag = json_is_true(value);
    return HWS_OK;
}

static hws_status read_moment(const json_t *from, uint64_t *second)
{
    const json_t *value = find(from, "expire_at");
    if (!value) return HWS_OK;
    if (!json_is_integer(value) || json_integer_value(value) < 0) return HWS_ERR_INVALID_ARGUMENT;
    *second = (uint64_t)json_integer_value(value);
    return HWS_OK;
}

/* JSON of which the back end knows no more than that it is bytes. */
static hws_status read_encoded(const json_t *from, const hws_memory *memory, hws_writer *to)
{
    json_t *value = NULL;
    const hws_text text = hws_json_text(from);
    if (!text.data) return HWS_ERR_INVALID_ARGUMENT;
    uint8_t *bytes = hws_memory_new(memory, text.size + 1);
    if (!bytes) return HWS_ERR_NO_MEMORY;
    size_t size = 0;
    hws_status status = HWS_ERR_INVALID_ARGUMENT;
    if (hws_base64_decode(text, bytes, text.size, &size))
        status = hws_json_read((hws_text){(const char *)bytes, size}, &value);
    if (status == HWS_OK) hws_write_json(to, value);
    json_decref(value);
    hws_memory_free(memory, bytes, text.size + 1);
    return status;
}

static hws_status read_json(const json_t *from, const char *key, const char *encoded_key,
                            const hws_memory *memory, hws_writer *to, hws_text *text)
{
    const json_t *value = find(from, key);
    const json_t *encoded = find(from, encoded_key);
    if (encoded)
        HWS_TRY(read_encoded(encoded, memory, to));
    else if (value)
        hws_write_json(to, value);
    else
        return HWS_OK;
    *text = hws_writer_text(to);
    return text->data ? HWS_OK : HWS_ERR_NO_MEMORY;
}

static hws_status read_channels(hws_webhook_answer *answer, const json_t *from)
{
    const json_t *list = find(from, "channels");
    const size_t count = json_array_size(list);
    if (!list) return HWS_OK;
    if (!json_is_array(list) || count > CHANNEL_COUNT_MAX) return HWS_ERR_INVALID_ARGUMENT;
    if (count == 0) return HWS_OK;
    answer->channels = hws_memory_new(answer->memory, count * sizeof *answer->channels);
    if (!answer->channels) return HWS_ERR_NO_MEMORY;
    answer->decision.channels = answer->channels;
    answer->decision.channel_count = count;
    for (size_t i = 0; i < count; i++) {
        answer->channels[i] = hws_json_text(json_array_get(list, i));
        if (!answer->channels[i].data) return HWS_ERR_INVALID_ARGUMENT;
    }
    return HWS_OK;
}

/* What is not known here: Centrifugo has more, and who answers is to learn that it does nothing. */
static void note_unknown(hws_webhook_answer *answer, const json_t *from, const char *const *known)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)from, key, value)
    {
        const char *const *each = known;
        while (*each && strcmp(*each, key) != 0) each++;
        if (*each || json_is_null(value) || answer->unknown) continue;
        answer->unknown = key;
    }
}

static hws_status read_sub(hws_webhook_answer *answer, const char *channel, const json_t *from)
{
    static const char *const known[] = {"info", "b64info", "data", "b64data", NULL};
    const size_t at = answer->sub_count++;
    hws_decision_sub *it = &answer->subs[at];
    hws_writer *writers = &answer->sub_writers[2 * at];
    *it = (hws_decision_sub){.channel = {channel, strlen(channel)}};
    writers[0] = hws_writer_on(answer->memory);
    writers[1] = hws_writer_on(answer->memory);
    if (!json_is_object(from) && !json_is_null(from)) return HWS_ERR_INVALID_ARGUMENT;
    note_unknown(answer, from, known);
    HWS_TRY(read_json(from, "info", "b64info", answer->memory, &writers[0], &it->info));
    return read_json(from, "data", "b64data", answer->memory, &writers[1], &it->data);
}

/* Of each channel what it has of its own. */
static hws_status read_subs(hws_webhook_answer *answer, const json_t *from)
{
    const char *channel;
    json_t *options;
    const json_t *list = find(from, "subs");
    const size_t count = json_object_size(list);
    if (!list) return HWS_OK;
    if (!json_is_object(list) || count > CHANNEL_COUNT_MAX) return HWS_ERR_INVALID_ARGUMENT;
    if (count == 0) return HWS_OK;
    answer->sub_max = count;
    answer->subs = hws_memory_new(answer->memory, count * sizeof *answer->subs);
    answer->sub_writers = hws_memory_new(answer->memory, 2 * count * sizeof *answer->sub_writers);
    if (!answer->subs || !answer->sub_writers) return HWS_ERR_NO_MEMORY;
    json_object_foreach((json_t *)(uintptr_t)list, channel, options)
    {
        HWS_TRY(read_sub(answer, channel, options));
    }
    answer->decision.subs = answer->subs;
    answer->decision.sub_count = count;
    return HWS_OK;
}

static hws_status read_meta(hws_webhook_answer *answer, const json_t *from)
{
    hws_text *meta = &answer->decision.meta;
    const json_t *value = find(from, "meta");
    if (!value) return HWS_OK;
    if (!json_is_object(value)) return HWS_ERR_INVALID_ARGUMENT;
    hws_write_json(&answer->meta, value);
    *meta = hws_writer_text(&answer->meta);
    if (!meta->data) return HWS_ERR_NO_MEMORY;
    return meta->size <= HWS_DECISION_META_MAX ? HWS_OK : HWS_ERR_INVALID_ARGUMENT;
}

static hws_status read_info(hws_webhook_answer *answer, const json_t *from)
{
    return read_json(from, "info", "b64info", answer->memory, &answer->info,
                     &answer->decision.info);
}

static hws_status read_data(hws_webhook_answer *answer, const json_t *from)
{
    return read_json(from, "data", "b64data", answer->memory, &answer->data,
                     &answer->decision.data);
}

static hws_status read_result(hws_webhook_answer *answer, hws_question_kind kind,
                              const json_t *from)
{
    static const char *const known[HWS_QUESTION_KIND_COUNT][10] = {
        [HWS_QUESTION_CONNECT] = {"user", "expire_at", "info", "b64info", "data", "b64data",
                                  "channels", "subs", "meta"},
        [HWS_QUESTION_REFRESH] = {"expired", "expire_at"},
        [HWS_QUESTION_SUBSCRIBE] = {"info", "b64info", "data", "b64data", "expire_at"},
        [HWS_QUESTION_PUBLISH] = {"data", "b64data", "skip_history"},
        [HWS_QUESTION_RPC] = {"data", "b64data"},
    };
    hws_decision *it = &answer->decision;
    if (!json_is_object(from)) return HWS_ERR_INVALID_ARGUMENT;
    note_unknown(answer, from, known[kind]);
    switch (kind) {
    case HWS_QUESTION_CONNECT:
        HWS_TRY(read_text(from, "user", HWS_DECISION_TEXT_MAX, &it->user));
        HWS_TRY(read_moment(from, &it->expire_at_s));
        HWS_TRY(read_channels(answer, from));
        HWS_TRY(read_subs(answer, from));
        HWS_TRY(read_meta(answer, from));
        HWS_TRY(read_info(answer, from));
        return read_data(answer, from);
    case HWS_QUESTION_REFRESH:
        HWS_TRY(read_flag(from, "expired", &it->has_expired));
        return read_moment(from, &it->expire_at_s);
    case HWS_QUESTION_SUBSCRIBE:
        HWS_TRY(read_moment(from, &it->expire_at_s));
        HWS_TRY(read_info(answer, from));
        return read_data(answer, from);
    case HWS_QUESTION_PUBLISH:
        HWS_TRY(read_flag(from, "skip_history", &it->skip_history));
        return read_data(answer, from);
    case HWS_QUESTION_RPC:
        return read_data(answer, from);
    }
    return HWS_ERR_INVALID_ARGUMENT;
}

static hws_status read_error(const json_t *from, hws_decision *it)
{
    HWS_TRY(read_code(from, 100, 1999, &it->error));
    HWS_TRY(read_flag(from, "temporary", &it->is_temporary));
    return read_text(from, "message", HWS_DECISION_TEXT_MAX, &it->message);
}

static hws_status read_disconnect(const json_t *from, hws_decision *it)
{
    HWS_TRY(read_code(from, 3000, 4999, &it->disconnect));
    return read_text(from, "reason", HWS_DECISION_REASON_MAX, &it->reason);
}

hws_status hws_webhook_answer_read(hws_webhook_answer *answer, hws_question_kind kind,
                                   hws_text text)
{
    HWS_TRY(hws_json_read(text, &answer->body));
    if (!json_is_object(answer->body)) return HWS_ERR_INVALID_ARGUMENT;
    const json_t *disconnect = find(answer->body, "disconnect");
    const json_t *error = find(answer->body, "error");
    if (disconnect) return read_disconnect(disconnect, &answer->decision);
    if (error) return read_error(error, &answer->decision);
    return read_result(answer, kind, find(answer->body, "result"));
}

void hws_webhook_answer_release(hws_webhook_answer *answer)
{
    if (answer->channels)
        hws_memory_free(answer->memory, answer->channels,
                        answer->decision.channel_count * sizeof *answer->channels);
    for (size_t i = 0; i < 2 * answer->sub_count; i++) hws_writer_release(&answer->sub_writers[i]);
    if (answer->subs)
        hws_memory_free(answer->memory, answer->subs, answer->sub_max * sizeof *answer->subs);
    if (answer->sub_writers)
        hws_memory_free(answer->memory, answer->sub_writers,
                        2 * answer->sub_max * sizeof *answer->sub_writers);
    hws_writer_release(&answer->info);
    hws_writer_release(&answer->data);
    hws_writer_release(&answer->meta);
    json_decref(answer->body);
}
