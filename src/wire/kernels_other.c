/* SPDX-License-Identifier: MIT */
/* Any other processor: plain C. */
#include "wire/kernels.h"

const hws_kernels *hws_kernels_best(void)
{
    return &hws_kernels_scalar;
}

size_t hws_kernels_all(const hws_kernels *all[HWS_KERNELS_MAX])
{
    all[0] = &hws_kernels_scalar;
    return 1;
}
