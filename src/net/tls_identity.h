/* SPDX-License-Identifier: MIT */
/* What one end shows of itself: a certificate, those that lead to its root, and its key. */
#ifndef HAWSER_NET_TLS_IDENTITY_H
#define HAWSER_NET_TLS_IDENTITY_H

#include <openssl/ssl.h>

#include "hawser/tls.h"
#include "net/tls_file.h"

/* OpenSSL's objects, all three owned. */
typedef struct hws_tls_material {
    X509 *certificate;
    struct stack_st_X509 *chain; /* without the certificate itself */
    EVP_PKEY *key;
} hws_tls_material;

/* Zero again.  Of zero: nothing. */
void hws_tls_material_release(hws_tls_material *material);

/* Zero has nothing to show. */
typedef struct hws_tls_identity {
    hws_tls_file certificate_file; /* no path: it was made in memory */
    hws_tls_file key_file;         /* no path: it is in the file of the certificate */
    hws_tls_material material;
} hws_tls_identity;

/* Copies the names of the files; hws_tls_identity_load reads them.  Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_tls_identity_init(hws_tls_identity *identity,
                                                const hws_memory *memory, const hws_tls_pair *pair);

void hws_tls_identity_release(hws_tls_identity *identity, const hws_memory *memory);

/* Whether a file is another one than was read. */
bool hws_tls_identity_has_changed(const hws_tls_identity *identity);

/* Reads the files, and takes what they hold if `context` can use it and the key belongs to the
 * certificate; otherwise the identity stays what it was.
 *
 * Errors: HWS_ERR_TLS_FILE (with a line that says what is wrong), HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_tls_identity_load(hws_tls_identity *identity,
                                                const hws_memory *memory, SSL_CTX *context,
                                                hws_tls_line line);

/* Whether the certificate is good for `name`, exactly or by a wildcard for its first label
 * (RFC 9525 §6.3). */
bool hws_tls_identity_fits(const hws_tls_identity *identity, const char *name, size_t size);

/* Lets `ssl` show it.  Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_tls_identity_use(const hws_tls_identity *identity, SSL *ssl);

#endif /* HAWSER_NET_TLS_IDENTITY_H */
