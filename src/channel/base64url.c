/* SPDX-License-Identifier: MIT */
#include "channel/base64url.h"

/* -1: none of the alphabet. */
static int value_of(char character)
{
    if (character >= 'A' && character <= 'Z') return character - 'A';
    if (character >= 'a' && character <= 'z') return character - 'a' + 26;
    if (character >= '0' && character <= '9') return character - '0' + 52;
    if (character == '-') return 62;
    return character == '_' ? 63 : -1;
}

bool hws_base64url_decode(hws_text text, uint8_t *bytes, size_t size_max, size_t *size)
{
    if (text.size % 4 == 1) return false;
    const size_t expected = text.size / 4 * 3 + (text.size % 4 > 0 ? text.size % 4 - 1 : 0);
    if (expected > size_max) return false;
    uint32_t bits = 0;
    unsigned bit_count = 0;
    size_t written = 0;
    for (size_t i = 0; i < text.size; i++) {
        const int value = value_of(text.data[i]);
        if (value < 0) return false;
        bits = bits << 6 | (uint32_t)value;
        bit_count += 6;
        if (bit_count < 8) continue;
        bit_count -= 8;
        bytes[written++] = (uint8_t)(bits >> bit_count);
        bits &= (1U << bit_count) - 1;
    }
    if (bits != 0) return false; /* bits that say nothing are zero */
    *size = written;
    return true;
}
