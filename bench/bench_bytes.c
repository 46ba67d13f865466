/* SPDX-License-Identifier: MIT */
/* How fast are masking and UTF-8 validation, for each kernel and size?
 *
 *     bench_bytes
 *
 * Kernels take turns in short rounds, so that a busy machine is unfair to all of them alike; the
 * median of the rounds is shown, as nanoseconds per call and gigabytes per second. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "wire/mask.h"
#include "wire/utf8.h"

enum { ROUNDS = 31, ROUND_NS = 1000000, SIZE_MOST = 1 << 20 };

static const size_t SIZES[] = {20, 125, 1024, 16384, SIZE_MOST};
enum { SIZE_COUNT = sizeof SIZES / sizeof *SIZES };

/* Does the work once; the payload may be changed, but only back and forth. */
typedef void task(const hws_kernels *kernels, hws_span payload);

static void mask(const hws_kernels *kernels, hws_span payload)
{
    static const uint8_t KEY[4] = {0x37, 0xfa, 0x21, 0x3d};
    hws_mask(kernels, payload, KEY, 0);
}

static void validate(const hws_kernels *kernels, hws_span payload)
{
    hws_utf8 utf8 = {0};
    if (hws_utf8_check(kernels, &utf8, payload) != HWS_OK || hws_utf8_finish(&utf8) != HWS_OK)
        abort();
}

/* What a text frame goes through.  The key keeps ASCII what was ASCII. */
static void unmask_and_validate(const hws_kernels *kernels, hws_span payload)
{
    static const uint8_t KEY[4] = {0x37, 0x7a, 0x21, 0x3d};
    hws_mask(kernels, payload, KEY, 0);
    validate(kernels, payload);
}

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* The barrier keeps the compiler from doing the calls of a round once for all. */
static double time_calls(task *work, const hws_kernels *kernels, hws_span payload, size_t count)
{
    const double start = now_ns();
    for (size_t i = 0; i < count; i++) {
        __asm__ volatile("" : "+r"(payload.data), "+r"(payload.size)::"memory");
        work(kernels, payload);
    }
    return (now_ns() - start) / (double)count;
}

static size_t calls_per_round(task *work, const hws_kernels *kernels, hws_span payload)
{
    size_t count = 1;
    while (time_calls(work, kernels, payload, count) * (double)count < ROUND_NS) count *= 2;
    return count;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(const char *name, task *work, hws_span payload)
{
    const hws_kernels *list[HWS_KERNELS_MAX];
    const size_t count = hws_kernels_all(list);
    static double took_ns[HWS_KERNELS_MAX][ROUNDS];
    size_t calls[HWS_KERNELS_MAX];
    for (size_t k = 0; k < count; k++) calls[k] = calls_per_round(work, list[k], payload);
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t k = 0; k < count; k++)
            took_ns[k][round] = time_calls(work, list[k], payload, calls[k]);

    printf("%-14s %8zu B", name, payload.size);
    for (size_t k = 0; k < count; k++) {
        qsort(took_ns[k], ROUNDS, sizeof **took_ns, compare);
        const double median = took_ns[k][ROUNDS / 2];
        printf("  %10.1f ns %6.1f GB/s", median, (double)payload.size / median);
    }
    printf("\n");
}

/* `unit` over and over, and at the end spaces where another does not fit. */
static void write_text(uint8_t *bytes, size_t size, const char *unit)
{
    const size_t unit_size = strlen(unit);
    memset(bytes, ' ', size);
    for (size_t at = 0; at + unit_size <= size; at += unit_size)
        memcpy(bytes + at, unit, unit_size);
}

int main(void)
{
    static const struct {
        const char *name;
        const char *unit;
        task *work;
    } ROWS[] = {
        {"mask", "x", mask},
        {"mask+utf8", "Hello, world. ", unmask_and_validate},
        {"utf8 ascii", "Hello, world. ", validate},
        {"utf8 chinese", "\xe4\xb8\xad\xe6\x96\x87", validate},
        {"utf8 mixed",
         "caf\xc3\xa9 \xe2\x82\xac"
         "5 \xf0\x9f\x98\x80 ",
         validate},
    };
    const hws_kernels *list[HWS_KERNELS_MAX];
    const size_t count = hws_kernels_all(list);
    printf("%-25s", "");
    for (size_t k = 0; k < count; k++) printf("  %25s", list[k]->name);
    printf("\n");

    /* A payload follows a header of 6 bytes: it is seldom aligned. */
    uint8_t *memory = malloc(SIZE_MOST + 6);
    if (!memory) return 1;
    for (size_t row = 0; row < sizeof ROWS / sizeof *ROWS; row++) {
        for (size_t i = 0; i < SIZE_COUNT; i++) {
            write_text(memory + 6, SIZES[i], ROWS[row].unit);
            measure(ROWS[row].name, ROWS[row].work, (hws_span){memory + 6, SIZES[i]});
        }
    }
    free(memory);
    return 0;
}
