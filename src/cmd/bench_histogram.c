/* SPDX-License-Identifier: MIT */
/* Bucket b of the first 64 holds the value b.  From there on each power of two has 64 buckets: the
 * bits below the leading one choose among them, and those that do not fit are dropped. */
#include "cmd/bench_histogram.h"

enum { STEP_COUNT = 1 << BENCH_HISTOGRAM_STEP_BITS };

static const uint64_t VALUE_MAX = (UINT64_C(1) << BENCH_HISTOGRAM_VALUE_BITS) - 1;

static size_t bucket_of(uint64_t value)
{
    if (value > VALUE_MAX) value = VALUE_MAX;
    if (value < STEP_COUNT) return (size_t)value;
    const int shift = 63 - __builtin_clzll(value) - BENCH_HISTOGRAM_STEP_BITS;
    return ((size_t)shift << BENCH_HISTOGRAM_STEP_BITS) + (size_t)(value >> shift);
}

/* The smallest value of a bucket; of the one behind the last, the smallest that has none. */
static uint64_t floor_of(size_t bucket)
{
    if (bucket < STEP_COUNT) return bucket;
    const size_t shift = (bucket >> BENCH_HISTOGRAM_STEP_BITS) - 1;
    return (uint64_t)(STEP_COUNT + (bucket & (STEP_COUNT - 1))) << shift;
}

void bench_histogram_add(bench_histogram *it, uint64_t value)
{
    it->counts[bucket_of(value)]++;
    it->count++;
    it->sum += (double)value;
    if (value > it->max) it->max = value;
}

void bench_histogram_merge(bench_histogram *it, const bench_histogram *from)
{
    for (size_t i = 0; i < BENCH_HISTOGRAM_BUCKET_COUNT; i++) it->counts[i] += from->counts[i];
    it->count += from->count;
    it->sum += from->sum;
    if (from->max > it->max) it->max = from->max;
}

uint64_t bench_histogram_at(const bench_histogram *it, double share)
{
    const double wanted = share * (double)it->count;
    uint64_t seen = 0;
    for (size_t i = 0; i < BENCH_HISTOGRAM_BUCKET_COUNT; i++) {
        seen += it->counts[i];
        if (it->counts[i] == 0 || (double)seen < wanted) continue;
        const uint64_t top = floor_of(i + 1) - 1;
        return top < it->max ? top : it->max;
    }
    return it->max;
}

double bench_histogram_mean(const bench_histogram *it)
{
    return it->count > 0 ? it->sum / (double)it->count : 0;
}

uint64_t bench_histogram_between(const bench_histogram *it, uint64_t low, uint64_t high)
{
    uint64_t count = 0;
    if (high <= low) return 0;
    for (size_t i = bucket_of(low); i < BENCH_HISTOGRAM_BUCKET_COUNT && floor_of(i) < high; i++)
        count += it->counts[i];
    return count;
}
