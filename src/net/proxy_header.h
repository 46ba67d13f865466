/* SPDX-License-Identifier: MIT */
/* The header of the PROXY protocol, versions 1 and 2 (HAProxy's doc/proxy-protocol.txt): what a
 * proxy says, before anything else, of the connection that it passes on.
 *
 *     PROXY TCP4 192.0.2.1 203.0.113.9 56324 443\r\n          version 1, a line
 *     \r\n\r\n\0\r\nQUIT\n, 4 bytes, addresses, TLVs           version 2
 *
 * A plain value: zero is ready for the first byte.  No memory is taken, however long it is: what is
 * not an address is let fall as it comes. */
#ifndef HAWSER_NET_PROXY_HEADER_H
#define HAWSER_NET_PROXY_HEADER_H

#include "net/address.h"

enum { HWS_PROXY_LINE_MAX = 107 }; /* bytes of version 1, CRLF among them */

typedef struct hws_proxy_header {
    uint8_t bytes[HWS_PROXY_LINE_MAX]; /* what is kept of it */
    uint8_t size;                      /* of them so far */
    uint8_t wanted;                    /* in version 2: how many there will be */
    uint8_t state;
    bool has_source;
    uint32_t left; /* in version 2: bytes behind those that are kept */
    hws_address
        source; /* whom the proxy speaks for, when `has_source`; never a path.  Otherwise the
                           proxy speaks for itself (LOCAL), or cannot say for whom (UNKNOWN, UNSPEC,
                           a unix socket): the connection comes from where it comes from */
} hws_proxy_header;

/* Consumes `input` up to the end of the header.
 *
 * done   Whether it is complete; what stands behind it is left in `input`.
 *
 * Errors: HWS_ERR_PROXY_HEADER, at the first byte that no header has there.  A failure is final. */
HWS_MUST_CHECK hws_status hws_proxy_header_parse(hws_proxy_header *it, hws_span *input, bool *done);

#endif /* HAWSER_NET_PROXY_HEADER_H */
