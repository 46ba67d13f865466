/* SPDX-License-Identifier: MIT */
/* SSSE3, AVX2 and AVX-512: the faults of wire/utf8_pair.h, 16, 32 and 64 bytes at a time. */
#include <immintrin.h>

#include "wire/utf8.h"
#include "wire/utf8_pair.h"

#define SSSE3 __attribute__((target("ssse3")))
#define AVX2 __attribute__((target("avx2")))
#define AVX512 __attribute__((target("avx512f,avx512bw")))

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
SSSE3 static inline __m128i faults_16_first(__m128i now)
{
    return faults_16(now, _mm_slli_si128(now, 1), _mm_slli_si128(now, 2), _mm_slli_si128(now, 3));
}

/* One bit for each byte that has no fault. */
SSSE3 static inline unsigned good_16(__m128i faults)
{
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(faults, _mm_setzero_si128()));
}

SSSE3 static inline bool none_16(__m128i faults)
{
    return good_16(faults) == 0xFFFF;
}

/* The same of 32 bytes, by a shorter way if they and the three before them are ASCII. */
SSSE3 static inline bool good_32_at(const uint8_t *bytes)
{
    const __m128i all =
        _mm_or_si128(load_16(bytes - 3), _mm_or_si128(load_16(bytes), load_16(bytes + 16)));
    return _mm_movemask_epi8(all) == 0 ||
           none_16(_mm_or_si128(faults_16_at(bytes), faults_16_at(bytes + 16)));
}

/* 8 to 15 bytes: zeros stand behind them, whose faults count for nothing. */
SSSE3 static inline bool is_good_8_to_15(const uint8_t *bytes, size_t size)
{
    const uint64_t first = hws_ascii_load(bytes);
    const uint64_t last = size > 8 ? hws_ascii_load(bytes + size - 8) >> (16 - size) * 8 : 0;
    const __m128i padded = _mm_set_epi64x((long long)last, (long long)first);
    return (~good_16(faults_16_first(padded)) & ((1U << size) - 1)) == 0;
}

/* 16 to 18 bytes: the first 16, and the last two as they stand behind those before them. */
SSSE3 static inline bool is_good_16_to_18(const uint8_t *bytes, size_t size)
{
    return none_16(faults_16_first(load_16(bytes))) &&
           good_16(faults_16_first(load_16(bytes + size - 16))) >> 14 == 3;
}

