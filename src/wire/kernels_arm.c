/* SPDX-License-Identifier: MIT */
/* The tables of a 64-bit ARM, which always has NEON. */
#include "wire/kernels.h"
#include "wire/mask.h"
#include "wire/utf8.h"

static const hws_kernels NEON = {"neon", hws_mask_neon, hws_utf8_neon};

const hws_kernels *hws_kernels_best(void)
{
    return &NEON;
}

size_t hws_kernels_all(const hws_kernels *list[HWS_KERNELS_MAX])
{
    list[0] = hws_kernels_scalar();
    list[1] = &NEON;
    return 2;
}
