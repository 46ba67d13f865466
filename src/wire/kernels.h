/* SPDX-License-Identifier: MIT */
/* The inner loops that have forms for particular processors: picked once at start, then handed
 * around as a table.  There is no global state. */
#ifndef HAWSER_WIRE_KERNELS_H
#define HAWSER_WIRE_KERNELS_H

#include <stddef.h>
#include <stdint.h>

typedef struct hws_kernels {
    const char *name; /* "scalar", "sse2", "avx2", "neon" */

    /* Exclusive-ors `bytes` with the key again and again, beginning with its first byte. */
    void (*mask)(uint8_t *bytes, size_t size, const uint8_t key[4]);

    /* The size of a prefix that is known to be whole UTF-8 characters.  It may end early for any
     * reason, an ill-formed byte among them: the scalar validator goes on from there and decides.
     * 0 is always a right answer. */
    size_t (*utf8_prefix)(const uint8_t *bytes, size_t size);
} hws_kernels;

extern const hws_kernels hws_kernels_scalar;

/* The best for this processor. */
const hws_kernels *hws_kernels_best(void);

/* All that this processor can run, for tests and measurements.  Returns their number. */
enum { HWS_KERNELS_MAX = 4 };
size_t hws_kernels_all(const hws_kernels *all[HWS_KERNELS_MAX]);

#endif /* HAWSER_WIRE_KERNELS_H */
