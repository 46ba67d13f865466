/* SPDX-License-Identifier: MIT */
#include "net/tls_context.h"

#include <openssl/pem.h>
#include <sys/stat.h>

#include "lib/tls_fixture.h"

static void test_what_is_agreed_on(void **state)
{
    (void)state;
    hws_tls_context *server = new_server();
    hws_tls_context *client = new_client();
    assert_int_equal(hws_tls_context_role(server), HWS_TLS_SERVER);
    assert_int_equal(hws_tls_context_role(client), HWS_TLS_CLIENT);
    assert_string_equal(hws_tls_context_fingerprint(client), "");
    assert_int_equal(strlen(hws_tls_context_fingerprint(server)), HWS_TLS_FINGERPRINT_SIZE);
    ends it = meet(client, "a.example", server);
    assert_null(shake(&it));
    const unsigned char *protocol;
    unsigned size;
    SSL_get0_alpn_selected(it.client, &protocol, &size);
    assert_int_equal(size, 8);
    assert_memory_equal(protocol, "http/1.1", 8);
    assert_int_equal(SSL_version(it.client), TLS1_3_VERSION);
    assert_int_equal(SSL_get_security_level(it.server), 2);
    const uint64_t wanted = SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER;
    assert_int_equal((uint64_t)SSL_get_mode(it.server) & wanted, wanted);
    assert_int_equal((uint64_t)SSL_get_mode(it.client) & wanted, wanted);
    assert_true(SSL_get_options(it.server) & SSL_OP_NO_RENEGOTIATION);
    assert_true(SSL_get_options(it.server) & SSL_OP_NO_COMPRESSION);
    assert_int_equal(SSL_get_max_early_data(it.server), 0);
    part(&it);
    hws_tls_context_unref(server);
    hws_tls_context_unref(client);
    hws_tls_context_unref(NULL);
}

static void test_is_counted(void **state)
{
    (void)state;
    hws_tls_context *client = new_client();
    assert_ptr_equal(hws_tls_context_ref(client), client);
    hws_tls_context_unref(client);
    assert_int_equal(hws_tls_context_role(client), HWS_TLS_CLIENT);
    hws_tls_context_unref(client);
}

/* Row B008: nothing below TLS 1.2, and of that only forward secrecy with AEAD. */
static void test_what_is_refused(void **state)
{
    (void)state;
    hws_tls_context *server = new_server();
    hws_tls_context *client = new_client();
    ends it = meet(client, "a.example", server);
    SSL_set_security_level(it.client, 0);
    assert_int_equal(SSL_set_cipher_list(it.client, "ALL"), 1);
    SSL_set_min_proto_version(it.client, TLS1_1_VERSION);
    SSL_set_max_proto_version(it.client, TLS1_1_VERSION);
    assert_fails(&it, HWS_ERR_TLS, "no TLS from version 1.2 on");
    part(&it);

    static const char *const CIPHERS[] = {"AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA256",
                                          "ECDHE-ECDSA-NULL-SHA", "DHE-RSA-AES128-GCM-SHA256"};
    for (size_t i = 0; i < COUNT_OF(CIPHERS); i++) {
        it = meet(client, "a.example", server);
        SSL_set_security_level(it.client, 0);
        SSL_set_max_proto_version(it.client, TLS1_2_VERSION);
        assert_int_equal(SSL_set_cipher_list(it.client, CIPHERS[i]), 1);
        assert_fails(&it, HWS_ERR_TLS, "no shared cipher");
        part(&it);
    }
    it = meet(client, "a.example", server);
    SSL_set_max_proto_version(it.client, TLS1_2_VERSION);
    assert_null(shake(&it));
    assert_int_equal(SSL_version(it.client), TLS1_2_VERSION);
    part(&it);
    hws_tls_context_unref(server);
    hws_tls_context_unref(client);
}

