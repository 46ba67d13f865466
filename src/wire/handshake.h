/* SPDX-License-Identifier: MIT */
/* What both sides of the opening handshake write and read alike (RFC 6455 §4). */
#ifndef HAWSER_WIRE_HANDSHAKE_H
#define HAWSER_WIRE_HANDSHAKE_H

#include "hawser/handshake.h"
#include "wire/writer.h"

void hws_handshake_add_field(hws_writer *writer, const char *name, hws_text value);

/* Adds the caller's own fields.
 *
 * Errors: HWS_ERR_INVALID_ARGUMENT: a name that is no token, a value with controls (RFC 9110 §5.5),
 *         or a field that HTTP or the handshake itself writes. */
HWS_MUST_CHECK hws_status hws_handshake_add_headers(hws_writer *writer,
                                                    const hws_http_field *headers, size_t count);

/* Whether `value` stays on its line, and begins and ends where it seems to. */
bool hws_handshake_value_is_safe(hws_text value);

#endif /* HAWSER_WIRE_HANDSHAKE_H */
