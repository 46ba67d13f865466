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
    if (character >= 'A' && character <= 'Z') return (uint32_t)(character - 'A');
    if (character >= 'a' && character <= 'z') return (uint32_t)(character - 'a' + 26);
    if (character >= '0' && character <= '9') return (uint32_t)(character - '0' + 52);
    if (character == '+') return 62;
    if (character == '/') return 63;
    return NO_DIGIT;
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
    for (size_t i = 0; i < text.size; i++)
        if (digit_of(text.data[i]) == NO_DIGIT) return false;
    return true;
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

bool hws_base64_decode(hws_text text, uint8_t *bytes, size_t size_max, size_t *size)
{
    if (text.size % 4 != 0) return false;
    const size_t padding = count_padding(text);
    const hws_text digits = {text.data, text.size - padding};
    const size_t decoded_size = text.size / 4 * 3 - padding;
    if (decoded_size > size_max || !all_digits(digits) || !is_canonical(digits, padding))
        return false;

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