/* What a server chooses of what such a client offers, in his order; of 1.3 and of 1.2. */
static void assert_chosen(hws_tls_context *client, hws_tls_context *server, const char *suites,
                          const char *ciphers, const char *wanted)
{
    ends it = meet(client, "a.example", server);
    assert_int_equal(SSL_set_session(it.client, NULL), 1); /* a whole handshake */
    if (suites) assert_int_equal(SSL_set_ciphersuites(it.client, suites), 1);
    if (ciphers) {
        assert_int_equal(SSL_set_max_proto_version(it.client, TLS1_2_VERSION), 1);
        assert_int_equal(SSL_set_cipher_list(it.client, ciphers), 1);
    }
    assert_null(shake(&it));
    assert_string_equal(SSL_get_cipher_name(it.client), wanted);
    part(&it);
}

/* AES-128, unless he wants none of it, or has no AES. */
static void test_what_is_chosen(void **state)
{
    (void)state;
    static const char *const CASES[][3] = {
        {NULL, NULL, "TLS_AES_128_GCM_SHA256"},
        {"TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256", NULL,
         "TLS_AES_128_GCM_SHA256"},
        {"TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256", NULL,
         "TLS_CHACHA20_POLY1305_SHA256"},
        {"TLS_AES_256_GCM_SHA384", NULL, "TLS_AES_256_GCM_SHA384"},
        {NULL, "ECDHE+AESGCM:ECDHE+CHACHA20", "ECDHE-ECDSA-AES128-GCM-SHA256"},
        {NULL, "ECDHE+CHACHA20:ECDHE+AESGCM", "ECDHE-ECDSA-CHACHA20-POLY1305"},
        {NULL, "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"},
    };
    hws_tls_context *server = new_server();
    hws_tls_context *client = new_client();
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        assert_chosen(client, server, CASES[i][0], CASES[i][1], CASES[i][2]);
    hws_tls_context_unref(server);
    hws_tls_context_unref(client);
}

/* Ours takes all that OpenSSL has by default, AES-128 first. */
static void test_what_a_client_offers(void **state)
{
    (void)state;
    hws_tls_context *client = new_client();
    SSL *ssl = new_ssl(client, "a.example", 443);
    static const char *const OFFERED[] = {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
                                          "TLS_CHACHA20_POLY1305_SHA256",
                                          "ECDHE-ECDSA-AES128-GCM-SHA256"};
    for (size_t i = 0; i < COUNT_OF(OFFERED); i++)
        assert_string_equal(SSL_get_cipher_list(ssl, (int)i), OFFERED[i]);
    SSL_free(ssl);
    hws_tls_context_unref(client);
}

/* Rows B015, B017. */
static void test_alpn(void **state)
{
    (void)state;
    hws_tls_context *server = new_server();
    hws_tls_context *client = new_client();
    ends it = meet(client, "a.example", server);
    static const unsigned char UNKNOWN[] = "\x02h2\x08http/1.0";
    assert_int_equal(SSL_set_alpn_protos(it.client, UNKNOWN, sizeof UNKNOWN - 1), 0);
    assert_fails(&it, HWS_ERR_TLS, "other than HTTP/1.1");
    assert_false(goes_on(it.client));
    assert_int_equal(hws_tls_context_explain(it.client, words, sizeof words), HWS_ERR_TLS_REFUSED);
    assert_string_equal(words, "the peer refused: alert no_application_protocol "
                               "(it does not offer HTTP/1.1)");
    part(&it);

    it = meet(client, "a.example", server);
    static const unsigned char SECOND[] = "\x02h2\x08http/1.1";
    assert_int_equal(SSL_set_alpn_protos(it.client, SECOND, sizeof SECOND - 1), 0);
    assert_null(shake(&it));
    part(&it);

    it = meet(client, "a.example", server);
    assert_int_equal(SSL_set_alpn_protos(it.client, NULL, 0), 0);
    assert_null(shake(&it));
    part(&it);
    hws_tls_context_unref(server);
    hws_tls_context_unref(client);
}

/* OpenSSL's macro takes no const. */
static void ask_for(SSL *ssl, const char *name)
{
    char copy[256];
    if (name) snprintf(copy, sizeof copy, "%s", name);
    char *asked = name ? copy : NULL;
    assert_int_equal(SSL_set_tlsext_host_name(ssl, asked), 1);
}

