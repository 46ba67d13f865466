/* SPDX-License-Identifier: MIT */
/* What went wrong, how often: one line for each cause. */
#ifndef HAWSER_CMD_BENCH_ERRORS_H
#define HAWSER_CMD_BENCH_ERRORS_H

#include <stddef.h>
#include <stdint.h>

enum {
    BENCH_CAUSE_SIZE_MAX = 160, /* bytes, with the zero behind it */
    BENCH_CAUSE_COUNT_MAX = 24, /* the last of them stands for all that came later */
};

typedef struct bench_cause {
    char text[BENCH_CAUSE_SIZE_MAX];
    uint64_t count;
} bench_cause;

/* Zero is an empty one. */
typedef struct bench_errors {
    bench_cause cause[BENCH_CAUSE_COUNT_MAX];
    size_t cause_count;
    uint64_t count; /* of all */
} bench_errors;

/* `text` is copied: controls become "?", and what is too long is cut between characters. */
void bench_errors_add(bench_errors *it, const char *text);

void bench_errors_merge(bench_errors *it, const bench_errors *from);

/* The most frequent first. */
void bench_errors_sort(bench_errors *it);

#endif /* HAWSER_CMD_BENCH_ERRORS_H */
