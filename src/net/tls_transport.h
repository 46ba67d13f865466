/* SPDX-License-Identifier: MIT */
/* What an SSL of OpenSSL has instead of a socket: it reads records out of a span, and writes them
 * straight into a queue.
 *
 *     input ──▶ SSL ──▶ output
 *
 * Reading an empty input answers "not now"; a queue takes everything, so writing never does. */
#ifndef HAWSER_NET_TLS_TRANSPORT_H
#define HAWSER_NET_TLS_TRANSPORT_H

#include <stdbool.h>

#include "base/queue.h"

struct ssl_st;        /* OpenSSL's SSL */
struct bio_method_st; /* its BIO_METHOD */

typedef struct hws_tls_transport {
    hws_span input;    /* not read yet; the owner fills it in */
    hws_queue *output; /* borrowed */
    bool is_refused;   /* set by the owner: nothing more is read, which fails the SSL */
    bool no_memory;    /* for `output`: why the SSL failed */
} hws_tls_transport;

/* What all transports do, as OpenSSL wants it: it can only be made at run time.  A context has one
 * for all of its streams.  NULL: no memory.  Ends by BIO_meth_free, after all SSLs over it. */
struct bio_method_st *hws_tls_transport_method_new(void);

/* Puts itself under `ssl`.  Both stay where they are until the SSL has been freed.
 *
 * Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_tls_transport_init(hws_tls_transport *transport,
                                                 const struct bio_method_st *method,
                                                 struct ssl_st *ssl, hws_queue *output);

#endif /* HAWSER_NET_TLS_TRANSPORT_H */
