/* SPDX-License-Identifier: MIT */
/* UTF-8 by 32 bytes, after the idea of Keiser and Lemire ("Validating UTF-8 in less than one
 * instruction per byte"): nearly every error shows in two neighbouring bytes, and three table
 * look-ups by nibble name the errors that the first byte's high half, its low half, and the second
 * byte's high half leave possible.  What is possible in all three is an error.
 *
 * The classes, as first byte | second byte:
 *
 *     TOO_SHORT    11______ 0_______   a lead without a continuation
 *                  11______ 11______
 *     TOO_LONG     0_______ 10______   a continuation without a lead
 *     OVERLONG_2   1100000_ 10______   C0, C1
 *     OVERLONG_3   11100000 100_____   E0 80-9F
 *     OVERLONG_4   11110000 1000____   F0 80-8F
 *     SURROGATE    11101101 101_____   ED A0-BF
 *     TOO_LARGE    11110100 1001____   F4 90-BF, F5-FF 90-BF
 *                  11110100 101_____
 *     TOO_LARGE_8  1111_101 1000____   F5-FF 80-8F; shares its bit with OVERLONG_4
 *     TWO_CONTS    10______ 10______   right only as the third or fourth byte of a character
 *
 * TWO_CONTS must be there exactly where the byte two before is E0 or more, or the byte three before
 * is F0 or more: that is compared last, and settles the long characters. */
#include <immintrin.h>
#include <stdbool.h>

#include "wire/utf8.h"

enum {
    TOO_SHORT = 1 << 0,
    TOO_LONG = 1 << 1,
    OVERLONG_3 = 1 << 2,
    TOO_LARGE = 1 << 3,
    SURROGATE = 1 << 4,
    OVERLONG_2 = 1 << 5,
    OVERLONG_4 = 1 << 6, /* and TOO_LARGE_8 */
    TWO_CONTS = 1 << 7,

    /* The low half of the first byte says nothing about these. */
    ANY_LOW = TOO_SHORT | TOO_LONG | TWO_CONTS,
};

#define AVX2 __attribute__((target("avx2")))
#define TABLE(...) _mm256_setr_epi8(__VA_ARGS__, __VA_ARGS__)
#define BITS(value) ((char)(uint8_t)(value))

AVX2 static inline __m256i by_first_high(__m256i high)
{
    const __m256i table = TABLE(
        /* 0_ to 7_ */ BITS(TOO_LONG), BITS(TOO_LONG), BITS(TOO_LONG), BITS(TOO_LONG),
        BITS(TOO_LONG), BITS(TOO_LONG), BITS(TOO_LONG), BITS(TOO_LONG),
        /* 8_ to B_ */ BITS(TWO_CONTS), BITS(TWO_CONTS), BITS(TWO_CONTS), BITS(TWO_CONTS),
        /* C_ */ BITS(TOO_SHORT | OVERLONG_2),
        /* D_ */ BITS(TOO_SHORT),
        /* E_ */ BITS(TOO_SHORT | OVERLONG_3 | SURROGATE),
        /* F_ */ BITS(TOO_SHORT | TOO_LARGE | OVERLONG_4));
    return _mm256_shuffle_epi8(table, high);
}

AVX2 static inline __m256i by_first_low(__m256i low)
{
    const __m256i table = TABLE(
        /* _0 */ BITS(ANY_LOW | OVERLONG_2 | OVERLONG_3 | OVERLONG_4),
        /* _1 */ BITS(ANY_LOW | OVERLONG_2),
        /* _2, _3 */ BITS(ANY_LOW), BITS(ANY_LOW),
        /* _4 */ BITS(ANY_LOW | TOO_LARGE),
        /* _5 to _C */ BITS(ANY_LOW | TOO_LARGE | OVERLONG_4),
        BITS(ANY_LOW | TOO_LARGE | OVERLONG_4), BITS(ANY_LOW | TOO_LARGE | OVERLONG_4),
        BITS(ANY_LOW | TOO_LARGE | OVERLONG_4), BITS(ANY_LOW | TOO_LARGE | OVERLONG_4),
        BITS(ANY_LOW | TOO_LARGE | OVERLONG_4), BITS(ANY_LOW | TOO_LARGE | OVERLONG_4),
        BITS(ANY_LOW | TOO_LARGE | OVERLONG_4),
        /* _D */ BITS(ANY_LOW | TOO_LARGE | OVERLONG_4 | SURROGATE),
        /* _E, _F */ BITS(ANY_LOW | TOO_LARGE | OVERLONG_4),
        BITS(ANY_LOW | TOO_LARGE | OVERLONG_4));
    return _mm256_shuffle_epi8(table, low);
}

AVX2 static inline __m256i by_second_high(__m256i high)
{
    enum { CONT = TOO_LONG | OVERLONG_2 | TWO_CONTS };
    const __m256i table = TABLE(
        /* 0_ to 7_ */ BITS(TOO_SHORT), BITS(TOO_SHORT), BITS(TOO_SHORT), BITS(TOO_SHORT),
        BITS(TOO_SHORT), BITS(TOO_SHORT), BITS(TOO_SHORT), BITS(TOO_SHORT),
        /* 8_ */ BITS(CONT | OVERLONG_3 | OVERLONG_4),
        /* 9_ */ BITS(CONT | OVERLONG_3 | TOO_LARGE),
        /* A_, B_ */ BITS(CONT | SURROGATE | TOO_LARGE), BITS(CONT | SURROGATE | TOO_LARGE),
        /* C_ to F_ */ BITS(TOO_SHORT), BITS(TOO_SHORT), BITS(TOO_SHORT), BITS(TOO_SHORT));
    return _mm256_shuffle_epi8(table, high);
}

AVX2 static inline __m256i high_half(__m256i bytes)
{
    return _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(0x0F));
}

/* Not zero where `now`, with the block before it, is ill-formed. */
AVX2 static inline __m256i errors_of(__m256i before, __m256i now)
{
    const __m256i joint = _mm256_permute2x128_si256(before, now, 0x21);
    const __m256i back_1 = _mm256_alignr_epi8(now, joint, 15);
    const __m256i back_2 = _mm256_alignr_epi8(now, joint, 14);
    const __m256i back_3 = _mm256_alignr_epi8(now, joint, 13);

    const __m256i low_half = _mm256_and_si256(back_1, _mm256_set1_epi8(0x0F));
    const __m256i pairs =
        _mm256_and_si256(_mm256_and_si256(by_first_high(high_half(back_1)), by_first_low(low_half)),
                         by_second_high(high_half(now)));

    /* The top bit is set where a third or fourth byte of a character must stand. */
    const __m256i third = _mm256_subs_epu8(back_2, _mm256_set1_epi8(0xE0 - 0x80));
    const __m256i fourth = _mm256_subs_epu8(back_3, _mm256_set1_epi8(BITS(0xF0 - 0x80)));
    const __m256i must =
        _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8(BITS(TWO_CONTS)));
    return _mm256_xor_si256(pairs, must);
}

AVX2 size_t hws_utf8_prefix_avx2(const uint8_t *bytes, size_t size)
{
    __m256i before = _mm256_setzero_si256();
    bool before_is_ascii = true;
    size_t at = 0;
    for (; size - at >= sizeof before; at += sizeof before) {
        const __m256i now = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + at));
        const bool is_ascii = _mm256_movemask_epi8(now) == 0;
        if (!is_ascii || !before_is_ascii) {
            const __m256i errors = errors_of(before, now);
            if (!_mm256_testz_si256(errors, errors)) break;
        }
        before = now;
        before_is_ascii = is_ascii;
    }
    return hws_utf8_border(bytes, at);
}
