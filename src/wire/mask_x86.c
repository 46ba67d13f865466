/* SPDX-License-Identifier: MIT */
/* Masking by 16 and by 32 bytes.  Memory is read and written where it lies: aligning first costs
 * more than it saves on the payloads of messages. */
#include <immintrin.h>

#include "wire/mask.h"

static int key_as_int(const uint8_t key[4])
{
    int value;
    memcpy(&value, key, sizeof value);
    return value;
}

void hws_mask_sse2(uint8_t *bytes, size_t size, const uint8_t key[4])
{
    const __m128i keys = _mm_set1_epi32(key_as_int(key));
    size_t at = 0;
    for (; size - at >= sizeof keys; at += sizeof keys) {
        __m128i *place = (__m128i *)(void *)(bytes + at);
        _mm_storeu_si128(place, _mm_xor_si128(_mm_loadu_si128(place), keys));
    }
    hws_mask_words(bytes + at, size - at, key);
}

__attribute__((target("avx2"))) void hws_mask_avx2(uint8_t *bytes, size_t size,
                                                   const uint8_t key[4])
{
    const __m256i keys = _mm256_set1_epi32(key_as_int(key));
    size_t at = 0;
    for (; size - at >= 2 * sizeof keys; at += 2 * sizeof keys) {
        __m256i *place = (__m256i *)(void *)(bytes + at);
        const __m256i first = _mm256_xor_si256(_mm256_loadu_si256(place), keys);
        const __m256i second = _mm256_xor_si256(_mm256_loadu_si256(place + 1), keys);
        _mm256_storeu_si256(place, first);
        _mm256_storeu_si256(place + 1, second);
    }
    hws_mask_words(bytes + at, size - at, key);
}
