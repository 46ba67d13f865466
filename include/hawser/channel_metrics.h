/* SPDX-License-Identifier: MIT */
/* What a hub counts: a snapshot for the program, and as OpenMetrics text behind that of its server.
 *
 *     hws_hub_metrics now;
 *     hws_hub_count(hub, &now);
 *     size += hws_hub_metrics_write(&now, text + size, sizeof text - size);
 *
 * As with a server's (hawser/metrics.h), totals begin at 0 with the hub, each thread counts its
 * own, and labels are fixed lists: those below, and the namespaces of the options. */
#ifndef HAWSER_CHANNEL_METRICS_H
#define HAWSER_CHANNEL_METRICS_H

#include "hawser/channel.h"
#include "hawser/metrics.h"

#ifdef __cplusplus
extern "C" {
#endif

/* X(name, label) of the commands that clients send. */
#define HWS_COMMAND_MAP(X)                                                                         \
    X(CONNECT, "connect")                                                                          \
    X(SUBSCRIBE, "subscribe")                                                                      \
    X(UNSUBSCRIBE, "unsubscribe")                                                                  \
    X(PUBLISH, "publish")                                                                          \
    X(PRESENCE, "presence")                                                                        \
    X(PRESENCE_STATS, "presence_stats")                                                            \
    X(HISTORY, "history")                                                                          \
    X(RPC, "rpc")                                                                                  \
    X(REFRESH, "refresh")                                                                          \
    X(SUB_REFRESH, "sub_refresh")                                                                  \
    X(PING, "ping")                                                                                \
    X(SEND, "send")                                                                                \
    X(UNKNOWN, "unknown")

typedef enum hws_command_kind {
#define HWS_COMMAND_ENUM(name, label) HWS_COMMAND_##name,
    HWS_COMMAND_MAP(HWS_COMMAND_ENUM)
#undef HWS_COMMAND_ENUM
        HWS_COMMAND_COUNT
} hws_command_kind;

/* X(name, label) of the methods of the API for back ends. */
#define HWS_API_MAP(X)                                                                             \
    X(PUBLISH, "publish")                                                                          \
    X(BROADCAST, "broadcast")                                                                      \
    X(SUBSCRIBE, "subscribe")                                                                      \
    X(UNSUBSCRIBE, "unsubscribe")                                                                  \
    X(DISCONNECT, "disconnect")                                                                    \
    X(REFRESH, "refresh")                                                                          \
    X(PRESENCE, "presence")                                                                        \
    X(PRESENCE_STATS, "presence_stats")                                                            \
    X(HISTORY, "history")                                                                          \
    X(HISTORY_REMOVE, "history_remove")                                                            \
    X(CHANNELS, "channels")                                                                        \
    X(INFO, "info")                                                                                \
    X(BATCH, "batch")                                                                              \
    X(UNKNOWN, "unknown")

typedef enum hws_api_kind {
#define HWS_API_ENUM(name, label) HWS_API_##name,
    HWS_API_MAP(HWS_API_ENUM)
#undef HWS_API_ENUM
        HWS_API_COUNT
} hws_api_kind;

enum {
    HWS_ERROR_CLASS_COUNT = 14,      /* hws_error_class */
    HWS_DISCONNECT_CLASS_COUNT = 12, /* hws_disconnect_class */
    HWS_UNSUBSCRIBE_CLASS_COUNT = 4, /* hws_unsubscribe_class */
    HWS_LOGIN_RESULT_COUNT = 3,      /* hws_login_result */
    HWS_HUB_METRICS_TEXT_MAX = 98304 /* bytes that hws_hub_metrics_write may need */
};

/* The channels of one namespace. */
typedef struct hws_namespace_metrics {
    char name[HWS_NAMESPACE_SIZE_MAX + 1]; /* "": of channels without a namespace */
    uint64_t channel_count;                /* that somebody subscribes to, now */
    uint64_t subscription_count;           /* now */
    uint64_t publication_total;            /* one with a key that was used before is none */
    uint64_t delivery_total;               /* publications, for each subscriber that got them */
    uint64_t conflation_total;  /* that a subscriber did not get, but with max_rate a newer one */
    uint64_t recovered_total;   /* subscribers that came back and got all they had missed */
    uint64_t unrecovered_total; /* and those that were told that they could not */
    uint64_t reserved[8];
} hws_namespace_metrics;

/* One hub, over all its threads. */
typedef struct hws_hub_metrics {
    uint64_t client_count; /* connections of clients, now */
    uint64_t user_count;   /* distinct users among them, now; who has no name is none */

    uint64_t command_total[HWS_METRICS_ROOM];     /* by hws_command_kind */
    uint64_t error_total[HWS_METRICS_ROOM];       /* answers to them, by hws_error_class */
    uint64_t disconnect_total[HWS_METRICS_ROOM];  /* of clients by the hub: hws_disconnect_class */
    uint64_t unsubscribe_total[HWS_METRICS_ROOM]; /* likewise: hws_unsubscribe_class */
    uint64_t api_call_total[HWS_METRICS_ROOM];    /* by hws_api_kind; those of a batch, too */
    uint64_t api_error_total[HWS_METRICS_ROOM];   /* answers to them, by hws_error_class */

    uint64_t login_total[4]; /* access tokens, by hws_login_result */

    uint64_t reserved[28];

    size_t namespace_count;
    hws_namespace_metrics namespaces[HWS_NAMESPACE_MAX + 1];
} hws_hub_metrics;

/* Sums up.  Thread: any, while the hub lives. */
HWS_API void hws_hub_count(hws_hub *hub, hws_hub_metrics *metrics);

/* Where an error is counted: 100 to 112 at code - 100; any other, which procedures of the program
 * have, at 13. */
HWS_API unsigned hws_error_class(int code);

/* Where the end of a connection is counted: 1003, 3000, 3004, 3005, 3008, 3010, 3012, 3500, 3501,
 * 3502, 3503 in this order; any other at 11. */
HWS_API unsigned hws_disconnect_class(int code);

/* Where the end of a subscription is counted: 2000, 2500, 2501; any other at 3. */
HWS_API unsigned hws_unsubscribe_class(int code);

/* Writes OpenMetrics 1.0 text, without the "# EOF" that ends an exposition.  Terminated.
 *
 * Returns: its size without the zero; when that is `size` or more, it was cut off. */
HWS_API size_t hws_hub_metrics_write(const hws_hub_metrics *metrics, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif /* HAWSER_CHANNEL_METRICS_H */
