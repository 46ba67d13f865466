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
static inline uint8x16_t faults_16_first(uint8x16_t now)
{
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

/* 8 to 15 bytes: zeros stand behind them, whose faults count for nothing. */
static inline bool is_good_8_to_15(const uint8_t *bytes, size_t size)
{
    static const uint8_t LANES[16] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    const uint64_t first = hws_ascii_load(bytes);
    const uint64_t last = size > 8 ? hws_ascii_load(bytes + size - 8) >> (16 - size) * 8 : 0;
    const uint8x16_t padded =
        vreinterpretq_u8_u64(vcombine_u64(vcreate_u64(first), vcreate_u64(last)));
    const uint8x16_t counted = vcltq_u8(vld1q_u8(LANES), vdupq_n_u8((uint8_t)size));
    return none_16(vandq_u8(faults_16_first(padded), counted));
}

/* 16 to 18 bytes: the first 16, and the last two as they stand behind those before them. */
static inline bool is_good_16_to_18(const uint8_t *bytes, size_t size)
{
    const uint8x16_t behind = faults_16_first(vld1q_u8(bytes + size - 16));
    return none_16(faults_16_first(vld1q_u8(bytes))) &&
           vgetq_lane_u16(vreinterpretq_u16_u8(behind), 7) == 0;
}

size_t hws_utf8_neon(const uint8_t *bytes, size_t size)
{
    if (size < 8) return hws_utf8_scalar(bytes, size);
    if (size < 16) return is_good_8_to_15(bytes, size) ? hws_utf8_border(bytes, size) : 0;
    if (size < 16 + 3) return is_good_16_to_18(bytes, size) ? hws_utf8_border(bytes, size) : 0;
    if (!none_16(faults_16_first(vld1q_u8(bytes)))) return 0;
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
