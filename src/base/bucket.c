/* SPDX-License-Identifier: MIT */
#include "base/bucket.h"

static const uint64_t NS_PER_MS = 1000000;
static const uint64_t NS_PER_S = 1000000000;

/* How long `count` takes to come back, rounded up; no sum of two of them overflows. */
static uint64_t time_for(const hws_rate *rate, uint64_t count)
{
    const uint64_t ns_max = UINT64_MAX / 4;
    const uint64_t seconds = count / rate->per_second;
    const uint64_t rest = count % rate->per_second;
    if (seconds >= ns_max / NS_PER_S) return ns_max;
    /* The rest is less than a second; where its product would overflow, it is tiny in the whole. */
    const uint64_t rest_ns = rest <= UINT64_MAX / NS_PER_S
                                 ? (rest * NS_PER_S + rate->per_second - 1) / rate->per_second
                                 : NS_PER_S;
    return seconds * NS_PER_S + rest_ns;
}

bool hws_bucket_take(hws_bucket *bucket, const hws_rate *rate, uint64_t now_ms, uint64_t count)
{
    if (rate->per_second == 0) return true;
    const uint64_t now_ns = now_ms * NS_PER_MS;
    const uint64_t from_ns = bucket->spent_until_ns > now_ns ? bucket->spent_until_ns : now_ns;
    const uint64_t until_ns = from_ns + time_for(rate, count);
    if (until_ns - now_ns > time_for(rate, rate->burst)) return false;
    bucket->spent_until_ns = until_ns;
    return true;
}

bool hws_bucket_is_full(const hws_bucket *bucket, uint64_t now_ms)
{
    return bucket->spent_until_ns <= now_ms * NS_PER_MS;
}
