/* SPDX-License-Identifier: MIT */
/* hawser bench: puts a WebSocket server under load, and tells how it fares.
 *
 * The workers make the load, each in its thread.  This one says when it begins and ends, shows how
 * it goes, takes signals, reads what the processes have used, and holds the half-open
 * connections. */
#include "cmd/bench.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cmd/bench_load.h"
#include "cmd/bench_result.h"
#include "cmd/bench_text.h"

enum {
    LOOK_MS = 50,                        /* between two looks at how it goes */
    SHOW_EVERY_NS = BENCH_NS_PER_S,      /* a line of progress */
    HEAD_START_NS = 2 * BENCH_NS_PER_MS, /* so that all workers begin in time */
};

typedef struct bench {
    bench_options options;
    bench_load load;
    bench_result result;
    bench_histogram recent; /* latencies since the last line of progress */
    size_t recent_at;       /* samples that were shown */
    uint64_t shown_ns;
    uint64_t shown_messages;
    int signals; /* a descriptor */
    bool is_terminal;
    bool has_line; /* of progress, which the next one takes the place of */
} bench;

static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return -1; /* the workers inherit that */
    signal(SIGPIPE, SIG_IGN);                               /* who reads our output may go first */
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* As many descriptors as we may have: each connection takes one. */
static bool raise_limits(const bench_options *options)
{
    struct rlimit limit;
    const uint64_t wanted = options->connection_count + options->slow_count +
                            options->half_open_count + 16 + 8 * options->thread_count;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return true;
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (wanted <= limit.rlim_cur) return true;
    options_complain("bench",
                     "%llu connections need more descriptors than the %llu that there may "
                     "be; see ulimit -n",
                     (unsigned long long)options->connection_count,
                     (unsigned long long)limit.rlim_cur);
    return false;
}

/* Progress. */

static void show_line(bench *it, const char *text)
{
    if (it->options.quiet) return;
    if (it->is_terminal) fputs("\r\033[K", stderr);
    fputs(text, stderr);
    if (!it->is_terminal) fputc('\n', stderr);
    (void)fflush(stderr);
    it->has_line = it->is_terminal;
}

static void end_line(bench *it)
{
    if (it->has_line) fputs("\r\033[K", stderr);
    it->has_line = false;
}

static void show_opening(bench *it)
{
    char text[160];
    snprintf(text, sizeof text, "opening: %zu of %llu, %llu errors",
             bench_load_open_count(&it->load), (unsigned long long)it->options.connection_count,
             (unsigned long long)bench_load_error_count(&it->load));
    show_line(it, text);
}

/* Merges what all workers have completed since the last time. */
static void take_recent(bench *it)
{
    size_t complete = SIZE_MAX;
    memset(&it->recent, 0, sizeof it->recent);
    for (size_t i = 0; i < it->load.worker_count; i++) {
        const size_t shown =
            atomic_load_explicit(&it->load.worker[i].shown_samples, memory_order_acquire);
        if (shown < complete) complete = shown;
    }
    for (; it->recent_at < complete; it->recent_at++)
        for (size_t i = 0; i < it->load.worker_count; i++)
            bench_histogram_merge(&it->recent,
                                  &it->load.worker[i].samples.sample[it->recent_at].latency);
}

static void show_load(bench *it, uint64_t now_ns, uint64_t start_ns)
{
    char text[200];
    char latency[80] = "";
    const uint64_t messages = bench_load_message_count(&it->load);
    const double seconds = (double)(now_ns - it->shown_ns) / BENCH_NS_PER_S;
    take_recent(it);
    if (it->recent.count > 0)
        snprintf(latency, sizeof latency, ", p50 %s, p99 %s",
                 bench_text_duration((double)bench_histogram_at(&it->recent, 0.5)).text,
                 bench_text_duration((double)bench_histogram_at(&it->recent, 0.99)).text);
    snprintf(text, sizeof text, "%3.0f s: %zu open, %s %s/s%s, %llu errors",
             (double)(now_ns + HEAD_START_NS - start_ns) / BENCH_NS_PER_S,
             bench_load_open_count(&it->load),
             bench_text_count((double)(messages - it->shown_messages) / seconds).text,
             bench_result_unit(&it->result), latency,
             (unsigned long long)bench_load_error_count(&it->load));
    it->shown_messages = messages;
    show_line(it, text);
}

