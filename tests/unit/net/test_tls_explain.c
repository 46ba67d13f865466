/* SPDX-License-Identifier: MIT */
/* What is said of a handshake that failed, and what is known of it. */
#include <openssl/sslerr.h>
#include <time.h>

#include "lib/tls_fixture.h"
#include "net/tls_certificate.h"

static hws_tls_context *client;
static hws_tls_context *server;

static int set_up_both(void **state)
{
    set_up(state);
    client = new_client();
    server = new_server();
    return 0;
}

static int tear_down_both(void **state)
{
    hws_tls_context_unref(client);
    hws_tls_context_unref(server);
    return tear_down(state);
}

/* A server that shows `shown`, and what our client says to that. */
static void assert_said(const certificate *shown, hws_status status, const char *said)
{
    write_pair("shown", shown);
    hws_tls_context *other = new_context(
        HWS_TLS_SERVER, &(hws_tls_options){.pair = {{path_of("shown.pem"), path_of("shown.key")}}});
    ends it = meet(client, "a.example", other);
    assert_fails(&it, status, said);
    part(&it);
    hws_tls_context_unref(other);
}

/* Row B025. */
static void test_certificates(void **state)
{
    (void)state;
    char date[HWS_TLS_DATE_SIZE + 1], said[120];
    certificate it = certificate_new(
        &(certificate_plan){.names = "DNS:a.example", .issuer = &authority, .ends_in_s = -3600});
    hws_tls_date(X509_get0_notAfter(it.x509), date);
    snprintf(said, sizeof said, "certificate expired on %s", date);
    assert_said(&it, HWS_ERR_TLS_EXPIRED, said);
    certificate_free(&it);

    it = certificate_new(&(certificate_plan){
        .names = "DNS:a.example", .issuer = &authority, .begins_in_s = 3 * 86400});
    hws_tls_date(X509_get0_notBefore(it.x509), date);
    snprintf(said, sizeof said, "certificate is not valid before %s; is this machine's clock",
             date);
    assert_said(&it, HWS_ERR_TLS_EXPIRED, said);
    certificate_free(&it);

    assert_said(&b_example, HWS_ERR_TLS_NAME, "certificate is for b.example, not for a.example");
    it = certificate_new(&(certificate_plan){.subject = "a.example", .issuer = &authority});
    assert_said(&it, HWS_ERR_TLS_NAME, "certificate names no host, and so not a.example");
    certificate_free(&it);

    it = certificate_new(&(certificate_plan){.subject = "me", .names = "DNS:a.example"});
    assert_said(&it, HWS_ERR_TLS_UNTRUSTED,
                "certificate signed by itself (CN=me), and not trusted; "
                "to trust it, name its file as one of an authority");
    certificate_free(&it);

    certificate other =
        certificate_new(&(certificate_plan){.subject = "Other \033[31m", .is_authority = true});
    it = certificate_new(&(certificate_plan){.names = "DNS:a.example", .issuer = &other});
    assert_said(&it, HWS_ERR_TLS_UNTRUSTED,
                "certificate signed by an authority that is not trusted (CN=Other \\1B[31m); "
                "to trust it, name its file as one of an authority");
    certificate_free(&it);
    certificate_free(&other);
}

static void test_many_names_are_cut(void **state)
{
    (void)state;
    char names[1000];
    size_t size = 0;
    for (int i = 0; i < 40; i++)
        size += (size_t)snprintf(names + size, sizeof names - size, "%sDNS:x.example",
                                 i > 0 ? "," : "");
    certificate it = certificate_new(&(certificate_plan){.names = names, .issuer = &authority});
    assert_said(&it, HWS_ERR_TLS_NAME, "..., not for a.example");
    certificate_free(&it);
}