SSSE3 size_t hws_utf8_ssse3(const uint8_t *bytes, size_t size)
{
    if (size < 8) return hws_utf8_scalar(bytes, size);
    if (size < 16) return is_good_8_to_15(bytes, size) ? hws_utf8_border(bytes, size) : 0;
    if (size < 16 + 3) return is_good_16_to_18(bytes, size) ? hws_utf8_border(bytes, size) : 0;
    if (!none_16(faults_16_first(load_16(bytes)))) return 0;
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

AVX2 static inline bool good_128_at(const uint8_t *bytes)
{
    const __m256i one = _mm256_or_si256(load_32(bytes), load_32(bytes + 32));
    const __m256i two = _mm256_or_si256(load_32(bytes + 64), load_32(bytes + 96));
    const __m256i all = _mm256_or_si256(load_32(bytes - 3), _mm256_or_si256(one, two));
    if (_mm256_movemask_epi8(all) == 0) return true;
    return good_64_at(bytes) && good_64_at(bytes + 64);
}

AVX2 static inline bool is_ascii_128(const uint8_t *bytes)
{
    const __m256i one = _mm256_or_si256(load_32(bytes), load_32(bytes + 32));
    const __m256i two = _mm256_or_si256(load_32(bytes + 64), load_32(bytes + 96));
    return _mm256_movemask_epi8(_mm256_or_si256(one, two)) == 0;
}

/* 64 to 128 bytes. */
AVX2 static inline bool is_ascii_64_to_128(const uint8_t *bytes, size_t size)
{
    const __m256i first = _mm256_or_si256(load_32(bytes), load_32(bytes + 32));
    const __m256i last = _mm256_or_si256(load_32(bytes + size - 64), load_32(bytes + size - 32));
    return _mm256_movemask_epi8(_mm256_or_si256(first, last)) == 0;
}

/* As many bytes from the first one on as are seen to be ASCII, 64 at least being there.  Most texts
 * are ASCII to their end.  What stands behind ASCII need not look back at it, so each byte is
 * loaded once, and along the lines of the cache: half of the other loads would need two. */
AVX2 static inline size_t ascii_prefix_32(const uint8_t *bytes, size_t size)
{
    if (size <= 128) return is_ascii_64_to_128(bytes, size) ? size : 0;
    if (!is_ascii_128(bytes)) return 0;
    size_t at = 128 - (uintptr_t)bytes % 32;
    for (; size - at > 128; at += 128)
        if (!is_ascii_128(bytes + at)) return at;
    return is_ascii_128(bytes + size - 128) ? size : at;
}

AVX2 size_t hws_utf8_avx2(const uint8_t *bytes, size_t size)
{
    if (size < 64) return hws_utf8_ssse3(bytes, size);
    size_t at = ascii_prefix_32(bytes, size);
    if (at == size) return size;
    if (size < 16 + 64) return hws_utf8_ssse3(bytes, size);
    if (at == 0) {
        if (!none_16(faults_16_first(load_16(bytes)))) return 0;
        at = 16;
    }
    for (; size - at > 128; at += 128)
        if (!good_128_at(bytes + at)) return hws_utf8_border(bytes, at);
    if (size - at > 64) {
        if (!good_64_at(bytes + at)) return hws_utf8_border(bytes, at);
        at += 64;
    }
    /* The rest, in a block that overlaps the one before. */
    if (good_64_at(bytes + size - 64)) at = size;
    return hws_utf8_border(bytes, at);
}

AVX512 static inline __m512i four_times(const uint8_t table[16])
{
    return _mm512_broadcast_i32x4(load_16(table));
}

AVX512 static inline __m512i faults_64(__m512i now, __m512i one, __m512i two, __m512i three)
{
    const __m512i half = _mm512_set1_epi8(0x0F);
    const __m512i classes = _mm512_and_si512(
        _mm512_and_si512(
            _mm512_shuffle_epi8(four_times(HWS_PAIR_FIRST_HIGH),
                                _mm512_and_si512(_mm512_srli_epi16(one, 4), half)),
            _mm512_shuffle_epi8(four_times(HWS_PAIR_FIRST_LOW), _mm512_and_si512(one, half))),
        _mm512_shuffle_epi8(four_times(HWS_PAIR_SECOND_HIGH),
                            _mm512_and_si512(_mm512_srli_epi16(now, 4), half)));
    const __m512i due =
        _mm512_or_si512(_mm512_subs_epu8(two, _mm512_set1_epi8(HWS_PAIR_DUE_THIRD)),
                        _mm512_subs_epu8(three, _mm512_set1_epi8(HWS_PAIR_DUE_FOURTH)));
    return _mm512_xor_si512(classes,
                            _mm512_and_si512(due, _mm512_set1_epi8((char)HWS_PAIR_FOLLOWS)));
}

AVX512 static inline __m512i load_64(const uint8_t *bytes)
{
    return _mm512_loadu_si512(bytes);
}

AVX512 static inline __m512i faults_64_at(const uint8_t *bytes)
{
    return faults_64(load_64(bytes), load_64(bytes - 1), load_64(bytes - 2), load_64(bytes - 3));
}

AVX512 static inline bool good_2x64_at(const uint8_t *bytes)
{
    const __m512i all =
        _mm512_or_si512(load_64(bytes - 3), _mm512_or_si512(load_64(bytes), load_64(bytes + 64)));
    if (_mm512_movepi8_mask(all) == 0) return true;
    const __m512i faults = _mm512_or_si512(faults_64_at(bytes), faults_64_at(bytes + 64));
    return _mm512_test_epi8_mask(faults, faults) == 0;
}

AVX512 static inline bool is_ascii_256(const uint8_t *bytes)
{
    const __m512i one = _mm512_or_si512(load_64(bytes), load_64(bytes + 64));
    const __m512i two = _mm512_or_si512(load_64(bytes + 128), load_64(bytes + 192));
    return _mm512_movepi8_mask(_mm512_or_si512(one, two)) == 0;
}

/* The same of more than 256 bytes. */
AVX512 static inline size_t ascii_prefix_64(const uint8_t *bytes, size_t size)
{
    if (!is_ascii_256(bytes)) return 0;
    size_t at = 256 - (uintptr_t)bytes % 64;
    for (; size - at > 256; at += 256)
        if (!is_ascii_256(bytes + at)) return at;
    return is_ascii_256(bytes + size - 256) ? size : at;
}

AVX512 size_t hws_utf8_avx512(const uint8_t *bytes, size_t size)
{
    if (size <= 256) return hws_utf8_avx2(bytes, size);
    size_t at = ascii_prefix_64(bytes, size);
    if (at == size) return size;
    if (at == 0) {
        if (!none_16(faults_16_first(load_16(bytes)))) return 0;
        at = 16;
    }
    for (; size - at > 128; at += 128)
        if (!good_2x64_at(bytes + at)) return hws_utf8_border(bytes, at);
    /* The rest, in a block that overlaps the one before. */
    if (good_2x64_at(bytes + size - 128)) at = size;
    return hws_utf8_border(bytes, at);
}