/* The phases. */

/* Sleeps for a moment.  Returns: false when a signal says that it is enough. */
static bool go_on(bench *it, uint64_t until_ns)
{
    const uint64_t now_ns = bench_now_ns();
    const uint64_t left_ms = until_ns > now_ns ? (until_ns - now_ns) / BENCH_NS_PER_MS : 0;
    struct pollfd signals = {.fd = it->signals, .events = POLLIN};
    const int count = poll(&signals, 1, left_ms < LOOK_MS ? (int)left_ms : LOOK_MS);
    bench_half_open_look(&it->result.half_open, now_ns);
    if (count <= 0) return true;
    it->result.was_interrupted = true;
    return false;
}

/* Until all have opened, or have failed to.  Returns: whether the load may begin. */
static bool wait_for_opening(bench *it)
{
    const uint64_t begin_ns = bench_now_ns();
    /* What a server never answers (a command of a chat) must not be waited for for ever. */
    const uint64_t patience_ns = (2 * it->options.connect.timeout_ms + 1000) * BENCH_NS_PER_MS;
    size_t settled = 0;
    uint64_t settled_ns = begin_ns;
    it->shown_ns = begin_ns;
    while (settled < it->options.connection_count) {
        if (!go_on(it, UINT64_MAX)) return false;
        const uint64_t now_ns = bench_now_ns();
        const size_t count = bench_load_settled_count(&it->load);
        if (count > settled) settled_ns = now_ns;
        settled = count;
        if (now_ns - settled_ns > patience_ns) break;
        if (now_ns - it->shown_ns < SHOW_EVERY_NS) continue;
        it->shown_ns = now_ns;
        show_opening(it);
    }
    it->result.open_count = bench_load_open_count(&it->load);
    return it->result.open_count > 0 || it->options.mode == BENCH_CONNECT;
}

static void read_costs(bench *it, bool at_end)
{
    bench_cost *own = &it->result.own;
    bench_cost *server = &it->result.server;
    bench_usage *own_to = at_end ? &own->at_end : &own->at_start;
    bench_usage *server_to = at_end ? &server->at_end : &server->at_start;
    own->is_known = own->is_known && bench_usage_read(0, own_to);
    server->is_known = server->is_known && bench_usage_read((pid_t)it->options.pid, server_to);
}

/* Returns: false when there is no use in going on. */
static bool wait_until(bench *it, uint64_t until_ns, uint64_t start_ns)
{
    uint64_t now_ns;
    while ((now_ns = bench_now_ns()) < until_ns) {
        if (!go_on(it, until_ns)) return false;
        const bool is_alone = bench_load_open_count(&it->load) == 0;
        if (is_alone && it->options.mode != BENCH_CONNECT) return false;
        if (now_ns - it->shown_ns < SHOW_EVERY_NS) continue;
        show_load(it, now_ns, start_ns);
        it->shown_ns = now_ns;
    }
    return true;
}

static void run_load(bench *it)
{
    const uint64_t start_ns = bench_now_ns() + HEAD_START_NS;
    const uint64_t measure_ns = start_ns + it->options.warm_up_ms * BENCH_NS_PER_MS;
    const uint64_t end_ns = measure_ns + it->options.duration_ms * BENCH_NS_PER_MS;
    it->shown_messages = bench_load_message_count(&it->load);
    it->shown_ns = bench_now_ns();
    atomic_store(&it->load.measure_ns, measure_ns);
    atomic_store(&it->load.end_ns, end_ns);
    atomic_store(&it->load.start_ns, start_ns);

    if (wait_until(it, measure_ns, start_ns)) {
        const uint64_t begun_ns = bench_now_ns();
        read_costs(it, false);
        (void)wait_until(it, end_ns, start_ns);
        read_costs(it, true);
        it->result.seconds = (double)(bench_now_ns() - begun_ns) / BENCH_NS_PER_S;
    }
    atomic_store(&it->load.end_ns, bench_now_ns());
}

