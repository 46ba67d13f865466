/* SPDX-License-Identifier: MIT */
#include "net/tls_identity.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sslerr.h>
#include <openssl/x509v3.h>

#include "base/try.h"

void hws_tls_material_release(hws_tls_material *material)
{
    X509_free(material->certificate);
    sk_X509_pop_free(material->chain, X509_free);
    EVP_PKEY_free(material->key);
    *material = (hws_tls_material){0};
}

hws_status hws_tls_identity_init(hws_tls_identity *identity, const hws_memory *memory,
                                 const hws_tls_pair *pair)
{
    *identity = (hws_tls_identity){0};
    HWS_TRY(hws_tls_file_init(&identity->certificate_file, memory, pair->certificate));
    return pair->key ? hws_tls_file_init(&identity->key_file, memory, pair->key) : HWS_OK;
}

void hws_tls_identity_release(hws_tls_identity *identity, const hws_memory *memory)
{
    hws_tls_file_release(&identity->certificate_file, memory);
    hws_tls_file_release(&identity->key_file, memory);
    hws_tls_material_release(&identity->material);
}

bool hws_tls_identity_has_changed(const hws_tls_identity *identity)
{
    return hws_tls_file_has_changed(&identity->certificate_file) ||
           hws_tls_file_has_changed(&identity->key_file);
}

/* Parsing.  What OpenSSL cannot allocate looks like what it cannot parse: both end the same way. */

static hws_status read_chain(BIO *input, hws_tls_material *material)
{
    material->chain = sk_X509_new_null();
    if (!material->chain) return HWS_ERR_NO_MEMORY;
    X509 *next;
    while ((next = PEM_read_bio_X509(input, NULL, NULL, NULL))) {
        if (sk_X509_num(material->chain) == HWS_TLS_CHAIN_MAX - 1 ||
            sk_X509_push(material->chain, next) == 0) {
            X509_free(next);
            return HWS_ERR_LIMIT;
        }
    }
    return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE ? HWS_OK : HWS_ERR_TLS_FILE;
}

static hws_status parse_certificates(const hws_buffer *bytes, const char *path,
                                     hws_tls_material *material, hws_tls_line line)
{
    BIO *input = BIO_new_mem_buf(bytes->data, (int)bytes->size);
    if (!input) return HWS_ERR_NO_MEMORY;
    material->certificate = PEM_read_bio_X509(input, NULL, NULL, NULL);
    const hws_status status =
        material->certificate ? read_chain(input, material) : HWS_ERR_NOT_FOUND;
    BIO_free(input);
    if (status == HWS_ERR_NOT_FOUND)
        hws_tls_say(line, "%s: there is no certificate in PEM format in it", path);
    else if (status == HWS_ERR_LIMIT)
        hws_tls_say(line, "%s: there are more than %d certificates in it", path, HWS_TLS_CHAIN_MAX);
    else if (status == HWS_ERR_TLS_FILE)
        hws_tls_say(line, "%s: the certificates after the first cannot be read", path);
    ERR_clear_error();
    return status == HWS_OK ? HWS_OK : HWS_ERR_TLS_FILE;
}

/* A server must start, and renew, without anybody at the keyboard. */
static int refuse_password(char *password, int size, int writes, void *user)
{
    (void)password, (void)size, (void)writes;
    bool *is_encrypted = user;
    *is_encrypted = true;
    return -1;
}

static hws_status parse_key(const hws_buffer *bytes, const char *path, hws_tls_material *material,
                            hws_tls_line line)
{
    bool is_encrypted = false;
    BIO *input = BIO_new_mem_buf(bytes->data, (int)bytes->size);
    if (!input) return HWS_ERR_NO_MEMORY;
    material->key = PEM_read_bio_PrivateKey(input, NULL, refuse_password, &is_encrypted);
    BIO_free(input);
    ERR_clear_error();
    if (material->key) return HWS_OK;
    if (is_encrypted)
        hws_tls_say(line, "%s: the key is encrypted; decrypt it with openssl pkey", path);
    else
        hws_tls_say(line, "%s: there is no key in PEM format in it", path);
    return HWS_ERR_TLS_FILE;
}

