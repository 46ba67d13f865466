/* SPDX-License-Identifier: MIT */
/* Is it UTF-8 (RFC 3629; RFC 6455 §8.1)?  Asked piece by piece, answered at the first byte that
 * cannot be.
 *
 *     hws_utf8 utf8 = {0};
 *     while (... a piece ...)
 *         if (hws_utf8_feed(&utf8, piece, size) != HWS_OK) return refuse();
 *     if (hws_utf8_finish(&utf8) != HWS_OK) return refuse();     // cut within a character
 */
#ifndef HAWSER_UTF8_H
#define HAWSER_UTF8_H

#include <stddef.h>
#include <stdint.h>

#include "hawser/export.h"
#include "hawser/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Where in a character the text stands.  Zero is the start of a text. */
typedef struct hws_utf8 {
    uint8_t missing; /* bytes of the character that are still to come */
    uint8_t low;     /* and what the next of them may be */
    uint8_t high;
} hws_utf8;

/* Errors: HWS_ERR_UTF8; ask no more then. */
HWS_API HWS_MUST_CHECK hws_status hws_utf8_feed(hws_utf8 *utf8, const uint8_t *bytes, size_t size);

/* Errors: HWS_ERR_UTF8 when the text ends within a character. */
HWS_API HWS_MUST_CHECK hws_status hws_utf8_finish(const hws_utf8 *utf8);

#ifdef __cplusplus
}
#endif

#endif /* HAWSER_UTF8_H */
