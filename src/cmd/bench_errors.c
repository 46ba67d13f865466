/* SPDX-License-Identifier: MIT */
#include "cmd/bench_errors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A peer may have had a hand in a text, and it goes to a terminal. */
static void copy_text(char *to, const char *from)
{
    size_t size = strnlen(from, BENCH_CAUSE_SIZE_MAX - 1);
    if (from[size] != '\0')
        while (size > 0 && ((unsigned char)from[size] & 0xC0) == 0x80) size--;
    for (size_t i = 0; i < size; i++) {
        const unsigned char byte = (unsigned char)from[i];
        to[i] = from[i];
        if (byte < 0x20 || byte == 0x7F) to[i] = '?';
    }
    to[size] = '\0';
}

static void add(bench_errors *it, const char *text, uint64_t count)
{
    size_t at = 0;
    it->count += count;
    while (at < it->cause_count && strcmp(it->cause[at].text, text) != 0) at++;
    if (at >= BENCH_CAUSE_COUNT_MAX - 1) {
        at = BENCH_CAUSE_COUNT_MAX - 1;
        text = "other causes";
    }
    if (at == it->cause_count) {
        snprintf(it->cause[at].text, sizeof it->cause[at].text, "%s", text);
        it->cause_count++;
    }
    it->cause[at].count += count;
}

void bench_errors_add(bench_errors *it, const char *text)
{
    char clean[BENCH_CAUSE_SIZE_MAX];
    copy_text(clean, text);
    add(it, clean, 1);
}

void bench_errors_merge(bench_errors *it, const bench_errors *from)
{
    for (size_t i = 0; i < from->cause_count; i++)
        add(it, from->cause[i].text, from->cause[i].count);
}

static int compare(const void *left, const void *right)
{
    const bench_cause *a = left;
    const bench_cause *b = right;
    if (a->count != b->count) return a->count < b->count ? 1 : -1;
    return strcmp(a->text, b->text);
}

void bench_errors_sort(bench_errors *it)
{
    qsort(it->cause, it->cause_count, sizeof *it->cause, compare);
}
