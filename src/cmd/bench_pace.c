/* SPDX-License-Identifier: MIT */
#include "cmd/bench_pace.h"

enum { NS_PER_S = 1000000000 };

uint64_t bench_pace_due_ns(const bench_pace *it, uint64_t message)
{
    const uint64_t number = message * it->worker_count + it->worker;
    /* In two steps: number * NS_PER_S would overflow after some hours. */
    const uint64_t whole_s = number / it->rate;
    const uint64_t rest = number % it->rate;
    return it->start_ns + whole_s * NS_PER_S + rest * NS_PER_S / it->rate;
}

uint64_t bench_pace_due_on_ns(const bench_pace *it, uint64_t connection, uint64_t n)
{
    return bench_pace_due_ns(it, n * it->connection_count + connection);
}
