/* SPDX-License-Identifier: MIT */
/* Why a handshake failed, or a peer is not trusted, in words. */
#ifndef HAWSER_NET_TLS_EXPLAIN_H
#define HAWSER_NET_TLS_EXPLAIN_H

#include <openssl/ssl.h>

#include "hawser/status.h"
#include "net/tls_line.h"

/* Makes the SSLs of a client's `context` remember an answer in plain HTTP. */
void hws_tls_explain_prepare(SSL_CTX *context);

/* Why the certificate that the peer of `ssl` showed was not found good: HWS_ERR_TLS_EXPIRED, _NAME,
 * _UNTRUSTED, _CERTIFICATE and a line; HWS_OK and an empty line when it was. */
hws_status hws_tls_distrust(SSL *ssl, hws_tls_line line);

#endif /* HAWSER_NET_TLS_EXPLAIN_H */