static void test_an_expired_authority(void **state)
{
    (void)state;
    certificate middle = certificate_new(&(certificate_plan){
        .subject = "Middle", .is_authority = true, .issuer = &authority, .ends_in_s = -60});
    certificate it =
        certificate_new(&(certificate_plan){.names = "DNS:a.example", .issuer = &middle});
    certificate_write(path_of("chain.pem"), &it, &middle, NULL);
    certificate_write_key(path_of("chain.key"), &it);
    hws_tls_context *other = new_context(
        HWS_TLS_SERVER, &(hws_tls_options){.pair = {{path_of("chain.pem"), path_of("chain.key")}}});
    ends both = meet(client, "a.example", other);
    assert_fails(&both, HWS_ERR_TLS_EXPIRED, "certificate of its authority expired on 20");
    part(&both);
    hws_tls_context_unref(other);
    certificate_free(&it);
    certificate_free(&middle);
}

static void test_a_revoked_certificate(void **state)
{
    (void)state;
    certificate_write_revocation(path_of("revoked.pem"), &authority, &a_example);
    hws_tls_context *careful =
        new_context(HWS_TLS_CLIENT, &(hws_tls_options){.authorities = path_of("revoked.pem")});
    ends it = meet(careful, "a.example", server);
    assert_fails(&it, HWS_ERR_TLS_CERTIFICATE, "certificate was revoked by its authority");
    part(&it);
    hws_tls_context_unref(careful);
}

/* Whoever answers in something else: bytes into one end. */
static void assert_talk(hws_tls_context *context, const void *bytes, size_t size, hws_status status,
                        const char *said)
{
    SSL *ssl = new_ssl(context, context == client ? "a.example" : NULL, 0);
    BIO *input = BIO_new(BIO_s_mem());
    BIO *output = BIO_new(BIO_s_mem());
    assert_true(input && output);
    BIO_set_mem_eof_return(input, -1);
    SSL_set_bio(ssl, input, output);
    assert_true(BIO_write(input, bytes, (int)size) > 0);
    assert_false(goes_on(ssl));
    assert_int_equal(hws_tls_context_explain(ssl, words, sizeof words), status);
    assert_string_equal(words, said);
    assert_int_equal(ERR_peek_error(), 0);
    SSL_free(ssl);
}

/* Row B001. */
static void test_peers_that_do_not_speak_tls(void **state)
{
    (void)state;
    static const char ANSWER[] = "HTTP/1.1 400 Bad Request\r\n\r\n";
    static const char OTHER[] = "SSH-2.0-OpenSSH_9.2\r\n";
    static const char REQUEST[] = "GET / HTTP/1.1\r\n\r\n";
    static const char PROXY[] = "CONNECT a:1 HTTP/1.1\r\n\r\n";
    static const char HTTP[] = "the peer does not speak TLS (it answered in plain HTTP)";
    static const char NOT_TLS[] = "the peer does not speak TLS";
    assert_talk(client, ANSWER, sizeof ANSWER - 1, HWS_ERR_TLS_NOT_TLS, HTTP);
    assert_talk(client, OTHER, sizeof OTHER - 1, HWS_ERR_TLS_NOT_TLS, NOT_TLS);
    assert_talk(server, REQUEST, sizeof REQUEST - 1, HWS_ERR_TLS_NOT_TLS, NOT_TLS);
    assert_talk(server, PROXY, sizeof PROXY - 1, HWS_ERR_TLS_NOT_TLS, NOT_TLS);
    assert_talk(server, OTHER, sizeof OTHER - 1, HWS_ERR_TLS_NOT_TLS, NOT_TLS);
}

static void assert_alert(uint8_t alert, const char *said)
{
    const uint8_t record[] = {21, 3, 3, 0, 2, 2, alert};
    assert_talk(client, record, sizeof record, HWS_ERR_TLS_REFUSED, said);
}

/* Row B026. */
static void test_alerts(void **state)
{
    (void)state;
    assert_alert(40, "the peer refused: alert handshake_failure "
                     "(nothing that both sides can do)");
    assert_alert(70, "the peer refused: alert protocol_version "
                     "(it speaks no version of TLS that we do)");
    assert_alert(112, "the peer refused: alert unrecognized_name "
                      "(it does not know the name it was asked for)");
    assert_alert(80, "the peer refused: alert internal_error");
    assert_alert(200, "the peer refused: alert 200");
    const uint8_t versions[] = {22, 3, 1, 0, 4, 2, 0, 0, 0}; /* an empty ServerHello */
    assert_talk(client, versions, sizeof versions, HWS_ERR_TLS, "TLS failed: length mismatch");
}

