/* SPDX-License-Identifier: MIT */
/* A token bucket: so much at once, and then so much a second.  Time is passed in.
 *
 * All it keeps is the moment until which its credit is spent (the generic cell rate algorithm), so
 * that a full bucket is zero and an idle one costs eight bytes and no work. */
#ifndef HAWSER_BASE_BUCKET_H
#define HAWSER_BASE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

/* Shared by many buckets. */
typedef struct hws_rate {
    uint64_t per_second; /* 0: no limit */
    uint64_t burst;      /* at once, out of a full bucket; at least 1 */
} hws_rate;

typedef struct hws_bucket {
    uint64_t spent_until_ns;
} hws_bucket;

/* Takes `count` out of the bucket.  False: so much is not in it, and it is as it was. */
bool hws_bucket_take(hws_bucket *bucket, const hws_rate *rate, uint64_t now_ms, uint64_t count);

/* Whether it is as full as if it had never been used. */
bool hws_bucket_is_full(const hws_bucket *bucket, uint64_t now_ms);

#endif /* HAWSER_BASE_BUCKET_H */
