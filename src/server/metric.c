/* SPDX-License-Identifier: MIT */
#include "server/metric.h"

#include "loop/lag.h"
#include "net/tls_context.h"
#include "server/worker.h"

_Static_assert((int)HWS_REASON_MAX == (int)HWS_METRICS_REASONS, "they are the same reasons");
_Static_assert((int)HWS_DROP_COUNT <= (int)HWS_METRICS_ROOM, "the snapshot has room for no more");
_Static_assert((int)HWS_CLOSE_CLASS_COUNT == (int)HWS_TRAFFIC_CLOSE_CLASSES,
               "they are the same classes");
_Static_assert((int)HWS_LAG_BUCKET_COUNT == (int)HWS_LAG_BUCKETS, "they are the same buckets");

static void add_each(uint64_t *sums, const hws_counter *counters, size_t count)
{
    for (size_t i = 0; i < count; i++) sums[i] += hws_counter_read(&counters[i]);
}

/* Of two counters that are read one after the other the second may have gone further. */
static uint64_t difference(const hws_counter *more, const hws_counter *less)
{
    const uint64_t subtrahend = hws_counter_read(less);
    const uint64_t minuend = hws_counter_read(more);
    return minuend > subtrahend ? minuend - subtrahend : 0;
}

static uint64_t http_count(const hws_metric *metric)
{
    return difference(&metric->visits_begun, &metric->visits_ended);
}

static uint64_t websocket_count(const hws_metric *metric)
{
    return difference(&metric->traffic.opened, &metric->traffic.closed);
}

uint64_t hws_metric_connection_count(const hws_metric *metric)
{
    return http_count(metric) + websocket_count(metric);
}

void hws_metric_sum(const hws_metric *metric, hws_metrics *sum)
{
    const hws_traffic *traffic = &metric->traffic;
    sum->http_count += http_count(metric);
    sum->websocket_count += websocket_count(metric);
    sum->accepted_total += hws_counter_read(&metric->accepted);
    sum->handshake_total += hws_counter_read(&traffic->opened);
    sum->deflate_websocket_total += hws_counter_read(&traffic->deflated);
    add_each(sum->refusal_total, metric->refused.of, HWS_REASON_MAX);
    add_each(sum->failure_total, traffic->failures.of, HWS_REASON_MAX);
    add_each(sum->drop_total, metric->drops, HWS_DROP_COUNT);
    sum->message_received_total += hws_counter_read(&traffic->messages_received);
    sum->message_sent_total += hws_counter_read(&traffic->messages_sent);
    sum->message_received_size += hws_counter_read(&traffic->bytes_received);
    sum->message_sent_size += hws_counter_read(&traffic->bytes_sent);
    add_each(sum->close_received_total, traffic->closes_received, HWS_CLOSE_CLASS_COUNT);
    add_each(sum->close_sent_total, traffic->closes_sent, HWS_CLOSE_CLASS_COUNT);
}

static void sum_loop(hws_loop *loop, hws_metrics *sum)
{
    const hws_lag *lag = hws_loop_lag(loop);
    add_each(sum->lag_total, lag->turns, HWS_LAG_BUCKET_COUNT);
    sum->lag_sum_ns += hws_counter_read(&lag->sum_ns);
    sum->queue_size += hws_queue_store_waiting(hws_loop_queue_store(loop));
    sum->broadcast_size += hws_queue_store_shared(hws_loop_queue_store(loop));
}

static void sum_deflate(const hws_deflate *deflate, hws_metrics *sum)
{
    sum->deflate_received_size += hws_counter_read(&deflate->received);
    sum->deflate_received_deflated_size += hws_counter_read(&deflate->received_deflated);
    sum->deflate_sent_size += hws_counter_read(&deflate->sent);
    sum->deflate_sent_deflated_size += hws_counter_read(&deflate->sent_deflated);
}

void hws_server_metrics(const hws_server *server, hws_metrics *metrics)
{
    *metrics = (hws_metrics){0};
    for (uint32_t i = 0; i < server->worker_count; i++) {
        hws_metric_sum(&server->workers[i]->metric, metrics);
        sum_loop(server->workers[i]->loop, metrics);
        sum_deflate(&server->workers[i]->deflate, metrics);
        metrics->retained_size += hws_retained_size(&server->workers[i]->retained);
    }
    if (server->tls)
        hws_tls_context_count(server->tls, &metrics->tls_handshake_total,
                              &metrics->tls_resumption_total);
}

unsigned hws_close_class(int code)
{
    return hws_traffic_close_class(code);
}

uint64_t hws_metrics_lag_bound_ns(unsigned index)
{
    return hws_lag_bound_ns(index);
}