/* The report. */

static bool write_page(const bench *it)
{
    FILE *file = fopen(it->options.html, "we");
    if (!file) {
        options_complain("bench", "--html: cannot write %s: %s", it->options.html, strerror(errno));
        return false;
    }
    const bool is_written = bench_html(file, &it->result);
    if (fclose(file) == 0 && is_written) return true;
    options_complain("bench", "--html: cannot write %s: %s", it->options.html, strerror(errno));
    return false;
}

static int report(bench *it)
{
    bool is_told = true;
    end_line(it);
    if (!bench_result_sum(&it->result, &it->load)) {
        options_complain("bench", "%s", hws_status_text(HWS_ERR_NO_MEMORY));
        return EXIT_FAILURE;
    }
    if (it->options.json)
        is_told = bench_json(stdout, &it->result);
    else
        bench_print(stdout, &it->result);
    is_told = fflush(stdout) == 0 && !ferror(stdout) && is_told;
    if (it->options.html) is_told = write_page(it) && is_told;
    return is_told && it->result.errors.count == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static void explain(const bench *it, hws_status status)
{
    if (status == HWS_ERR_URL_USERINFO)
        options_complain("bench",
                         "%s: a name and a password do not belong into a URL; see "
                         "--bearer and --header",
                         it->options.connect.url);
    else
        options_complain("bench", "%s: %s", it->options.connect.url, hws_status_text(status));
}

static bool begin(bench *it)
{
    if (!raise_limits(&it->options)) return false;
    it->result.options = &it->options;
    it->result.own.is_known = bench_usage_read(0, &it->result.own.at_begin);
    it->result.server.is_known =
        it->options.pid > 0 &&
        bench_usage_read((pid_t)it->options.pid, &it->result.server.at_begin);
    if (it->options.pid > 0 && !it->result.server.is_known) {
        options_complain("bench", "--pid: there is no process %llu that can be looked at",
                         (unsigned long long)it->options.pid);
        return false;
    }
    hws_status status = it->signals >= 0 ? HWS_OK : HWS_ERR_SYSTEM;
    if (status == HWS_OK) status = bench_load_begin(&it->load, &it->options);
    if (status == HWS_OK)
        status = bench_half_open_begin(&it->result.half_open, it->options.connect.url,
                                       (size_t)it->options.half_open_count);
    if (status != HWS_OK) explain(it, status);
    return status == HWS_OK;
}

static int measure(bench *it)
{
    int result = EXIT_MISUSE;
    it->signals = open_signals();
    it->is_terminal = isatty(STDERR_FILENO);
    if (begin(it)) {
        if (wait_for_opening(it)) run_load(it);
        bench_load_end(&it->load);
        result = report(it);
    }
    bench_load_release(&it->load);
    bench_half_open_release(&it->result.half_open);
    bench_result_release(&it->result);
    if (it->signals >= 0) close(it->signals);
    return result;
}

int bench_run(int argc, char **argv)
{
    bench *it = calloc(1, sizeof *it);
    if (!it) {
        options_complain(argv[0], "%s", hws_status_text(HWS_ERR_NO_MEMORY));
        return EXIT_MISUSE;
    }
    int result = EXIT_MISUSE;
    if (bench_options_read(argc, argv, &it->options)) {
        if (it->options.connect.help) {
            fputs(bench_options_help, stdout);
            result = EXIT_SUCCESS;
        } else {
            result = measure(it);
        }
    }
    free(it);
    return result;
}
