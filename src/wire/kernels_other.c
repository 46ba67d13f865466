/* SPDX-License-Identifier: MIT */
/* Processors without forms of their own. */
#include "wire/kernels.h"

const hws_kernels *hws_kernels_best(void)
{
    return hws_kernels_scalar();
}

size_t hws_kernels_all(const hws_kernels *list[HWS_KERNELS_MAX])
{
    list[0] = hws_kernels_scalar();
    return 1;
}