/* Both files are read before either is judged, so that both are known as they were looked at. */
static hws_status read_material(hws_tls_identity *identity, const hws_memory *memory,
                                hws_tls_material *material, hws_tls_line line)
{
    hws_tls_file *certificate_file = &identity->certificate_file;
    hws_tls_file *key_file = identity->key_file.path ? &identity->key_file : NULL;
    hws_buffer certificates = {0}, separate = {0};
    const hws_tls_line none = {0};

    hws_status status = hws_tls_file_read(certificate_file, memory, &certificates, line);
    if (key_file) {
        const hws_status second =
            hws_tls_file_read(key_file, memory, &separate, status == HWS_OK ? line : none);
        if (status == HWS_OK) status = second;
    }
    if (status == HWS_OK)
        status = parse_certificates(&certificates, certificate_file->path, material, line);
    if (status == HWS_OK)
        status = parse_key(key_file ? &separate : &certificates,
                           key_file ? key_file->path : certificate_file->path, material, line);
    hws_tls_file_wipe(&certificates, memory);
    hws_tls_file_wipe(&separate, memory);
    return status;
}

/* What an SSL of `context` takes now it will take in a handshake. */
static hws_status judge(const hws_tls_identity *candidate, SSL_CTX *context, hws_tls_line line)
{
    const char *certificate_path = candidate->certificate_file.path;
    SSL *ssl = SSL_new(context);
    if (!ssl) return HWS_ERR_NO_MEMORY;
    ERR_clear_error();
    const hws_status status = hws_tls_identity_use(candidate, ssl);
    SSL_free(ssl);
    if (status == HWS_OK) return HWS_OK;
    const int reason = ERR_GET_REASON(ERR_peek_last_error());
    if (reason == SSL_R_PRIVATE_KEY_MISMATCH || reason == X509_R_KEY_VALUES_MISMATCH ||
        reason == X509_R_KEY_TYPE_MISMATCH)
        hws_tls_say(line, "%s: the key does not belong to the certificate in %s",
                    candidate->key_file.path ? candidate->key_file.path : certificate_path,
                    certificate_path);
    else
        hws_tls_say(line, "%s: cannot be used: %s", certificate_path, hws_tls_last_reason());
    ERR_clear_error();
    return HWS_ERR_TLS_FILE;
}

hws_status hws_tls_identity_load(hws_tls_identity *identity, const hws_memory *memory,
                                 SSL_CTX *context, hws_tls_line line)
{
    hws_tls_material material = {0};
    hws_status status = read_material(identity, memory, &material, line);
    if (status == HWS_OK) {
        const hws_tls_identity candidate = {
            .certificate_file = identity->certificate_file,
            .key_file = identity->key_file,
            .material = material,
        };
        status = judge(&candidate, context, line);
    }
    if (status != HWS_OK) {
        hws_tls_material_release(&material);
        return status;
    }
    hws_tls_material_release(&identity->material);
    identity->material = material;
    return HWS_OK;
}

bool hws_tls_identity_fits(const hws_tls_identity *identity, const char *name, size_t size)
{
    /* RFC 9525: names stand in subjectAltName, and nowhere else. */
    const unsigned flags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                           X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                           X509_CHECK_FLAG_SINGLE_LABEL_SUBDOMAINS;
    return size > 0 &&
           X509_check_host(identity->material.certificate, name, size, flags, NULL) == 1;
}

hws_status hws_tls_identity_use(const hws_tls_identity *identity, SSL *ssl)
{
    const hws_tls_material *it = &identity->material;
    const int is_used = SSL_use_cert_and_key(ssl, it->certificate, it->key, it->chain, 1);
    return is_used == 1 ? HWS_OK : HWS_ERR_NO_MEMORY;
}
