/* SPDX-License-Identifier: MIT */
/* What a server counts: a snapshot for the program, and as OpenMetrics text for a scraper.
 *
 *     hws_metrics now;
 *     hws_server_metrics(server, &now);
 *     size_t size = hws_metrics_write(&now, text, sizeof text);
 *
 * Counting costs an addition where something happens, on the thread where it happens, and nothing
 * else: the sums are made when they are asked for.  Totals begin at 0 with the server.  Labels are
 * fixed lists: nothing that a peer sends becomes one. */
#ifndef HAWSER_METRICS_H
#define HAWSER_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "hawser/export.h"
#include "hawser/status.h"

#ifdef __cplusplus
extern "C" {
#endif

struct hws_server;

/* What an overflow policy did to a subscriber that is too slow: X(name, label).  What waited and
 * was then dropped or replaced was counted as sent before. */
#define HWS_DROP_MAP(X)                                                                            \
    X(CLOSE, "close")   /* the subscriber was closed */                                            \
    X(NEWEST, "newest") /* the message was dropped */                                              \
    X(OLDEST, "oldest") /* one that waited was dropped */                                          \
    X(LATEST, "latest") /* one that waited was replaced by a newer one of its key */

typedef enum hws_drop {
#define HWS_DROP_ENUM(name, label) HWS_DROP_##name,
    HWS_DROP_MAP(HWS_DROP_ENUM)
#undef HWS_DROP_ENUM
        HWS_DROP_COUNT
} hws_drop;

enum {
    HWS_METRICS_ROOM = 32,        /* of an array whose list may grow */
    HWS_METRICS_REASONS = 128,    /* -status, of every status */
    HWS_CLOSE_CLASS_COUNT = 19,   /* hws_close_class */
    HWS_LAG_BUCKET_COUNT = 10,    /* hws_metrics_lag_bound_ns */
    HWS_METRICS_TEXT_MAX = 32768, /* bytes that hws_metrics_write may need */
};

/* One server, over all its threads. */
typedef struct hws_metrics {
    uint64_t http_count;      /* connections that speak HTTP now, or shake hands */
    uint64_t websocket_count; /* WebSockets that are open or closing now */
    uint64_t queue_size;      /* bytes that wait for peers to read, now */

    uint64_t accepted_total;  /* connections */
    uint64_t handshake_total; /* that ended in a WebSocket */

    /* Connections and requests for a WebSocket that were turned away, by -status; at 0 those that
     * the application itself refused. */
    uint64_t refusal_total[HWS_METRICS_REASONS];

    uint64_t failure_total[HWS_METRICS_REASONS]; /* WebSockets that a failure ended, by -status */

    uint64_t message_received_total;                 /* whole messages */
    uint64_t message_sent_total;                     /* likewise, for each subscriber of a topic */
    uint64_t message_received_size;                  /* bytes of them, without their frames */
    uint64_t message_sent_size;                      /* likewise */
    uint64_t drop_total[HWS_METRICS_ROOM];           /* by hws_drop */
    uint64_t close_received_total[HWS_METRICS_ROOM]; /* by hws_close_class: each WebSocket that */
    uint64_t close_sent_total[HWS_METRICS_ROOM];     /* ended is in both; no Close frame is 1006 */

    uint64_t tls_handshake_total;  /* that succeeded */
    uint64_t tls_resumption_total; /* those of them that resumed a session */

    /* How long one turn of a loop took, while whoever had something for it waited. */
    uint64_t lag_total[HWS_METRICS_ROOM]; /* turns, by hws_metrics_lag_bound_ns */
    uint64_t lag_sum_ns;

    uint64_t retained_size;  /* bytes of what topics retain, in each thread, now */
    uint64_t broadcast_size; /* bytes of published messages in queues, each counted once, now */

    /* permessage-deflate: WebSockets that agreed on it; bytes of the messages that went compressed,
     * and what was made of them. */
    uint64_t deflate_websocket_total;
    uint64_t deflate_received_size;
    uint64_t deflate_received_deflated_size;
    uint64_t deflate_sent_size;
    uint64_t deflate_sent_deflated_size;

    uint64_t reserved[57];
} hws_metrics;

/* Sums up.  Thread: any, while the server lives. */
HWS_API void hws_server_metrics(const struct hws_server *server, hws_metrics *metrics);

/* Where a close code is counted: 1000 to 1015 at code - 1000, 3000 to 3999 at 16, 4000 to 4999 at
 * 17, any other at 18. */
HWS_API unsigned hws_close_class(int code);

/* The longest turn that is counted at `index`; UINT64_MAX for the last. */
HWS_API uint64_t hws_metrics_lag_bound_ns(unsigned index);

/* Writes OpenMetrics 1.0 text, without the "# EOF" that ends an exposition, so that a program can
 * add its own.  Terminated.
 *
 * Returns: its size without the zero; when that is `size` or more, it was cut off. */
HWS_API size_t hws_metrics_write(const hws_metrics *metrics, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* HAWSER_METRICS_H */
