/* SPDX-License-Identifier: MIT */
/* base64url without padding (RFC 7515 §2), and only as it is written: no white space, no padding,
 * no second spelling of the same bytes. */
#ifndef HAWSER_CHANNEL_BASE64URL_H
#define HAWSER_CHANNEL_BASE64URL_H

#include <stdbool.h>

#include "hawser/export.h"
#include "hawser/span.h"

/* size    How many bytes were written to `bytes`: three for four characters.
 *
 * Returns: false if `text` is no base64url or does not fit into `size_max` bytes. */
HWS_MUST_CHECK bool hws_base64url_decode(hws_text text, uint8_t *bytes, size_t size_max,
                                         size_t *size);

#endif /* HAWSER_CHANNEL_BASE64URL_H */
