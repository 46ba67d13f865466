/* SPDX-License-Identifier: MIT */
/* SSE2 and AVX2: four vectors at a time, then one at a time, then words. */
#include <immintrin.h>

#include "wire/mask.h"

static inline void mask_16(uint8_t *bytes, __m128i key)
{
    const __m128i vector = _mm_loadu_si128((const void *)bytes);
    _mm_storeu_si128((void *)bytes, _mm_xor_si128(vector, key));
}

__attribute__((target("avx2"))) static inline void mask_32(uint8_t *bytes, __m256i key)
{
    const __m256i vector = _mm256_loadu_si256((const void *)bytes);
    _mm256_storeu_si256((void *)bytes, _mm256_xor_si256(vector, key));
}

void hws_mask_sse2(uint8_t *bytes, size_t size, uint64_t key)
{
    const __m128i key_16 = _mm_set1_epi64x((long long)key);
    for (; size >= 64; bytes += 64, size -= 64) {
        mask_16(bytes, key_16);
        mask_16(bytes + 16, key_16);
        mask_16(bytes + 32, key_16);
        mask_16(bytes + 48, key_16);
    }
    for (; size >= 16; bytes += 16, size -= 16) mask_16(bytes, key_16);
    hws_mask_words(bytes, size, key);
}

__attribute__((target("avx2"))) void hws_mask_avx2(uint8_t *bytes, size_t size, uint64_t key)
{
    const __m256i key_32 = _mm256_set1_epi64x((long long)key);
    for (; size >= 128; bytes += 128, size -= 128) {
        mask_32(bytes, key_32);
        mask_32(bytes + 32, key_32);
        mask_32(bytes + 64, key_32);
        mask_32(bytes + 96, key_32);
    }
    for (; size >= 32; bytes += 32, size -= 32) mask_32(bytes, key_32);
    hws_mask_words(bytes, size, key);
}