/* Row B006.  The client accepts what it is shown: who it is, is looked at here. */
static void assert_shown(hws_tls_context *server, const char *asked, const char *wanted)
{
    hws_tls_context *client = new_context(HWS_TLS_CLIENT, &(hws_tls_options){.insecure = true});
    ends it = meet(client, "x.example", server);
    ask_for(it.client, asked);
    assert_null(shake(&it));
    assert_string_equal(shown_to(&it), wanted);
    part(&it);
    hws_tls_context_unref(client);
}

static void test_names_choose_the_pair(void **state)
{
    (void)state;
    hws_tls_context *server = new_context(
        HWS_TLS_SERVER, &(hws_tls_options){.pair = {{path_of("a.pem"), path_of("a.key")},
                                                    {path_of("b.pem"), path_of("b.key")}}});
    assert_shown(server, "a.example", "a");
    assert_shown(server, "b.example", "b");
    assert_shown(server, "B.Example", "b");
    assert_shown(server, "c.a.example", "a");
    assert_shown(server, "d.c.a.example", "a"); /* the first */
    assert_shown(server, "unknown.example", "a");
    assert_shown(server, NULL, "a");
    char longest[256];
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = 0;
    assert_shown(server, longest, "a");
    hws_tls_context_unref(server);
    server = new_context(HWS_TLS_SERVER,
                         &(hws_tls_options){.pair = {{path_of("b.pem"), path_of("b.key")},
                                                     {path_of("a.pem"), path_of("a.key")}}});
    assert_shown(server, "c.a.example", "a");
    assert_shown(server, "d.c.a.example", "b");
    hws_tls_context_unref(server);
}

/* Two pairs for one name: each client gets the kind of key that it takes. */
static void test_two_kinds_of_keys(void **state)
{
    (void)state;
    certificate rsa = certificate_new(&(certificate_plan){
        .subject = "rsa", .names = "DNS:a.example", .issuer = &authority, .rsa_bits = 2048});
    certificate last = certificate_new(
        &(certificate_plan){.subject = "last", .names = "DNS:a.example", .issuer = &authority});
    write_pair("rsa", &rsa);
    write_pair("last", &last);
    hws_tls_context *client = new_client();
    hws_tls_context *server = new_context(
        HWS_TLS_SERVER, &(hws_tls_options){.pair = {{path_of("a.pem"), path_of("a.key")},
                                                    {path_of("rsa.pem"), path_of("rsa.key")},
                                                    {path_of("last.pem"), path_of("last.key")}}});
    ends it = meet(client, "a.example", server);
    char rsa_only[] = "RSA-PSS+SHA256";
    assert_int_equal(SSL_set1_sigalgs_list(it.client, rsa_only), 1);
    assert_null(shake(&it));
    assert_string_equal(shown_to(&it), "rsa");
    part(&it);
    it = meet(client, "a.example", server);
    assert_int_equal(SSL_set_session(it.client, NULL), 1);
    char ecdsa_only[] = "ECDSA+SHA256";
    assert_int_equal(SSL_set1_sigalgs_list(it.client, ecdsa_only), 1);
    assert_null(shake(&it));
    assert_string_equal(shown_to(&it), "a"); /* the first of its kind */
    part(&it);
    hws_tls_context_unref(server);
    hws_tls_context_unref(client);
    certificate_free(&rsa);
    certificate_free(&last);
}

/* Row B025: what a client looks for in the certificate. */
static void test_names_that_are_looked_for(void **state)
{
    (void)state;
    hws_tls_context *server = new_server();
    hws_tls_context *client = new_client();
    assert_agree(client, "a.example", server);
    assert_agree(client, "A.EXAMPLE", server);
    assert_agree(client, "a.example.", server);
    assert_agree(client, "c.a.example", server);
    assert_agree(client, "127.0.0.1", server);
    assert_agree(client, "::1", server);
    static const char *const OTHERS[] = {"b.example", "example", "d.c.a.example", "127.0.0.2",
                                         "::2"};
    for (size_t i = 0; i < COUNT_OF(OTHERS); i++) {
        ends it = meet(client, OTHERS[i], server);
        assert_fails(&it, HWS_ERR_TLS_NAME,
                     "certificate is for a.example *.a.example 127.0.0.1 ::1, not for ");
        assert_non_null(strstr(words, OTHERS[i]));
        part(&it);
    }
    hws_tls_context_unref(client);
    client = new_context(HWS_TLS_CLIENT,
                         &(hws_tls_options){.authorities = path_of("ca.pem"), .name = "a.example"});
    assert_agree(client, "10.0.0.1", server);
    assert_agree(client, NULL, server);
    hws_tls_context_unref(client);
    hws_tls_context_unref(server);
}

