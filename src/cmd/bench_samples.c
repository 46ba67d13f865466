/* SPDX-License-Identifier: MIT */
#include "cmd/bench_samples.h"

#include <assert.h>
#include <stdlib.h>

enum { NS_PER_MS = 1000000 };

bool bench_samples_init(bench_samples *it, uint64_t duration_ms)
{
    uint64_t length_ms = (duration_ms + BENCH_SAMPLE_COUNT_MAX - 1) / BENCH_SAMPLE_COUNT_MAX;
    if (length_ms < BENCH_SAMPLE_MS_MIN) length_ms = BENCH_SAMPLE_MS_MIN;
    const size_t count = (size_t)((duration_ms + length_ms - 1) / length_ms);
    *it = (bench_samples){.sample_count = count, .length_ns = length_ms * NS_PER_MS};
    it->sample = calloc(count, sizeof *it->sample);
    return it->sample != NULL;
}

void bench_samples_release(bench_samples *it)
{
    free(it->sample);
    *it = (bench_samples){0};
}

void bench_samples_begin(bench_samples *it, uint64_t start_ns, uint64_t end_ns)
{
    it->current = 0;
    it->current_end_ns = start_ns + it->length_ns;
    it->end_ns = end_ns;
}

void bench_samples_advance(bench_samples *it, uint64_t now_ns)
{
    while (it->current < it->sample_count && now_ns >= it->current_end_ns) {
        it->current++;
        it->current_end_ns += it->length_ns;
    }
}

void bench_samples_add(bench_samples *it, uint64_t now_ns, uint64_t latency_ns, uint64_t byte_count)
{
    const bool is_before = now_ns + it->length_ns < it->current_end_ns;
    if (is_before || now_ns >= it->end_ns) return;
    bench_samples_advance(it, now_ns);
    if (it->current >= it->sample_count) return;
    bench_sample *to = &it->sample[it->current];
    to->byte_count += byte_count;
    bench_histogram_add(&to->latency, latency_ns);
}

void bench_samples_merge(bench_samples *it, const bench_samples *from)
{
    assert(it->sample_count == from->sample_count);
    for (size_t i = 0; i < it->sample_count; i++) {
        it->sample[i].byte_count += from->sample[i].byte_count;
        bench_histogram_merge(&it->sample[i].latency, &from->sample[i].latency);
    }
}
