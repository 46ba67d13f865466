/* SPDX-License-Identifier: MIT */
/* What was measured, in slices of time: how many messages, how many bytes, how long they took. */
#ifndef HAWSER_CMD_BENCH_SAMPLES_H
#define HAWSER_CMD_BENCH_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd/bench_histogram.h"

enum {
    BENCH_SAMPLE_COUNT_MAX = 100,
    BENCH_SAMPLE_MS_MIN = 100,
};

typedef struct bench_sample {
    uint64_t byte_count;     /* of messages, both ways */
    bench_histogram latency; /* its count is that of the messages */
} bench_sample;

/* Owns its samples; about 2 MB, of which only what was written to is ever in memory. */
typedef struct bench_samples {
    bench_sample *sample;
    size_t sample_count; /* as many as the duration has */
    size_t current;      /* those before it are complete */
    uint64_t length_ns;
    uint64_t current_end_ns;
    uint64_t end_ns;
} bench_samples;

/* Returns: false when there is no memory. */
bool bench_samples_init(bench_samples *it, uint64_t duration_ms);
void bench_samples_release(bench_samples *it);

/* From when to when it is measured; of what lies outside nothing is kept. */
void bench_samples_begin(bench_samples *it, uint64_t start_ns, uint64_t end_ns);

/* One message that was complete at `now_ns`, which never goes back. */
void bench_samples_add(bench_samples *it, uint64_t now_ns, uint64_t latency_ns,
                       uint64_t byte_count);

/* Makes complete what ended before `now_ns`. */
void bench_samples_advance(bench_samples *it, uint64_t now_ns);

/* Adds those of `from`, which has as many. */
void bench_samples_merge(bench_samples *it, const bench_samples *from);

#endif /* HAWSER_CMD_BENCH_SAMPLES_H */
