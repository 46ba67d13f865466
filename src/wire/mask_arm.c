/* SPDX-License-Identifier: MIT */
/* Masking by 16 bytes with NEON. */
#include <arm_neon.h>

#include "wire/mask.h"

void hws_mask_neon(uint8_t *bytes, size_t size, const uint8_t key[4])
{
    uint32_t key_word;
    memcpy(&key_word, key, sizeof key_word);
    const uint8x16_t keys = vreinterpretq_u8_u32(vdupq_n_u32(key_word));
    size_t at = 0;
    for (; size - at >= sizeof keys; at += sizeof keys)
        vst1q_u8(bytes + at, veorq_u8(vld1q_u8(bytes + at), keys));
    hws_mask_words(bytes + at, size - at, key);
}
