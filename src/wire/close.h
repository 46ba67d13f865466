/* SPDX-License-Identifier: MIT */
/* The body of a Close frame (RFC 6455 §5.5.1, §7.4): a code and a reason, or nothing. */
#ifndef HAWSER_WIRE_CLOSE_H
#define HAWSER_WIRE_CLOSE_H

#include <stdbool.h>

#include "hawser/endpoint.h"

/* Whether a code may stand in a Close frame: 1000 to 1003, 1007 to 1014, 3000 to 4999. */
bool hws_close_code_is_valid(int code);

/* Whether an application may close so: a valid code, or 0 for none, and then no reason.
 * Errors: HWS_ERR_INVALID_ARGUMENT, HWS_ERR_UTF8. */
HWS_MUST_CHECK hws_status hws_close_check(int code, hws_text reason);

/* Reads a body.  `code` is HWS_CLOSE_NO_CODE when it is empty; `reason` borrows from it.
 * Errors: HWS_ERR_CLOSE_BODY, HWS_ERR_CLOSE_CODE, HWS_ERR_UTF8. */
HWS_MUST_CHECK hws_status hws_close_read(hws_span body, int *code, hws_text *reason);

/* Writes a body; a reason too long is cut at a character.  Returns its size: 0 for code 0. */
size_t hws_close_write(int code, hws_text reason, uint8_t body[2 + HWS_CLOSE_REASON_MAX]);

#endif /* HAWSER_WIRE_CLOSE_H */
