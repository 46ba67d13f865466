/* SPDX-License-Identifier: MIT */
/* What a hub counts.  Each station has one of these, which its thread alone changes; and the hub
 * has one for what may happen on any thread, calls of the API among them. */
#ifndef HAWSER_CHANNEL_METRIC_H
#define HAWSER_CHANNEL_METRIC_H

#include "base/counter.h"
#include "hawser/channel_metrics.h"

/* Of a namespace, at its place among the policies.  Gauges are differences of two counters. */
typedef struct hws_namespace_metric {
    hws_counter channels_opened; /* with the first subscriber on any thread */
    hws_counter channels_closed;
    hws_counter subscribed;
    hws_counter unsubscribed;
    hws_counter published;
    hws_counter delivered;
    hws_counter conflated;
    hws_counter recovered;
    hws_counter unrecovered;
} hws_namespace_metric;

/* Zero is nothing yet. */
typedef struct hws_hub_metric {
    hws_counter commands[HWS_COMMAND_COUNT];
    hws_counter errors[HWS_ERROR_CLASS_COUNT];
    hws_counter disconnects[HWS_DISCONNECT_CLASS_COUNT];
    hws_counter unsubscribes[HWS_UNSUBSCRIBE_CLASS_COUNT];
    hws_counter api_calls[HWS_API_COUNT];
    hws_counter api_errors[HWS_ERROR_CLASS_COUNT];
    hws_counter logins[HWS_LOGIN_RESULT_COUNT];
    hws_namespace_metric namespaces[HWS_NAMESPACE_MAX + 1];
} hws_hub_metric;

/* Adds what `metric` has counted.  Gauges may be below zero until all are added, and then are
 * brought to zero: hws_hub_metric_settle.  Thread: any. */
void hws_hub_metric_sum(const hws_hub_metric *metric, hws_hub_metrics *sum);
void hws_hub_metric_settle(hws_hub_metrics *sum);

#endif /* HAWSER_CHANNEL_METRIC_H */
