/* SPDX-License-Identifier: MIT */
#include "cmd/bench_text.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

typedef struct unit {
    const char *name;
    double size;
} unit;

/* With three digits; the last unit with as many as it takes. */
static bench_text scale(double value, const unit *units, size_t count)
{
    bench_text it;
    size_t at = 0;
    /* What would be rounded up to a thousand belongs to the next one. */
    while (at + 1 < count && value / units[at].size >= 999.5) at++;
    const double scaled = value / units[at].size;
    const int digits = at == 0 || scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2;
    snprintf(it.text, sizeof it.text, "%.*f %s", digits, scaled, units[at].name);
    return it;
}

bench_text bench_text_duration(double ns)
{
    static const unit units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
    return scale(ns, units, sizeof units / sizeof *units);
}

bench_text bench_text_size(double bytes)
{
    static const unit units[] = {{"B", 1}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}};
    return scale(bytes, units, sizeof units / sizeof *units);
}

bench_text bench_text_count(double count)
{
    char digits[24];
    bench_text it;
    const int size = snprintf(digits, sizeof digits, "%" PRIu64, (uint64_t)(count + 0.5));
    char *to = it.text;
    for (int i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0) *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return it;
}
