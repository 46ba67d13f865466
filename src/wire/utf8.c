/* SPDX-License-Identifier: MIT */
/* UTF-8 as RFC 3629 §4 spells it, byte by byte where a text is cut or wrong, and by a kernel in
 * between.
 *
 *     first    second   third    fourth
 *     00..7F
 *     C2..DF   80..BF
 *     E0       A0..BF   80..BF              (80..9F would be overlong)
 *     E1..EC   80..BF   80..BF
 *     ED       80..9F   80..BF              (A0..BF are surrogates)
 *     EE..EF   80..BF   80..BF
 *     F0       90..BF   80..BF   80..BF     (80..8F would be overlong)
 *     F1..F3   80..BF   80..BF   80..BF
 *     F4       80..8F   80..BF   80..BF     (90..BF are over U+10FFFF)
 */
#include "wire/utf8.h"

#include "base/span.h"
#include "base/try.h"

/* Crossed bounds: no byte is good any more. */
static const hws_utf8 FAILED = {.needed = 1, .low = 0xFF, .high = 0x00};

static bool has_failed(const hws_utf8 *utf8)
{
    return utf8->low > utf8->high;
}

/* The bounds of the second byte: the lines above. */
static uint8_t second_low(uint8_t lead)
{
    return lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
}

static uint8_t second_high(uint8_t lead)
{
    return lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
}

static bool is_continuation(uint8_t byte)
{
    return (byte & 0xC0) == 0x80;
}

static hws_utf8 after_lead(uint8_t lead)
{
    if (lead < 0x80) return (hws_utf8){0};
    if (lead < 0xC2 || lead > 0xF4) return FAILED;
    const uint8_t needed = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    return (hws_utf8){needed, second_low(lead), second_high(lead)};
}

static hws_utf8 after_byte(hws_utf8 utf8, uint8_t byte)
{
    if (utf8.needed == 0) return after_lead(byte);
    if (byte < utf8.low || byte > utf8.high) return FAILED;
    return (hws_utf8){(uint8_t)(utf8.needed - 1), 0x80, 0xBF};
}

/* The size of the character at the front of `bytes`, or 0 if it is cut or wrong. */
static size_t character_size(const uint8_t *bytes, size_t size)
{
    const uint8_t lead = bytes[0];
    if (lead < 0x80) return 1;
    if (lead < 0xC2 || lead > 0xF4 || size < 2) return 0;
    if (bytes[1] < second_low(lead) || bytes[1] > second_high(lead)) return 0;
    if (lead < 0xE0) return 2;
    if (size < 3 || !is_continuation(bytes[2])) return 0;
    if (lead < 0xF0) return 3;
    return size < 4 || !is_continuation(bytes[3]) ? 0 : 4;
}

size_t hws_utf8_scalar(const uint8_t *bytes, size_t size)
{
    size_t at = 0;
    while (at < size) {
        if (size - at >= 8 && hws_ascii_bits(hws_ascii_load(bytes + at))) {
            at += 8;
            continue;
        }
        const size_t step = character_size(bytes + at, size - at);
        if (step == 0) break;
        at += step;
    }
    return at;
}

hws_status hws_utf8_feed_with(const hws_kernels *kernels, hws_utf8 *utf8, const uint8_t *bytes,
                              size_t size)
{
    size_t at = 0;
    while (at < size && utf8->needed > 0 && !has_failed(utf8))
        *utf8 = after_byte(*utf8, bytes[at++]);
    if (at < size && utf8->needed == 0) at += kernels->utf8(bytes + at, size - at);
    while (at < size && !has_failed(utf8)) *utf8 = after_byte(*utf8, bytes[at++]);
    return has_failed(utf8) ? HWS_ERR_UTF8 : HWS_OK;
}

hws_status hws_utf8_unmask_blocks(const hws_kernels *kernels, hws_utf8 *utf8, hws_span piece,
                                  const uint8_t key[4], uint64_t offset)
{
    while (piece.size > 0) {
        const size_t size = piece.size < HWS_UTF8_BLOCK ? piece.size : HWS_UTF8_BLOCK;
        const hws_span block = hws_span_take(&piece, size);
        HWS_TRY(hws_utf8_unmask_block(kernels, utf8, block, key, offset));
        offset += size;
    }
    return HWS_OK;
}

hws_status hws_utf8_feed(hws_utf8 *utf8, const uint8_t *bytes, size_t size)
{
    return hws_utf8_feed_with(hws_kernels_best(), utf8, bytes, size);
}

hws_status hws_utf8_finish(const hws_utf8 *utf8)
{
    return utf8->needed == 0 ? HWS_OK : HWS_ERR_UTF8;
}
