/* SPDX-License-Identifier: MIT */
#include "cmd/bench_result.h"

#include "cmd/bench_slow.h"

/* Those of connections that are lost will never come. */
static uint64_t missing_of(const bench_worker *worker)
{
    uint64_t count = 0;
    if (worker->load->options->mode != BENCH_ECHO || worker->sent_ns) return 0;
    for (size_t i = 0; i < worker->connection_count; i++)
        count += worker->connection[i].due_count - worker->connection[i].answered_count;
    return count;
}

bool bench_result_sum(bench_result *it, const bench_load *load)
{
    if (!bench_samples_init(&it->samples, load->options->duration_ms)) return false;
    it->options = load->options;
    for (size_t i = 0; i < load->worker_count; i++) {
        const bench_worker *worker = &load->worker[i];
        bench_histogram_merge(&it->connect, &worker->connect);
        bench_samples_merge(&it->samples, &worker->samples);
        bench_errors_merge(&it->errors, &worker->errors);
        bench_deflate_merge(&it->deflate, &worker->deflate);
        it->missing_count += missing_of(worker);
        if (!worker->slow) continue;
        it->slow_opened = worker->slow->opened_count;
        it->slow_ended = worker->slow->ended_count;
        it->slow_ends = worker->slow->ends;
    }
    for (size_t i = 0; i < it->samples.sample_count; i++) {
        it->byte_count += it->samples.sample[i].byte_count;
        bench_histogram_merge(&it->latency, &it->samples.sample[i].latency);
    }
    bench_errors_sort(&it->errors);
    bench_errors_sort(&it->slow_ends);
    return true;
}

void bench_result_release(bench_result *it)
{
    bench_samples_release(&it->samples);
}

const char *bench_result_unit(const bench_result *it)
{
    switch (it->options->mode) {
    case BENCH_LISTEN:
    case BENCH_CHAT:
        return "deliveries";
    case BENCH_CONNECT:
        return "connections";
    case BENCH_ECHO:
    case BENCH_IDLE:
        break;
    }
    return "messages";
}

double bench_result_per_second(const bench_result *it, double count)
{
    return it->seconds > 0 ? count / it->seconds : 0;
}

double bench_cost_share(const bench_cost *it, double seconds)
{
    const double used_ns = (double)(it->at_end.cpu_ns - it->at_start.cpu_ns);
    return seconds > 0 ? used_ns / BENCH_NS_PER_S / seconds : 0;
}

double bench_cost_per_message_ns(const bench_cost *it, const bench_result *result)
{
    const double used_ns = (double)(it->at_end.cpu_ns - it->at_start.cpu_ns);
    return result->latency.count > 0 ? used_ns / (double)result->latency.count : 0;
}

double bench_cost_memory(const bench_cost *it, const bench_result *result)
{
    const double grown = (double)it->at_start.resident - (double)it->at_begin.resident;
    return result->open_count > 0 && grown > 0 ? grown / (double)result->open_count : 0;
}
