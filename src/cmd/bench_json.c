/* SPDX-License-Identifier: MIT */
/* The report for a program: one JSON object.
 *
 * Jansson's calls take NULL for what could not be made, and fail in turn: whether all went well is
 * asked once, where the whole is made. */
#include <jansson.h>
#include <stdlib.h>

#include "cmd/bench_result.h"
#include "cmd/log.h"

/* A text that may not be UTF-8 is told with escapes. */
static json_t *text_of(const char *text)
{
    char escaped[4 * BENCH_CAUSE_SIZE_MAX];
    json_t *whole = json_string(text);
    if (whole) return whole;
    log_escape(text, escaped, sizeof escaped);
    return json_string(escaped);
}

/* Takes the list and the element over.  Returns: the list; NULL when there is none any more. */
static json_t *append(json_t *list, json_t *element)
{
    if (json_array_append_new(list, element) == 0) return list;
    json_decref(list);
    return NULL;
}

static json_t *make_latency(const bench_histogram *it)
{
    return json_pack(
        "{s:I, s:f, s:I, s:I, s:I, s:I, s:I}", "count", (json_int_t)it->count, "mean_ns",
        bench_histogram_mean(it), "p50_ns", (json_int_t)bench_histogram_at(it, 0.5), "p90_ns",
        (json_int_t)bench_histogram_at(it, 0.9), "p99_ns", (json_int_t)bench_histogram_at(it, 0.99),
        "p999_ns", (json_int_t)bench_histogram_at(it, 0.999), "max_ns", (json_int_t)it->max);
}

static json_t *make_errors(const bench_errors *it)
{
    json_t *list = json_array();
    for (size_t i = 0; i < it->cause_count; i++)
        list = append(list, json_pack("{s:o, s:I}", "cause", text_of(it->cause[i].text), "count",
                                      (json_int_t)it->cause[i].count));
    return list;
}

static json_t *make_samples(const bench_samples *it)
{
    json_t *list = json_array();
    for (size_t i = 0; i < it->sample_count; i++) {
        const bench_histogram *latency = &it->sample[i].latency;
        list = append(list,
                      json_pack("{s:I, s:I, s:I, s:I, s:I}", "messages", (json_int_t)latency->count,
                                "bytes", (json_int_t)it->sample[i].byte_count, "p50_ns",
                                (json_int_t)bench_histogram_at(latency, 0.5), "p99_ns",
                                (json_int_t)bench_histogram_at(latency, 0.99), "max_ns",
                                (json_int_t)latency->max));
    }
    return list;
}

static json_t *make_cost(const bench_cost *it, const bench_result *result)
{
    if (!it->is_known) return json_null();
    return json_pack("{s:I, s:I, s:I, s:f, s:f, s:I, s:I, s:f, s:I}", "cpu_ns",
                     (json_int_t)(it->at_end.cpu_ns - it->at_start.cpu_ns), "user_ns",
                     (json_int_t)(it->at_end.user_ns - it->at_start.user_ns), "system_ns",
                     (json_int_t)(it->at_end.system_ns - it->at_start.system_ns), "cores",
                     bench_cost_share(it, result->seconds), "cpu_ns_per_message",
                     bench_cost_per_message_ns(it, result), "resident_at_begin",
                     (json_int_t)it->at_begin.resident, "resident_at_end",
                     (json_int_t)it->at_end.resident, "resident_per_connection",
                     bench_cost_memory(it, result), "kernel_slab_growth",
                     (json_int_t)it->at_start.slab - (json_int_t)it->at_begin.slab);
}

static json_t *make_faults(const bench_result *it)
{
    const bench_half_open *half = &it->half_open;
    return json_pack("{s:{s:I, s:I, s:o}, s:{s:I, s:I, s:I, s:I, s:I}}", "slow", "opened",
                     (json_int_t)it->slow_opened, "ended", (json_int_t)it->slow_ended, "ends",
                     make_errors(&it->slow_ends), "half_open", "opened",
                     (json_int_t)half->opened_count, "refused", (json_int_t)half->refused_count,
                     "ended", (json_int_t)half->ended_count, "first_end_ns",
                     (json_int_t)half->first_end_ns, "last_end_ns", (json_int_t)half->last_end_ns);
}

/* null: it was not offered. */
static json_t *make_deflate(const bench_result *result)
{
    const bench_deflate *it = &result->deflate;
    if (!result->options->connect.deflate.enabled) return json_null();
    return json_pack("{s:I, s:I, s:I, s:I, s:I}", "agreed", (json_int_t)it->agreed_count,
                     "sent_bytes", (json_int_t)it->sent_size, "sent_compressed_bytes",
                     (json_int_t)it->sent_deflated_size, "received_bytes",
                     (json_int_t)it->received_size, "received_compressed_bytes",
                     (json_int_t)it->received_deflated_size);
}

static json_t *make_options(const bench_options *it)
{
    return json_pack("{s:o, s:s, s:I, s:I, s:I, s:I, s:I, s:b}", "url", text_of(it->connect.url),
                     "mode", it->mode_name, "connections", (json_int_t)it->connection_count,
                     "threads", (json_int_t)it->thread_count, "in_flight",
                     (json_int_t)it->in_flight, "rate", (json_int_t)it->rate, "size",
                     (json_int_t)it->size, "binary", it->connect.binary);
}

bool bench_json(FILE *out, const bench_result *it)
{
    json_t *whole = json_pack(
        "{s:o, s:f, s:b, s:I, s:I, s:f, s:I, s:f, s:I, s:o, s:o, s:I, s:o, s:o, s:o, s:o, s:o, "
        "s:f, "
        "s:o}",
        "options", make_options(it->options), "seconds", it->seconds, "interrupted",
        it->was_interrupted, "open", (json_int_t)it->open_count, "messages",
        (json_int_t)it->latency.count, "messages_per_second",
        bench_result_per_second(it, (double)it->latency.count), "bytes", (json_int_t)it->byte_count,
        "bytes_per_second", bench_result_per_second(it, (double)it->byte_count), "missing",
        (json_int_t)it->missing_count, "latency", make_latency(&it->latency), "connect",
        make_latency(&it->connect), "error_count", (json_int_t)it->errors.count, "errors",
        make_errors(&it->errors), "own", make_cost(&it->own, it), "server",
        make_cost(&it->server, it), "faults", make_faults(it), "deflate", make_deflate(it),
        "sample_seconds", (double)it->samples.length_ns / BENCH_NS_PER_S, "samples",
        make_samples(&it->samples));
    if (!whole) return false;
    const bool is_written = json_dumpf(whole, out, JSON_COMPACT) == 0 && fputc('\n', out) == '\n';
    json_decref(whole);
    return is_written;
}
