/* SPDX-License-Identifier: MIT */
/* Sizes, durations and numbers as people write them: "64K", "500ms", "7". */
#include "cmd/quantity.h"

#include <stddef.h>
#include <string.h>

typedef struct unit {
    const char *name;
    uint64_t factor;
} unit;

/* Not strtoull: that takes signs, spaces and an empty text. */
static const char *read_digits(const char *text, uint64_t *number)
{
    uint64_t value = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++) {
        const uint64_t digit = (uint64_t)(*at - '0');
        if (value > (UINT64_MAX - digit) / 10) return NULL;
        value = value * 10 + digit;
    }
    if (at == text) return NULL;
    *number = value;
    return at;
}

static bool read_quantity(const char *text, const unit *units, size_t unit_count, uint64_t *result)
{
    uint64_t number;
    const char *name = read_digits(text, &number);
    if (!name) return false;
    for (size_t i = 0; i < unit_count; i++) {
        if (strcmp(name, units[i].name) != 0) continue;
        if (number > UINT64_MAX / units[i].factor) return false;
        *result = number * units[i].factor;
        return true;
    }
    return false;
}

bool quantity_size(const char *text, uint64_t *size)
{
    static const unit units[] = {
        {"", 1},        {"K", 1 << 10}, {"k", 1 << 10}, {"M", 1 << 20},
        {"m", 1 << 20}, {"G", 1 << 30}, {"g", 1 << 30},
    };
    return read_quantity(text, units, sizeof units / sizeof *units, size);
}

bool quantity_duration(const char *text, uint64_t *duration_ms)
{
    static const unit units[] = {
        {"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000},
    };
    return read_quantity(text, units, sizeof units / sizeof *units, duration_ms);
}

bool quantity_count(const char *text, uint64_t *count)
{
    static const unit units[] = {{"", 1}};
    return read_quantity(text, units, sizeof units / sizeof *units, count);
}
