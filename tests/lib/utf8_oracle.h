/* SPDX-License-Identifier: MIT */
/* UTF-8 told by code points, to compare with the library, which tells it by bytes.
 *
 * A character is read, made a number, and the number is judged: has it this many bytes, is it a
 * surrogate, is it too large?  A character that is not whole yet is judged by all the numbers it
 * can still become. */
#ifndef HAWSER_TESTS_UTF8_ORACLE_H
#define HAWSER_TESTS_UTF8_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct utf8_oracle {
    size_t fault;     /* index of the first byte that no UTF-8 has there, or the size */
    bool ends_inside; /* a character that is not whole */
} utf8_oracle;

/* Is there a code point from `least` to `most` that is written in `length` bytes? */
static inline bool utf8_oracle_any(uint32_t least, uint32_t most, int length)
{
    switch (length) {
    case 2:
        return least <= 0x7FF && most >= 0x80;
    case 3:
        return (least <= 0xD7FF && most >= 0x800) || (least <= 0xFFFF && most >= 0xE000);
    case 4:
        return least <= 0x10FFFF && most >= 0x10000;
    default:
        return false;
    }
}

static inline int utf8_oracle_leading_ones(uint8_t byte)
{
    int ones = 0;
    while (ones < 8 && (byte & (0x80 >> ones))) ones++;
    return ones;
}

static inline utf8_oracle utf8_oracle_read(const uint8_t *bytes, size_t size)
{
    size_t at = 0;
    while (at < size) {
        const int length = utf8_oracle_leading_ones(bytes[at]);
        if (length == 0) {
            at++;
            continue;
        }
        uint32_t point = bytes[at] & (0x7FU >> length);
        for (int left = length - 1;; left--) {
            const uint32_t open = left > 0 && left < 5 ? (1U << (6 * left)) - 1 : 0;
            const uint32_t least = left < 5 ? point << (6 * left) : point;
            if (!utf8_oracle_any(least, least | open, length)) return (utf8_oracle){at, false};
            at++;
            if (left == 0) break;
            if (at == size) return (utf8_oracle){size, true};
            if (bytes[at] >> 6 != 2) return (utf8_oracle){at, false};
            point = point << 6 | (bytes[at] & 0x3FU);
        }
    }
    return (utf8_oracle){size, false};
}

static inline bool utf8_oracle_valid(const uint8_t *bytes, size_t size)
{
    const utf8_oracle told = utf8_oracle_read(bytes, size);
    return told.fault == size && !told.ends_inside;
}

#endif /* HAWSER_TESTS_UTF8_ORACLE_H */
