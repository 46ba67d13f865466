/* SPDX-License-Identifier: MIT */
/* The report as a page: what a person is told, and plots.  Nothing is fetched for it. */
#include <stdlib.h>

#include "cmd/bench_plot.h"
#include "cmd/bench_result.h"

enum { BAR_COUNT = 60 };

static const char HEAD[] =
    "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'\">\n<title>hawser bench</title>\n<style>\n"
    ":root{color-scheme:light dark;--back:#fff;--ink:#1b1f24;--soft:#5b6570;--grid:#e3e7eb;"
    "--one:#0b6bcb;--two:#c2410c;--three:#6d28d9}\n"
    "@media(prefers-color-scheme:dark){:root{--back:#14181d;--ink:#e6e9ec;--soft:#9aa5b1;"
    "--grid:#2b323a;--one:#6cb6ff;--two:#ff9b5e;--three:#c4a7ff}}\n"
    "body{margin:2rem auto;max-width:60rem;padding:0 1rem;background:var(--back);"
    "color:var(--ink);font:16px/1.5 system-ui,sans-serif}\n"
    "h1{font-size:1.4rem}pre{overflow-x:auto;font-size:.85rem;line-height:1.35}\n"
    "svg{width:100%;margin:1rem 0}svg text{fill:var(--soft);font:12px system-ui,sans-serif}\n"
    "svg .title{fill:var(--ink);font-weight:600}.grid{stroke:var(--grid)}\n"
    ".line{fill:none;stroke-width:1.8;stroke-linejoin:round}\n"
    ".line0{stroke:var(--one)}.line1{stroke:var(--two)}.line2{stroke:var(--three)}\n"
    "svg .name0{fill:var(--one)}svg .name1{fill:var(--two)}svg .name2{fill:var(--three)}\n"
    ".bar{fill:var(--one)}\n</style>\n<h1>hawser bench</h1>\n<pre>\n";

static bench_text label_seconds(double seconds)
{
    return bench_text_duration(seconds * BENCH_NS_PER_S);
}

/* The samples that lie within what was measured: it may have ended early. */
static size_t sample_count(const bench_result *it)
{
    const double length_s = (double)it->samples.length_ns / BENCH_NS_PER_S;
    const double whole = it->seconds / length_s + 0.01;
    return whole < (double)it->samples.sample_count ? (size_t)whole : it->samples.sample_count;
}

static void write_rates(FILE *out, const bench_result *it, size_t count)
{
    const double length_s = (double)it->samples.length_ns / BENCH_NS_PER_S;
    double rate[BENCH_SAMPLE_COUNT_MAX];
    for (size_t i = 0; i < count; i++)
        rate[i] = (double)it->samples.sample[i].latency.count / length_s;
    bench_plot_write(out, &(bench_plot){
                              .title = it->options->mode == BENCH_CONNECT
                                           ? "Connections a second, over time"
                                           : "Messages a second, over time",
                              .label = bench_text_count,
                              .width = length_s * (double)count,
                              .width_label = label_seconds,
                              .line = &(bench_line){.name = "", .value = rate},
                              .line_count = 1,
                              .count = count,
                          });
}

static void write_latencies(FILE *out, const bench_result *it, size_t count)
{
    double half[BENCH_SAMPLE_COUNT_MAX];
    double most[BENCH_SAMPLE_COUNT_MAX];
    double nearly_all[BENCH_SAMPLE_COUNT_MAX];
    for (size_t i = 0; i < count; i++) {
        const bench_histogram *latency = &it->samples.sample[i].latency;
        half[i] = (double)bench_histogram_at(latency, 0.5);
        most[i] = (double)bench_histogram_at(latency, 0.9);
        nearly_all[i] = (double)bench_histogram_at(latency, 0.99);
    }
    const bench_line lines[] = {{"p50", half}, {"p90", most}, {"p99", nearly_all}};
    bench_plot_write(out,
                     &(bench_plot){
                         .title = "Latency, over time",
                         .label = bench_text_duration,
                         .width = (double)it->samples.length_ns / BENCH_NS_PER_S * (double)count,
                         .width_label = label_seconds,
                         .line = lines,
                         .line_count = 3,
                         .count = count,
                     });
}

static bench_text label_share(double share)
{
    bench_text it;
    snprintf(it.text, sizeof it.text, "%.1f %%", share);
    return it;
}

static void write_histogram(FILE *out, const bench_histogram *it)
{
    double share[BAR_COUNT];
    const uint64_t begin = bench_histogram_at(it, 0.0001);
    const uint64_t end = bench_histogram_at(it, 0.995);
    const uint64_t step = (end - begin) / BAR_COUNT + 1;
    for (uint64_t i = 0; i < BAR_COUNT; i++) {
        const uint64_t low = begin + i * step;
        share[i] = 100 * (double)bench_histogram_between(it, low, low + step) / (double)it->count;
    }
    bench_plot_write(out, &(bench_plot){
                              .title = "Latencies, up to p99.5",
                              .label = label_share,
                              .width = (double)(step * BAR_COUNT),
                              .width_begin = (double)begin,
                              .width_label = bench_text_duration,
                              .is_bars = true,
                              .line = &(bench_line){.name = "", .value = share},
                              .line_count = 1,
                              .count = BAR_COUNT,
                          });
}

/* What a person is told, escaped: a server's words may be in it. */
static bool write_words(FILE *out, const bench_result *it)
{
    char *text = NULL;
    size_t size = 0;
    FILE *words = open_memstream(&text, &size);
    if (!words) return false;
    bench_print(words, it);
    const bool is_whole = fclose(words) == 0;
    if (is_whole) bench_plot_escape(out, text);
    free(text);
    return is_whole;
}

bool bench_html(FILE *out, const bench_result *it)
{
    fputs(HEAD, out);
    if (!write_words(out, it)) return false;
    fputs("</pre>\n", out);
    const size_t count = sample_count(it);
    if (it->latency.count > 0) {
        write_rates(out, it, count);
        write_latencies(out, it, count);
        write_histogram(out, &it->latency);
    }
    fprintf(out, "<p>hawser %s</p>\n</html>\n", hws_version());
    return !ferror(out);
}
