/* SPDX-License-Identifier: MIT */
#include "channel/metric.h"

_Static_assert((int)HWS_COMMAND_COUNT <= (int)HWS_METRICS_ROOM, "the snapshot has room for them");
_Static_assert((int)HWS_API_COUNT <= (int)HWS_METRICS_ROOM, "the snapshot has room for them");

enum {
    ERROR_FIRST = 100,
    OTHER_ERROR = HWS_ERROR_CLASS_COUNT - 1,
    OTHER_DISCONNECT = HWS_DISCONNECT_CLASS_COUNT - 1,
    OTHER_UNSUBSCRIBE = HWS_UNSUBSCRIBE_CLASS_COUNT - 1,
};

unsigned hws_error_class(int code)
{
    const int class = code - ERROR_FIRST;
    return class >= 0 && class < OTHER_ERROR ? (unsigned)class : OTHER_ERROR;
}

static unsigned place_of(const int *codes, unsigned count, int code)
{
    unsigned place = 0;
    while (place < count && codes[place] != code) place++;
    return place;
}

unsigned hws_disconnect_class(int code)
{
    static const int codes[OTHER_DISCONNECT] = {1003, 3000, 3004, 3005, 3008, 3010,
                                                3012, 3500, 3501, 3502, 3503};
    return place_of(codes, OTHER_DISCONNECT, code);
}

unsigned hws_unsubscribe_class(int code)
{
    static const int codes[OTHER_UNSUBSCRIBE] = {2000, 2500, 2501};
    return place_of(codes, OTHER_UNSUBSCRIBE, code);
}

static void add_each(uint64_t *sums, const hws_counter *counters, size_t count)
{
    for (size_t i = 0; i < count; i++) sums[i] += hws_counter_read(&counters[i]);
}

/* What was opened on one thread may be closed on another: only the sum is a number of things. */
static uint64_t difference(const hws_counter *more, const hws_counter *less)
{
    const uint64_t subtrahend = hws_counter_read(less);
    return hws_counter_read(more) - subtrahend;
}

static void sum_namespace(const hws_namespace_metric *metric, hws_namespace_metrics *sum)
{
    sum->channel_count += difference(&metric->channels_opened, &metric->channels_closed);
    sum->subscription_count += difference(&metric->subscribed, &metric->unsubscribed);
    sum->publication_total += hws_counter_read(&metric->published);
    sum->delivery_total += hws_counter_read(&metric->delivered);
    sum->conflation_total += hws_counter_read(&metric->conflated);
    sum->recovered_total += hws_counter_read(&metric->recovered);
    sum->unrecovered_total += hws_counter_read(&metric->unrecovered);
}

void hws_hub_metric_sum(const hws_hub_metric *metric, hws_hub_metrics *sum)
{
    add_each(sum->command_total, metric->commands, HWS_COMMAND_COUNT);
    add_each(sum->error_total, metric->errors, HWS_ERROR_CLASS_COUNT);
    add_each(sum->disconnect_total, metric->disconnects, HWS_DISCONNECT_CLASS_COUNT);
    add_each(sum->unsubscribe_total, metric->unsubscribes, HWS_UNSUBSCRIBE_CLASS_COUNT);
    add_each(sum->api_call_total, metric->api_calls, HWS_API_COUNT);
    add_each(sum->api_error_total, metric->api_errors, HWS_ERROR_CLASS_COUNT);
    add_each(sum->login_total, metric->logins, HWS_LOGIN_RESULT_COUNT);
    for (size_t i = 0; i < sum->namespace_count; i++)
        sum_namespace(&metric->namespaces[i], &sum->namespaces[i]);
}

static void settle(uint64_t *gauge)
{
    if (*gauge > UINT64_MAX / 2) *gauge = 0;
}

void hws_hub_metric_settle(hws_hub_metrics *sum)
{
    for (size_t i = 0; i < sum->namespace_count; i++) {
        settle(&sum->namespaces[i].channel_count);
        settle(&sum->namespaces[i].subscription_count);
    }
}