static void test_an_empty_queue(void **state)
{
    (void)state;
    SSL *ssl = new_ssl(client, "a.example", 0);
    assert_int_equal(hws_tls_context_explain(ssl, words, sizeof words), HWS_ERR_TLS);
    assert_string_equal(words, "TLS failed");
    assert_int_equal(hws_tls_context_explain(ssl, NULL, 0), HWS_ERR_TLS);
    char small[5];
    assert_int_equal(hws_tls_context_explain(ssl, small, sizeof small), HWS_ERR_TLS);
    assert_string_equal(small, "TLS ");
    ERR_raise(ERR_LIB_SSL, ERR_R_MALLOC_FAILURE);
    assert_int_equal(hws_tls_context_explain(ssl, words, sizeof words), HWS_ERR_NO_MEMORY);
    assert_string_equal(words, "out of memory");
    SSL_free(ssl);
}

/* What is known of a handshake. */

static void test_info_of_a_good_one(void **state)
{
    (void)state;
    for (int round = 0; round < 2; round++) {
        ends it = meet(client, "a.example", server);
        assert_null(shake(&it));
        hws_tls_info info;
        hws_tls_info_store *store;
        assert_int_equal(hws_tls_context_info(it.client, &info, &store), HWS_OK);
        assert_string_equal(info.version, "TLSv1.3");
        assert_int_equal(strncmp(info.cipher, "TLS_", 4), 0);
        assert_string_equal(info.alpn, "http/1.1");
        assert_int_equal(info.resumed, round == 1);
        assert_true(info.trusted);
        assert_string_equal(info.distrust, "");
        assert_int_equal(info.chain_count, 1);
        assert_string_equal(info.chain[0].subject, "CN=a");
        assert_string_equal(info.chain[0].issuer, "CN=Test CA");
        assert_string_equal(info.chain[0].names, "a.example *.a.example 127.0.0.1 ::1");
        assert_string_equal(info.chain[0].fingerprint, hws_tls_context_fingerprint(server));
        const int64_t now = time(NULL);
        assert_in_range(info.chain[0].not_before_s, now - 90000, now - 86000);
        assert_in_range(info.chain[0].not_after_s, now + 29 * 86400, now + 30 * 86400);
        hws_tls_info_store_free(store);

        assert_int_equal(hws_tls_context_info(it.server, &info, &store), HWS_OK);
        assert_false(info.trusted);
        assert_string_equal(info.distrust, "no certificate was shown");
        assert_int_equal(info.chain_count, 0);
        hws_tls_info_store_free(store);
        part(&it);
    }
    hws_tls_info_store_free(NULL);
}

static void test_info_of_a_failure(void **state)
{
    (void)state;
    ends it = meet(client, "b.example", server);
    hws_tls_info info;
    hws_tls_info_store *store;
    assert_int_equal(hws_tls_context_info(it.client, &info, &store), HWS_OK);
    assert_string_equal(info.version, "");
    assert_string_equal(info.cipher, "");
    assert_string_equal(info.alpn, "");
    assert_false(info.trusted);
    hws_tls_info_store_free(store);

    assert_fails(&it, HWS_ERR_TLS_NAME, "not for b.example");
    assert_int_equal(hws_tls_context_info(it.client, &info, &store), HWS_OK);
    assert_string_equal(info.version, "TLSv1.3");
    assert_false(info.trusted);
    assert_non_null(strstr(info.distrust, "not for b.example"));
    assert_int_equal(info.chain_count, 1); /* what was shown can be looked at */
    assert_string_equal(info.chain[0].subject, "CN=a");
    hws_tls_info_store_free(store);
    part(&it);
}