static void test_what_is_sent_as_a_name(void **state)
{
    (void)state;
    hws_tls_context *client = new_client();
    static const char *const SENT[][2] = {{"a.example", "a.example"},
                                          {"a.example.", "a.example"},
                                          {"127.0.0.1", NULL},
                                          {"::1", NULL}};
    for (size_t i = 0; i < COUNT_OF(SENT); i++) {
        SSL *ssl = new_ssl(client, SENT[i][0], 443);
        const char *sent = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
        if (SENT[i][1])
            assert_string_equal(sent, SENT[i][1]);
        else
            assert_null(sent);
        SSL_free(ssl);
    }
    hws_tls_context_unref(client);
}

static void test_names_that_are_none(void **state)
{
    (void)state;
    hws_tls_context *client = new_client();
    char longest[260] = "";
    for (size_t i = 0; i < 253; i++) longest[i] = i % 50 == 49 ? '.' : 'x';
    SSL *ssl = new_ssl(client, longest, 443);
    SSL_free(ssl);
    longest[253] = 'x';
    char label[70] = "";
    memset(label, 'x', 63);
    ssl = new_ssl(client, label, 443);
    SSL_free(ssl);
    label[63] = 'x';
    const char *const NAMES[] = {"",      ".",     "..",  ".example", "a..example",
                                 "a b",   "a\nb",  "*.b", "a/b",      "fe80::1%eth0",
                                 "[::1]", "a\x80", "a..", longest,    label,
                                 NULL};
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        SSL *none = NULL;
        assert_int_equal(hws_tls_context_begin(client, NAMES[i], 443, &none), HWS_ERR_TLS_NAME);
        assert_null(none);
    }
    hws_tls_context_unref(client);
}

/* Resumption. */

static bool resumes(hws_tls_context *client, const char *host, uint16_t port,
                    hws_tls_context *server, int version)
{
    ends it = {.client = new_ssl(client, host, port), .server = new_ssl(server, NULL, 0)};
    SSL_set_max_proto_version(it.client, version);
    join(&it);
    assert_null(shake(&it));
    assert_int_equal(SSL_version(it.client), version);
    assert_int_equal(SSL_session_reused(it.client), SSL_session_reused(it.server));
    assert_int_equal(SSL_get_verify_result(it.client), X509_V_OK);
    const bool was_resumed = SSL_session_reused(it.client);
    part(&it);
    return was_resumed;
}

