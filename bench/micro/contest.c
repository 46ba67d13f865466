/* SPDX-License-Identifier: MIT */
#include "contest.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 21, ROUND_NS = 300000 };

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* The barrier keeps the compiler from doing the calls of a round once for all. */
static double time_calls(const contest *it, const way *by, size_t count)
{
    const double start = now_ns();
    for (size_t i = 0; i < count; i++) {
        __asm__ volatile("" ::: "memory");
        by->work(by->with, it->on);
    }
    return (now_ns() - start) / (double)count;
}

static size_t calls_per_round(const contest *it, const way *by)
{
    size_t count = 1;
    while (time_calls(it, by, count) * (double)count < ROUND_NS) count *= 2;
    return count;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

void contest_print_names(const way *ways, size_t way_count)
{
    printf("\n%-16s %8s", "ns, GB/s, ratio", "bytes");
    for (size_t w = 0; w < way_count; w++) printf("  %-24s", ways[w].name);
    printf("\n");
}

void contest_run(const contest *it)
{
    static double took_ns[CONTEST_WAY_MAX][ROUNDS];
    size_t calls[CONTEST_WAY_MAX];
    for (size_t w = 0; w < it->way_count; w++) calls[w] = calls_per_round(it, &it->ways[w]);
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t w = 0; w < it->way_count; w++)
            took_ns[w][round] = time_calls(it, &it->ways[w], calls[w]);

    printf("%-16s %8zu", it->title, it->size);
    double baseline = 0;
    for (size_t w = 0; w < it->way_count; w++) {
        qsort(took_ns[w], ROUNDS, sizeof **took_ns, compare);
        const double median = took_ns[w][ROUNDS / 2] / (double)it->item_count;
        if (w == 0) baseline = median;
        printf("  %10.1f %6.1f %6.2f", median, (double)it->size / median, median / baseline);
    }
    printf("\n");
    fflush(stdout);
}
