/* SPDX-License-Identifier: MIT */
#include "net/tls_context.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/memory.h"
#include "base/try.h"
#include "net/tls_internal.h"
#include "net/tls_transport.h"

enum {
    NAME_MAX_SIZE = 253, /* RFC 1035 §2.3.4, in text */
    LABEL_MAX_SIZE = 63,
};

/* Making. */

static hws_status check_options(const hws_tls_context *context, const hws_tls_options *options,
                                hws_tls_line line)
{
    const bool has_pair = options->pair[0].certificate != NULL;
    const char *wrong = NULL;
    if (!has_pair && options->pair[0].key)
        wrong = "a key was named without its certificate";
    else if (context->role == HWS_TLS_CLIENT && options->pair[1].certificate)
        wrong = "a client has one certificate at most";
    else if (context->role == HWS_TLS_SERVER && !has_pair && !options->self_signed)
        wrong = "a server needs a certificate and its key";
    else if (context->role == HWS_TLS_SERVER && !options->authorities && options->clients)
        wrong = "clients can be asked for certificates only of authorities that are named";
    if (!wrong) return HWS_OK;
    hws_tls_say(line, "%s", wrong);
    return HWS_ERR_INVALID_ARGUMENT;
}

static hws_status copy_pairs(hws_tls_context *context, const hws_tls_options *options)
{
    while (context->identity_count < HWS_TLS_PAIR_MAX) {
        const hws_tls_pair *pair = &options->pair[context->identity_count];
        if (!pair->certificate) break;
        hws_tls_identity *identity = &context->identities[context->identity_count++];
        HWS_TRY(hws_tls_identity_init(identity, context->memory, pair));
    }
    if (context->identity_count == 0 && context->role == HWS_TLS_SERVER) {
        context->self_signed = true;
        context->identity_count = 1;
    }
    return HWS_OK;
}

static hws_status copy_name(hws_tls_context *context, const char *name)
{
    if (!name) return HWS_OK;
    const size_t size = strlen(name) + 1;
    context->name = hws_memory_new(context->memory, size);
    if (!context->name) return HWS_ERR_NO_MEMORY;
    memcpy(context->name, name, size);
    return HWS_OK;
}

static hws_status fill(hws_tls_context *context, const hws_tls_options *options, hws_tls_line line)
{
    HWS_TRY(check_options(context, options, line));
    context->clients = options->clients;
    context->insecure = options->insecure;
    HWS_TRY(copy_pairs(context, options));
    HWS_TRY(copy_name(context, options->name));
    if (options->authorities)
        HWS_TRY(hws_tls_file_init(&context->authorities, context->memory, options->authorities));
    if (context->role == HWS_TLS_CLIENT)
        HWS_TRY(hws_tls_sessions_new(context->memory, &context->sessions));
    context->transport = hws_tls_transport_method_new();
    if (!context->transport) return HWS_ERR_NO_MEMORY;
    HWS_TRY(hws_tls_profile_apply(context));
    return hws_tls_renewal_begin(context, line);
}

static bool make_lock(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attributes;
    if (pthread_mutexattr_init(&attributes) != 0) return false;
    const bool is_made = pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE) == 0 &&
                         pthread_mutex_init(lock, &attributes) == 0;
    pthread_mutexattr_destroy(&attributes);
    return is_made;
}

hws_status hws_tls_context_new(hws_loop *loop, hws_tls_role role, const hws_tls_options *options,
                               hws_tls_log *log, void *log_user, char *explain, size_t explain_size,
                               hws_tls_context **context)
{
    const hws_memory *memory = hws_loop_memory(loop);
    const hws_tls_line line = {explain, explain_size};
    hws_tls_say(line, "out of memory"); /* all else is said where it is found */
    hws_tls_context *made = hws_memory_new_zeroed(memory, sizeof *made);
    if (!made) return HWS_ERR_NO_MEMORY;
    made->memory = memory;
    made->role = role;
    made->log = log;
    made->log_user = log_user;
    atomic_init(&made->reference_count, 1);
    if (!make_lock(&made->lock)) {
        hws_memory_free(memory, made, sizeof *made);
        return HWS_ERR_NO_MEMORY;
    }
    const hws_status status = fill(made, options, line);
    if (status != HWS_OK) {
        hws_tls_context_unref(made);
        return status;
    }
    hws_tls_say(line, "%s", "");
    *context = made;
    return HWS_OK;
}

hws_tls_context *hws_tls_context_ref(hws_tls_context *context)
{
    atomic_fetch_add_explicit(&context->reference_count, 1, memory_order_relaxed);
    return context;
}

void hws_tls_context_unref(hws_tls_context *context)
{
    if (!context || atomic_fetch_sub(&context->reference_count, 1) > 1) return;
    const hws_memory *memory = context->memory;
    SSL_CTX_free(context->openssl);
    BIO_meth_free(context->transport);
    hws_tls_sessions_free(context->sessions);
    for (size_t i = 0; i < context->identity_count; i++)
        hws_tls_identity_release(&context->identities[i], memory);
    hws_tls_file_release(&context->authorities, memory);
    if (context->name) hws_memory_free(memory, context->name, strlen(context->name) + 1);
    pthread_mutex_destroy(&context->lock);
    hws_memory_free(memory, context, sizeof *context);
}

