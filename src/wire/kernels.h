/* SPDX-License-Identifier: MIT */
/* The inner loops that have forms of their own per processor, as a table to pass around.
 *
 * Picked once at start.  The fronts hws_mask (wire/mask.h) and hws_utf8_check (wire/utf8.h) do
 * short payloads without asking the table. */
#ifndef HAWSER_WIRE_KERNELS_H
#define HAWSER_WIRE_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hws_kernels {
    const char *name; /* "scalar", "sse2", "ssse3", "avx2", "avx512", "zen4", "neon" */

    /* Stores to `to` what is at `from`, XORed with the 8 bytes of `key` as they lie in memory, over
     * and over; the second four are as the first.  The two are the same place or do not overlap.
     * Returns whether the outcome is ASCII alone. */
    bool (*mask)(uint8_t *to, const uint8_t *from, size_t size, uint64_t key);

    /* Returns the size of a prefix that is whole characters of UTF-8, for bytes that start with a
     * character.  What lies behind it is not judged; in valid text it is less than a character. */
    size_t (*utf8)(const uint8_t *bytes, size_t size);
} hws_kernels;

enum { HWS_KERNELS_MAX = 6 }; /* tables that one processor can run */

/* Runs everywhere. */
const hws_kernels *hws_kernels_scalar(void);

/* The fastest that this processor can run. */
const hws_kernels *hws_kernels_best(void);

/* Lists all that this processor can run, the scalar one first, the best last; no more than
 * HWS_KERNELS_MAX.  Returns their number.  For tests and benches. */
size_t hws_kernels_all(const hws_kernels *list[HWS_KERNELS_MAX]);

#endif /* HAWSER_WIRE_KERNELS_H */
