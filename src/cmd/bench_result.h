/* SPDX-License-Identifier: MIT */
/* What a load came to: the sums over its workers, and what it cost. */
#ifndef HAWSER_CMD_BENCH_RESULT_H
#define HAWSER_CMD_BENCH_RESULT_H

#include <stdbool.h>
#include <stdio.h>

#include "cmd/bench_half_open.h"
#include "cmd/bench_load.h"
#include "cmd/bench_process.h"
#include "cmd/bench_samples.h"

/* What a process used while it was measured. */
typedef struct bench_cost {
    bool is_known;
    bench_usage at_begin; /* before the first connection */
    bench_usage at_start; /* of measuring */
    bench_usage at_end;
} bench_cost;

typedef struct bench_result {
    const bench_options *options;
    double seconds; /* of measuring; 0: it did not come that far */
    bool was_interrupted;
    size_t open_count;       /* when measuring began */
    uint64_t byte_count;     /* of messages, both ways */
    uint64_t missing_count;  /* messages that were due, and have not come back */
    bench_histogram latency; /* its count is that of the messages */
    bench_histogram connect;
    bench_samples samples;
    bench_errors errors;
    bench_deflate deflate; /* over the whole load, not only while it was measured */
    bench_cost own;
    bench_cost server;
    size_t slow_opened;
    size_t slow_ended;
    bench_errors slow_ends;
    bench_half_open half_open; /* its counts; it owns nothing */
} bench_result;

/* Sums up a load that has ended; costs, times and counts of connections are filled in before.
 *
 * Returns: false when there is no memory. */
bool bench_result_sum(bench_result *it, const bench_load *load);
void bench_result_release(bench_result *it);

/* "messages", "deliveries" or "connections". */
const char *bench_result_unit(const bench_result *it);

double bench_result_per_second(const bench_result *it, double count);

/* Of the time that one core has, 1 for all of it. */
double bench_cost_share(const bench_cost *it, double seconds);
double bench_cost_per_message_ns(const bench_cost *it, const bench_result *result);

/* Bytes that the process has grown by, for each connection that is open. */
double bench_cost_memory(const bench_cost *it, const bench_result *result);

/* To a person: words, and the histogram drawn. */
void bench_print(FILE *out, const bench_result *result);

/* Returns: false when there is no memory or it could not be written. */
bool bench_json(FILE *out, const bench_result *result);

/* A page with plots, whole in itself.  Returns: false when it could not be written. */
bool bench_html(FILE *out, const bench_result *result);

#endif /* HAWSER_CMD_BENCH_RESULT_H */
