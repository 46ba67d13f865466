/* SPDX-License-Identifier: MIT */
/* The "host[:port]" of URLs, of Host fields and of origins (RFC 3986 §3.2.2, §3.2.3). */
#ifndef HAWSER_WIRE_HOST_H
#define HAWSER_WIRE_HOST_H

#include "base/text.h"
#include "hawser/url.h"

typedef struct hws_host {
    hws_text name; /* without the brackets of an IPv6 address */
    hws_host_kind kind;
    bool has_port;
    uint16_t port; /* 0 when there is none, or when it is empty, or when it says 0 */
} hws_host;

/* Reads all of `text`.
 *
 * Names are what the DNS can hold and nothing else: letters, digits, "-", "_" in labels of 1 to 63
 * bytes, 253 in all, a dot behind the last let pass.  A name whose last label is a number is an
 * IPv4 address in its one true form or nothing, so that no two readers see different hosts
 * (0x7f.1, 127.1).  IPv6 addresses have no zone.
 *
 * Errors: HWS_ERR_URL_HOST, HWS_ERR_URL_PORT. */
HWS_MUST_CHECK hws_status hws_host_parse(hws_text text, hws_host *host);

/* Reads what may stand behind a name, nothing or a colon with a port, into `host`.
 *
 * Errors: HWS_ERR_URL_HOST (something else), HWS_ERR_URL_PORT. */
HWS_MUST_CHECK hws_status hws_host_parse_port(hws_text text, hws_host *host);

#endif /* HAWSER_WIRE_HOST_H */