void hws_tls_context_count(const hws_tls_context *context, uint64_t *handshakes,
                           uint64_t *resumptions)
{
    const bool accepts = context->role == HWS_TLS_SERVER;
    const long good = accepts ? SSL_CTX_sess_accept_good(context->openssl)
                              : SSL_CTX_sess_connect_good(context->openssl);
    *handshakes = (uint64_t)good;
    *resumptions = (uint64_t)SSL_CTX_sess_hits(context->openssl);
}

hws_tls_role hws_tls_context_role(const hws_tls_context *context)
{
    return context->role;
}

const BIO_METHOD *hws_tls_context_transport(const hws_tls_context *context)
{
    return context->transport;
}

const char *hws_tls_context_fingerprint(hws_tls_context *context)
{
    pthread_mutex_lock(&context->lock);
    memcpy(context->told, context->fingerprint, sizeof context->told);
    pthread_mutex_unlock(&context->lock);
    return context->told;
}

/* Beginning, of a client: whom to look for. */

static bool is_address(const char *host)
{
    struct in6_addr address;
    return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

/* Letters, digits, hyphens (RFC 1123 §2.1), and the underscore that is met in the wild. */
static bool is_label(const char *label, size_t size)
{
    static const char LETTERS[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-_";
    return size > 0 && size <= LABEL_MAX_SIZE && strspn(label, LETTERS) >= size;
}

static bool is_name(const char *host)
{
    for (const char *label = host;;) {
        const size_t size = strcspn(label, ".");
        if (!is_label(label, size)) return false;
        if (label[size] == 0) return true;
        label += size + 1;
    }
}

/* `name` is not changed; OpenSSL's macro takes no const. */
static hws_status look_for_name(SSL *ssl, char *name)
{
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                               X509_CHECK_FLAG_NEVER_CHECK_SUBJECT |
                               X509_CHECK_FLAG_SINGLE_LABEL_SUBDOMAINS);
    return SSL_set_tlsext_host_name(ssl, name) == 1 && SSL_set1_host(ssl, name) == 1
               ? HWS_OK
               : HWS_ERR_NO_MEMORY;
}

/* "example.com." is example.com: the root's dot stands in no certificate (RFC 6066 §3). */
static hws_status look_for(SSL *ssl, const char *host)
{
    char name[NAME_MAX_SIZE + 1];
    size_t size = host ? strlen(host) : 0;
    if (size > 0 && host[size - 1] == '.') size--;
    if (size == 0 || size > NAME_MAX_SIZE) return HWS_ERR_TLS_NAME;
    memcpy(name, host, size);
    name[size] = 0;
    if (is_address(name))
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1 ? HWS_OK
                                                                             : HWS_ERR_NO_MEMORY;
    return is_name(name) ? look_for_name(ssl, name) : HWS_ERR_TLS_NAME;
}

/* OpenSSL gives the sessions of this SSL the id context that it has; see net/tls_sessions.h. */
static hws_status resume(hws_tls_context *context, SSL *ssl, const char *host, uint16_t port)
{
    uint8_t peer[HWS_TLS_PEER_SIZE];
    const size_t size = strnlen(host, NAME_MAX_SIZE);
    HWS_TRY(hws_tls_sessions_scope(context->generation, port, host, size, peer));
    if (SSL_set_session_id_context(ssl, peer, sizeof peer) != 1) return HWS_ERR_NO_MEMORY;
    SSL_SESSION *session = hws_tls_sessions_take(context->sessions, peer);
    if (session) (void)SSL_set_session(ssl, session); /* else it begins anew */
    SSL_SESSION_free(session);
    return HWS_OK;
}

static hws_status begin_client(hws_tls_context *context, SSL *ssl, const char *host, uint16_t port)
{
    const char *wanted = context->name ? context->name : host;
    SSL_set_connect_state(ssl);
    HWS_TRY(look_for(ssl, wanted));
    if (context->identity_count > 0) HWS_TRY(hws_tls_identity_use(&context->identities[0], ssl));
    return resume(context, ssl, host ? host : wanted, port);
}

static hws_status begin(hws_tls_context *context, const char *host, uint16_t port, SSL **ssl)
{
    hws_tls_renewal_look(context);
    hws_status status = HWS_OK;
    SSL *made = SSL_new(context->openssl);
    if (!made)
        status = HWS_ERR_NO_MEMORY;
    else if (context->role == HWS_TLS_SERVER)
        SSL_set_accept_state(made);
    else
        status = begin_client(context, made, host, port);
    ERR_clear_error(); /* the queue is the thread's: nobody is to find what was ours */
    if (status != HWS_OK) {
        SSL_free(made);
        return status;
    }
    *ssl = made;
    return HWS_OK;
}

hws_status hws_tls_context_begin(hws_tls_context *context, const char *host, uint16_t port,
                                 struct ssl_st **ssl)
{
    pthread_mutex_lock(&context->lock);
    const hws_status status = begin(context, host, port, ssl);
    pthread_mutex_unlock(&context->lock);
    return status;
}

void hws_tls_context_renew(hws_tls_context *context)
{
    pthread_mutex_lock(&context->lock);
    context->looked_at_ms = 0;
    hws_tls_renewal_look(context);
    ERR_clear_error();
    pthread_mutex_unlock(&context->lock);
}
