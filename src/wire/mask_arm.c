/* SPDX-License-Identifier: MIT */
/* NEON: four vectors at a time, then one at a time, then words. */
#include <arm_neon.h>

#include "wire/mask.h"

static inline void mask_16(uint8_t *bytes, uint8x16_t key)
{
    vst1q_u8(bytes, veorq_u8(vld1q_u8(bytes), key));
}

void hws_mask_neon(uint8_t *bytes, size_t size, uint64_t key)
{
    const uint8x16_t key_16 = vreinterpretq_u8_u64(vdupq_n_u64(key));
    for (; size >= 64; bytes += 64, size -= 64) {
        mask_16(bytes, key_16);
        mask_16(bytes + 16, key_16);
        mask_16(bytes + 32, key_16);
        mask_16(bytes + 48, key_16);
    }
    for (; size >= 16; bytes += 16, size -= 16) mask_16(bytes, key_16);
    hws_mask_words(bytes, size, key);
}
