/* SPDX-License-Identifier: MIT */
/* A snapshot as OpenMetrics 1.0 text. */
#include <inttypes.h>

#include "hawser/metrics.h"
#include "server/exposition.h"

typedef struct reason {
    int index; /* -status */
    const char *name;
} reason;

static const reason reasons[] = {
#define REASON(name, value, close_code, http_status, text) {-(value), #name},
    HWS_STATUS_MAP(REASON)
#undef REASON
};

enum { REASON_COUNT = sizeof reasons / sizeof *reasons };

static const char *const drop_labels[] = {
#define LABEL(name, label) label,
    HWS_DROP_MAP(LABEL)
#undef LABEL
};

/* hws_close_class */
static const char *const close_labels[HWS_CLOSE_CLASS_COUNT] = {
    "1000", "1001", "1002", "1003", "1004", "1005", "1006", "1007", "1008",  "1009",
    "1010", "1011", "1012", "1013", "1014", "1015", "3xxx", "4xxx", "other",
};

static void write_connections(hws_exposition *to, const hws_metrics *from)
{
    hws_exposition_begin(to, "hawser_connections", "gauge", "",
                         "Connections that are open, by what they speak.");
    hws_exposition_say(to, "hawser_connections{protocol=\"http\"} %" PRIu64 "\n", from->http_count);
    hws_exposition_say(to, "hawser_connections{protocol=\"websocket\"} %" PRIu64 "\n",
                       from->websocket_count);
    hws_exposition_gauge(to, "hawser_send_queue_bytes", "bytes", "What waits for peers to read it.",
                         from->queue_size);
    hws_exposition_gauge(to, "hawser_broadcast_bytes", "bytes",
                         "Published messages that wait, each counted once in a thread.",
                         from->broadcast_size);
    hws_exposition_gauge(to, "hawser_retained_bytes", "bytes",
                         "The last messages of topics, in each thread.", from->retained_size);
    hws_exposition_counter(to, "hawser_accepted", "Connections that were accepted.",
                           from->accepted_total);
    hws_exposition_counter(to, "hawser_handshakes", "Opening handshakes that ended in a WebSocket.",
                           from->handshake_total);
}

/* ERR_HANDSHAKE_ORIGIN is "handshake_origin". */
static void write_reason(hws_exposition *to, const char *name, const char *label, uint64_t total)
{
    static const char prefix[] = "ERR_";
    hws_exposition_say(to, "%s_total{cause=\"", name);
    for (const char *at = label + sizeof prefix - 1; *at; at++)
        hws_exposition_say(to, "%c", *at == '_' ? '_' : *at - 'A' + 'a');
    hws_exposition_say(to, "\"} %" PRIu64 "\n", total);
}

/* Of about a hundred reasons the few that have happened. */
static void write_reasons(hws_exposition *to, const char *name, const uint64_t *totals)
{
    for (size_t i = 0; i < REASON_COUNT; i++) {
        const reason *why = &reasons[i];
        if (why->index > 0 && totals[why->index] > 0)
            write_reason(to, name, why->name, totals[why->index]);
    }
}

static void write_causes(hws_exposition *to, const hws_metrics *from)
{
    static const char refusals[] = "hawser_refusals";
    static const char failures[] = "hawser_failures";
    hws_exposition_begin(to, refusals, "counter", "",
                         "Connections and handshakes turned away, by cause.");
    hws_exposition_labelled(to, refusals, "cause", "application", from->refusal_total[0]);
    write_reasons(to, refusals, from->refusal_total);
    hws_exposition_begin(to, failures, "counter", "", "WebSockets that a failure ended, by cause.");
    write_reasons(to, failures, from->failure_total);
}

static void write_messages(hws_exposition *to, const hws_metrics *from)
{
    static const char messages[] = "hawser_messages";
    static const char bytes[] = "hawser_message_bytes";
    hws_exposition_begin(to, messages, "counter", "", "Whole messages.");
    hws_exposition_labelled(to, messages, "direction", "received", from->message_received_total);
    hws_exposition_labelled(to, messages, "direction", "sent", from->message_sent_total);
    hws_exposition_begin(to, bytes, "counter", "bytes",
                         "Payload of messages, without their frames.");
    hws_exposition_labelled(to, bytes, "direction", "received", from->message_received_size);
    hws_exposition_labelled(to, bytes, "direction", "sent", from->message_sent_size);
    hws_exposition_begin(to, "hawser_drops", "counter", "",
                         "What overflow policies did to subscribers that read too slowly.");
    for (size_t i = 0; i < HWS_DROP_COUNT; i++)
        hws_exposition_labelled(to, "hawser_drops", "policy", drop_labels[i], from->drop_total[i]);
}

