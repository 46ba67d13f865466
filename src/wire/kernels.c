/* SPDX-License-Identifier: MIT */
#include "wire/kernels.h"

#include "wire/mask.h"
#include "wire/utf8.h"

const hws_kernels hws_kernels_scalar = {"scalar", hws_mask_scalar, hws_utf8_prefix_scalar};
