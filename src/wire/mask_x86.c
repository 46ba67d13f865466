/* SPDX-License-Identifier: MIT */
/* SSE2, AVX2 and AVX-512, all by one plan, which NEON's is too: the first and the last vector are
 * loaded before anything is stored and stored after everything else, so that they may overlap what
 * lies between.  No byte is done alone, and the stores between can lie on lines of the cache. */
#include <immintrin.h>

#include "wire/mask.h"

#define AVX2 __attribute__((target("avx2")))
#define AVX512 __attribute__((target("avx512f,avx512bw")))

static inline __m128i masked_16(const uint8_t *bytes, __m128i key)
{
    return _mm_xor_si128(_mm_loadu_si128((const void *)bytes), key);
}

static inline __m128i mask_16(uint8_t *to, const uint8_t *from, __m128i key)
{
    const __m128i vector = masked_16(from, key);
    _mm_storeu_si128((void *)to, vector);
    return vector;
}

bool hws_mask_sse2(uint8_t *to, const uint8_t *from, size_t size, uint64_t key)
{
    if (size < 16) return hws_ascii_bits(hws_mask_words(to, from, size, key));
    const size_t last = size - 16;
    const __m128i head = masked_16(from, _mm_set1_epi64x((long long)key));
    const __m128i tail =
        masked_16(from + last, _mm_set1_epi64x((long long)hws_mask_turn(key, size)));
    __m128i any = _mm_or_si128(head, tail);

    const size_t first = size < HWS_MASK_LONG ? 16 : 16 - (uintptr_t)to % 16;
    const __m128i body = _mm_set1_epi64x((long long)hws_mask_turn(key, first));
    size_t at = first;
    for (; at + 64 <= last; at += 64) {
        const __m128i one = _mm_or_si128(mask_16(to + at, from + at, body),
                                         mask_16(to + at + 16, from + at + 16, body));
        const __m128i two = _mm_or_si128(mask_16(to + at + 32, from + at + 32, body),
                                         mask_16(to + at + 48, from + at + 48, body));
        any = _mm_or_si128(any, _mm_or_si128(one, two));
    }
    for (; at < last; at += 16) any = _mm_or_si128(any, mask_16(to + at, from + at, body));
    _mm_storeu_si128((void *)to, head);
    _mm_storeu_si128((void *)(to + last), tail);
    return _mm_movemask_epi8(any) == 0;
}

AVX2 static inline __m256i masked_32(const uint8_t *bytes, __m256i key)
{
    return _mm256_xor_si256(_mm256_loadu_si256((const void *)bytes), key);
}

AVX2 static inline __m256i mask_32(uint8_t *to, const uint8_t *from, __m256i key)
{
    const __m256i vector = masked_32(from, key);
    _mm256_storeu_si256((void *)to, vector);
    return vector;
}

AVX2 bool hws_mask_avx2(uint8_t *to, const uint8_t *from, size_t size, uint64_t key)
{
    if (size < 32) return hws_ascii_bits(hws_mask_words(to, from, size, key));
    const size_t last = size - 32;
    const __m256i head = masked_32(from, _mm256_set1_epi64x((long long)key));
    const __m256i tail =
        masked_32(from + last, _mm256_set1_epi64x((long long)hws_mask_turn(key, size)));
    __m256i any = _mm256_or_si256(head, tail);

    const size_t first = size < HWS_MASK_LONG ? 32 : 32 - (uintptr_t)to % 32;
    const __m256i body = _mm256_set1_epi64x((long long)hws_mask_turn(key, first));
    size_t at = first;
    for (; at + 128 <= last; at += 128) {
        const __m256i one = _mm256_or_si256(mask_32(to + at, from + at, body),
                                            mask_32(to + at + 32, from + at + 32, body));
        const __m256i two = _mm256_or_si256(mask_32(to + at + 64, from + at + 64, body),
                                            mask_32(to + at + 96, from + at + 96, body));
        any = _mm256_or_si256(any, _mm256_or_si256(one, two));
    }
    for (; at < last; at += 32) any = _mm256_or_si256(any, mask_32(to + at, from + at, body));
    _mm256_storeu_si256((void *)to, head);
    _mm256_storeu_si256((void *)(to + last), tail);
    return _mm256_movemask_epi8(any) == 0;
}

AVX512 static inline __m512i masked_64(const uint8_t *bytes, __m512i key)
{
    return _mm512_xor_si512(_mm512_loadu_si512(bytes), key);
}

AVX512 static inline __m512i mask_64(uint8_t *to, const uint8_t *from, __m512i key)
{
    const __m512i vector = masked_64(from, key);
    _mm512_storeu_si512(to, vector);
    return vector;
}

AVX512 bool hws_mask_avx512(uint8_t *to, const uint8_t *from, size_t size, uint64_t key)
{
    if (size < 64) return hws_mask_avx2(to, from, size, key);
    const size_t last = size - 64;
    const __m512i head = masked_64(from, _mm512_set1_epi64((long long)key));
    const __m512i tail =
        masked_64(from + last, _mm512_set1_epi64((long long)hws_mask_turn(key, size)));
    __m512i any = _mm512_or_si512(head, tail);

    const size_t first = size < HWS_MASK_LONG ? 64 : 64 - (uintptr_t)to % 64;
    const __m512i body = _mm512_set1_epi64((long long)hws_mask_turn(key, first));
    size_t at = first;
    for (; at + 256 <= last; at += 256) {
        const __m512i one = _mm512_or_si512(mask_64(to + at, from + at, body),
                                            mask_64(to + at + 64, from + at + 64, body));
        const __m512i two = _mm512_or_si512(mask_64(to + at + 128, from + at + 128, body),
                                            mask_64(to + at + 192, from + at + 192, body));
        any = _mm512_or_si512(any, _mm512_or_si512(one, two));
    }
    for (; at < last; at += 64) any = _mm512_or_si512(any, mask_64(to + at, from + at, body));
    _mm512_storeu_si512(to, head);
    _mm512_storeu_si512(to + last, tail);
    return _mm512_movepi8_mask(any) == 0;
}
