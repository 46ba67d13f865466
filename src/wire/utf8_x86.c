/* SPDX-License-Identifier: MIT */
/* SSSE3 and AVX2: the faults of wire/utf8_pair.h, 16 and 32 bytes at a time. */
#include <immintrin.h>

#include "wire/utf8.h"
#include "wire/utf8_pair.h"

#define SSSE3 __attribute__((target("ssse3")))
#define AVX2 __attribute__((target("avx2")))

/* Zero for each byte of `now` that may stand behind those one, two and three before it. */
SSSE3 static inline __m128i faults_16(__m128i now, __m128i one, __m128i two, __m128i three)
{
    const __m128i half = _mm_set1_epi8(0x0F);
    const __m128i first_high = _mm_loadu_si128((const void *)HWS_PAIR_FIRST_HIGH);
    const __m128i first_low = _mm_loadu_si128((const void *)HWS_PAIR_FIRST_LOW);
    const __m128i second_high = _mm_loadu_si128((const void *)HWS_PAIR_SECOND_HIGH);

    const __m128i classes = _mm_and_si128(
        _mm_and_si128(_mm_shuffle_epi8(first_high, _mm_and_si128(_mm_srli_epi16(one, 4), half)),
                      _mm_shuffle_epi8(first_low, _mm_and_si128(one, half))),
        _mm_shuffle_epi8(second_high, _mm_and_si128(_mm_srli_epi16(now, 4), half)));
    const __m128i due = _mm_or_si128(_mm_subs_epu8(two, _mm_set1_epi8(HWS_PAIR_DUE_THIRD)),
                                     _mm_subs_epu8(three, _mm_set1_epi8(HWS_PAIR_DUE_FOURTH)));
    return _mm_xor_si128(classes, _mm_and_si128(due, _mm_set1_epi8((char)HWS_PAIR_FOLLOWS)));
}

static inline __m128i load_16(const uint8_t *bytes)
{
    return _mm_loadu_si128((const void *)bytes);
}

/* The 16 bytes at `bytes`, with three readable bytes before them. */
SSSE3 static inline __m128i faults_16_at(const uint8_t *bytes)
{
    return faults_16(load_16(bytes), load_16(bytes - 1), load_16(bytes - 2), load_16(bytes - 3));
}

/* The first 16 bytes of a text: zeros stand before them, which are ASCII and ask for nothing. */
SSSE3 static inline __m128i faults_16_first(const uint8_t *bytes)
{
    const __m128i now = load_16(bytes);
    return faults_16(now, _mm_slli_si128(now, 1), _mm_slli_si128(now, 2), _mm_slli_si128(now, 3));
}

SSSE3 static inline bool none_16(__m128i faults)
{
    return _mm_movemask_epi8(_mm_cmpeq_epi8(faults, _mm_setzero_si128())) == 0xFFFF;
}

/* The same of 32 bytes, by a shorter way if they and the three before them are ASCII. */
SSSE3 static inline bool good_32_at(const uint8_t *bytes)
{
    const __m128i all =
        _mm_or_si128(load_16(bytes - 3), _mm_or_si128(load_16(bytes), load_16(bytes + 16)));
    return _mm_movemask_epi8(all) == 0 ||
           none_16(_mm_or_si128(faults_16_at(bytes), faults_16_at(bytes + 16)));
}

SSSE3 size_t hws_utf8_ssse3(const uint8_t *bytes, size_t size)
{
    if (size < 16 + 3) return hws_utf8_scalar(bytes, size);
    if (!none_16(faults_16_first(bytes))) return 0;
    size_t at = 16;
    for (; size - at > 32; at += 32)
        if (!good_32_at(bytes + at)) return hws_utf8_border(bytes, at);
    if (size - at > 16) {
        if (!none_16(faults_16_at(bytes + at))) return hws_utf8_border(bytes, at);
        at += 16;
    }
    /* The rest, in a block that overlaps the one before. */
    if (none_16(faults_16_at(bytes + size - 16))) at = size;
    return hws_utf8_border(bytes, at);
}

AVX2 static inline __m256i twice(const uint8_t table[16])
{
    return _mm256_broadcastsi128_si256(load_16(table));
}

AVX2 static inline __m256i faults_32(__m256i now, __m256i one, __m256i two, __m256i three)
{
    const __m256i half = _mm256_set1_epi8(0x0F);
    const __m256i classes = _mm256_and_si256(
        _mm256_and_si256(
            _mm256_shuffle_epi8(twice(HWS_PAIR_FIRST_HIGH),
                                _mm256_and_si256(_mm256_srli_epi16(one, 4), half)),
            _mm256_shuffle_epi8(twice(HWS_PAIR_FIRST_LOW), _mm256_and_si256(one, half))),
        _mm256_shuffle_epi8(twice(HWS_PAIR_SECOND_HIGH),
                            _mm256_and_si256(_mm256_srli_epi16(now, 4), half)));
    const __m256i due =
        _mm256_or_si256(_mm256_subs_epu8(two, _mm256_set1_epi8(HWS_PAIR_DUE_THIRD)),
                        _mm256_subs_epu8(three, _mm256_set1_epi8(HWS_PAIR_DUE_FOURTH)));
    return _mm256_xor_si256(classes,
                            _mm256_and_si256(due, _mm256_set1_epi8((char)HWS_PAIR_FOLLOWS)));
}

AVX2 static inline __m256i load_32(const uint8_t *bytes)
{
    return _mm256_loadu_si256((const void *)bytes);
}

AVX2 static inline __m256i faults_32_at(const uint8_t *bytes)
{
    return faults_32(load_32(bytes), load_32(bytes - 1), load_32(bytes - 2), load_32(bytes - 3));
}

AVX2 static inline bool none_32(__m256i faults)
{
    return _mm256_testz_si256(faults, faults) != 0;
}

AVX2 static inline bool good_64_at(const uint8_t *bytes)
{
    const __m256i all =
        _mm256_or_si256(load_32(bytes - 3), _mm256_or_si256(load_32(bytes), load_32(bytes + 32)));
    return _mm256_movemask_epi8(all) == 0 ||
           none_32(_mm256_or_si256(faults_32_at(bytes), faults_32_at(bytes + 32)));
}

AVX2 size_t hws_utf8_avx2(const uint8_t *bytes, size_t size)
{
    if (size < 16 + 64) return hws_utf8_ssse3(bytes, size);
    if (!none_16(faults_16_first(bytes))) return 0;
    size_t at = 16;
    for (; size - at > 64; at += 64)
        if (!good_64_at(bytes + at)) return hws_utf8_border(bytes, at);
    /* The rest, in a block that overlaps the one before. */
    if (good_64_at(bytes + size - 64)) at = size;
    return hws_utf8_border(bytes, at);
}
