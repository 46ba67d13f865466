/* SPDX-License-Identifier: MIT */
#include "net/tls_authorities.h"

#include <openssl/err.h>
#include <openssl/pem.h>

/* What a file holds, on its way into an SSL_CTX. */
typedef struct loaded {
    X509_STORE *store;
    struct stack_st_X509_NAME *names;
    size_t certificate_count;
    size_t revocation_count;
} loaded;

static void release(loaded *it)
{
    X509_STORE_free(it->store);
    sk_X509_NAME_pop_free(it->names, X509_NAME_free);
    *it = (loaded){0};
}

static bool add_name(loaded *it, const X509 *certificate)
{
    X509_NAME *name = X509_NAME_dup(X509_get_subject_name(certificate));
    if (name && sk_X509_NAME_push(it->names, name) > 0) return true;
    X509_NAME_free(name);
    return false;
}

static bool add(loaded *it, const X509_INFO *entry)
{
    if (entry->x509) {
        it->certificate_count++;
        if (X509_STORE_add_cert(it->store, entry->x509) != 1) return false;
        if (!add_name(it, entry->x509)) return false;
    }
    if (entry->crl) {
        it->revocation_count++;
        if (X509_STORE_add_crl(it->store, entry->crl) != 1) return false;
    }
    return true;
}

static hws_status add_all(loaded *it, struct stack_st_X509_INFO *entries)
{
    it->store = X509_STORE_new();
    it->names = sk_X509_NAME_new_null();
    if (!it->store || !it->names) return HWS_ERR_NO_MEMORY;
    for (int i = 0; i < sk_X509_INFO_num(entries); i++)
        if (!add(it, sk_X509_INFO_value(entries, i))) return HWS_ERR_NO_MEMORY;
    /* Whoever names an intermediate authority means that one, whatever its root. */
    unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN;
    if (it->revocation_count > 0) flags |= X509_V_FLAG_CRL_CHECK;
    return X509_STORE_set_flags(it->store, flags) == 1 ? HWS_OK : HWS_ERR_NO_MEMORY;
}

static hws_status parse(const hws_buffer *bytes, const char *path, loaded *it, hws_tls_line line)
{
    BIO *input = BIO_new_mem_buf(bytes->data, (int)bytes->size);
    if (!input) return HWS_ERR_NO_MEMORY;
    struct stack_st_X509_INFO *entries = PEM_X509_INFO_read_bio(input, NULL, NULL, NULL);
    BIO_free(input);
    if (!entries) {
        hws_tls_say(line, "%s: cannot be read: %s", path, hws_tls_last_reason());
        return HWS_ERR_TLS_FILE;
    }
    hws_status status = add_all(it, entries);
    sk_X509_INFO_pop_free(entries, X509_INFO_free);
    ERR_clear_error();
    if (status == HWS_OK && it->certificate_count == 0) {
        hws_tls_say(line, "%s: there is no certificate of an authority in it", path);
        status = HWS_ERR_TLS_FILE;
    }
    return status;
}

hws_status hws_tls_authorities_load(hws_tls_file *file, const hws_memory *memory, SSL_CTX *context,
                                    hws_tls_line line)
{
    loaded it = {0};
    hws_buffer bytes = {0};
    hws_status status = hws_tls_file_read(file, memory, &bytes, line);
    if (status == HWS_OK) status = parse(&bytes, file->path, &it, line);
    hws_tls_file_wipe(&bytes, memory);
    if (status == HWS_OK) {
        SSL_CTX_set_cert_store(context, it.store);
        SSL_CTX_set_client_CA_list(context, it.names);
        return HWS_OK;
    }
    release(&it);
    return status;
}
