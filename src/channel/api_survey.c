/* SPDX-License-Identifier: MIT */
/* What there is on all threads: each station is looked into under its lock. */
#include <fnmatch.h>
#include <string.h>

#include "channel/api.h"
#include "channel/channel.h"
#include "channel/json.h"
#include "hawser/channel_metrics.h"
#include "hawser/version.h"

typedef struct survey {
    json_t *counts; /* channel -> subscribers; NULL: no memory */
    const char *pattern;
    bool is_too_much;
} survey;

static void count_channel(hws_table_entry *entry, void *user)
{
    const hws_channel *channel = (const hws_channel *)entry;
    survey *it = user;
    char name[HWS_CHANNEL_SIZE_MAX + 1];
    memcpy(name, channel->text, channel->name_size);
    name[channel->name_size] = '\0';
    if (!it->counts || (it->pattern && fnmatch(it->pattern, name, 0) != 0)) return;
    const json_int_t before = json_integer_value(json_object_get(it->counts, name));
    if (before == 0 && json_object_size(it->counts) == HWS_API_CHANNEL_MAX) {
        it->is_too_much = true;
        return;
    }
    json_t *count = json_integer(before + (json_int_t)channel->member_count);
    if (count && json_object_set_new(it->counts, name, count) == 0) return;
    json_decref(it->counts);
    it->counts = NULL;
}

static void visit_all(hws_hub *hub, survey *it)
{
    pthread_mutex_lock(&hub->lock);
    for (size_t i = 0; i < hub->station_count; i++) {
        hws_station *station = hub->stations[i];
        pthread_mutex_lock(&station->lock);
        hws_table_each(&station->channels, count_channel, it);
        pthread_mutex_unlock(&station->lock);
    }
    pthread_mutex_unlock(&hub->lock);
}

/* Those that somebody subscribes to, with how many; with `pattern`, those that fit it (fnmatch). */
void hws_api_channels(hws_api_call *call)
{
    hws_text pattern = {0};
    survey it = {.counts = NULL};
    call->error = HWS_ERROR_BAD_REQUEST;
    if (!hws_json_get_text(call->parameters, "pattern", &pattern) ||
        pattern.size > HWS_CHANNEL_SIZE_MAX)
        return;
    if (pattern.size > 0) it.pattern = pattern.data;
    it.counts = json_object();
    visit_all(call->hub, &it);
    call->error = HWS_ERROR_NONE;
    if (!it.counts) call->error = HWS_ERROR_INTERNAL;
    if (it.is_too_much) call->error = HWS_ERROR_LIMIT_EXCEEDED;
    if (call->error == HWS_ERROR_NONE) {
        const char *name;
        json_t *count;
        const char *comma = "";
        HWS_WRITE(&call->result, "{\"channels\":{");
        json_object_foreach(it.counts, name, count)
        {
            hws_write(&call->result, hws_text_of(comma));
            hws_write_string(&call->result, hws_text_of(name));
            HWS_WRITE(&call->result, ":{\"num_clients\":");
            hws_write_json(&call->result, count);
            HWS_WRITE(&call->result, "}");
            comma = ",";
        }
        HWS_WRITE(&call->result, "}}");
    }
    json_decref(it.counts);
}

/* A channel is one, whatever the number of threads that have subscribers of it. */
void hws_api_info(hws_api_call *call)
{
    hws_hub *hub = call->hub;
    hws_writer *to = &call->result;
    hws_hub_metrics now;
    uint64_t channel_count = 0;
    uint64_t subscription_count = 0;
    hws_hub_count(hub, &now);
    for (size_t i = 0; i < now.namespace_count; i++) {
        channel_count += now.namespaces[i].channel_count;
        subscription_count += now.namespaces[i].subscription_count;
    }
    HWS_WRITE(to, "{\"nodes\":[{\"uid\":");
    hws_write_string(to, hws_text_of(hub->uid));
    HWS_WRITE(to, ",\"name\":\"hawser\",\"version\":");
    hws_write_string(to, hws_text_of(hws_version()));
    HWS_WRITE(to, ",\"num_clients\":");
    hws_write_number(to, now.client_count);
    HWS_WRITE(to, ",\"num_channels\":");
    hws_write_number(to, channel_count);
    HWS_WRITE(to, ",\"num_subs\":");
    hws_write_number(to, subscription_count);
    HWS_WRITE(to, ",\"uptime\":");
    hws_write_number(to, (hws_clock_ms() - hub->started_ms) / 1000);
    HWS_WRITE(to, "}]}");
    call->error = HWS_ERROR_NONE;
}