static void test_resumption(void **state)
{
    (void)state;
    static const int VERSIONS[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (size_t i = 0; i < COUNT_OF(VERSIONS); i++) {
        const int version = VERSIONS[i];
        hws_tls_context *server = new_server();
        hws_tls_context *client = new_client();
        assert_false(resumes(client, "a.example", 443, server, version));
        assert_true(resumes(client, "a.example", 443, server, version));
        assert_true(resumes(client, "a.example", 443, server, version));
        assert_false(resumes(client, "a.example", 444, server, version));
        assert_false(resumes(client, "c.a.example", 443, server, version));
        assert_true(resumes(client, "c.a.example", 443, server, version));
        assert_true(resumes(client, "a.example", 443, server, version));

        hws_tls_context *other = new_server(); /* whose keys are others */
        assert_false(resumes(client, "a.example", 443, other, version));
        hws_tls_context_unref(client);
        client = new_client(); /* which knows of nothing */
        assert_false(resumes(client, "a.example", 443, server, version));
        hws_tls_context_unref(other);
        hws_tls_context_unref(server);
        hws_tls_context_unref(client);
    }
}

/* RFC 8446 §C.4: two connections at once do not show the same ticket. */
static void test_tickets_are_for_one_use(void **state)
{
    (void)state;
    hws_tls_context *server = new_server();
    hws_tls_context *client = new_client();
    assert_false(resumes(client, "a.example", 443, server, TLS1_3_VERSION));
    ends first = meet(client, "a.example", server);
    ends second = meet(client, "a.example", server);
    assert_null(shake(&second));
    assert_null(shake(&first));
    assert_true(SSL_session_reused(first.client));
    assert_false(SSL_session_reused(second.client));
    part(&first);
    part(&second);
    hws_tls_context_unref(server);
    hws_tls_context_unref(client);
}

static int ticket_count;

static int count_ticket(SSL *ssl, SSL_SESSION *session)
{
    (void)ssl, (void)session;
    ticket_count++;
    return 0;
}

/* A second one would be made for nobody: the next connection, resumed or not, brings its own. */
static void test_one_ticket_for_each_connection(void **state)
{
    (void)state;
    hws_tls_context *server = new_server();
    hws_tls_context *client = new_client();
    ends it = meet(client, "a.example", server);
    SSL_CTX_sess_set_new_cb(SSL_get_SSL_CTX(it.client), count_ticket);
    ticket_count = 0;
    assert_null(shake(&it));
    assert_int_equal(ticket_count, 1);
    part(&it);
    hws_tls_context_unref(server);
    hws_tls_context_unref(client);
}

/* Row B019: a ticket that was got under one name is worth nothing under another. */
static void test_tickets_are_bound_to_the_name(void **state)
{
    (void)state;
    static const int VERSIONS[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (size_t i = 0; i < COUNT_OF(VERSIONS); i++) {
        hws_tls_context *server = new_server();
        hws_tls_context *client = new_client();
        assert_false(resumes(client, "a.example", 443, server, VERSIONS[i]));
        ends it = meet(client, "a.example", server);
        SSL_set_max_proto_version(it.client, VERSIONS[i]);
        ask_for(it.client, "c.a.example");
        assert_null(shake(&it));
        assert_false(SSL_session_reused(it.server));
        part(&it);
        hws_tls_context_unref(server);
        hws_tls_context_unref(client);
    }
}

/* Row B020, of a client: as many as there are places, the oldest goes. */
static void test_sessions_are_bounded(void **state)
{
    (void)state;
    hws_tls_context *server = new_server();
    hws_tls_context *client = new_client();
    for (uint16_t port = 1; port <= 65; port++)
        assert_false(resumes(client, "a.example", port, server, TLS1_2_VERSION));
    assert_true(resumes(client, "a.example", 65, server, TLS1_2_VERSION));
    assert_true(resumes(client, "a.example", 2, server, TLS1_2_VERSION));
    assert_false(resumes(client, "a.example", 1, server, TLS1_2_VERSION)); /* 3 goes */
    assert_false(resumes(client, "a.example", 3, server, TLS1_2_VERSION));
    hws_tls_context_unref(server);
    hws_tls_context_unref(client);
}

/* Clients with certificates. */

static hws_tls_context *new_asking(hws_tls_clients clients)
{
    return new_context(HWS_TLS_SERVER,
                       &(hws_tls_options){.pair = {{path_of("a.pem"), path_of("a.key")}},
                                          .authorities = path_of("ca.pem"),
                                          .clients = clients});
}

static hws_tls_context *new_showing(const char *name)
{
    char pem[32], key[32];
    snprintf(pem, sizeof pem, "%s.pem", name);
    snprintf(key, sizeof key, "%s.key", name);
    return new_context(HWS_TLS_CLIENT, &(hws_tls_options){.authorities = path_of("ca.pem"),
                                                          .pair = {{path_of(pem), path_of(key)}}});
}

static void test_client_certificates(void **state)
{
    (void)state;
    certificate stranger = certificate_new(&(certificate_plan){.subject = "stranger"});
    write_pair("stranger", &stranger);
    hws_tls_context *asking = new_asking(HWS_TLS_CLIENTS_ASKED);
    hws_tls_context *requiring = new_asking(HWS_TLS_CLIENTS_REQUIRED);
    hws_tls_context *bare = new_client();
    hws_tls_context *known = new_showing("b");
    hws_tls_context *unknown = new_showing("stranger");

    assert_agree(bare, "a.example", asking);
    assert_agree(known, "a.example", asking);
    assert_agree(known, "a.example", requiring);
    assert_agree(known, "a.example", requiring); /* resumed */

    ends it = meet(bare, "a.example", requiring);
    assert_fails(&it, HWS_ERR_TLS_CERTIFICATE, "the peer showed no certificate");
    char byte;
    assert_true(SSL_read(it.client, &byte, 1) <= 0);
    assert_int_equal(hws_tls_context_explain(it.client, words, sizeof words), HWS_ERR_TLS_REFUSED);
    assert_string_equal(words, "the peer refused: alert certificate_required "
                               "(it wants a certificate of ours)");
    part(&it);
    for (int i = 0; i < 2; i++) {
        it = meet(unknown, "a.example", i == 0 ? asking : requiring);
        assert_fails(&it, HWS_ERR_TLS_UNTRUSTED, "signed by itself");
        part(&it);
    }
    hws_tls_context_unref(asking);
    hws_tls_context_unref(requiring);
    hws_tls_context_unref(bare);
    hws_tls_context_unref(known);
    hws_tls_context_unref(unknown);
    certificate_free(&stranger);
}

/* Row B018. */
static void test_long_chains(void **state)
{
    (void)state;
    certificate chain[11] = {{0}};
    for (size_t i = 0; i < COUNT_OF(chain); i++)
        chain[i] = certificate_new(&(certificate_plan){.subject = "link", .issuer = &authority});
    certificate_write(path_of("chain.pem"), &b_example, &chain[0], &chain[1], &chain[2], &chain[3],
                      &chain[4], &chain[5], &chain[6], &chain[7], &chain[8], NULL);
    hws_tls_context *asking = new_asking(HWS_TLS_CLIENTS_REQUIRED);
    hws_tls_context *client = new_context(
        HWS_TLS_CLIENT, &(hws_tls_options){.authorities = path_of("ca.pem"),
                                           .pair = {{path_of("chain.pem"), path_of("b.key")}}});
    assert_agree(client, "a.example", asking);

    ends it = meet(client, "a.example", asking);
    SSL_set_session(it.client, NULL);
    X509_up_ref(chain[9].x509);
    assert_int_equal(SSL_add0_chain_cert(it.client, chain[9].x509), 1);
    assert_fails(&it, HWS_ERR_TLS_CERTIFICATE, "chain of more than 10");
    part(&it);

    it = meet(client, "a.example", asking); /* 64 KiB of certificates */
    SSL_set_session(it.client, NULL);
    for (int i = 0; i < 250; i++) {
        X509_up_ref(chain[10].x509);
        assert_int_equal(SSL_add0_chain_cert(it.client, chain[10].x509), 1);
    }
    assert_fails(&it, HWS_ERR_TLS, "TLS failed: ");
    part(&it);
    hws_tls_context_unref(asking);
    hws_tls_context_unref(client);
    for (size_t i = 0; i < COUNT_OF(chain); i++) certificate_free(&chain[i]);
}

/* The files of options. */

static void assert_refused(const hws_tls_options *options, hws_tls_role role, hws_status status,
                           const char *said)
{
    hws_tls_context *none = NULL;
    assert_int_equal(try_context(role, options, &none), status);
    assert_null(none);
    if (!strstr(words, said)) fail_msg("'%s' is not in: %s", said, words);
}

static void assert_bad_pair(const char *pem, const char *key, const char *said)
{
    const hws_tls_options options = {
        .pair = {{path_of("a.pem"), path_of("a.key")}, {path_of(pem), key ? path_of(key) : NULL}}};
    assert_refused(&options, HWS_TLS_SERVER, HWS_ERR_TLS_FILE, said);
    assert_non_null(strstr(words, place.path)); /* the file is named */
}

static void test_bad_files(void **state)
{
    (void)state;
    certificate weak = certificate_new(&(certificate_plan){.rsa_bits = 1024});
    write_pair("weak", &weak);
    certificate_write_text(path_of("text"), "hello\n");
    certificate_write_text(path_of("empty"), "");
    certificate_write_text(path_of("half"), "-----BEGIN CERTIFICATE-----\nMIIB\n");
    certificate_write_encrypted_key(path_of("encrypted"), &a_example);
    assert_bad_pair("nowhere", "a.key", "nowhere: No such file");
    assert_bad_pair("a.pem", "nowhere", "nowhere: No such file");
    assert_bad_pair("text", "a.key", "text: there is no certificate in PEM format");
    assert_bad_pair("empty", "a.key", "empty: there is no certificate in PEM format");
    assert_bad_pair("half", "a.key", "half: there is no certificate in PEM format");
    assert_bad_pair("a.pem", "text", "text: there is no key in PEM format");
    assert_bad_pair("a.pem", "encrypted", "encrypted: the key is encrypted");
    assert_bad_pair("a.pem", "b.key", "b.key: the key does not belong to the certificate in ");
    assert_bad_pair("a.pem", "weak.key", "weak.key: the key does not belong");
    assert_bad_pair("a.pem", NULL, "a.pem: there is no key in PEM format");
    assert_bad_pair("weak.pem", "weak.key", "weak.pem: cannot be used: ee key too small");
    certificate_write(path_of("many"), &a_example, &authority, &authority, &authority, &authority,
                      &authority, &authority, &authority, &authority, &authority, &authority, NULL);
    assert_bad_pair("many", "a.key", "many: there are more than 10 certificates");
    certificate_free(&weak);
}

static void test_bad_authorities(void **state)
{
    (void)state;
    certificate_write_text(path_of("text"), "hello\n");
    certificate_write_text(path_of("half"), "-----BEGIN CERTIFICATE-----\nMIIB\n");
    static const char *const NAMES[][2] = {
        {"nowhere", "nowhere: No such file"},
        {"text", "text: there is no certificate of an authority"},
        {"half", "half: cannot be read: "},
        {"a.key", "a.key: there is no certificate of an authority"},
    };
    for (size_t i = 0; i < COUNT_OF(NAMES); i++)
        assert_refused(&(hws_tls_options){.authorities = path_of(NAMES[i][0])}, HWS_TLS_CLIENT,
                       HWS_ERR_TLS_FILE, NAMES[i][1]);
}

static void test_bad_options(void **state)
{
    (void)state;
    const char *pem = path_of("a.pem");
    const char *key = path_of("a.key");
    assert_refused(&(hws_tls_options){0}, HWS_TLS_SERVER, HWS_ERR_INVALID_ARGUMENT,
                   "a server needs a certificate");
    assert_refused(&(hws_tls_options){.pair = {{.key = key}}}, HWS_TLS_SERVER,
                   HWS_ERR_INVALID_ARGUMENT, "without its certificate");
    assert_refused(&(hws_tls_options){.pair = {{pem, key}}, .clients = HWS_TLS_CLIENTS_ASKED},
                   HWS_TLS_SERVER, HWS_ERR_INVALID_ARGUMENT, "authorities that are named");
    assert_refused(&(hws_tls_options){.pair = {{pem, key}, {pem, key}}}, HWS_TLS_CLIENT,
                   HWS_ERR_INVALID_ARGUMENT, "one certificate at most");
}

static void test_one_file_for_both(void **state)
{
    (void)state;
    FILE *file = fopen(path_of("both"), "w");
    assert_non_null(file);
    assert_true(PEM_write_X509(file, a_example.x509));
    assert_true(PEM_write_PrivateKey(file, a_example.key, NULL, NULL, 0, NULL, NULL));
    assert_true(PEM_write_X509(file, authority.x509));
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path_of("both"), 0600), 0);
    hws_tls_context *server =
        new_context(HWS_TLS_SERVER, &(hws_tls_options){.pair = {{path_of("both"), NULL}}});
    hws_tls_context *client = new_client();
    ends it = meet(client, "a.example", server);
    assert_null(shake(&it));
    assert_int_equal(sk_X509_num(SSL_get_peer_cert_chain(it.client)), 2);
    part(&it);
    assert_int_equal(logged_count, 0);
    hws_tls_context_unref(server);
    hws_tls_context_unref(client);
}

