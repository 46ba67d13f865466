/* SPDX-License-Identifier: MIT */
#include "wire/mask.h"

void hws_mask_scalar(uint8_t *bytes, size_t size, const uint8_t key[4])
{
    hws_mask_words(bytes, size, key);
}