static void write_deflate(hws_exposition *to, const hws_metrics *from)
{
    static const char before[] = "hawser_deflate_message_bytes";
    static const char after[] = "hawser_deflate_compressed_bytes";
    hws_exposition_counter(to, "hawser_deflate_websockets",
                           "WebSockets that agreed on permessage-deflate.",
                           from->deflate_websocket_total);
    hws_exposition_begin(to, before, "counter", "bytes",
                         "Payload of messages that went compressed, before that.");
    hws_exposition_labelled(to, before, "direction", "received", from->deflate_received_size);
    hws_exposition_labelled(to, before, "direction", "sent", from->deflate_sent_size);
    hws_exposition_begin(to, after, "counter", "bytes", "What was made of it.");
    hws_exposition_labelled(to, after, "direction", "received",
                            from->deflate_received_deflated_size);
    hws_exposition_labelled(to, after, "direction", "sent", from->deflate_sent_deflated_size);
}

static void write_closes(hws_exposition *to, const hws_metrics *from)
{
    static const char line[] = "hawser_closes_total{direction=\"%s\",code=\"%s\"} %" PRIu64 "\n";
    hws_exposition_begin(
        to, "hawser_closes", "counter", "",
        "Close frames by code, once in each direction for each WebSocket that ended; 1006 is "
        "none.");
    for (size_t i = 0; i < HWS_CLOSE_CLASS_COUNT; i++)
        hws_exposition_say(to, line, "received", close_labels[i], from->close_received_total[i]);
    for (size_t i = 0; i < HWS_CLOSE_CLASS_COUNT; i++)
        hws_exposition_say(to, line, "sent", close_labels[i], from->close_sent_total[i]);
}

/* Nanoseconds as seconds, without a floating point that could round them. */
static void write_seconds(hws_exposition *to, uint64_t ns)
{
    hws_exposition_say(to, "%" PRIu64 ".%09" PRIu64, ns / UINT64_C(1000000000),
                       ns % UINT64_C(1000000000));
}

static void write_lag(hws_exposition *to, const hws_metrics *from)
{
    static const char name[] = "hawser_loop_turn_seconds";
    uint64_t count = 0;
    hws_exposition_begin(to, name, "histogram", "seconds", "How long the turns of the loops took.");
    for (unsigned i = 0; i < HWS_LAG_BUCKET_COUNT; i++) {
        count += from->lag_total[i];
        const uint64_t bound_ns = hws_metrics_lag_bound_ns(i);
        if (bound_ns == UINT64_MAX)
            hws_exposition_say(to, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, count);
        else
            hws_exposition_say(to, "%s_bucket{le=\"%.6g\"} %" PRIu64 "\n", name,
                               (double)bound_ns / 1e9, count);
    }
    hws_exposition_say(to, "%s_sum ", name);
    write_seconds(to, from->lag_sum_ns);
    hws_exposition_say(to, "\n%s_count %" PRIu64 "\n", name, count);
}

static void write_tls(hws_exposition *to, const hws_metrics *from)
{
    hws_exposition_counter(to, "hawser_tls_handshakes", "TLS handshakes that succeeded.",
                           from->tls_handshake_total);
    hws_exposition_counter(to, "hawser_tls_resumptions", "TLS handshakes that resumed a session.",
                           from->tls_resumption_total);
}

size_t hws_metrics_write(const hws_metrics *metrics, char *text, size_t size)
{
    hws_exposition to = hws_exposition_of(text, size);
    write_connections(&to, metrics);
    write_causes(&to, metrics);
    write_messages(&to, metrics);
    write_deflate(&to, metrics);
    write_closes(&to, metrics);
    write_lag(&to, metrics);
    write_tls(&to, metrics);
    return to.used;
}
