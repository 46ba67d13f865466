/* SPDX-License-Identifier: MIT */
/* The contract of net/tls_context.h with as little behind it as TLS streams need: a certificate
 * made in memory, which clients trust.  Whatever includes this has it instead of the library's. */
#ifndef HAWSER_TESTS_FAKE_TLS_CONTEXT_H
#define HAWSER_TESTS_FAKE_TLS_CONTEXT_H

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net/tls_context.h"
#include "net/tls_transport.h"

struct hws_tls_context {
    SSL_CTX *ssl_context;
    BIO_METHOD *transport;
    SSL *last; /* begun; for the test to look at while it lives */
    hws_tls_role role;
    int reference_count;
    hws_status begin_fails; /* with this, when it is not HWS_OK */
};

struct hws_tls_info_store {
    char version[16];
};

static EVP_PKEY *fake_tls_key;
static X509 *fake_tls_certificate;

/* Valid for an hour, for the name "localhost". */
static inline void fake_tls_make_certificate(void)
{
    if (fake_tls_certificate) return;
    fake_tls_key = EVP_EC_gen("P-256");
    X509 *made = X509_new();
    assert(fake_tls_key && made);
    X509_set_version(made, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
    X509_gmtime_adj(X509_getm_notBefore(made), -60);
    X509_gmtime_adj(X509_getm_notAfter(made), 3600);
    X509_NAME *name = X509_get_subject_name(made);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1,
                               0);
    X509_set_issuer_name(made, name);
    X509_set_pubkey(made, fake_tls_key);
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:localhost");
    assert(names);
    X509_add_ext(made, names, -1);
    X509_EXTENSION_free(names);
    const int size = X509_sign(made, fake_tls_key, EVP_sha256());
    assert(size > 0);
    fake_tls_certificate = made;
}

static inline void fake_tls_forget_certificate(void)
{
    X509_free(fake_tls_certificate);
    EVP_PKEY_free(fake_tls_key);
    fake_tls_certificate = NULL;
    fake_tls_key = NULL;
}

static inline hws_tls_context *fake_tls_context_new(hws_tls_role role, int version)
{
    fake_tls_make_certificate();
    hws_tls_context *context = calloc(1, sizeof *context);
    assert(context);
    context->role = role;
    context->reference_count = 1;
    context->transport = hws_tls_transport_method_new();
    assert(context->transport);
    context->ssl_context =
        SSL_CTX_new(role == HWS_TLS_SERVER ? TLS_server_method() : TLS_client_method());
    SSL_CTX *inner = context->ssl_context;
    assert(inner);
    SSL_CTX_set_min_proto_version(inner, TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(inner, version);
    SSL_CTX_set_options(inner, SSL_OP_NO_RENEGOTIATION);
    if (role == HWS_TLS_SERVER) {
        SSL_CTX_use_certificate(inner, fake_tls_certificate);
        SSL_CTX_use_PrivateKey(inner, fake_tls_key);
    } else {
        SSL_CTX_set_verify(inner, SSL_VERIFY_PEER, NULL);
        X509_STORE_add_cert(SSL_CTX_get_cert_store(inner), fake_tls_certificate);
    }
    return context;
}

hws_tls_context *hws_tls_context_ref(hws_tls_context *context)
{
    context->reference_count++;
    return context;
}

void hws_tls_context_unref(hws_tls_context *context)
{
    if (!context || --context->reference_count > 0) return;
    SSL_CTX_free(context->ssl_context);
    BIO_meth_free(context->transport);
    free(context);
}

hws_tls_role hws_tls_context_role(const hws_tls_context *context)
{
    return context->role;
}

const BIO_METHOD *hws_tls_context_transport(const hws_tls_context *context)
{
    return context->transport;
}

hws_status hws_tls_context_begin(hws_tls_context *context, const char *host, uint16_t port,
                                 SSL **ssl)
{
    (void)port;
    if (context->begin_fails != HWS_OK) return context->begin_fails;
    SSL *made = SSL_new(context->ssl_context);
    assert(made);
    if (context->role == HWS_TLS_SERVER) {
        SSL_set_accept_state(made);
    } else {
        SSL_set_connect_state(made);
        SSL_set1_host(made, host);
    }
    context->last = made;
    *ssl = made;
    return HWS_OK;
}

static inline hws_status fake_tls_status(SSL *ssl, unsigned long error)
{
    const int reason = ERR_GET_REASON(error);
    if (reason == SSL_R_HTTP_REQUEST || reason == SSL_R_WRONG_VERSION_NUMBER)
        return HWS_ERR_TLS_NOT_TLS;
    if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
        return SSL_get_verify_result(ssl) == X509_V_ERR_HOSTNAME_MISMATCH ? HWS_ERR_TLS_NAME
                                                                          : HWS_ERR_TLS_UNTRUSTED;
    return reason >= SSL_AD_REASON_OFFSET ? HWS_ERR_TLS_REFUSED : HWS_ERR_TLS;
}

hws_status hws_tls_context_explain(SSL *ssl, char *text, size_t size)
{
    const unsigned long error = ERR_peek_error();
    const char *words = ERR_reason_error_string(error);
    snprintf(text, size, "%s", words ? words : "");
    ERR_clear_error();
    return fake_tls_status(ssl, error);
}

hws_status hws_tls_context_info(SSL *ssl, hws_tls_info *info, hws_tls_info_store **store)
{
    hws_tls_info_store *made = calloc(1, sizeof *made);
    assert(made);
    snprintf(made->version, sizeof made->version, "%s", SSL_get_version(ssl));
    *info = (hws_tls_info){.version = made->version, .cipher = "", .alpn = "", .distrust = ""};
    *store = made;
    return HWS_OK;
}

void hws_tls_info_store_free(hws_tls_info_store *store)
{
    free(store);
}

#endif /* HAWSER_TESTS_FAKE_TLS_CONTEXT_H */
