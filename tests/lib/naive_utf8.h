/* SPDX-License-Identifier: MIT */
/* UTF-8 decided in another way than the library does it: decode to a number, then judge the number.
 */
#ifndef HAWSER_TESTS_NAIVE_UTF8_H
#define HAWSER_TESTS_NAIVE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that the lead byte announces; 0: no lead byte. */
static inline size_t naive_length(uint8_t lead)
{
    if (lead < 0x80) return 1;
    if (lead >> 5 == 0x06) return 2;
    if (lead >> 4 == 0x0E) return 3;
    if (lead >> 3 == 0x1E) return 4;
    return 0;
}

static inline bool naive_utf8(const uint8_t *bytes, size_t size)
{
    static const uint32_t LEAST[] = {0, 0, 0x80, 0x800, 0x10000};
    for (size_t at = 0; at < size;) {
        const size_t length = naive_length(bytes[at]);
        if (length == 0 || length > size - at) return false;
        uint32_t code = length == 1 ? bytes[at] : bytes[at] & (0x7Fu >> length);
        for (size_t i = 1; i < length; i++) {
            if (bytes[at + i] >> 6 != 0x02) return false;
            code = code << 6 | (bytes[at + i] & 0x3Fu);
        }
        if (code < LEAST[length] || code > 0x10FFFF) return false;
        if (code >= 0xD800 && code <= 0xDFFF) return false;
        at += length;
    }
    return true;
}

#endif /* HAWSER_TESTS_NAIVE_UTF8_H */
