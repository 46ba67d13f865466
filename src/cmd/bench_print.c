/* SPDX-License-Identifier: MIT */
/* The report for a person. */
#include <string.h>

#include "cmd/bench_result.h"
#include "cmd/bench_text.h"

enum {
    BAR_SIZE = 50,      /* columns */
    BAR_COUNT_MAX = 20, /* lines */
};

static void print_percentiles(FILE *out, const char *title, const bench_histogram *it)
{
    static const double shares[] = {0.5, 0.9, 0.99, 0.999};
    static const char *const names[] = {"p50", "p90", "p99", "p99.9"};
    if (it->count == 0) return;
    fprintf(out, "%-14s", title);
    for (size_t i = 0; i < 4; i++)
        fprintf(out, "%s %s   ", names[i],
                bench_text_duration((double)bench_histogram_at(it, shares[i])).text);
    fprintf(out, "max %s\n", bench_text_duration((double)it->max).text);
}

/* A step that makes at most BAR_COUNT_MAX lines of what lies between, in 1, 2 or 5 of a power. */
static uint64_t round_step(uint64_t span)
{
    uint64_t step = 1;
    for (;;) {
        static const uint64_t factors[] = {1, 2, 5};
        for (size_t i = 0; i < 3; i++)
            if (span / (step * factors[i]) < BAR_COUNT_MAX) return step * factors[i];
        step *= 10;
    }
}

/* From the fastest to p99; what is slower stands in one last line. */
static void print_histogram(FILE *out, const bench_histogram *it)
{
    if (it->count == 0) return;
    const uint64_t low = bench_histogram_at(it, 0.0001);
    const uint64_t high = bench_histogram_at(it, 0.99);
    const uint64_t step = round_step(high - low);
    const uint64_t begin = low - low % step;
    uint64_t greatest = 1;
    for (uint64_t at = begin; at <= high; at += step) {
        const uint64_t count = bench_histogram_between(it, at, at + step);
        if (count > greatest) greatest = count;
    }
    fputc('\n', out);
    uint64_t shown = 0;
    uint64_t at = begin;
    for (; at <= high; at += step) {
        const uint64_t count = bench_histogram_between(it, at, at + step);
        const int size = (int)((double)count * BAR_SIZE / (double)greatest + 0.5);
        shown += count;
        fprintf(out, "  from %9s  %5.1f %%  ", bench_text_duration((double)at).text,
                100 * (double)count / (double)it->count);
        for (int i = 0; i < size; i++) fputc('#', out);
        fputc('\n', out);
    }
    if (it->max >= at && it->count > shown)
        fprintf(out, "  from %9s  %5.1f %%  up to %s\n", bench_text_duration((double)at).text,
                100 * (double)(it->count - shown) / (double)it->count,
                bench_text_duration((double)it->max).text);
    fputc('\n', out);
}

static void print_cost(FILE *out, const char *title, const bench_cost *it,
                       const bench_result *result)
{
    const double total = (double)(it->at_end.user_ns + it->at_end.system_ns) -
                         (double)(it->at_start.user_ns + it->at_start.system_ns);
    const double user = (double)(it->at_end.user_ns - it->at_start.user_ns);
    fprintf(out, "%-14s%.0f %% of a core", title, 100 * bench_cost_share(it, result->seconds));
    if (total > 0) fprintf(out, " (%.0f %% of it in user space)", 100 * user / total);
    if (result->latency.count > 0)
        fprintf(out, ", %s for each",
                bench_text_duration(bench_cost_per_message_ns(it, result)).text);
    fputc('\n', out);
}

static void print_memory(FILE *out, const bench_result *it)
{
    const bench_usage *end = &it->server.at_end;
    if (end->resident == 0) return; /* it has ended */
    fprintf(out, "%-14s%s", "memory", bench_text_size((double)end->resident).text);
    const double each = bench_cost_memory(&it->server, it);
    if (each > 0) fprintf(out, ", %s for each connection", bench_text_size(each).text);
    fputc('\n', out);
}

