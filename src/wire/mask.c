/* SPDX-License-Identifier: MIT */
/* The form for processors of which nothing is known: 32 bytes in four words at a time. */
#include "wire/mask.h"

void hws_mask_scalar(uint8_t *bytes, size_t size, uint64_t key)
{
    while (size >= 32) {
        for (size_t at = 0; at < 32; at += 8)
            hws_mask_store(bytes + at, hws_mask_load(bytes + at) ^ key);
        bytes += 32;
        size -= 32;
    }
    hws_mask_words(bytes, size, key);
}
