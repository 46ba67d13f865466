/* SPDX-License-Identifier: MIT */
/* NEON, by the plan of wire/mask_x86.c. */
#include <arm_neon.h>

#include "wire/mask.h"

static inline uint8x16_t key_16(uint64_t key)
{
    return vreinterpretq_u8_u64(vdupq_n_u64(key));
}

static inline uint8x16_t masked_16(const uint8_t *bytes, uint8x16_t key)
{
    return veorq_u8(vld1q_u8(bytes), key);
}

static inline uint8x16_t mask_16(uint8_t *to, const uint8_t *from, uint8x16_t key)
{
    const uint8x16_t vector = masked_16(from, key);
    vst1q_u8(to, vector);
    return vector;
}

bool hws_mask_neon(uint8_t *to, const uint8_t *from, size_t size, uint64_t key)
{
    if (size < 16) return hws_ascii_bits(hws_mask_words(to, from, size, key));
    const size_t last = size - 16;
    const uint8x16_t head = masked_16(from, key_16(key));
    const uint8x16_t tail = masked_16(from + last, key_16(hws_mask_turn(key, size)));
    uint8x16_t any = vorrq_u8(head, tail);

    const size_t first = size < HWS_MASK_LONG ? 16 : 16 - (uintptr_t)to % 16;
    const uint8x16_t body = key_16(hws_mask_turn(key, first));
    size_t at = first;
    for (; at + 64 <= last; at += 64) {
        const uint8x16_t one = vorrq_u8(mask_16(to + at, from + at, body),
                                        mask_16(to + at + 16, from + at + 16, body));
        const uint8x16_t two = vorrq_u8(mask_16(to + at + 32, from + at + 32, body),
                                        mask_16(to + at + 48, from + at + 48, body));
        any = vorrq_u8(any, vorrq_u8(one, two));
    }
    for (; at < last; at += 16) any = vorrq_u8(any, mask_16(to + at, from + at, body));
    vst1q_u8(to, head);
    vst1q_u8(to + last, tail);
    return vmaxvq_u8(any) < 0x80;
}
