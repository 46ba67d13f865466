/* SPDX-License-Identifier: MIT */
/* The sessions of a client, to resume by: one for each peer, the last that it gave. */
#ifndef HAWSER_NET_TLS_SESSIONS_H
#define HAWSER_NET_TLS_SESSIONS_H

#include <openssl/ssl.h>
#include <stdint.h>

#include "hawser/memory.h"
#include "hawser/status.h"

typedef struct hws_tls_sessions hws_tls_sessions;

enum {
    HWS_TLS_SESSIONS_MAX = 64, /* peers; the one that was used longest ago is forgotten */
    HWS_TLS_PEER_SIZE = 32,    /* bytes that stand for a peer: a SHA-256 */
};

/* What stands for a peer: its name and port, and the generation of the authorities that it was
 * found good by.  A server's sessions are bound likewise to the name that they were begun under.
 * `size` is at most 255.  Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_tls_sessions_scope(uint32_t generation, uint16_t port,
                                                 const char *name, size_t size,
                                                 uint8_t peer[HWS_TLS_PEER_SIZE]);

/* Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_tls_sessions_new(const hws_memory *memory,
                                               hws_tls_sessions **sessions);
void hws_tls_sessions_free(hws_tls_sessions *sessions); /* NULL is let pass */

/* Keeps `session`, and its reference, for the peer that its id context stands for. */
void hws_tls_sessions_keep(hws_tls_sessions *sessions, SSL_SESSION *session);

/* The session of a peer, whose reference is then the caller's; NULL: none.  A ticket of TLS 1.3 is
 * for one use, lest who listens tell one connection from another (RFC 8446 §C.4). */
SSL_SESSION *hws_tls_sessions_take(hws_tls_sessions *sessions,
                                   const uint8_t peer[HWS_TLS_PEER_SIZE]);

#endif /* HAWSER_NET_TLS_SESSIONS_H */
