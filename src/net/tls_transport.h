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
    struct bio_method_st *method;
    bool is_refused; /* set by the owner: nothing more is read, which fails the SSL */
    bool no_memory;  /* for `output`: why the SSL failed */
} hws_tls_transport;

/* Puts itself under `ssl`.  Both stay where they are until the SSL has been freed; only then
 * hws_tls_transport_release.  On failure there is nothing to release.
 *
 * Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_tls_transport_init(hws_tls_transport *transport, struct ssl_st *ssl,
                                                 hws_queue *output);

void hws_tls_transport_release(hws_tls_transport *transport);

#endif /* HAWSER_NET_TLS_TRANSPORT_H */
