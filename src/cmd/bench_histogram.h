/* SPDX-License-Identifier: MIT */
/* How often which duration was seen: a histogram that is linear within each power of two, so that
 * every value, from nanoseconds to minutes, is kept to within 1/64 of itself, in fixed memory.
 *
 * Zero is an empty one.  It is large: it belongs into memory that was asked for. */
#ifndef HAWSER_CMD_BENCH_HISTOGRAM_H
#define HAWSER_CMD_BENCH_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum {
    BENCH_HISTOGRAM_STEP_BITS = 6,   /* 64 buckets to a power of two */
    BENCH_HISTOGRAM_VALUE_BITS = 42, /* over 73 minutes in nanoseconds; what is more counts so */
    BENCH_HISTOGRAM_BUCKET_COUNT = (BENCH_HISTOGRAM_VALUE_BITS - BENCH_HISTOGRAM_STEP_BITS + 1)
                                   << BENCH_HISTOGRAM_STEP_BITS,
};

typedef struct bench_histogram {
    uint64_t counts[BENCH_HISTOGRAM_BUCKET_COUNT];
    uint64_t count;
    uint64_t max;
    double sum;
} bench_histogram;

void bench_histogram_add(bench_histogram *it, uint64_t value);

/* Adds all that `from` has seen. */
void bench_histogram_merge(bench_histogram *it, const bench_histogram *from);

/* The smallest value that `share` (0 to 1) of all are not above, to within 1/64, and never above
 * the greatest that was seen; 0 when there is none. */
uint64_t bench_histogram_at(const bench_histogram *it, double share);

/* 0 when there is none. */
double bench_histogram_mean(const bench_histogram *it);

/* How many lie from `low` to below `high`, to within the buckets at both ends. */
uint64_t bench_histogram_between(const bench_histogram *it, uint64_t low, uint64_t high);

#endif /* HAWSER_CMD_BENCH_HISTOGRAM_H */
