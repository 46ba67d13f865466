/* SPDX-License-Identifier: MIT */
/* Row B024: files that change while they are in use. */
#include <openssl/pem.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/tls_fixture.h"
#include "net/tls_certificate.h"
#include "net/tls_internal.h"

/* The clock of renewals goes when it is told to. */
static uint64_t clock_ms = 1000000;

uint64_t __wrap_hws_clock_ms(void);
uint64_t __wrap_hws_clock_ms(void)
{
    return clock_ms;
}

/* A second after the files were looked at. */
static void begin_one(hws_tls_context *context)
{
    SSL *ssl = NULL;
    clock_ms += 1000;
    assert_int_equal(hws_tls_context_begin(
                         context, context->role == HWS_TLS_CLIENT ? "a.example" : NULL, 0, &ssl),
                     HWS_OK);
    SSL_free(ssl);
}

static void assert_serves(hws_tls_context *server, const certificate *wanted)
{
    char fingerprint[HWS_TLS_FINGERPRINT_SIZE + 1];
    hws_tls_fingerprint(wanted->x509, fingerprint);
    assert_string_equal(hws_tls_context_fingerprint(server), fingerprint);
    hws_tls_context *client = new_context(HWS_TLS_CLIENT, &(hws_tls_options){.insecure = true});
    ends it = meet(client, "a.example", server);
    assert_null(shake(&it));
    assert_int_equal(X509_cmp(SSL_get0_peer_certificate(it.client), wanted->x509), 0);
    part(&it);
    hws_tls_context_unref(client);
}

static void test_a_renewed_pair_takes_effect(void **state)
{
    (void)state;
    certificate renewed = certificate_new(
        &(certificate_plan){.names = "DNS:a.example", .ends_in_s = 90L * 24 * 3600});
    hws_tls_context *server = new_server();
    begin_one(server);
    assert_int_equal(logged_count, 0);
    write_pair("a", &renewed);
    SSL *ssl = new_ssl(server, NULL, 0); /* less than a second after the last look */
    SSL_free(ssl);
    assert_serves(server, &a_example);
    begin_one(server);
    assert_int_equal(logged_count, 1);
    assert_false(logged_failure);
    char date[HWS_TLS_DATE_SIZE + 1], wanted[80];
    hws_tls_date(X509_get0_notAfter(renewed.x509), date);
    snprintf(wanted, sizeof wanted, "a.pem: renewed, valid until %s", date);
    assert_non_null(strstr(take_logged(), wanted));
    assert_serves(server, &renewed);
    begin_one(server);
    assert_int_equal(logged_count, 0);
    hws_tls_context_unref(server);
    certificate_free(&renewed);
}

static void test_looks_once_a_second(void **state)
{
    (void)state;
    hws_tls_context *server = new_server();
    const uint64_t before = clock_ms;
    assert_int_equal(server->looked_at_ms, before);
    clock_ms += 999;
    hws_tls_renewal_look(server);
    assert_int_equal(server->looked_at_ms, before);
    clock_ms++;
    hws_tls_renewal_look(server);
    assert_int_equal(server->looked_at_ms, before + 1000);
    hws_tls_context_unref(server);
}

/* Told once for each change, and nothing of it reaches a connection. */
static void test_a_bad_pair_leaves_the_old(void **state)
{
    (void)state;
    hws_tls_context *server = new_server();
    static const char KEPT[] = "; what was there before stays in use";
    certificate_write(path_of("a.pem"), &b_example, NULL); /* the key has yet to come */
    begin_one(server);
    assert_int_equal(logged_count, 1);
    assert_true(logged_failure);
    const char *said = take_logged();
    assert_non_null(strstr(said, "a.key: the key does not belong to the certificate in "));
    assert_non_null(strstr(said, KEPT));
    begin_one(server);
    begin_one(server);
    assert_int_equal(logged_count, 0);
    assert_serves(server, &a_example);

    certificate_write_text(path_of("a.pem"), "-----BEGIN CERTIFICATE-----\nMIIB\n");
    begin_one(server);
    assert_int_equal(logged_count, 1);
    assert_non_null(strstr(take_logged(), "a.pem: there is no certificate in PEM format"));
    assert_int_equal(unlink(path_of("a.pem")), 0);
    begin_one(server);
    assert_int_equal(logged_count, 1);
    assert_non_null(strstr(take_logged(), "a.pem: No such file"));
    begin_one(server);
    assert_int_equal(logged_count, 0);
    assert_serves(server, &a_example);

    certificate_write_key(path_of("a.key"), &b_example);
    begin_one(server);
    take_logged();
    certificate_write(path_of("a.pem"), &b_example, NULL);
    begin_one(server);
    assert_non_null(strstr(take_logged(), "renewed"));
    assert_serves(server, &b_example);
    hws_tls_context_unref(server);
}

