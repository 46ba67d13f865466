/* SPDX-License-Identifier: MIT */
/* What every TLS connection of ours is held to (RFC 9325), whatever its certificates. */
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

#include "net/tls_explain.h"
#include "net/tls_internal.h"

enum {
    SECURITY_LEVEL = 2,              /* 112 bits: no RSA under 2048, no SHA-1 */
    CERTIFICATES_SIZE_MAX = 1 << 16, /* bytes that a peer's chain may take in all (row B018) */
};

/* In the order in which a server chooses.  AES-128 first: no key exchange of ours is stronger than
 * 128 bits (X25519, P-256), so longer keys are only slower, and SHA-384 with them.
 * Of TLS 1.2 (RFC 9325 §4.2); those of 1.3 are all good. */
static const char CIPHERS[] = "ECDHE+AES128+AESGCM:ECDHE+AESGCM:ECDHE+CHACHA20:!aPSK";
static const char FIRST_SUITE[] = "TLS_AES_128_GCM_SHA256";
enum { SUITES_SIZE = 512 }; /* RFC 8446 §B.4 knows of five, of 30 letters at most */

/* Each connection brings a ticket, and spends one (RFC 8446 §C.4): of two, one would be made in
 * vain. */
enum { TICKET_COUNT = 1 };

/* RFC 7301 §3.1: each name behind its length. */
static const unsigned char PROTOCOLS[] = "\x08http/1.1";
enum { PROTOCOLS_SIZE = sizeof PROTOCOLS - 1 };

/* Row B015: whoever offers protocols offers one that we speak, or is told so (RFC 7301 §3.2). */
static int choose_protocol(SSL *ssl, const unsigned char **chosen, unsigned char *chosen_size,
                           const unsigned char *offered, unsigned offered_size, void *user)
{
    (void)ssl, (void)user;
    unsigned char *found;
    const int result = SSL_select_next_proto(&found, chosen_size, PROTOCOLS, PROTOCOLS_SIZE,
                                             offered, offered_size);
    if (result != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

/* Row B018: a chain that is too long costs nothing more than to count it. */
static int verify(X509_STORE_CTX *store, void *user)
{
    (void)user;
    if (sk_X509_num(X509_STORE_CTX_get0_untrusted(store)) <= HWS_TLS_CHAIN_MAX)
        return X509_verify_cert(store);
    X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_CHAIN_TOO_LONG);
    return 0;
}

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
    const hws_tls_context *context = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    hws_tls_sessions_keep(context->sessions, session);
    return 1; /* the reference was taken */
}

static int verify_mode(const hws_tls_context *context)
{
    if (context->role == HWS_TLS_CLIENT)
        return context->insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER;
    switch (context->clients) {
    case HWS_TLS_CLIENTS_ANY:
        break;
    case HWS_TLS_CLIENTS_ASKED:
        return SSL_VERIFY_PEER;
    case HWS_TLS_CLIENTS_REQUIRED:
        return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    }
    return SSL_VERIFY_NONE;
}

/* Behind what `suites` holds.  False: there is no room for it. */
static bool append_suite(char suites[SUITES_SIZE], const char *name)
{
    const size_t used = strlen(suites);
    const int size = snprintf(suites + used, SUITES_SIZE - used, "%s%s", used > 0 ? ":" : "", name);
    return size > 0 && (size_t)size < SUITES_SIZE - used;
}

/* Of TLS 1.3: all that the system's policy (openssl.cnf) has let be, and in its order but for the
 * first. */
static bool order_suites(SSL_CTX *openssl)
{
    char suites[SUITES_SIZE] = "";
    const struct stack_st_SSL_CIPHER *all = SSL_CTX_get_ciphers(openssl);
    for (int is_rest = 0; is_rest <= 1; is_rest++)
        for (int i = 0; i < sk_SSL_CIPHER_num(all); i++) {
            const SSL_CIPHER *it = sk_SSL_CIPHER_value(all, i);
            const char *name = SSL_CIPHER_get_name(it);
            if (strcmp(SSL_CIPHER_get_version(it), "TLSv1.3") != 0) continue;
            if ((strcmp(name, FIRST_SUITE) != 0) != is_rest) continue;
            if (!append_suite(suites, name)) return false;
        }
    return SSL_CTX_set_ciphersuites(openssl, suites) == 1;
}

static bool apply_both(SSL_CTX *openssl)
{
    SSL_CTX_set_security_level(openssl, SECURITY_LEVEL);
    SSL_CTX_set_options(openssl, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    /* What waits for the network may move meanwhile, and leaves in parts. */
    SSL_CTX_set_mode(openssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_max_cert_list(openssl, CERTIFICATES_SIZE_MAX);
    SSL_CTX_set_verify_depth(openssl, HWS_TLS_CHAIN_MAX);
    SSL_CTX_set_cert_verify_callback(openssl, verify, NULL);
    return SSL_CTX_set_min_proto_version(openssl, TLS1_2_VERSION) == 1 &&
           SSL_CTX_set_cipher_list(openssl, CIPHERS) == 1 && order_suites(openssl);
}

/* Sessions live with their clients, in tickets: a million of them take no memory (row B020). */
static bool apply_server(hws_tls_context *context)
{
    SSL_CTX *openssl = context->openssl;
    SSL_CTX_set_session_cache_mode(openssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_alpn_select_cb(openssl, choose_protocol, NULL);
    SSL_CTX_set_client_hello_cb(openssl, hws_tls_hello_arrived, context);
    /* Who puts ChaCha20 first has no instructions for AES: he gets it. */
    SSL_CTX_set_options(openssl, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    if (SSL_CTX_set_num_tickets(openssl, TICKET_COUNT) != 1) return false;
    /* No early data: who replays a ClientHello would repeat a request (RFC 8470, row B011). */
    return SSL_CTX_set_max_early_data(openssl, 0) == 1;
}

static bool apply_client(hws_tls_context *context)
{
    SSL_CTX *openssl = context->openssl;
    SSL_CTX_set_session_cache_mode(openssl, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(openssl, keep_session);
    hws_tls_explain_prepare(openssl);
    return SSL_CTX_set_alpn_protos(openssl, PROTOCOLS, PROTOCOLS_SIZE) == 0;
}

hws_status hws_tls_profile_apply(hws_tls_context *context)
{
    const bool is_server = context->role == HWS_TLS_SERVER;
    context->openssl = SSL_CTX_new(is_server ? TLS_server_method() : TLS_client_method());
    const bool is_applied =
        context->openssl && SSL_CTX_set_app_data(context->openssl, context) == 1 &&
        apply_both(context->openssl) && (is_server ? apply_server(context) : apply_client(context));
    if (is_applied) SSL_CTX_set_verify(context->openssl, verify_mode(context), NULL);
    ERR_clear_error();
    return is_applied ? HWS_OK : HWS_ERR_NO_MEMORY;
}
