/* SPDX-License-Identifier: MIT */
/* The tables of an x86-64: SSE2 is always there, the processor is asked for the rest. */

#include "wire/kernels.h"
#include "wire/mask.h"
#include "wire/utf8.h"

static const hws_kernels SSE2 = {"sse2", hws_mask_sse2, hws_utf8_scalar};
static const hws_kernels SSSE3 = {"ssse3", hws_mask_sse2, hws_utf8_ssse3};
static const hws_kernels AVX2 = {"avx2", hws_mask_avx2, hws_utf8_avx2};
static const hws_kernels AVX512 = {"avx512", hws_mask_avx512, hws_utf8_avx512};
static const hws_kernels ZEN4 = {"zen4", hws_mask_avx2, hws_utf8_avx512};

/* The first processors with AVX-512 ran slower for a while after using it; those with VBMI, which
 * came later, do not. */
static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi");
}

/* Zen 4, the only one of its family with AVX-512, writes 64 bytes slower than twice 32: masking
 * 1 to 16 KiB takes 1.3 to 1.5 times as long there. */
static bool stores_64_in_halves(void)
{
    return __builtin_cpu_is("amdfam19h");
}

const hws_kernels *hws_kernels_best(void)
{
    if (has_avx512()) return stores_64_in_halves() ? &ZEN4 : &AVX512;
    if (__builtin_cpu_supports("avx2")) return &AVX2;
    return __builtin_cpu_supports("ssse3") ? &SSSE3 : &SSE2;
}

size_t hws_kernels_all(const hws_kernels *list[HWS_KERNELS_MAX])
{
    size_t count = 0;
    list[count++] = hws_kernels_scalar();
    list[count++] = &SSE2;
    if (__builtin_cpu_supports("ssse3")) list[count++] = &SSSE3;
    if (__builtin_cpu_supports("avx2")) list[count++] = &AVX2;
    if (has_avx512()) list[count++] = &AVX512;
    if (has_avx512() && stores_64_in_halves()) list[count++] = &ZEN4;
    return count;
}
