/* SPDX-License-Identifier: MIT */
/* Ways of doing the same, timed in turns.
 *
 * They take turns in short rounds, so that a busy machine is unfair to all of them alike; what
 * counts is the median of the rounds, and its ratio to that of the first, the baseline. */
#ifndef HAWSER_BENCH_MICRO_CONTEST_H
#define HAWSER_BENCH_MICRO_CONTEST_H

#include <stddef.h>

enum { CONTEST_WAY_MAX = 8 };

typedef struct way {
    const char *name;
    void (*work)(const void *with, void *on); /* does it once, to all items */
    const void *with;
} way;

typedef struct contest {
    const char *title;
    size_t size;       /* bytes of an item */
    size_t item_count; /* items that one call of `work` does */
    void *on;
    const way *ways; /* the baseline first */
    size_t way_count;
} contest;

/* A line of column titles. */
void contest_print_names(const way *ways, size_t way_count);

/* Runs it and prints a line: nanoseconds per item, gigabytes per second, and the ratio of the time
 * to the baseline's. */
void contest_run(const contest *it);

#endif /* HAWSER_BENCH_MICRO_CONTEST_H */
