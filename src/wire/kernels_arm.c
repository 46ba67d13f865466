/* SPDX-License-Identifier: MIT */
/* arm64: NEON is part of the architecture. */
#include "wire/kernels.h"
#include "wire/mask.h"
#include "wire/utf8.h"

static const hws_kernels NEON = {"neon", hws_mask_neon, hws_utf8_prefix_neon};

const hws_kernels *hws_kernels_best(void)
{
    return &NEON;
}

size_t hws_kernels_all(const hws_kernels *all[HWS_KERNELS_MAX])
{
    all[0] = &hws_kernels_scalar;
    all[1] = &NEON;
    return 2;
}
