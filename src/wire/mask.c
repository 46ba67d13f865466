/* SPDX-License-Identifier: MIT */
/* The form for processors of which nothing is known: 32 bytes in four words at a time. */
#include "wire/mask.h"

bool hws_mask_scalar(uint8_t *to, const uint8_t *from, size_t size, uint64_t key)
{
    uint64_t any = 0;
    while (size >= 32) {
        for (size_t at = 0; at < 32; at += 8) {
            const uint64_t word = hws_mask_load(from + at) ^ key;
            hws_mask_store(to + at, word);
            any |= word;
        }
        to += 32;
        from += 32;
        size -= 32;
    }
    return hws_ascii_bits(any | hws_mask_words(to, from, size, key));
}
