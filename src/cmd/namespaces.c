/* SPDX-License-Identifier: MIT */
#include "cmd/namespaces.h"

#include <string.h>

#include "cmd/options_file.h"

typedef struct who_name {
    const char *name;
    hws_who who;
} who_name;

static const who_name WHO[] = {
    {"all", HWS_WHO_ALL},     {"users", HWS_WHO_USERS}, {"subscribers", HWS_WHO_SUBSCRIBERS},
    {"token", HWS_WHO_TOKEN}, {"hook", HWS_WHO_HOOK},   {"nobody", HWS_WHO_NOBODY},
};

static bool complain(const char *command, const config *from, size_t line, const char *name,
                     const char *what)
{
    options_complain(command, "%s:%zu: %.64s: %s", from->file, line, name, what);
    return false;
}

static bool read_who(const char *word, hws_who *who)
{
    if (!word) return true; /* it was not said */
    for (size_t i = 0; i < sizeof WHO / sizeof *WHO; i++) {
        if (strcmp(word, WHO[i].name) != 0) continue;
        *who = WHO[i].who;
        return true;
    }
    return false;
}

/* What the keys are read into: the types that options have. */
typedef struct values {
    uint64_t history_size;
    uint64_t history_ttl_ms;
    uint64_t max_rate;
    uint64_t batch_interval_ms;
    uint64_t max_message;
    const char *publish;
    const char *subscribe;
    bool recovery;
    bool presence;
    bool join_leave;
} values;

static bool read_values(const char *command, const config *from, config_node *node, values *it)
{
    const option_rule rules[] = {
        {.name = "history_size", .count = &it->history_size, .max = HWS_HISTORY_SIZE_MAX},
        {.name = "history_ttl",
         .duration_ms = &it->history_ttl_ms,
         .min = 1,
         .max = UINT64_C(24) * 3600 * 1000},
        {.name = "recovery", .flag = &it->recovery},
        {.name = "presence", .flag = &it->presence},
        {.name = "join_leave", .flag = &it->join_leave},
        {.name = "publish", .text = &it->publish},
        {.name = "subscribe", .text = &it->subscribe},
        {.name = "max_rate", .count = &it->max_rate, .max = 1000},
        {.name = "batch_interval", .duration_ms = &it->batch_interval_ms, .max = 60000},
        {.name = "max_message", .size = &it->max_message, .min = 1, .max = 1 << 20},
    };
    const config part = {.file = from->file, .root = node};
    const bool given[OPTION_COUNT_MAX] = {false};
    return options_file_apply(command, &part, rules, sizeof rules / sizeof *rules, given);
}

static bool read_one(const char *command, const config *from, config_node *node, hws_namespace *to)
{
    values it = {.presence = true, .join_leave = true};
    if (node->kind != CONFIG_MAP)
        return complain(command, from, node->line, node->key, "a map of its keys is wanted here");
    if (!read_values(command, from, node, &it)) return false;
    *to = (hws_namespace){
        .name = strcmp(node->key, "default") == 0 ? NULL : node->key,
        .history_size = (uint32_t)it.history_size,
        .history_ttl_ms = (uint32_t)it.history_ttl_ms,
        .max_rate = (uint32_t)it.max_rate,
        .batch_interval_ms = (uint32_t)it.batch_interval_ms,
        .max_message = (uint32_t)it.max_message,
        .recovery = it.recovery,
        .no_presence = !it.presence,
        .no_join_leave = !it.join_leave,
    };
    if (!read_who(it.publish, &to->publish) || to->publish == HWS_WHO_TOKEN)
        return complain(command, from, config_find(node, "publish")->line, "publish",
                        "it is all, users, subscribers, hook or nobody");
    if (!read_who(it.subscribe, &to->subscribe) || to->subscribe == HWS_WHO_SUBSCRIBERS)
        return complain(command, from, config_find(node, "subscribe")->line, "subscribe",
                        "it is all, users, token, hook or nobody");
    return true;
}

bool namespaces_read(const char *command, const config *from, const config_node *map,
                     namespaces *it)
{
    it->count = 0;
    if (!map) return true;
    if (map->kind != CONFIG_MAP)
        return complain(command, from, map->line, "namespaces",
                        "a map from names to their keys is wanted here");
    for (config_node *node = map->first; node; node = node->next) {
        if (it->count == HWS_NAMESPACE_MAX)
            return complain(command, from, node->line, node->key, "there may be 32 at most");
        if (!read_one(command, from, node, &it->list[it->count++])) return false;
    }
    return true;
}
