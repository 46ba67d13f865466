/* SPDX-License-Identifier: MIT */
/* What the TLS streams of one server, or of one client's options, have in common: certificates and
 * keys, whom to trust, sessions to resume.  The one place that makes an SSL_CTX.
 *
 * Thread: one; but a server's context may be used by many at once, for streams in loops of their
 *         own.  Its lock is held for as long as an SSL is made and given its certificate. */
#ifndef HAWSER_NET_TLS_CONTEXT_H
#define HAWSER_NET_TLS_CONTEXT_H

#include <stddef.h>

#include "hawser/tls.h"
#include "loop/loop.h"

struct ssl_st;        /* OpenSSL's SSL */
struct bio_method_st; /* its BIO_METHOD */

typedef struct hws_tls_context hws_tls_context;

typedef enum hws_tls_role {
    HWS_TLS_SERVER,
    HWS_TLS_CLIENT,
} hws_tls_role;

/* Something worth knowing happened (a pair was renewed, or could not be): a line for a log. */
typedef void hws_tls_log(void *user, bool is_failure, const char *text);

/* Reads all files; the context is counted, and has one reference.  `options` and what it points to
 * are copied.  `log` may be NULL.  On failure `explain` says in one line what is wrong, with the
 * file's name.
 *
 * Errors: HWS_ERR_TLS_FILE; HWS_ERR_INVALID_ARGUMENT (a server without a pair, clients asked for
 *         certificates without authorities); HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_tls_context_new(hws_loop *loop, hws_tls_role role,
                                              const hws_tls_options *options, hws_tls_log *log,
                                              void *log_user, char *explain, size_t explain_size,
                                              hws_tls_context **context);

hws_tls_context *hws_tls_context_ref(hws_tls_context *context);
void hws_tls_context_unref(hws_tls_context *context); /* NULL is let pass */

hws_tls_role hws_tls_context_role(const hws_tls_context *context);

/* Of the pair that a client without SNI gets: SHA-256, lower case, terminated; "" for none.
 * Lifetime: until this is called again.  Thread: one. */
const char *hws_tls_context_fingerprint(hws_tls_context *context);

/* Looks at the files now, however short ago they were looked at.  Thread: any. */
void hws_tls_context_renew(hws_tls_context *context);

/* Handshakes that succeeded, and how many of them resumed a session.  Thread: any. */
void hws_tls_context_count(const hws_tls_context *context, uint64_t *handshakes,
                           uint64_t *resumptions);

/* What the transports of its SSLs are made with (net/tls_transport.h).  Lifetime: the context's. */
const struct bio_method_st *hws_tls_context_transport(const hws_tls_context *context);

/* An SSL for one connection, in its role's initial state, ready for SSL_set_bio: pairs are looked
 * at again first (at most once a second).  `host` is whom a client wants to reach: a name (sent as
 * SNI, and looked for in the certificate) or an address literal without brackets (looked for
 * likewise, not sent); options.name goes before it.  NULL for a server.
 *
 * port   Of the peer, to find a session to resume by; 0 for a server.
 *
 * Errors: HWS_ERR_NO_MEMORY; HWS_ERR_TLS_NAME: not a name that can be looked for. */
HWS_MUST_CHECK hws_status hws_tls_context_begin(hws_tls_context *context, const char *host,
                                                uint16_t port, struct ssl_st **ssl);

/* Puts what OpenSSL's error queue and the verification of `ssl` say into a status and a line of
 * words ("certificate expired on 2026-11-20"), and empties the queue.  What is not an error of the
 * certificates answers HWS_ERR_TLS, _NOT_TLS, _REFUSED (an alert of the peer, named). */
hws_status hws_tls_context_explain(struct ssl_st *ssl, char *text, size_t size);

/* What the handshake of `ssl` came to.  The texts of `info` live in `store`. */
typedef struct hws_tls_info_store hws_tls_info_store;
HWS_MUST_CHECK hws_status hws_tls_context_info(struct ssl_st *ssl, hws_tls_info *info,
                                               hws_tls_info_store **store);
void hws_tls_info_store_free(hws_tls_info_store *store); /* NULL is let pass */

#endif /* HAWSER_NET_TLS_CONTEXT_H */
