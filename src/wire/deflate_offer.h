/* SPDX-License-Identifier: MIT */
/* How the two sides agree on permessage-deflate (RFC 7692 §7.1).
 *
 *     the client offers, in order of preference      hws_deflate_ask
 *     the server answers the first that it can do    hws_deflate_answer
 *     the client judges the answer                   hws_deflate_verify
 *
 * An offer that is wrong, or that cannot be done, is declined, and the WebSocket does without; an
 * answer that is wrong ends the connection. */
#ifndef HAWSER_WIRE_DEFLATE_OFFER_H
#define HAWSER_WIRE_DEFLATE_OFFER_H

#include <stdbool.h>

#include "hawser/deflate.h"
#include "hawser/http_head.h"
#include "wire/deflate.h"

enum {
    HWS_DEFLATE_BITS_ANY = 16, /* client_max_window_bits without a value */
};

/* The parameters of an offer or of an answer, as they stand there. */
typedef struct hws_deflate_offer {
    bool server_no_takeover;
    bool client_no_takeover;
    uint8_t server_bits; /* 0: not there */
    uint8_t client_bits; /* likewise */
} hws_deflate_offer;

/* Turns every zero into its default.  Errors: HWS_ERR_INVALID_ARGUMENT: out of its range. */
HWS_MUST_CHECK hws_status hws_deflate_options_complete(hws_deflate_options *options);

/* The server's answer to a checked request.  Returns: false when there is no offer that it can do,
 * or when `options` want none. */
bool hws_deflate_answer(const hws_deflate_options *options, const hws_http_head *request,
                        hws_deflate_offer *answer);

/* Writes an answer as it stands in Sec-WebSocket-Extensions.  Returns its size in bytes. */
size_t hws_deflate_write(const hws_deflate_offer *answer, char text[HWS_DEFLATE_TEXT_MAX]);

/* Writes a client's offers.  Returns their size in bytes; 0: `options` want none. */
size_t hws_deflate_ask(const hws_deflate_options *options, char text[HWS_DEFLATE_TEXT_MAX]);

/* Judges a response that hws_handshake_verify found good otherwise.
 *
 * answer   What the server took, if `agreed`.  Both are unchanged on failure.
 *
 * Errors: HWS_ERR_HANDSHAKE_EXTENSION: an answer to none of our offers. */
HWS_MUST_CHECK hws_status hws_deflate_verify(const hws_deflate_options *options,
                                             const hws_http_head *response,
                                             hws_deflate_offer *answer, bool *agreed);

/* What an answer means for one side: the window of the other's messages may have to be larger than
 * it wanted, that of its own is never larger than that. */
hws_deflate_terms hws_deflate_terms_of(const hws_deflate_offer *answer, hws_role role,
                                       const hws_deflate_options *options);

/* The terms as an answer, for who asks what was agreed on. */
hws_deflate_offer hws_deflate_terms_as_answer(hws_deflate_terms terms, hws_role role);

#endif /* HAWSER_WIRE_DEFLATE_OFFER_H */
