/* SPDX-License-Identifier: MIT */
/* TLS for wss and https, both ends: what to show, whom to trust, and what was agreed on.
 *
 * TLS 1.2 is the floor; there is no renegotiation, no compression and no early data; sessions are
 * resumed. */
#ifndef HAWSER_TLS_H
#define HAWSER_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hawser/status.h"

enum {
    HWS_TLS_PAIR_MAX = 16,         /* certificates of a server */
    HWS_TLS_CHAIN_MAX = 10,        /* certificates in a chain, over which it is refused */
    HWS_TLS_FINGERPRINT_SIZE = 64, /* characters of a SHA-256 in hexadecimal digits */
};

/* A certificate and the key that belongs to it, in PEM files.  The files are looked at again while
 * they are in use: a renewed pair takes effect by itself, a bad one leaves the old in place. */
typedef struct hws_tls_pair {
    const char *certificate; /* the certificate first, then those that lead to its root */
    const char *key;         /* not encrypted; NULL: in the same file */
} hws_tls_pair;

typedef enum hws_tls_clients {
    HWS_TLS_CLIENTS_ANY = 0,  /* no certificate is asked for */
    HWS_TLS_CLIENTS_ASKED,    /* one may be shown; one that is shown must be good */
    HWS_TLS_CLIENTS_REQUIRED, /* one must be shown */
} hws_tls_clients;

/* Zero is the good default. */
typedef struct hws_tls_options {
    /* What this side shows; ended by a zero pair.  A server takes the one whose names fit the name
     * that the client asks for (SNI), else the first; a client has one at most. */
    hws_tls_pair pair[HWS_TLS_PAIR_MAX];

    /* A PEM file of the authorities to trust.  NULL: those of the system; of a server that asks its
     * clients for certificates it is required. */
    const char *authorities;

    /* Of a server. */
    hws_tls_clients clients;
    bool self_signed; /* without a pair: make one in memory, for trying things out */

    /* Of a client. */
    bool insecure;    /* trust any certificate: for trying things out */
    const char *name; /* the name to ask for and to find in the certificate; NULL: the URL's */

    char reserved[46]; /* zero */
} hws_tls_options;

/* A certificate, as it was shown. */
typedef struct hws_tls_certificate {
    const char *subject;  /* "CN=example.com" (RFC 4514) */
    const char *issuer;   /* likewise */
    const char *names;    /* what it is good for, separated by spaces; "" when it names nothing */
    int64_t not_before_s; /* seconds since 1970 */
    int64_t not_after_s;
    char fingerprint[HWS_TLS_FINGERPRINT_SIZE + 1]; /* SHA-256, lower case, terminated */
} hws_tls_certificate;

/* What a TLS handshake came to.  Lifetime: that of the callback it was given to. */
typedef struct hws_tls_info {
    const char *version; /* "TLSv1.3"; "" when it did not come that far */
    const char *cipher;  /* "TLS_AES_256_GCM_SHA384"; "" likewise */
    const char *alpn;    /* the protocol that was chosen (RFC 7301); "" for none */
    bool resumed;
    bool trusted;                                 /* the chain and the name were found good */
    const char *distrust;                         /* why not, in words; "" when trusted */
    hws_tls_certificate chain[HWS_TLS_CHAIN_MAX]; /* as the peer sent it, its own first */
    size_t chain_count;
} hws_tls_info;

#endif /* HAWSER_TLS_H */
