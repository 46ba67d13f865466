/* SPDX-License-Identifier: MIT */
/* The table that every processor has. */
#include "wire/kernels.h"

#include "wire/mask.h"
#include "wire/utf8.h"

const hws_kernels *hws_kernels_scalar(void)
{
    static const hws_kernels SCALAR = {"scalar", hws_mask_scalar, hws_utf8_scalar};
    return &SCALAR;
}