static void test_info_of_an_insecure_one(void **state)
{
    (void)state;
    hws_tls_context *insecure = new_context(HWS_TLS_CLIENT, &(hws_tls_options){.insecure = true});
    for (int round = 0; round < 2; round++) {
        ends it = meet(insecure, "a.example", server);
        assert_null(shake(&it));
        hws_tls_info info;
        hws_tls_info_store *store;
        assert_int_equal(hws_tls_context_info(it.client, &info, &store), HWS_OK);
        assert_int_equal(info.resumed, round == 1);
        assert_false(info.trusted);
        assert_non_null(strstr(info.distrust, "an authority that is not trusted (CN=Test CA)"));
        hws_tls_info_store_free(store);
        part(&it);
    }
    hws_tls_context_unref(insecure);
}

static void test_info_of_a_client(void **state)
{
    (void)state;
    certificate_write(path_of("chain.pem"), &b_example, &authority, NULL);
    hws_tls_context *showing = new_context(
        HWS_TLS_CLIENT, &(hws_tls_options){.authorities = path_of("ca.pem"),
                                           .pair = {{path_of("chain.pem"), path_of("b.key")}}});
    hws_tls_context *asking = new_context(
        HWS_TLS_SERVER, &(hws_tls_options){.authorities = path_of("ca.pem"),
                                           .clients = HWS_TLS_CLIENTS_ASKED,
                                           .pair = {{path_of("a.pem"), path_of("a.key")}}});
    ends it = meet(showing, "a.example", asking);
    assert_null(shake(&it));
    hws_tls_info info;
    hws_tls_info_store *store;
    assert_int_equal(hws_tls_context_info(it.server, &info, &store), HWS_OK);
    assert_true(info.trusted);
    assert_int_equal(info.chain_count, 2);
    assert_string_equal(info.chain[0].subject, "CN=b");
    assert_string_equal(info.chain[1].subject, "CN=Test CA");
    hws_tls_info_store_free(store);
    part(&it);
    hws_tls_context_unref(showing);
    hws_tls_context_unref(asking);
}

static void test_names_cannot_disturb_a_terminal(void **state)
{
    (void)state;
    certificate it = certificate_new(&(certificate_plan){
        .names = "DNS:x\033[31m.example,email:m@x,DNS:y", .issuer = &authority});
    BIO *output = BIO_new(BIO_s_mem());
    assert_int_equal(hws_tls_write_names(it.x509, output), HWS_OK);
    char *bytes;
    const long size = BIO_get_mem_data(output, &bytes);
    assert_int_equal(size, 16);
    assert_memory_equal(bytes, "x?[31m.example y", 16);
    BIO_free(output);
    certificate_free(&it);
}

static void test_info_without_memory(void **state)
{
    (void)state;
    ends it = meet(client, "a.example", server);
    assert_null(shake(&it));
    hws_tls_info info = {.version = "untouched"};
    hws_tls_info_store *store = NULL;
    size_t failures = 0;
    for (;; failures++) {
        counter.fail_after = failures;
        const hws_status status = hws_tls_context_info(it.client, &info, &store);
        counter.fail_after = SIZE_MAX;
        if (status == HWS_OK) break;
        assert_int_equal(status, HWS_ERR_NO_MEMORY);
        assert_null(store);
        assert_string_equal(info.version, "untouched");
    }
    assert_int_equal(failures, 8);
    hws_tls_info_store_free(store);
    part(&it);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up_both, tear_down_both)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_certificates),
        TEST(test_many_names_are_cut),
        TEST(test_an_expired_authority),
        TEST(test_a_revoked_certificate),
        TEST(test_peers_that_do_not_speak_tls),
        TEST(test_alerts),
        TEST(test_an_empty_queue),
        TEST(test_info_of_a_good_one),
        TEST(test_info_of_a_failure),
        TEST(test_info_of_an_insecure_one),
        TEST(test_info_of_a_client),
        TEST(test_names_cannot_disturb_a_terminal),
        TEST(test_info_without_memory),
    };
    return cmocka_run_group_tests_name("tls_explain", tests, group_set_up, group_tear_down);
}
