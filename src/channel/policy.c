/* SPDX-License-Identifier: MIT */
#include "channel/policy.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "channel/name.h"

enum {
    HISTORY_TTL_MS = 300000,
    MESSAGE_SIZE_MAX = 65536,
};

static uint32_t number_or(uint32_t value, uint32_t otherwise)
{
    return value > 0 ? value : otherwise;
}

static hws_who who_or(hws_who who, hws_who otherwise)
{
    return who != HWS_WHO_DEFAULT ? who : otherwise;
}

static bool is_asked(const hws_hub_options *options, hws_question_kind kind)
{
    return options->decider && (options->decider->asks & HWS_ASKS(kind)) != 0;
}

static hws_who publish_default(const hws_hub_options *options, bool is_guarded)
{
    if (is_asked(options, HWS_QUESTION_PUBLISH)) return HWS_WHO_HOOK;
    return is_guarded ? HWS_WHO_NOBODY : HWS_WHO_SUBSCRIBERS;
}

static hws_who subscribe_default(const hws_hub_options *options, bool is_guarded)
{
    if (is_asked(options, HWS_QUESTION_SUBSCRIBE)) return HWS_WHO_HOOK;
    return is_guarded ? HWS_WHO_TOKEN : HWS_WHO_ALL;
}

static hws_policy complete(const hws_namespace *from, const hws_hub_options *options,
                           bool is_guarded)
{
    hws_policy policy = {
        .history_size = from->history_size,
        .history_ttl_ms = number_or(from->history_ttl_ms, HISTORY_TTL_MS),
        .max_rate = from->max_rate,
        .batch_interval_ms = from->batch_interval_ms,
        .max_message = number_or(from->max_message, MESSAGE_SIZE_MAX),
        .publish = who_or(from->publish, publish_default(options, is_guarded)),
        .subscribe = who_or(from->subscribe, subscribe_default(options, is_guarded)),
        .recovery = from->recovery,
        .presence = !from->no_presence,
        .join_leave = !from->no_join_leave,
    };
    if (from->name) snprintf(policy.name, sizeof policy.name, "%s", from->name);
    return policy;
}

/* NULL: nothing is wrong. */
static const char *mistake(const hws_namespace *it, const hws_hub_options *options)
{
    if (it->name) {
        const size_t size = strnlen(it->name, HWS_NAMESPACE_SIZE_MAX + 1);
        if (size > HWS_NAMESPACE_SIZE_MAX) return "its name is longer than 64 bytes";
        if (!hws_channel_is_valid((hws_text){it->name, size}) || strpbrk(it->name, ":#"))
            return "its name is empty, or has spaces, control characters, ':' or '#'";
    }
    if (it->history_size > HWS_HISTORY_SIZE_MAX) return "history_size is over 100000";
    if (it->recovery && it->history_size == 0) return "recovery needs a history_size";
    if (it->recovery && it->max_rate > 0)
        return "max_rate drops what recovery promises: choose one of them";
    if (it->max_rate > 0 && it->batch_interval_ms > 0)
        return "max_rate and batch_interval cannot both say when to send: choose one of them";
    if (it->max_rate > 1000) return "max_rate is over 1000";
    if (it->publish == HWS_WHO_TOKEN) return "publish cannot be by token";
    if (it->subscribe == HWS_WHO_SUBSCRIBERS) return "subscribe cannot be by subscribers";
    if (it->publish == HWS_WHO_HOOK && !is_asked(options, HWS_QUESTION_PUBLISH))
        return "publish is by hook, and there is none";
    if (it->subscribe == HWS_WHO_HOOK && !is_asked(options, HWS_QUESTION_SUBSCRIBE))
        return "subscribe is by hook, and there is none";
    return NULL;
}

static const hws_policy *find_name(const hws_policies *policies, hws_text name)
{
    for (size_t i = 0; i < policies->count; i++)
        if (hws_text_equal(hws_text_of(policies->list[i].name), name)) return &policies->list[i];
    return NULL;
}

static hws_status fail(const hws_namespace *it, const char *why, char *explain, size_t size)
{
    if (size > 0)
        snprintf(explain, size, "namespace '%.64s': %s", it->name ? it->name : "default", why);
    return HWS_ERR_INVALID_ARGUMENT;
}

hws_status hws_policies_init(hws_policies *policies, const hws_hub_options *options,
                             bool is_guarded, char *explain, size_t explain_size)
{
    policies->count = 0;
    for (size_t i = 0; i < options->namespace_count; i++) {
        const hws_namespace *it = &options->namespaces[i];
        const char *why = mistake(it, options);
        if (!why && policies->count == HWS_NAMESPACE_MAX) why = "there may be 32 of them at most";
        if (!why && find_name(policies, hws_text_of(it->name))) why = "it is there twice";
        if (why) return fail(it, why, explain, explain_size);
        policies->list[policies->count++] = complete(it, options, is_guarded);
    }
    if (!find_name(policies, (hws_text){0}))
        policies->list[policies->count++] = complete(&(hws_namespace){0}, options, is_guarded);
    return HWS_OK;
}

/* ":x" has the empty name as its namespace, which is nobody's. */
const hws_policy *hws_policies_find(const hws_policies *policies, hws_text channel)
{
    const hws_text name = hws_channel_namespace(channel);
    if (name.data && name.size == 0) return NULL;
    return find_name(policies, name);
}
