/* SPDX-License-Identifier: MIT */
/* Is this text UTF-8 (RFC 3629)?  Asked piece by piece, answered at the first wrong byte.
 *
 *     hws_utf8 utf8 = {0};
 *     while (next_piece(&bytes, &size))
 *         if (hws_utf8_feed(&utf8, bytes, size) != HWS_OK) return refuse();
 *     return hws_utf8_finish(&utf8) == HWS_OK ? accept() : refuse();
 *
 * Pieces may be cut anywhere, inside a character too.  Overlong forms, surrogates and what lies
 * over U+10FFFF are refused; non-characters, U+FEFF and U+0000 are text like any other. */
#ifndef HAWSER_UTF8_H
#define HAWSER_UTF8_H

#include <stddef.h>
#include <stdint.h>

#include "hawser/export.h"
#include "hawser/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Zero is the start of a text.  A plain value; copy it, embed it, drop it. */
typedef struct hws_utf8 {
    /* Private: how many bytes the character still needs, and the bounds of the next of them.
     * Bounds that are crossed say that the text has failed. */
    uint8_t needed;
    uint8_t low;
    uint8_t high;
} hws_utf8;

/* Reads the next `size` bytes of the text; `bytes` may be NULL if there are none.
 *
 * Thread: one text, one thread at a time.
 * Errors: HWS_ERR_UTF8, as soon as no continuation could make the text valid (RFC 6455 §8.1).
 *         A failure is final: every later call answers the same. */
HWS_API HWS_MUST_CHECK hws_status hws_utf8_feed(hws_utf8 *utf8, const uint8_t *bytes, size_t size);

/* Says whether the text may end here.
 *
 * Errors: HWS_ERR_UTF8 inside a character, and after a failure. */
HWS_API HWS_MUST_CHECK hws_status hws_utf8_finish(const hws_utf8 *utf8);

#ifdef __cplusplus
}
#endif

#endif /* HAWSER_UTF8_H */
