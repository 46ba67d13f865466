/* SPDX-License-Identifier: MIT */
/* Which addresses are meant: "192.0.2.1", "10.0.0.0/8", "2001:db8::/32" (RFC 4632, RFC 4291 §2.3),
 * and "unix" for every unix socket. */
#ifndef HAWSER_NET_NETWORKS_H
#define HAWSER_NET_NETWORKS_H

#include "net/address.h"

enum { HWS_NETWORKS_MAX = 32 };

typedef struct hws_network {
    uint8_t prefix[16]; /* an IPv4 one as it is mapped into IPv6 */
    uint8_t bits;       /* of it that count, 0 to 128 */
    bool is_unix;       /* then none */
} hws_network;

/* A plain value: zero is none. */
typedef struct hws_networks {
    hws_network network[HWS_NETWORKS_MAX];
    size_t count;
} hws_networks;

/* Reads a list with spaces between; NULL is none.
 *
 * wrong   On failure: the word that is.
 *
 * Errors: HWS_ERR_ADDRESS: not an address, no such prefix, or one with bits set behind it (somebody
 *         meant another); HWS_ERR_LIMIT: more than HWS_NETWORKS_MAX. */
HWS_MUST_CHECK hws_status hws_networks_parse(const char *words, hws_networks *networks,
                                             hws_text *wrong);

/* Whether `address` is one of them.  An IPv4 address is the same when it is mapped into IPv6, as
 * those are that come to a socket of both families. */
bool hws_networks_have(const hws_networks *networks, const hws_address *address);

#endif /* HAWSER_NET_NETWORKS_H */
