/* SPDX-License-Identifier: MIT */
/* Sec-WebSocket-Extensions (RFC 6455 §9.1): the extensions that a client offers, or that a server
 * took, in order.
 *
 *     hws_offer_list offers;
 *     hws_offer offer;
 *     bool more = false;
 *     hws_offer_list_init(&offers, head);
 *     do {
 *         HWS_TRY(hws_offer_next(&offers, &offer, &more));
 *         ... hws_offer_next_parameter(&offer, &parameter) ...
 *     } while (more);
 *
 * Nothing is copied or allocated, and each byte is looked at twice at most: the size of the head is
 * all that needs a bound. */
#ifndef HAWSER_WIRE_OFFER_H
#define HAWSER_WIRE_OFFER_H

#include "base/text.h"
#include "hawser/http_head.h"

enum { HWS_OFFER_UNESCAPED_MAX = 64 }; /* bytes of a value that was written with backslashes */

/* What is left to read. */
typedef struct hws_offer_list {
    const hws_http_head *head; /* NULL: of a text */
    hws_http_field field;      /* the line under way */
    hws_text rest;             /* of that line */
    bool is_given;             /* whether there is a line at all */
    bool has_offer;            /* whether one of the elements was not empty */
} hws_offer_list;

typedef struct hws_offer {
    hws_text name;       /* a token */
    hws_text parameters; /* for hws_offer_next_parameter */
} hws_offer;

typedef struct hws_offer_parameter {
    hws_text name;                           /* a token */
    hws_text value;                          /* a token; absent (data NULL) without "=" */
    char unescaped[HWS_OFFER_UNESCAPED_MAX]; /* where `value` is, if it had backslashes */
} hws_offer_parameter;

/* All lines of that name in `head`. */
void hws_offer_list_init(hws_offer_list *offers, const hws_http_head *head);

/* One line, or none if `text` is absent. */
void hws_offer_list_init_text(hws_offer_list *offers, hws_text text);

/* Answers the next offer, with its syntax found good to its end.
 *
 * more    Whether there was one; `offer` is unchanged if not.
 *
 * Errors: HWS_ERR_HANDSHAKE_EXTENSION: not the syntax of §9.1, a quoted value that is no token when
 *         unescaped, or a limit above. */
HWS_MUST_CHECK hws_status hws_offer_next(hws_offer_list *offers, hws_offer *offer, bool *more);

/* Takes the next parameter off an offer.  Returns: false when there is none left. */
bool hws_offer_next_parameter(hws_offer *offer, hws_offer_parameter *parameter);

#endif /* HAWSER_WIRE_OFFER_H */
