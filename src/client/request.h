/* SPDX-License-Identifier: MIT */
/* The request of an opening handshake: what the options add to what RFC 6455 §4.1 wants. */
#ifndef HAWSER_CLIENT_REQUEST_H
#define HAWSER_CLIENT_REQUEST_H

#include "client/settings.h"

enum { HWS_REQUEST_SIZE_MAX = 32768 }; /* bytes of a request's head */

/* Fills in all of `question` but its nonce and url, which are there already, and writes the
 * request to `text`.
 *
 * is_own_origin  The URL is of the origin that the program named: only there go its headers,
 *                cookies and credentials.
 * question       Its headers are valid during the call only.
 *
 * Errors: of hws_handshake_ask; HWS_ERR_INVALID_ARGUMENT: credentials or cookies that cannot be
 *         sent, or that a header names, too. */
HWS_MUST_CHECK hws_status hws_request_write(const hws_client_options *options,
                                            const hws_destination *destination, bool is_own_origin,
                                            hws_handshake_question *question, char *text,
                                            size_t size_max, size_t *size);

/* Whether it could be written.  Errors: likewise, and HWS_ERR_URL_*. */
HWS_MUST_CHECK hws_status hws_request_check(const hws_client_options *options,
                                            const hws_destination *destination);

#endif /* HAWSER_CLIENT_REQUEST_H */
