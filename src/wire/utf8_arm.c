/* SPDX-License-Identifier: MIT */
/* NEON: the faults of wire/utf8_pair.h, 16 bytes at a time. */
#include <arm_neon.h>

#include "wire/utf8.h"
#include "wire/utf8_pair.h"

/* Zero for each byte of `now` that may stand behind those one, two and three before it. */
static inline uint8x16_t faults_16(uint8x16_t now, uint8x16_t one, uint8x16_t two, uint8x16_t three)
{
    const uint8x16_t first_high = vqtbl1q_u8(vld1q_u8(HWS_PAIR_FIRST_HIGH), vshrq_n_u8(one, 4));
    const uint8x16_t first_low =
        vqtbl1q_u8(vld1q_u8(HWS_PAIR_FIRST_LOW), vandq_u8(one, vdupq_n_u8(0x0F)));
    const uint8x16_t second_high = vqtbl1q_u8(vld1q_u8(HWS_PAIR_SECOND_HIGH), vshrq_n_u8(now, 4));
    const uint8x16_t classes = vandq_u8(vandq_u8(first_high, first_low), second_high);

    const uint8x16_t due = vorrq_u8(vqsubq_u8(two, vdupq_n_u8(HWS_PAIR_DUE_THIRD)),
                                    vqsubq_u8(three, vdupq_n_u8(HWS_PAIR_DUE_FOURTH)));
    return veorq_u8(classes, vandq_u8(due, vdupq_n_u8(HWS_PAIR_FOLLOWS)));
}

/* The 16 bytes at `bytes`, with three readable bytes before them. */
static inline uint8x16_t faults_16_at(const uint8_t *bytes)
{
    return faults_16(vld1q_u8(bytes), vld1q_u8(bytes - 1), vld1q_u8(bytes - 2),
                     vld1q_u8(bytes - 3));
}

/* The first 16 bytes of a text: zeros stand before them, which are ASCII and ask for nothing. */
static inline uint8x16_t faults_16_first(const uint8_t *bytes)
{
    const uint8x16_t now = vld1q_u8(bytes);
    const uint8x16_t zero = vdupq_n_u8(0);
    return faults_16(now, vextq_u8(zero, now, 15), vextq_u8(zero, now, 14),
                     vextq_u8(zero, now, 13));
}

static inline bool none_16(uint8x16_t faults)
{
    return vmaxvq_u8(faults) == 0;
}

/* The same of 32 bytes, by a shorter way if they and the three before them are ASCII. */
static inline bool good_32_at(const uint8_t *bytes)
{
    const uint8x16_t all =
        vorrq_u8(vld1q_u8(bytes - 3), vorrq_u8(vld1q_u8(bytes), vld1q_u8(bytes + 16)));
    return vmaxvq_u8(all) < 0x80 ||
           none_16(vorrq_u8(faults_16_at(bytes), faults_16_at(bytes + 16)));
}

size_t hws_utf8_neon(const uint8_t *bytes, size_t size)
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