static void print_server(FILE *out, const bench_result *it)
{
    if (it->options->pid == 0) return;
    if (!it->server.is_known) {
        fprintf(out, "%-14sprocess %llu cannot be looked at, or has ended\n", "server",
                (unsigned long long)it->options->pid);
        return;
    }
    print_cost(out, "server", &it->server, it);
    print_memory(out, it);
}

static void print_faults(FILE *out, const bench_result *it)
{
    if (it->options->slow_count > 0) {
        fprintf(out, "%-14s%zu opened, %zu of them ended by the server\n", "slow readers",
                it->slow_opened, it->slow_ended);
        for (size_t i = 0; i < it->slow_ends.cause_count; i++)
            fprintf(out, "%16llu  %s\n", (unsigned long long)it->slow_ends.cause[i].count,
                    it->slow_ends.cause[i].text);
    }
    const bench_half_open *half = &it->half_open;
    if (it->options->half_open_count == 0) return;
    fprintf(out, "%-14s%zu opened, %zu refused, %zu ended by the server", "half-open",
            half->opened_count, half->refused_count, half->ended_count);
    if (half->ended_count > 0)
        fprintf(out, " after %s to %s", bench_text_duration((double)half->first_end_ns).text,
                bench_text_duration((double)half->last_end_ns).text);
    fputc('\n', out);
}

static void print_errors(FILE *out, const bench_result *it)
{
    fprintf(out, "%-14s%s\n", "errors", bench_text_count((double)it->errors.count).text);
    for (size_t i = 0; i < it->errors.cause_count; i++)
        fprintf(out, "%16llu  %s\n", (unsigned long long)it->errors.cause[i].count,
                it->errors.cause[i].text);
    if (it->missing_count > 0)
        fprintf(out, "%-14s%s messages were due, and had not come back at the end\n", "missing",
                bench_text_count((double)it->missing_count).text);
}

static void print_rates(FILE *out, const bench_result *it)
{
    const double messages = (double)it->latency.count;
    if (it->options->mode == BENCH_IDLE) return;
    fprintf(out, "%-14s%s, %s a second\n", bench_result_unit(it), bench_text_count(messages).text,
            bench_text_count(bench_result_per_second(it, messages)).text);
    if (it->byte_count > 0)
        fprintf(out, "%-14s%s, %s a second\n", "payload",
                bench_text_size((double)it->byte_count).text,
                bench_text_size(bench_result_per_second(it, (double)it->byte_count)).text);
}

static void print_deflate(FILE *out, const bench_result *it)
{
    const bench_deflate *deflate = &it->deflate;
    if (!it->options->connect.deflate.enabled) return;
    fprintf(out, "%-14s", "compression");
    if (deflate->agreed_count == 0) {
        fputs("offered; the server took none\n", out);
        return;
    }
    fprintf(out, "%llu connections, %s sent as %s, %s came as %s\n",
            (unsigned long long)deflate->agreed_count,
            bench_text_size((double)deflate->sent_size).text,
            bench_text_size((double)deflate->sent_deflated_size).text,
            bench_text_size((double)deflate->received_size).text,
            bench_text_size((double)deflate->received_deflated_size).text);
}

void bench_print(FILE *out, const bench_result *it)
{
    fprintf(out, "%-14s%s\n", "url", it->options->connect.url);
    fprintf(out, "%-14s%zu open%s\n", "connections", it->open_count,
            it->was_interrupted ? "; interrupted" : "");
    if (it->seconds > 0) {
        fprintf(out, "%-14s%.2f s\n", "measured", it->seconds);
        print_rates(out, it);
        print_deflate(out, it);
    }
    print_percentiles(out, "latency", &it->latency);
    print_histogram(out, &it->latency);
    if (it->options->mode != BENCH_CONNECT) print_percentiles(out, "opening", &it->connect);
    if (it->own.is_known && it->seconds > 0) print_cost(out, "hawser bench", &it->own, it);
    print_server(out, it);
    print_faults(out, it);
    print_errors(out, it);
}
