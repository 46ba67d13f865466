/* SPDX-License-Identifier: MIT */
/* Three bytes are four digits of six bits each, most significant first. */
#include "base/base64.h"

#include <assert.h>

static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

enum {
    PADDING = 64, /* index of its sign, behind the digits */
    NO_DIGIT = 64,
};

static uint32_t digit_of(char character)
{
#define NO NO_DIGIT
    /* clang-format off */
    static const uint8_t DIGIT_OF[128] = {
        NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
        NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
        NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, 62, NO, NO, NO, 63,
        52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO,
        NO,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
        15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NO, NO, NO, NO, NO,
        NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
        41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NO, NO, NO, NO, NO,
    };
    /* clang-format on */
#undef NO
    const uint8_t code = (uint8_t)character;
    return code < 128 ? DIGIT_OF[code] : NO_DIGIT;
}

static size_t count_padding(hws_text text)
{
    if (text.size == 0 || text.data[text.size - 1] != '=') return 0;
    return text.data[text.size - 2] == '=' ? 2 : 1;
}

/* §3.5: the bits of the last digit that reach no byte are zero; two for each sign of padding. */
static bool is_canonical(hws_text digits, size_t padding)
{
    if (padding == 0) return true;
    const uint32_t unused = (1U << (2 * padding)) - 1;
    return (digit_of(digits.data[digits.size - 1]) & unused) == 0;
}

static bool all_digits(hws_text text)
{
    uint32_t any = 0;
    for (size_t i = 0; i < text.size; i++) any |= digit_of(text.data[i]);
    return (any & NO_DIGIT) == 0;
}

size_t hws_base64_encode(const uint8_t *bytes, size_t size, char *text)
{
    assert(size <= SIZE_MAX / 4 * 3 - 2);
    size_t written = 0;
    for (size_t at = 0; at < size; at += 3) {
        const size_t left = size - at;
        uint32_t group = (uint32_t)bytes[at] << 16;
        if (left > 1) group |= (uint32_t)bytes[at + 1] << 8;
        if (left > 2) group |= bytes[at + 2];

        text[written++] = DIGITS[group >> 18];
        text[written++] = DIGITS[group >> 12 & 63];
        text[written++] = DIGITS[left > 1 ? group >> 6 & 63 : PADDING];
        text[written++] = DIGITS[left > 2 ? group & 63 : PADDING];
    }
    return written;
}

bool hws_base64_is_valid(hws_text text, size_t *size)
{
    if (text.size % 4 != 0) return false;
    const size_t padding = count_padding(text);
    const hws_text digits = {text.data, text.size - padding};
    if (!all_digits(digits) || !is_canonical(digits, padding)) return false;
    *size = text.size / 4 * 3 - padding;
    return true;
}

bool hws_base64_decode(hws_text text, uint8_t *bytes, size_t size_max, size_t *size)
{
    size_t decoded_size;
    if (!hws_base64_is_valid(text, &decoded_size) || decoded_size > size_max) return false;
    const hws_text digits = {text.data, text.size - count_padding(text)};

    uint32_t bits = 0;
    unsigned bit_count = 0; /* of `bits`, those not written yet */
    for (size_t i = 0; i < digits.size; i++) {
        bits = bits << 6 | digit_of(digits.data[i]);
        bit_count += 6;
        if (bit_count < 8) continue;
        bit_count -= 8;
        *bytes++ = (uint8_t)(bits >> bit_count);
    }
    *size = decoded_size;
    return true;
}
