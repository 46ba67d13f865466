/* SPDX-License-Identifier: MIT */
/* Socket addresses: from text, to text. */
#ifndef HAWSER_NET_ADDRESS_H
#define HAWSER_NET_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <netinet/in.h>

#include "hawser/span.h"
#include "hawser/status.h"

typedef struct hws_address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un local;
    };
    socklen_t size; /* bytes of the union in use */
} hws_address;

/* The addresses to listen on for a host and a port: "*" is both families in one dual-stack socket
 * (or v4 alone where there is no v6), "localhost" is 127.0.0.1 and ::1, otherwise a literal of
 * either family (v6 without brackets).  Names are not looked up.
 *
 * Returns the number of addresses written, at most 2; 0: not an address. */
size_t hws_address_listen(hws_text host, uint16_t port, hws_address addresses[2]);

hws_address hws_address_of_v4(struct in_addr host, uint16_t port);
hws_address hws_address_of_v6(struct in6_addr host, uint16_t port);

/* Reads a literal of either family (v6 without brackets, and without a zone).
 * Returns: false: it is none, and `address` is as it was. */
HWS_MUST_CHECK bool hws_address_literal(hws_text host, uint16_t port, hws_address *address);

/* Errors: HWS_ERR_ADDRESS: empty, or longer than a socket path may be (107 bytes). */
HWS_MUST_CHECK hws_status hws_address_local(hws_text path, hws_address *address);

/* "192.0.2.1", "2001:db8::1" or "unix"; v4-mapped addresses as v4.  Terminated, never NULL. */
enum { HWS_ADDRESS_TEXT_MAX = 48 };
void hws_address_text(const hws_address *address, char text[HWS_ADDRESS_TEXT_MAX]);

/* With its port, as people read it: "192.0.2.1 port 443", "[2001:db8::1] port 443"; of a unix
 * socket the path.  Terminated. */
enum { HWS_ADDRESS_NAME_MAX = 128 };
void hws_address_name(const hws_address *address, char name[HWS_ADDRESS_NAME_MAX]);

uint16_t hws_address_port(const hws_address *address); /* 0 for unix */

/* Of the peer of a connected socket; a zero address when it cannot be told. */
void hws_address_of_peer(int fd, hws_address *address);
void hws_address_of_socket(int fd, hws_address *address);

#endif /* HAWSER_NET_ADDRESS_H */
