/* SPDX-License-Identifier: MIT */
/* The scalar validator: for each lead byte, how many bytes follow and what the first of them may
 * be (RFC 3629 §4); the others are 80 to BF.
 *
 *     C2-DF  80-BF              E0     A0-BF  (not overlong)     F0     90-BF  (not overlong)
 *                               ED     80-9F  (no surrogate)     F4     80-8F  (≤ 10FFFF)
 *                               others 80-BF                     F1-F3  80-BF
 */
#include "wire/utf8.h"

#include <stdbool.h>
#include <string.h>

#include "base/try.h"

static bool word_is_ascii(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return (word & 0x8080808080808080) == 0;
}

/* By eights, and the rest as the last eight, some of them for the second time. */
static bool short_text_is_ascii(const uint8_t *bytes, size_t size)
{
    if (size < sizeof(uint64_t)) {
        uint8_t all = 0;
        for (size_t i = 0; i < size; i++) all |= bytes[i];
        return all < 0x80;
    }
    for (size_t at = 0; size - at > sizeof(uint64_t); at += sizeof(uint64_t))
        if (!word_is_ascii(bytes + at)) return false;
    return word_is_ascii(bytes + size - sizeof(uint64_t));
}

size_t hws_utf8_prefix_scalar(const uint8_t *bytes, size_t size)
{
    size_t at = 0;
    while (size - at >= sizeof(uint64_t) && word_is_ascii(bytes + at)) at += sizeof(uint64_t);
    return at;
}

static hws_status begin_character(hws_utf8 *utf8, uint8_t lead)
{
    if (lead < 0xC2 || lead > 0xF4) return HWS_ERR_UTF8;
    utf8->missing = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    utf8->low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    utf8->high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    return HWS_OK;
}

static hws_status continue_character(hws_utf8 *utf8, uint8_t byte)
{
    if (byte < utf8->low || byte > utf8->high) return HWS_ERR_UTF8;
    utf8->missing--;
    utf8->low = 0x80;
    utf8->high = 0xBF;
    return HWS_OK;
}

static hws_status step(hws_utf8 *utf8, uint8_t byte)
{
    if (utf8->missing > 0) return continue_character(utf8, byte);
    return byte < 0x80 ? HWS_OK : begin_character(utf8, byte);
}

hws_status hws_utf8_feed_with(const hws_kernels *kernels, hws_utf8 *utf8, const uint8_t *bytes,
                              size_t size)
{
    enum { KERNEL_SIZE_MIN = 64 };
    if (utf8->missing == 0 && size < KERNEL_SIZE_MIN && short_text_is_ascii(bytes, size))
        return HWS_OK; /* most texts */
    size_t at = 0;
    while (at < size && utf8->missing > 0) HWS_TRY(step(utf8, bytes[at++]));
    if (size - at >= KERNEL_SIZE_MIN) at += kernels->utf8_prefix(bytes + at, size - at);
    while (at < size) {
        if (utf8->missing == 0) at += hws_utf8_prefix_scalar(bytes + at, size - at);
        if (at < size) HWS_TRY(step(utf8, bytes[at++]));
    }
    return HWS_OK;
}

hws_status hws_utf8_feed(hws_utf8 *utf8, const uint8_t *bytes, size_t size)
{
    return hws_utf8_feed_with(&hws_kernels_scalar, utf8, bytes, size);
}

hws_status hws_utf8_finish(const hws_utf8 *utf8)
{
    return utf8->missing == 0 ? HWS_OK : HWS_ERR_UTF8;
}
