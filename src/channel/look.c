/* SPDX-License-Identifier: MIT */
#include "channel/look.h"

#include "channel/json.h"

void hws_look_write_presence(hws_writer *to, const hws_engine_answer *answer)
{
    HWS_WRITE(to, "{\"presence\":{");
    hws_write(to, answer->list);
    HWS_WRITE(to, "}}");
}

void hws_look_write_presence_stats(hws_writer *to, const hws_engine_answer *answer)
{
    HWS_WRITE(to, "{\"num_clients\":");
    hws_write_number(to, answer->count);
    HWS_WRITE(to, ",\"num_users\":");
    hws_write_number(to, answer->user_count);
    HWS_WRITE(to, "}");
}

void hws_look_write_history(hws_writer *to, const hws_engine_answer *answer)
{
    HWS_WRITE(to, "{\"publications\":[");
    hws_write(to, answer->list);
    HWS_WRITE(to, "],\"epoch\":");
    hws_write_string(to, hws_text_of(answer->position.epoch));
    HWS_WRITE(to, ",\"offset\":");
    hws_write_number(to, answer->position.offset);
    HWS_WRITE(to, "}");
}

static bool read_limit(const json_t *value, uint32_t *limit)
{
    if (!value) return true;
    if (!json_is_integer(value)) return false;
    const json_int_t number = json_integer_value(value);
    const bool is_all = number < 0 || number > HWS_HISTORY_LIMIT_MAX;
    *limit = is_all ? HWS_HISTORY_LIMIT_MAX : (uint32_t)number;
    return true;
}

bool hws_look_read_history(const json_t *parameters, hws_history_query *query)
{
    const json_t *since = json_object_get(parameters, "since");
    if (!read_limit(json_object_get(parameters, "limit"), &query->limit) ||
        !hws_json_get_flag(parameters, "reverse", &query->reverse))
        return false;
    if (!since || json_is_null(since)) return true;
    query->has_since = true;
    return json_is_object(since) && hws_json_get_number(since, "offset", &query->since) &&
           hws_json_get_text(since, "epoch", &query->epoch);
}

hws_error hws_look_error(hws_status status)
{
    return status == HWS_ERR_NOT_FOUND ? HWS_ERROR_UNRECOVERABLE_POSITION : hws_error_of(status);
}
