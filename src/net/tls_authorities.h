/* SPDX-License-Identifier: MIT */
/* Whom to trust: the authorities, and the lists of what they revoked, of one file. */
#ifndef HAWSER_NET_TLS_AUTHORITIES_H
#define HAWSER_NET_TLS_AUTHORITIES_H

#include <openssl/ssl.h>

#include "net/tls_file.h"

/* Reads the file (PEM: certificates, and revocation lists, if any) and lets `context` trust what is
 * in it, and nothing else.  A server also tells its clients the names.  On failure `context` stays
 * as it was.
 *
 * Where there is a revocation list, every peer's certificate is looked up in its authority's:
 * an authority without one vouches for nobody then.
 *
 * Errors: HWS_ERR_TLS_FILE (with a line that says what is wrong), HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_tls_authorities_load(hws_tls_file *file, const hws_memory *memory,
                                                   SSL_CTX *context, hws_tls_line line);

#endif /* HAWSER_NET_TLS_AUTHORITIES_H */
