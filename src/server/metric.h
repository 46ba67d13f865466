/* SPDX-License-Identifier: MIT */
/* What one thread of a server counts.  The thread that a connection lives on is the only one that
 * changes its counters; hws_server_metrics sums up over all threads. */
#ifndef HAWSER_SERVER_METRIC_H
#define HAWSER_SERVER_METRIC_H

#include "base/counter.h"
#include "base/reasons.h"
#include "hawser/metrics.h"
#include "websocket/traffic.h"

/* Zero is nothing yet. */
typedef struct hws_metric {
    hws_counter accepted; /* connections */
    hws_counter visits_begun;
    hws_counter visits_ended;
    hws_reasons refused; /* connections and requests for a WebSocket; HWS_OK: by the application */
    hws_counter drops[HWS_DROP_COUNT];
    hws_traffic traffic; /* its `opened` are the handshakes that succeeded */
} hws_metric;

static inline void hws_metric_drop(hws_metric *metric, hws_drop what)
{
    hws_counter_add(&metric->drops[what], 1);
}

/* Connections that speak HTTP, and WebSockets.  Thread: any. */
uint64_t hws_metric_connection_count(const hws_metric *metric);

/* Adds what `metric` has counted.  Thread: any. */
void hws_metric_sum(const hws_metric *metric, hws_metrics *sum);

#endif /* HAWSER_SERVER_METRIC_H */