/* Changed less than a second ago, by the clock of files. */
static bool is_recent(const char *path)
{
    struct stat it;
    struct timespec now;
    assert_int_equal(stat(path, &it), 0);
    assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
    return (now.tv_sec - it.st_mtim.tv_sec) * 1000 + (now.tv_nsec - it.st_mtim.tv_nsec) / 1000000 <
           1000;
}

static void test_half_written_files_are_left_alone(void **state)
{
    (void)state;
    hws_tls_context *server = new_server();
    FILE *file = fopen(path_of("a.pem"), "w"); /* changed just now */
    assert_non_null(file);
    assert_true(fputs("-----BEGIN", file) >= 0);
    assert_int_equal(fclose(file), 0);
    begin_one(server);
    if (is_recent(path_of("a.pem"))) { /* else we were held up, and it is looked at */
        assert_int_equal(logged_count, 0);
        assert_serves(server, &a_example);
    }
    hws_tls_context_unref(server);
}

static void test_only_the_pair_that_changed(void **state)
{
    (void)state;
    certificate renewed = certificate_new(&(certificate_plan){.names = "DNS:b.example"});
    hws_tls_context *server = new_context(
        HWS_TLS_SERVER, &(hws_tls_options){.pair = {{path_of("a.pem"), path_of("a.key")},
                                                    {path_of("b.pem"), path_of("b.key")}}});
    write_pair("b", &renewed);
    begin_one(server);
    assert_int_equal(logged_count, 1);
    assert_non_null(strstr(take_logged(), "b.pem: renewed"));
    assert_serves(server, &a_example);
    hws_tls_context_unref(server);
    certificate_free(&renewed);
}

static void test_a_client_renews_its_pair_too(void **state)
{
    (void)state;
    hws_tls_context *client = new_context(
        HWS_TLS_CLIENT, &(hws_tls_options){.pair = {{path_of("a.pem"), path_of("a.key")}}});
    write_pair("a", &b_example);
    begin_one(client);
    assert_non_null(strstr(take_logged(), "a.pem: renewed"));
    assert_int_equal(X509_cmp(client->identities[0].material.certificate, b_example.x509), 0);
    hws_tls_context_unref(client);
}

/* Row B019: what was found good by other authorities is looked at anew. */
static void test_renewed_authorities(void **state)
{
    (void)state;
    certificate other = certificate_new(&(certificate_plan){.is_authority = true});
    certificate_write(path_of("clients.pem"), &authority, NULL);
    hws_tls_context *server = new_context(
        HWS_TLS_SERVER, &(hws_tls_options){.pair = {{path_of("a.pem"), path_of("a.key")}},
                                           .authorities = path_of("clients.pem"),
                                           .clients = HWS_TLS_CLIENTS_REQUIRED});
    hws_tls_context *client = new_context(
        HWS_TLS_CLIENT, &(hws_tls_options){.authorities = path_of("ca.pem"),
                                           .pair = {{path_of("b.pem"), path_of("b.key")}}});
    assert_agree(client, "a.example", server);
    ends it = meet(client, "a.example", server);
    assert_null(shake(&it));
    assert_true(SSL_session_reused(it.client));
    part(&it);

    certificate_write_text(path_of("clients.pem"), "");
    begin_one(server);
    assert_true(logged_failure);
    assert_non_null(strstr(take_logged(), "clients.pem: there is no certificate of an authority"));
    assert_agree(client, "a.example", server);

    certificate_write(path_of("clients.pem"), &other, NULL);
    begin_one(server);
    assert_false(logged_failure);
    assert_non_null(strstr(take_logged(), "clients.pem: renewed"));
    it = meet(client, "a.example", server);
    assert_fails(&it, HWS_ERR_TLS_UNTRUSTED, "not trusted");
    part(&it);

    certificate_write_revocation(path_of("clients.pem"), &authority, &b_example);
    begin_one(server);
    it = meet(client, "a.example", server);
    assert_fails(&it, HWS_ERR_TLS_CERTIFICATE, "certificate was revoked");
    part(&it);
    hws_tls_context_unref(server);
    hws_tls_context_unref(client);
    certificate_free(&other);
}

