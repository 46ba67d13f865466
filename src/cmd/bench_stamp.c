/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cmd/bench_cast.h"

void bench_stamp_write(uint8_t stamp[BENCH_STAMP_SIZE], uint64_t time_ns)
{
    for (int i = 0; i < BENCH_STAMP_SIZE; i++)
        stamp[i] = (uint8_t) "0123456789abcdef"[time_ns >> (60 - 4 * i) & 15];
}

bool bench_stamp_read(const uint8_t *bytes, size_t size, uint64_t *time_ns)
{
    uint64_t value = 0;
    if (size < BENCH_STAMP_SIZE) return false;
    for (int i = 0; i < BENCH_STAMP_SIZE; i++) {
        const uint8_t byte = bytes[i];
        const bool is_digit = byte >= '0' && byte <= '9';
        if (!is_digit && (byte < 'a' || byte > 'f')) return false;
        value = value << 4 | (uint64_t)(is_digit ? byte - '0' : byte - 'a' + 10);
    }
    *time_ns = value;
    return true;
}

bool bench_stamp_next(const uint8_t **bytes, size_t *size, uint64_t *time_ns)
{
    static const char mark[] = "\"at\":\"";
    const size_t mark_size = sizeof mark - 1;
    const uint8_t *found;
    while ((found = memmem(*bytes, *size, mark, mark_size))) {
        *size -= (size_t)(found - *bytes) + mark_size;
        *bytes = found + mark_size;
        if (bench_stamp_read(*bytes, *size, time_ns)) return true;
    }
    return false;
}
