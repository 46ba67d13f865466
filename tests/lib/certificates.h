/* SPDX-License-Identifier: MIT */
/* Certificates for tests: made on the spot, signed by whom the test likes, wrong in every way it
 * needs. */
#ifndef HAWSER_TESTS_CERTIFICATES_H
#define HAWSER_TESTS_CERTIFICATES_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stddef.h>

#include "lib/cmocka.h"

typedef struct certificate {
    X509 *x509;
    EVP_PKEY *key;
} certificate;

/* Zero makes a good one: P-256, valid from yesterday until in 30 days, signed by itself. */
typedef struct certificate_plan {
    const char *subject;       /* its common name; NULL: "test" */
    const char *names;         /* "DNS:a.example,IP:127.0.0.1"; NULL: none */
    const certificate *issuer; /* NULL: itself */
    bool is_authority;
    long begins_in_s; /* 0: a day ago */
    long ends_in_s;   /* 0: in 30 days */
    int rsa_bits;     /* 0: P-256 */
} certificate_plan;

certificate certificate_new(const certificate_plan *plan);
void certificate_free(certificate *it);

/* Each writes PEM, and ends a list of certificates with NULL.  The file is new (a new inode), and
 * was last changed ten seconds ago, so that nobody takes it for half-written. */
void certificate_write(const char *path, const certificate *first, ...) __attribute__((sentinel));
void certificate_write_key(const char *path, const certificate *it);
void certificate_write_encrypted_key(const char *path, const certificate *it);

/* A list in which `authority` revokes one certificate, behind the authority itself. */
void certificate_write_revocation(const char *path, const certificate *authority,
                                  const certificate *revoked);

/* The same for any text. */
void certificate_write_text(const char *path, const char *text);

#endif /* HAWSER_TESTS_CERTIFICATES_H */