static void test_ticket_keys_last_a_day(void **state)
{
    (void)state;
    hws_tls_context *server = new_server();
    unsigned char before[80], after[80];
    assert_int_equal(SSL_CTX_get_tlsext_ticket_keys(server->openssl, before, sizeof before), 1);
    const uint64_t since = server->tickets_since_ms;
    server->tickets_since_ms = since - (UINT64_C(86400000) - 60000);
    begin_one(server);
    assert_int_equal(SSL_CTX_get_tlsext_ticket_keys(server->openssl, after, sizeof after), 1);
    assert_memory_equal(before, after, sizeof after);
    server->tickets_since_ms = since - UINT64_C(86400000);
    begin_one(server);
    assert_int_equal(SSL_CTX_get_tlsext_ticket_keys(server->openssl, after, sizeof after), 1);
    assert_memory_not_equal(before, after, sizeof after);
    assert_true(server->tickets_since_ms >= since);
    hws_tls_context_unref(server);
}

static void test_self_signed(void **state)
{
    (void)state;
    hws_tls_context *server = new_context(HWS_TLS_SERVER, &(hws_tls_options){.self_signed = true});
    char before[HWS_TLS_FINGERPRINT_SIZE + 1];
    memcpy(before, hws_tls_context_fingerprint(server), sizeof before);
    const X509 *made = server->identities[0].material.certificate;
    const int64_t now = time(NULL);
    assert_int_equal((hws_tls_time(X509_get0_notAfter(made)) - now + 60) / 86400, 30);
    assert_true(hws_tls_time(X509_get0_notBefore(made)) < now);
    FILE *file = fopen(path_of("made.pem"), "w");
    assert_non_null(file);
    assert_true(PEM_write_X509(file, made));
    assert_int_equal(fclose(file), 0);

    /* Whoever trusts it finds all the names of this machine in it. */
    hws_tls_context *client =
        new_context(HWS_TLS_CLIENT, &(hws_tls_options){.authorities = path_of("made.pem")});
    char host[65] = "";
    assert_int_equal(gethostname(host, sizeof host - 1), 0);
    assert_agree(client, "localhost", server);
    assert_agree(client, "127.0.0.1", server);
    assert_agree(client, "::1", server);
    assert_agree(client, host, server);
    begin_one(server);
    assert_string_equal(hws_tls_context_fingerprint(server), before);

    X509 *old = server->identities[0].material.certificate; /* on its last day */
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(old), 86400 - 60));
    begin_one(server);
    assert_non_null(strstr(take_logged(), "the certificate that was made here: renewed"));
    assert_string_not_equal(hws_tls_context_fingerprint(server), before);
    hws_tls_context_unref(server);
    hws_tls_context_unref(client);
}

static void test_without_memory(void **state)
{
    (void)state;
    hws_tls_context *server = new_server();
    write_pair("a", &b_example);
    counter.fail_after = 0;
    begin_one(server);
    counter.fail_after = SIZE_MAX;
    assert_true(logged_failure);
    assert_non_null(
        strstr(take_logged(), "out of memory for renewed certificates; what was there"));
    assert_serves(server, &a_example);
    hws_tls_context_unref(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TLS_TEST(test_a_renewed_pair_takes_effect),
        TLS_TEST(test_looks_once_a_second),
        TLS_TEST(test_a_bad_pair_leaves_the_old),
        TLS_TEST(test_half_written_files_are_left_alone),
        TLS_TEST(test_only_the_pair_that_changed),
        TLS_TEST(test_a_client_renews_its_pair_too),
        TLS_TEST(test_renewed_authorities),
        TLS_TEST(test_ticket_keys_last_a_day),
        TLS_TEST(test_self_signed),
        TLS_TEST(test_without_memory),
    };
    return cmocka_run_group_tests_name("tls_renewal", tests, group_set_up, group_tear_down);
}
