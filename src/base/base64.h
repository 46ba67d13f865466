/* SPDX-License-Identifier: MIT */
/* base64 (RFC 4648 §4): the alphabet with + and /, always padded. */
#ifndef HAWSER_BASE_BASE64_H
#define HAWSER_BASE_BASE64_H

#include <stdbool.h>

#include "hawser/export.h"
#include "hawser/span.h"

/* How many characters `size` bytes become. */
static inline size_t hws_base64_size(size_t size)
{
    return (size + 2) / 3 * 4;
}

/* Writes hws_base64_size(size) characters to `text`, and no zero behind them.  Returns their
 * number. */
size_t hws_base64_encode(const uint8_t *bytes, size_t size, char *text);

/* Whether `text` is what hws_base64_encode writes and nothing else: no white space, no missing
 * padding, no second spelling of the same bytes (§3.5).
 *
 * size    How many bytes it stands for; three for four characters, less the padding.  Unchanged if
 *         it is none. */
HWS_MUST_CHECK bool hws_base64_is_valid(hws_text text, size_t *size);

/* Reads what is valid.
 *
 * size    How many bytes were written to `bytes`.
 *
 * Returns: false if `text` is not valid or does not fit into `size_max` bytes; nothing is then
 *          written. */
HWS_MUST_CHECK bool hws_base64_decode(hws_text text, uint8_t *bytes, size_t size_max, size_t *size);

#endif /* HAWSER_BASE_BASE64_H */
