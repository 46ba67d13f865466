/* SPDX-License-Identifier: MIT */
/* x86-64: SSE2 is always there, AVX2 is asked for. */
#include <stdbool.h>

#include "wire/kernels.h"
#include "wire/mask.h"
#include "wire/utf8.h"

static const hws_kernels SSE2 = {"sse2", hws_mask_sse2, hws_utf8_prefix_scalar};
static const hws_kernels AVX2 = {"avx2", hws_mask_avx2, hws_utf8_prefix_avx2};

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2");
}

const hws_kernels *hws_kernels_best(void)
{
    return has_avx2() ? &AVX2 : &SSE2;
}

size_t hws_kernels_all(const hws_kernels *all[HWS_KERNELS_MAX])
{
    all[0] = &hws_kernels_scalar;
    all[1] = &SSE2;
    if (!has_avx2()) return 2;
    all[2] = &AVX2;
    return 3;
}