static void test_warnings(void **state)
{
    (void)state;
    assert_int_equal(chmod(path_of("a.key"), 0644), 0);
    hws_tls_context_unref(new_server());
    assert_true(logged_failure);
    assert_int_equal(logged_count, 1);
    assert_non_null(strstr(take_logged(), "a.key: everybody on this machine can read this key"));
    certificate old = certificate_new(&(certificate_plan){.ends_in_s = -1});
    write_pair("a", &old);
    hws_tls_context_unref(new_server());
    assert_true(logged_failure);
    assert_non_null(strstr(take_logged(), "a.pem: the certificate expired on 20"));
    certificate_free(&old);
}

/* The system's authorities, if it has any, know none of ours. */
static void test_authorities_of_the_system(void **state)
{
    (void)state;
    hws_tls_context *server = new_server();
    hws_tls_context *client = new_context(HWS_TLS_CLIENT, &(hws_tls_options){0});
    ends it = meet(client, "a.example", server);
    assert_fails(&it, HWS_ERR_TLS_UNTRUSTED, "not trusted (CN=Test CA)");
    part(&it);
    assert_int_equal(setenv("SSL_CERT_FILE", path_of("ca.pem"), 1), 0);
    hws_tls_context_unref(client);
    client = new_context(HWS_TLS_CLIENT, &(hws_tls_options){0});
    assert_agree(client, "a.example", server);
    assert_int_equal(unsetenv("SSL_CERT_FILE"), 0);
    hws_tls_context_unref(client);
    hws_tls_context_unref(server);
}

