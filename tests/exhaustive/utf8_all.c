/* SPDX-License-Identifier: MIT */
/* K011: all 2^32 strings of four bytes, by the scalar validator and by the best kernel, against a
 * decoder that judges the code point.  Minutes of work: run by name.
 *
 *     meson test -C build --suite exhaustive */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/naive_utf8.h"
#include "wire/utf8.h"

static bool accepts(const hws_kernels *kernels, const uint8_t *bytes, size_t size)
{
    hws_utf8 utf8 = {0};
    return hws_utf8_feed_with(kernels, &utf8, bytes, size) == HWS_OK &&
           hws_utf8_finish(&utf8) == HWS_OK;
}

int main(void)
{
    const hws_kernels *best = hws_kernels_best();
    uint8_t block[128];
    memset(block, 'a', sizeof block);
    uint64_t well_formed = 0;

    for (uint64_t number = 0; number <= UINT32_MAX; number++) {
        const uint8_t four[4] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16),
                                 (uint8_t)(number >> 8), (uint8_t)number};
        const bool want = naive_utf8(four, sizeof four);
        well_formed += want;

        /* Around the edge of two vectors, where a kernel has to look back. */
        uint8_t *place = block + 27 + number % 6;
        memcpy(place, four, sizeof four);
        const bool scalar = accepts(&hws_kernels_scalar, four, sizeof four);
        const bool vector = accepts(best, block, 96);
        memset(place, 'a', sizeof four);

        if (scalar == want && vector == want) continue;
        printf("not ok 1 - %02x %02x %02x %02x: scalar %d, %s %d, should be %d\n1..1\n", four[0],
               four[1], four[2], four[3], scalar, best->name, vector, want);
        return EXIT_FAILURE;
    }
    printf("ok 1 - all four-byte strings, %llu of them well-formed\n1..1\n",
           (unsigned long long)well_formed);
    return EXIT_SUCCESS;
}
