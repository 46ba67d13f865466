/* SPDX-License-Identifier: MIT */
/* Two TLS contexts that shake hands in memory, and the certificates they need. */
#ifndef HAWSER_TESTS_TLS_FIXTURE_H
#define HAWSER_TESTS_TLS_FIXTURE_H

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "lib/certificates.h"
#include "lib/descriptors.h"
#include "lib/folder.h"
#include "lib/test_memory.h"
#include "net/tls_context.h"

static folder place;
static test_memory counter;
static hws_memory memory;
static hws_loop *loop;
static int descriptors_before;
static char words[512]; /* of whoever explained last */

/* Of every test: an authority, and a.example and b.example signed by it. */
static certificate authority, a_example, b_example;

/* What contexts said to their logs. */
static char logged[1024];
static int logged_count;
static bool logged_failure;

static inline const char *path_of(const char *name)
{
    return folder_path(&place, name);
}

static inline void on_log(void *user, bool is_failure, const char *text)
{
    assert_ptr_equal(user, &logged_count);
    logged_count++;
    logged_failure = is_failure;
    snprintf(logged, sizeof logged, "%s", text);
}

/* The last line of the log, which is then empty. */
static inline const char *take_logged(void)
{
    static char taken[sizeof logged];
    memcpy(taken, logged, sizeof taken);
    logged[0] = 0;
    logged_count = 0;
    return taken;
}

static inline void write_pair(const char *name, const certificate *it)
{
    char file[32];
    snprintf(file, sizeof file, "%s.pem", name);
    certificate_write(path_of(file), it, NULL);
    snprintf(file, sizeof file, "%s.key", name);
    certificate_write_key(path_of(file), it);
}

static inline int group_set_up(void **state)
{
    *state = NULL;
    authority = certificate_new(&(certificate_plan){.subject = "Test CA", .is_authority = true});
    a_example = certificate_new(&(certificate_plan){.subject = "a",
                                                    .names = "DNS:a.example,DNS:*.a.example,"
                                                             "IP:127.0.0.1,IP:::1",
                                                    .issuer = &authority});
    b_example = certificate_new(
        &(certificate_plan){.subject = "b", .names = "DNS:b.example", .issuer = &authority});
    return 0;
}

static inline int group_tear_down(void **state)
{
    (void)state;
    certificate_free(&authority);
    certificate_free(&a_example);
    certificate_free(&b_example);
    return 0;
}

static inline int set_up(void **state)
{
    *state = NULL;
    folder_make(&place);
    descriptors_before = descriptors_open();
    memory = test_memory_hook(&counter);
    assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &memory}, &loop), HWS_OK);
    write_pair("a", &a_example);
    write_pair("b", &b_example);
    certificate_write(path_of("ca.pem"), &authority, NULL);
    take_logged();
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    hws_loop_free(loop);
    assert_int_equal(counter.bytes_out, 0);
    assert_int_equal(descriptors_open(), descriptors_before);
    assert_int_equal(ERR_peek_error(), 0); /* nobody finds what was ours */
    folder_remove(&place);
    return 0;
}

static inline hws_status try_context(hws_tls_role role, const hws_tls_options *options,
                                     hws_tls_context **context)
{
    return hws_tls_context_new(loop, role, options, on_log, &logged_count, words, sizeof words,
                               context);
}

static inline hws_tls_context *new_context(hws_tls_role role, const hws_tls_options *options)
{
    hws_tls_context *context = NULL;
    const hws_status status = try_context(role, options, &context);
    if (status != HWS_OK) fail_msg("%s", words);
    assert_string_equal(words, "");
    return context;
}

static inline hws_tls_context *new_server(void)
{
    return new_context(HWS_TLS_SERVER,
                       &(hws_tls_options){.pair = {{path_of("a.pem"), path_of("a.key")}}});
}

static inline hws_tls_context *new_client(void)
{
    return new_context(HWS_TLS_CLIENT, &(hws_tls_options){.authorities = path_of("ca.pem")});
}

/* Both ends of one connection. */
typedef struct ends {
    SSL *client, *server;
} ends;

static inline SSL *new_ssl(hws_tls_context *context, const char *host, uint16_t port)
{
    SSL *ssl = NULL;
    assert_int_equal(hws_tls_context_begin(context, host, port, &ssl), HWS_OK);
    return ssl;
}

static inline void join(ends *it)
{
    BIO *one, *other;
    assert_int_equal(BIO_new_bio_pair(&one, 1 << 17, &other, 1 << 17), 1);
    SSL_set_bio(it->client, one, one);
    SSL_set_bio(it->server, other, other);
}

static inline ends meet(hws_tls_context *client, const char *host, hws_tls_context *server)
{
    ends it = {.client = new_ssl(client, host, 443), .server = new_ssl(server, NULL, 0)};
    join(&it);
    return it;
}

static inline bool goes_on(SSL *ssl)
{
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl);
    return result == 1 || SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ;
}

/* Until both are done, or one has failed: which is answered, its errors in the queue. */
static inline SSL *shake(const ends *it)
{
    for (int i = 0; i < 10; i++) {
        if (!goes_on(it->client)) return it->client;
        if (!goes_on(it->server)) return it->server;
        if (SSL_is_init_finished(it->client) && SSL_is_init_finished(it->server)) break;
    }
    /* Tickets come behind the handshake. */
    char byte;
    assert_int_equal(SSL_write(it->server, "x", 1), 1);
    assert_int_equal(SSL_read(it->client, &byte, 1), 1);
    return NULL;
}

static inline void part(ends *it)
{
    (void)SSL_shutdown(it->client);
    (void)SSL_shutdown(it->server);
    SSL_free(it->client);
    SSL_free(it->server);
    ERR_clear_error();
}

/* The common name of what the server showed. */
static inline const char *shown_to(const ends *it)
{
    static char name[64];
    const X509 *shown = SSL_get0_peer_certificate(it->client);
    assert_non_null(shown);
    assert_true(X509_NAME_get_text_by_NID(X509_get_subject_name(shown), NID_commonName, name,
                                          sizeof name) > 0);
    return name;
}

static inline void assert_agree(hws_tls_context *client, const char *host, hws_tls_context *server)
{
    ends it = meet(client, host, server);
    SSL *failed = shake(&it);
    if (failed) {
        (void)hws_tls_context_explain(failed, words, sizeof words);
        fail_msg("%s", words);
    }
    part(&it);
}

/* Whoever fails first answers `status`, and says `said`; whoever hears of it, if somebody does. */
static inline void assert_fails(ends *it, hws_status status, const char *said)
{
    SSL *failed = shake(it);
    assert_non_null(failed);
    assert_int_equal(hws_tls_context_explain(failed, words, sizeof words), status);
    if (!strstr(words, said)) fail_msg("'%s' is not in: %s", said, words);
    assert_int_equal(ERR_peek_error(), 0);
}

#define TLS_TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif /* HAWSER_TESTS_TLS_FIXTURE_H */
