/* SPDX-License-Identifier: MIT */
/* UTF-8 on arm64: ASCII by 16 bytes; the scalar validator does the rest. */
#include <arm_neon.h>

#include "wire/utf8.h"

size_t hws_utf8_prefix_neon(const uint8_t *bytes, size_t size)
{
    size_t at = 0;
    while (size - at >= sizeof(uint8x16_t) && vmaxvq_u8(vld1q_u8(bytes + at)) < 0x80)
        at += sizeof(uint8x16_t);
    return at;
}
