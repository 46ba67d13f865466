/* SPDX-License-Identifier: MIT */
/* From the name in a ClientHello (SNI, RFC 6066 §3) to what is shown to that client. */
#include <openssl/err.h>

#include "base/span.h"
#include "net/tls_internal.h"

enum { NAME_MAX_SIZE = 255 };

/* The first name of the extension; empty when there is none, or it is malformed, which OpenSSL will
 * tell the client itself. */
static hws_text asked_name(SSL *ssl)
{
    enum { LIST_SIZE = 2, TYPE = 1, NAME_SIZE = 2, HEAD = LIST_SIZE + TYPE + NAME_SIZE };
    const unsigned char *bytes;
    size_t size;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes, &size) != 1 || size <= HEAD)
        return (hws_text){0};
    const uint64_t name_size = hws_load_be(bytes + LIST_SIZE + TYPE, NAME_SIZE);
    if (bytes[LIST_SIZE] != TLSEXT_NAMETYPE_host_name || name_size > size - HEAD ||
        name_size > NAME_MAX_SIZE)
        return (hws_text){0};
    return (hws_text){(const char *)bytes + HEAD, (size_t)name_size};
}

/* All that fit, for a client may take only one kind of key; the last first, so that the first of a
 * kind is what stays. */
static hws_status show(const hws_tls_context *context, SSL *ssl, hws_text name)
{
    bool is_known = false;
    for (size_t i = context->identity_count; i-- > 0;) {
        const hws_tls_identity *identity = &context->identities[i];
        if (!hws_tls_identity_fits(identity, name.data, name.size)) continue;
        const hws_status status = hws_tls_identity_use(identity, ssl);
        if (status != HWS_OK) return status;
        is_known = true;
    }
    return is_known ? HWS_OK : hws_tls_identity_use(&context->identities[0], ssl);
}

/* RFC 6066 §3: a session is resumed under the name that it was begun under, or not at all. */
static bool bind_session(const hws_tls_context *context, SSL *ssl, hws_text name)
{
    uint8_t scope[HWS_TLS_PEER_SIZE];
    return hws_tls_sessions_scope(context->generation, 0, name.data, name.size, scope) == HWS_OK &&
           SSL_set_session_id_context(ssl, scope, sizeof scope) == 1;
}

int hws_tls_hello_arrived(SSL *ssl, int *alert, void *user)
{
    hws_tls_context *context = user;
    const hws_text name = asked_name(ssl);
    pthread_mutex_lock(&context->lock);
    const bool is_ready = show(context, ssl, name) == HWS_OK && bind_session(context, ssl, name);
    pthread_mutex_unlock(&context->lock);
    if (is_ready) {
        ERR_clear_error(); /* of names that X509_check_host did not like */
        return SSL_CLIENT_HELLO_SUCCESS;
    }
    *alert = SSL_AD_INTERNAL_ERROR;
    return SSL_CLIENT_HELLO_ERROR;
}
