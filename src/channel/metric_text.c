/* SPDX-License-Identifier: MIT */
/* A snapshot of a hub as OpenMetrics 1.0 text. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "hawser/channel_metrics.h"
#include "server/exposition.h"

#define LABEL(name, label) label,
static const char *const command_labels[HWS_COMMAND_COUNT] = {HWS_COMMAND_MAP(LABEL)};
static const char *const api_labels[HWS_API_COUNT] = {HWS_API_MAP(LABEL)};
#undef LABEL

static const char *const error_labels[HWS_ERROR_CLASS_COUNT] = {
    "100", "101", "102", "103", "104", "105", "106",
    "107", "108", "109", "110", "111", "112", "other",
};

static const char *const disconnect_labels[HWS_DISCONNECT_CLASS_COUNT] = {
    "1003", "3000", "3004", "3005", "3008", "3010", "3012", "3500", "3501", "3502", "3503", "other",
};

static const char *const unsubscribe_labels[HWS_UNSUBSCRIBE_CLASS_COUNT] = {"2000", "2500", "2501",
                                                                            "other"};

static void write_each(hws_exposition *to, const char *name, const char *help, const char *label,
                       const char *const *values, const uint64_t *totals, size_t count)
{
    hws_exposition_begin(to, name, "counter", "", help);
    for (size_t i = 0; i < count; i++)
        hws_exposition_labelled(to, name, label, values[i], totals[i]);
}

/* Of the namespace without a name as the configuration file calls it. */
static void write_sample(hws_exposition *to, const char *name, const char *space, const char *more,
                         uint64_t value)
{
    hws_exposition_say(to, "%s{namespace=\"", name);
    hws_exposition_escape(to, space[0] ? space : "default");
    hws_exposition_say(to, "\"%s} %" PRIu64 "\n", more, value);
}

typedef struct family {
    const char *name;
    const char *type;
    const char *help;
    size_t place; /* of its number in hws_namespace_metrics */
} family;

static const family families[] = {
    {"hawser_channels", "gauge", "Channels that somebody subscribes to.",
     offsetof(hws_namespace_metrics, channel_count)},
    {"hawser_channel_subscriptions", "gauge", "Clients in channels.",
     offsetof(hws_namespace_metrics, subscription_count)},
    {"hawser_channel_publications", "counter", "What was published in channels.",
     offsetof(hws_namespace_metrics, publication_total)},
    {"hawser_channel_deliveries", "counter", "Publications, for each subscriber that got them.",
     offsetof(hws_namespace_metrics, delivery_total)},
    {"hawser_channel_conflations", "counter", "Deliveries that max_rate left out for a newer one.",
     offsetof(hws_namespace_metrics, conflation_total)},
};

/* A sample for each namespace: all of a family stand together. */
static void write_family(hws_exposition *to, const family *it, const hws_hub_metrics *from)
{
    char sample[64];
    const bool is_counter = strcmp(it->type, "counter") == 0;
    snprintf(sample, sizeof sample, "%s%s", it->name, is_counter ? "_total" : "");
    hws_exposition_begin(to, it->name, it->type, "", it->help);
    for (size_t i = 0; i < from->namespace_count; i++) {
        const hws_namespace_metrics *of = &from->namespaces[i];
        uint64_t value;
        memcpy(&value, (const char *)of + it->place, sizeof value);
        write_sample(to, sample, of->name, "", value);
    }
}

static void write_recoveries(hws_exposition *to, const hws_hub_metrics *from)
{
    static const char name[] = "hawser_channel_recoveries";
    static const char sample[] = "hawser_channel_recoveries_total";
    hws_exposition_begin(to, name, "counter", "",
                         "Subscribers that came back, and whether they got all they had missed.");
    for (size_t i = 0; i < from->namespace_count; i++) {
        const hws_namespace_metrics *it = &from->namespaces[i];
        write_sample(to, sample, it->name, ",recovered=\"true\"", it->recovered_total);
        write_sample(to, sample, it->name, ",recovered=\"false\"", it->unrecovered_total);
    }
}

size_t hws_hub_metrics_write(const hws_hub_metrics *metrics, char *text, size_t size)
{
    hws_exposition to = hws_exposition_of(text, size);
    hws_exposition_gauge(&to, "hawser_channel_clients", "", "Connections of clients of channels.",
                         metrics->client_count);
    hws_exposition_gauge(&to, "hawser_channel_users", "", "Distinct users among them.",
                         metrics->user_count);
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        write_family(&to, &families[i], metrics);
    write_recoveries(&to, metrics);
    write_each(&to, "hawser_channel_commands", "What clients asked for.", "command", command_labels,
               metrics->command_total, HWS_COMMAND_COUNT);
    write_each(&to, "hawser_channel_errors", "Answers to that which are errors.", "code",
               error_labels, metrics->error_total, HWS_ERROR_CLASS_COUNT);
    write_each(&to, "hawser_channel_disconnects", "Clients that were disconnected.", "code",
               disconnect_labels, metrics->disconnect_total, HWS_DISCONNECT_CLASS_COUNT);
    write_each(&to, "hawser_channel_unsubscribes", "Subscriptions that were ended.", "code",
               unsubscribe_labels, metrics->unsubscribe_total, HWS_UNSUBSCRIBE_CLASS_COUNT);
    write_each(&to, "hawser_api_calls", "What back ends asked for.", "method", api_labels,
               metrics->api_call_total, HWS_API_COUNT);
    write_each(&to, "hawser_api_errors", "Answers to that which are errors.", "code", error_labels,
               metrics->api_error_total, HWS_ERROR_CLASS_COUNT);
    return to.used;
}
