/* SPDX-License-Identifier: MIT */
#include "cmd/admin_figures.h"

#include <stdio.h>

#include "cmd/process.h"

typedef unsigned class_of(int code);

static json_int_t whole(uint64_t number)
{
    return (json_int_t)(number & INT64_MAX);
}

static json_int_t sum(const uint64_t *totals, size_t count)
{
    uint64_t all = 0;
    for (size_t i = 0; i < count; i++) all += totals[i];
    return whole(all);
}

/* All namespaces together. */
static hws_namespace_metrics add_up(const hws_hub_metrics *from)
{
    hws_namespace_metrics all = {.name = ""};
    for (size_t i = 0; i < from->namespace_count; i++) {
        const hws_namespace_metrics *each = &from->namespaces[i];
        all.channel_count += each->channel_count;
        all.subscription_count += each->subscription_count;
        all.publication_total += each->publication_total;
        all.delivery_total += each->delivery_total;
        all.conflation_total += each->conflation_total;
        all.recovered_total += each->recovered_total;
        all.unrecovered_total += each->unrecovered_total;
    }
    return all;
}

json_t *admin_figures(uint64_t now_ms, const hws_metrics *of_server, const hws_hub_metrics *hub)
{
    const hws_namespace_metrics all = add_up(hub);
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I,"
        " s:I, s:I, s:f}",
        "at_ms", whole(now_ms), "http", whole(of_server->http_count), "websockets",
        whole(of_server->websocket_count), "received", whole(of_server->message_received_total),
        "sent", whole(of_server->message_sent_total), "queued", whole(of_server->queue_size),
        "refused", sum(of_server->refusal_total, HWS_METRICS_REASONS), "failed",
        sum(of_server->failure_total, HWS_METRICS_REASONS), "clients", whole(hub->client_count),
        "users", whole(hub->user_count), "channels", whole(all.channel_count), "subscriptions",
        whole(all.subscription_count), "publications", whole(all.publication_total), "deliveries",
        whole(all.delivery_total), "conflations", whole(all.conflation_total), "recovered",
        whole(all.recovered_total), "unrecovered", whole(all.unrecovered_total), "errors",
        sum(hub->error_total, HWS_ERROR_CLASS_COUNT), "disconnects",
        sum(hub->disconnect_total, HWS_DISCONNECT_CLASS_COUNT), "memory",
        whole(process_resident_size()), "cpu_s", process_cpu_seconds());
}

/* Adds to a list what may be NULL, as everything here is when there is no memory. */
static json_t *append(json_t *list, json_t *item)
{
    if (list && json_array_append_new(list, item) == 0) return list;
    json_decref(list);
    return NULL;
}

static json_t *top_channels(hws_hub *watched)
{
    hws_channel_figures top[ADMIN_TOP_COUNT];
    const size_t count = hws_hub_top(watched, top, ADMIN_TOP_COUNT);
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        list = append(list, json_pack("{s:s, s:I, s:I}", "name", top[i].name, "subscribers",
                                      whole(top[i].subscriber_count), "deliveries",
                                      whole(top[i].delivery_total)));
    return list;
}

static json_t *namespaces(const hws_hub_metrics *now)
{
    json_t *list = json_array();
    for (size_t i = 0; i < now->namespace_count; i++) {
        const hws_namespace_metrics *it = &now->namespaces[i];
        list = append(list, json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "name", it->name,
                                      "channels", whole(it->channel_count), "subscriptions",
                                      whole(it->subscription_count), "publications",
                                      whole(it->publication_total), "deliveries",
                                      whole(it->delivery_total), "conflations",
                                      whole(it->conflation_total)));
    }
    return list;
}

static json_t *set(json_t *object, const char *name, uint64_t total)
{
    if (!object || total == 0) return object; /* what has not happened is not told */
    if (json_object_set_new(object, name, json_integer(whole(total))) == 0) return object;
    json_decref(object);
    return NULL;
}

/* By code, in numbers; what has none of its own is "other". */
static json_t *by_code(const uint64_t *totals, unsigned count, int first, int last, class_of *class)
{
    char name[16];
    json_t *object = json_object();
    for (int code = first; code <= last; code++) {
        const unsigned place = class(code);
        snprintf(name, sizeof name, "%d", code);
        if (place < count - 1) object = set(object, name, totals[place]);
    }
    return set(object, "other", totals[count - 1]);
}

static json_t *by_label(const uint64_t *totals, const char *const *labels, size_t count)
{
    json_t *object = json_object();
    for (size_t i = 0; i < count; i++) object = set(object, labels[i], totals[i]);
    return object;
}

json_t *admin_details(uint64_t now_ms, hws_hub *watched, const hws_hub_metrics *now)
{
#define LABEL(name, label) label,
    static const char *const commands[] = {HWS_COMMAND_MAP(LABEL)};
    static const char *const methods[] = {HWS_API_MAP(LABEL)};
#undef LABEL
    const uint64_t *disconnects = now->disconnect_total;
    return json_pack(
        "{s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "at_ms", whole(now_ms), "channels",
        top_channels(watched), "namespaces", namespaces(now), "commands",
        by_label(now->command_total, commands, HWS_COMMAND_COUNT), "calls",
        by_label(now->api_call_total, methods, HWS_API_COUNT), "errors",
        by_code(now->error_total, HWS_ERROR_CLASS_COUNT, 100, 112, hws_error_class), "disconnects",
        by_code(disconnects, HWS_DISCONNECT_CLASS_COUNT, 1000, 4999, hws_disconnect_class));
}
