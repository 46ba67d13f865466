/* SPDX-License-Identifier: MIT */
/* Every kernel tells of a text what the oracle tells, however the text is cut, masked or not.
 *
 * Byte 0 is the size of the pieces, byte 1 how many ASCII bytes stand before the text, the rest is
 * the text. */
#include <stdlib.h>
#include <string.h>

#include "../tests/lib/utf8_oracle.h"
#include "wire/utf8.h"

enum { HEAD_SIZE = 2, TEXT_MAX = 4096, BEFORE_MAX = 128 };

/* Whole pieces are read up to the first that fails; it must be the one with the fault in it. */
static void check(const hws_kernels *kernels, uint8_t *bytes, size_t size, size_t cut,
                  utf8_oracle want)
{
    hws_utf8 utf8 = {0};
    for (size_t at = 0; at < size; at += cut) {
        const size_t end = cut < size - at ? at + cut : size;
        const hws_status status = hws_utf8_check(kernels, &utf8, (hws_span){bytes + at, end - at});
        if ((status == HWS_OK) != (want.fault >= end)) abort();
    }
    const bool valid = want.fault == size && !want.ends_inside;
    if ((hws_utf8_finish(&utf8) == HWS_OK) != valid) abort();
}

/* The same of a payload that is unmasked as it is read; what was read has come out right. */
static void check_masked(const hws_kernels *kernels, const uint8_t *bytes, size_t size, size_t cut,
                         utf8_oracle want)
{
    static const uint8_t KEY[4] = {0x37, 0xfa, 0x21, 0x3d};
    static uint8_t masked[BEFORE_MAX + TEXT_MAX];
    for (size_t i = 0; i < size; i++) masked[i] = bytes[i] ^ KEY[i % 4];
    hws_utf8 utf8 = {0};
    for (size_t at = 0; at < size; at += cut) {
        const size_t end = cut < size - at ? at + cut : size;
        const hws_span piece = {masked + at, end - at};
        const hws_status status = hws_utf8_unmask(kernels, &utf8, piece, KEY, at);
        if ((status == HWS_OK) != (want.fault >= end)) abort();
        if (status == HWS_OK && memcmp(masked + at, bytes + at, end - at) != 0) abort();
    }
    const bool valid = want.fault == size && !want.ends_inside;
    if ((hws_utf8_finish(&utf8) == HWS_OK) != valid) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD_SIZE || size - HEAD_SIZE > TEXT_MAX) return 0;
    static uint8_t bytes[BEFORE_MAX + TEXT_MAX];
    const size_t before = data[1] % BEFORE_MAX;
    const size_t text_size = before + size - HEAD_SIZE;
    memset(bytes, 'a', before);
    memcpy(bytes + before, data + HEAD_SIZE, size - HEAD_SIZE);

    const utf8_oracle want = utf8_oracle_read(bytes, text_size);
    const hws_kernels *list[HWS_KERNELS_MAX];
    const size_t count = hws_kernels_all(list);
    for (size_t k = 0; k < count; k++) {
        check(list[k], bytes, text_size, text_size + 1, want);
        check(list[k], bytes, text_size, data[0] + (size_t)1, want);
        check_masked(list[k], bytes, text_size, text_size + 1, want);
        check_masked(list[k], bytes, text_size, data[0] + (size_t)1, want);
    }
    return 0;
}
