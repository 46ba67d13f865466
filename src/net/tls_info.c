/* SPDX-License-Identifier: MIT */
/* What a handshake came to, as texts that outlive it. */
#include <string.h>

#include "base/memory.h"
#include "base/try.h"
#include "net/tls_certificate.h"
#include "net/tls_explain.h"
#include "net/tls_internal.h"

enum { DISTRUST_SIZE = 512 };

typedef struct text {
    struct text *next;
    size_t size; /* of the whole block */
    char bytes[];
} text;

struct hws_tls_info_store {
    const hws_memory *memory;
    text *texts;
};

static hws_status keep(hws_tls_info_store *store, const char *bytes, size_t size, const char **kept)
{
    text *made = hws_memory_new(store->memory, sizeof *made + size + 1);
    if (!made) return HWS_ERR_NO_MEMORY;
    made->next = store->texts;
    made->size = sizeof *made + size + 1;
    memcpy(made->bytes, bytes, size);
    made->bytes[size] = 0;
    store->texts = made;
    *kept = made->bytes;
    return HWS_OK;
}

static hws_status keep_string(hws_tls_info_store *store, const char *string, const char **kept)
{
    return keep(store, string, strlen(string), kept);
}

static hws_status keep_output(hws_tls_info_store *store, BIO *output, const char **kept)
{
    char *bytes = NULL;
    const long size = BIO_get_mem_data(output, &bytes);
    HWS_TRY(keep(store, size > 0 ? bytes : "", size > 0 ? (size_t)size : 0, kept));
    return BIO_reset(output) == 1 ? HWS_OK : HWS_ERR_NO_MEMORY;
}

static hws_status describe(const X509 *from, BIO *output, hws_tls_certificate *to,
                           hws_tls_info_store *store)
{
    HWS_TRY(hws_tls_write_name(X509_get_subject_name(from), output));
    HWS_TRY(keep_output(store, output, &to->subject));
    HWS_TRY(hws_tls_write_name(X509_get_issuer_name(from), output));
    HWS_TRY(keep_output(store, output, &to->issuer));
    HWS_TRY(hws_tls_write_names(from, output));
    HWS_TRY(keep_output(store, output, &to->names));
    to->not_before_s = hws_tls_time(X509_get0_notBefore(from));
    to->not_after_s = hws_tls_time(X509_get0_notAfter(from));
    hws_tls_fingerprint(from, to->fingerprint);
    return HWS_OK;
}

static hws_status describe_next(hws_tls_info *info, const X509 *certificate, BIO *output,
                                hws_tls_info_store *store)
{
    if (!certificate || info->chain_count == HWS_TLS_CHAIN_MAX) return HWS_OK;
    HWS_TRY(describe(certificate, output, &info->chain[info->chain_count], store));
    info->chain_count++;
    return HWS_OK;
}

/* In OpenSSL a client's chain begins with the peer's own certificate; a server's, behind it. */
static hws_status describe_chain(SSL *ssl, hws_tls_info *info, hws_tls_info_store *store)
{
    BIO *output = BIO_new(BIO_s_mem());
    if (!output) return HWS_ERR_NO_MEMORY;
    const struct stack_st_X509 *chain = SSL_get_peer_cert_chain(ssl);
    hws_status status = HWS_OK;
    if (SSL_is_server(ssl))
        status = describe_next(info, SSL_get0_peer_certificate(ssl), output, store);
    for (int i = 0; status == HWS_OK && i < sk_X509_num(chain); i++)
        status = describe_next(info, sk_X509_value(chain, i), output, store);
    BIO_free(output);
    return status;
}

static hws_status describe_trust(SSL *ssl, hws_tls_info *info, hws_tls_info_store *store)
{
    char why[DISTRUST_SIZE];
    const hws_tls_line line = {why, sizeof why};
    const hws_status status = hws_tls_distrust(ssl, line);
    if (status == HWS_OK && info->chain_count == 0) hws_tls_say(line, "no certificate was shown");
    info->trusted = status == HWS_OK && info->chain_count > 0;
    return keep_string(store, why, &info->distrust);
}

static hws_status describe_all(SSL *ssl, hws_tls_info *info, hws_tls_info_store *store)
{
    const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
    const unsigned char *alpn;
    unsigned alpn_size;
    SSL_get0_alpn_selected(ssl, &alpn, &alpn_size);
    info->resumed = SSL_session_reused(ssl) == 1;
    HWS_TRY(keep_string(store, cipher ? SSL_get_version(ssl) : "", &info->version));
    HWS_TRY(keep_string(store, cipher ? SSL_CIPHER_get_name(cipher) : "", &info->cipher));
    HWS_TRY(keep(store, alpn ? (const char *)alpn : "", alpn_size, &info->alpn));
    HWS_TRY(describe_chain(ssl, info, store));
    return describe_trust(ssl, info, store);
}

hws_status hws_tls_context_info(struct ssl_st *ssl, hws_tls_info *info, hws_tls_info_store **store)
{
    const hws_tls_context *context = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    hws_tls_info_store *made = hws_memory_new_zeroed(context->memory, sizeof *made);
    if (!made) return HWS_ERR_NO_MEMORY;
    made->memory = context->memory;
    hws_tls_info found = {0};
    const hws_status status = describe_all(ssl, &found, made);
    if (status != HWS_OK) {
        hws_tls_info_store_free(made);
        return status;
    }
    *info = found;
    *store = made;
    return HWS_OK;
}

void hws_tls_info_store_free(hws_tls_info_store *store)
{
    if (!store) return;
    for (text *it = store->texts, *next; it; it = next) {
        next = it->next;
        hws_memory_free(store->memory, it, it->size);
    }
    hws_memory_free(store->memory, store, sizeof *store);
}
