/* SPDX-License-Identifier: MIT */
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "bare.h"

static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *made = bare_need(X509_new());
    X509_gmtime_adj(X509_getm_notBefore(made), 0);
    X509_gmtime_adj(X509_getm_notAfter(made), 86400);
    X509_set_pubkey(made, key);
    bare_must(X509_sign(made, key, EVP_sha256()) > 0 ? 0 : -1, "X509_sign");
    return made;
}

/* The order in which Hawser chooses, and as many tickets as it sends: what a server can leave
 * undone is no part of the least. */
static void be_frugal(SSL_CTX *context)
{
    SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
    bare_must(SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256") - 1, "ciphersuites");
    bare_must(SSL_CTX_set_num_tickets(context, 1) - 1, "tickets");
}

SSL_CTX *bare_context(void)
{
    SSL_CTX *context = bare_need(SSL_CTX_new(TLS_server_method()));
    EVP_PKEY *key = bare_need(EVP_EC_gen("P-256"));
    X509 *certificate = make_certificate(key);
    SSL_CTX_use_certificate(context, certificate);
    SSL_CTX_use_PrivateKey(context, key);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context, 1);
    be_frugal(context);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return context;
}