static void test_without_memory(void **state)
{
    (void)state;
    const hws_tls_options server_options = {
        .pair = {{path_of("a.pem"), path_of("a.key")}, {path_of("b.pem"), path_of("b.key")}},
        .authorities = path_of("ca.pem"),
        .clients = HWS_TLS_CLIENTS_ASKED};
    const hws_tls_options client_options = {.authorities = path_of("ca.pem"), .name = "a.example"};
    for (int role = 0; role < 2; role++) {
        size_t failures = 0;
        hws_tls_context *context = NULL;
        for (;; failures++) {
            counter.fail_after = failures;
            const hws_status status =
                try_context(role ? HWS_TLS_CLIENT : HWS_TLS_SERVER,
                            role ? &client_options : &server_options, &context);
            counter.fail_after = SIZE_MAX;
            if (status == HWS_OK) break;
            assert_int_equal(status, HWS_ERR_NO_MEMORY);
            assert_string_equal(words, "out of memory");
        }
        assert_int_equal(failures, role ? 5 : 11);
        hws_tls_context_unref(context);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TLS_TEST(test_what_is_agreed_on),
        TLS_TEST(test_is_counted),
        TLS_TEST(test_what_is_refused),
        TLS_TEST(test_what_is_chosen),
        TLS_TEST(test_what_a_client_offers),
        TLS_TEST(test_alpn),
        TLS_TEST(test_names_choose_the_pair),
        TLS_TEST(test_two_kinds_of_keys),
        TLS_TEST(test_names_that_are_looked_for),
        TLS_TEST(test_what_is_sent_as_a_name),
        TLS_TEST(test_names_that_are_none),
        TLS_TEST(test_resumption),
        TLS_TEST(test_tickets_are_for_one_use),
        TLS_TEST(test_one_ticket_for_each_connection),
        TLS_TEST(test_tickets_are_bound_to_the_name),
        TLS_TEST(test_sessions_are_bounded),
        TLS_TEST(test_client_certificates),
        TLS_TEST(test_long_chains),
        TLS_TEST(test_bad_files),
        TLS_TEST(test_bad_authorities),
        TLS_TEST(test_bad_options),
        TLS_TEST(test_one_file_for_both),
        TLS_TEST(test_warnings),
        TLS_TEST(test_authorities_of_the_system),
        TLS_TEST(test_without_memory),
    };
    return cmocka_run_group_tests_name("tls_context", tests, group_set_up, group_tear_down);
}
