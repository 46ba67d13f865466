/* SPDX-License-Identifier: MIT */
/* All 2^32 strings of four bytes, against the oracle (K011).
 *
 * Each is read three ways: byte by byte, where it must fail at the byte the oracle names; whole,
 * by the scalar kernel; and whole by every other kernel, somewhere in a text that is long enough
 * for it, so that it lies across every border of vectors in turn. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/utf8_oracle.h"
#include "wire/utf8.h"

enum { BLOCK_SIZE = 170, PLACES = BLOCK_SIZE - 4 + 1 };

typedef struct walk {
    const hws_kernels *scalar;
    const hws_kernels *list[HWS_KERNELS_MAX];
    size_t kernel_count;
    uint8_t bytes[4];
    uint8_t block[BLOCK_SIZE];
    size_t place; /* of the four bytes in the block */
    uint64_t mismatch_count;
    uint64_t valid_count;
} walk;

static bool is_valid(const hws_kernels *kernels, const uint8_t *bytes, size_t size)
{
    hws_utf8 utf8 = {0};
    return hws_utf8_feed_with(kernels, &utf8, bytes, size) == HWS_OK &&
           hws_utf8_finish(&utf8) == HWS_OK;
}

/* Do all say `want`? */
static bool agree_in_block(walk *it, bool want)
{
    memcpy(it->block + it->place, it->bytes, 4);
    bool agree = true;
    for (size_t k = 0; k < it->kernel_count; k++)
        agree &= is_valid(it->list[k], it->block, BLOCK_SIZE) == want;
    memset(it->block + it->place, 'a', 4);
    it->place = (it->place + 7) % PLACES; /* 7 and 167 have no common factor: all places in turn */
    return agree;
}

/* The last byte of a string whose first three left `state`; `fault` is where it failed, if it
 * did. */
static void check(walk *it, hws_utf8 state, size_t fault)
{
    if (fault == 3 && hws_utf8_feed_with(it->scalar, &state, it->bytes + 3, 1) == HWS_OK) fault = 4;
    const bool may_end = fault == 4 && hws_utf8_finish(&state) == HWS_OK;

    const utf8_oracle want = utf8_oracle_read(it->bytes, 4);
    const bool want_valid = want.fault == 4 && !want.ends_inside;
    it->valid_count += want_valid;
    if (fault == want.fault && may_end == want_valid &&
        is_valid(it->scalar, it->bytes, 4) == want_valid && agree_in_block(it, want_valid))
        return;
    if (it->mismatch_count++ < 10)
        printf("# %02x %02x %02x %02x\n", it->bytes[0], it->bytes[1], it->bytes[2], it->bytes[3]);
}

/* Three levels of bytes, each from the state the one above it left. */
static void check_all_behind(walk *it, uint8_t first)
{
    it->bytes[0] = first;
    for (unsigned rest = 0; rest < 1U << 16; rest++) {
        it->bytes[1] = (uint8_t)(rest >> 8);
        it->bytes[2] = (uint8_t)rest;
        hws_utf8 state = {0};
        size_t fault = 0;
        while (fault < 3 && hws_utf8_feed_with(it->scalar, &state, it->bytes + fault, 1) == HWS_OK)
            fault++;
        for (unsigned last = 0; last < 256; last++) {
            it->bytes[3] = (uint8_t)last;
            check(it, state, fault);
        }
    }
}

/* Valid strings of four bytes, counted by hand: every way to fill four bytes with characters of
 * one (128), two (1920), three (61440) and four (1048576). */
static uint64_t count_valid(void)
{
    const uint64_t one = 128;
    const uint64_t two = 0x800 - 0x80;
    const uint64_t three = 0x10000 - 0x800 - 0x800;
    const uint64_t four = 0x110000 - 0x10000;
    return one * one * one * one + 3 * one * one * two + two * two + 2 * one * three + four;
}

static void list_others(walk *it)
{
    const hws_kernels *all[HWS_KERNELS_MAX];
    const size_t count = hws_kernels_all(all);
    for (size_t k = 0; k < count; k++)
        if (all[k]->utf8 != it->scalar->utf8) it->list[it->kernel_count++] = all[k];
}

int main(void)
{
    walk it = {.scalar = hws_kernels_scalar()};
    list_others(&it);
    memset(it.block, 'a', sizeof it.block);
    for (unsigned first = 0; first < 256; first++) check_all_behind(&it, (uint8_t)first);

    printf("1..2\n");
    printf("%s 1 - mismatches: %" PRIu64 ", scalar and %zu more\n",
           it.mismatch_count ? "not ok" : "ok", it.mismatch_count, it.kernel_count);
    printf("%s 2 - valid: %" PRIu64 "\n", it.valid_count == count_valid() ? "ok" : "not ok",
           it.valid_count);
    return it.mismatch_count != 0 || it.valid_count != count_valid();
}
