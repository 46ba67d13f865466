/* SPDX-License-Identifier: MIT */
/* A TLS context as its own files see it. */
#ifndef HAWSER_NET_TLS_INTERNAL_H
#define HAWSER_NET_TLS_INTERNAL_H

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>

#include "net/tls_context.h"
#include "net/tls_identity.h"
#include "net/tls_sessions.h"

/* The SSL_CTX is one for all pairs: each SSL is given what it shows when its peer is known.  It
 * does not change, since other threads may use it: what changes goes into another
 * (net/tls_renewal.c). */
struct hws_tls_context {
    const hws_memory *memory;
    _Atomic uint32_t reference_count;
    hws_tls_role role;

    /* Of what renewals change.  Recursive: `log` may ask for the fingerprint. */
    pthread_mutex_t lock;
    SSL_CTX *openssl;
    BIO_METHOD *transport; /* which does not change */

    hws_tls_identity identities[HWS_TLS_PAIR_MAX];
    size_t identity_count;
    bool self_signed; /* the only identity has no files */

    hws_tls_file authorities;   /* no path: the system's */
    uint32_t generation;        /* of the authorities: sessions of another are not resumed */
    hws_tls_clients clients;    /* of a server */
    bool insecure;              /* of a client */
    char *name;                 /* to ask for and to find; NULL: the host's */
    hws_tls_sessions *sessions; /* of a client */

    hws_tls_log *log;
    void *log_user;
    uint64_t looked_at_ms;     /* when the files were last looked at */
    uint64_t tickets_since_ms; /* when the keys of a server's tickets were made */
    char fingerprint[HWS_TLS_FINGERPRINT_SIZE + 1];
    char told[HWS_TLS_FINGERPRINT_SIZE + 1]; /* the same for who asked last; of his thread */
};

/* Makes context->openssl, but for what comes from files.  Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_tls_profile_apply(hws_tls_context *context);

/* Sees a ClientHello, and gives its SSL what it is to show: the callback for
 * SSL_CTX_set_client_hello_cb, with the context as its argument. */
int hws_tls_hello_arrived(SSL *ssl, int *alert, void *context);

/* Reads what files there are for the first time.  Errors: of hws_tls_context_new. */
HWS_MUST_CHECK hws_status hws_tls_renewal_begin(hws_tls_context *context, hws_tls_line line);

/* Looks whether files have changed, and takes what is good; at most once a second.  Under the
 * lock. */
void hws_tls_renewal_look(hws_tls_context *context);

#endif /* HAWSER_NET_TLS_INTERNAL_H */
