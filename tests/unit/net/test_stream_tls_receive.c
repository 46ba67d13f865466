/* SPDX-License-Identifier: MIT */
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "lib/tls_stream_fixture.h"
#include "loop/state.h"

static uint8_t bytes[400 * 1024];

static void fill(void)
{
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i % 251);
}

/* A long message of the client's is encrypted, and lies before the server's fake. */
static void say_long(size_t size)
{
    fill();
    say_bytes(&client, bytes, size);
    for (int i = 0; i < 100 && client.stream->queue.size + client.fake.stream.queue.size > 0; i++) {
        turn();
        fake_stream_take(&client.fake, SIZE_MAX);
    }
}

static void give_all(tls_side *from, tls_side *to)
{
    assert_true(fake_stream_give(&to->fake, from->fake.output + from->carried,
                                 from->fake.output_size - from->carried));
    from->fake.output_size = from->carried = 0;
}

static void assert_heard_long(size_t size)
{
    assert_int_equal(server.heard_size, size);
    assert_memory_equal(server.heard, bytes, size);
}

/* Many records, few calls: what fits into the scratch comes in one. */
static void test_many_records_in_one_call(void **state)
{
    (void)state;
    shake_hands();
    say_long(50000);
    give_all(&client, &server);
    assert_int_equal(server.receive_calls, 1);
    assert_heard_long(50000);
    server.receive_calls = 0;
    server.heard_size = 0;
    say_long(sizeof bytes);
    give_all(&client, &server);
    assert_heard_long(sizeof bytes);
    assert_int_equal(server.largest, HWS_SCRATCH_SIZE);
    assert_int_equal(server.receive_calls,
                     (sizeof bytes + HWS_SCRATCH_SIZE - 1) / HWS_SCRATCH_SIZE);
}

/* A last record of which the end has no room in the scratch: the rest is the SSL's, and comes. */
static void test_last_record_in_two_calls(void **state)
{
    (void)state;
    enum { FIRST_SIZE = 100 };
    shake_hands();
    fill();
    say_bytes(&client, bytes, FIRST_SIZE);
    turn();
    fake_stream_take(&client.fake, SIZE_MAX);
    say_bytes(&client, bytes + FIRST_SIZE, HWS_SCRATCH_SIZE);
    turn();
    fake_stream_take(&client.fake, SIZE_MAX);
    assert_int_equal(client.stream->queue.size, 0);
    give_all(&client, &server);
    assert_heard_long(FIRST_SIZE + HWS_SCRATCH_SIZE);
    assert_int_equal(server.receive_calls, 2);
    assert_int_equal(server.largest, HWS_SCRATCH_SIZE);
}

/* Row B022: what a pause leaves unread, in our hands and in OpenSSL's, is not forgotten. */
static void test_pause_keeps_what_is_unread(void **state)
{
    (void)state;
    shake_hands();
    server.pauses = true;
    say_long(150000);
    give_all(&client, &server);
    assert_heard_long(HWS_SCRATCH_SIZE);
    assert_false(server.fake.receiving);
    turn();
    assert_int_equal(server.receive_calls, 1);
    hws_stream_receive(server.stream, true);
    assert_int_equal(server.receive_calls, 1); /* never from inside the call */
    assert_false(server.fake.receiving);       /* what is kept comes first */
    hws_stream_receive(server.stream, false);
    turn();
    assert_int_equal(server.receive_calls, 1); /* he changed his mind */
    hws_stream_receive(server.stream, true);
    turn();
    assert_heard_long(2 * HWS_SCRATCH_SIZE);
    server.pauses = false;
    hws_stream_receive(server.stream, true);
    turn();
    assert_heard_long(150000);
    assert_true(server.fake.receiving);
    assert_int_equal(hws_loop_timeout_ms(loop), -1);
    say(&client, "more");
    exchange();
    assert_int_equal(server.heard_size, 150004);
}

/* A pause that had left nothing ends like any other. */
static void test_pause_between_records(void **state)
{
    (void)state;
    shake_hands();
    server.pauses = true;
    for (int i = 1; i <= 3; i++) {
        say(&client, "12345");
        exchange();
        assert_int_equal(server.heard_size, 5 * i);
        assert_false(server.fake.receiving);
        hws_stream_receive(server.stream, true);
        turn();
        assert_true(server.fake.receiving);
    }
}

/* In the last step of the handshake, with words behind it that are kept. */
static void test_pause_when_ready(void **state)
{
    (void)state;
    open_both();
    server.pauses_when_ready = true;
    say(&client, "already there");
    exchange();
    assert_int_equal(server.ready_calls, 1);
    assert_int_equal(server.heard_size, 0);
    hws_stream_receive(server.stream, true);
    exchange();
    assert_heard(&server, "already there");
}

/* Ends. */

/* Row B012: anybody can send a FIN; only close_notify is the peer's. */
static void test_truncation(void **state)
{
    (void)state;
    shake_hands();
    say(&client, "cut o");
    exchange();
    fake_stream_end(&server.fake, HWS_OK);
    assert_int_equal(server.end_calls, 1);
    assert_int_equal(server.why, HWS_ERR_CONNECTION_LOST);
    assert_string_equal(server.explanation, "the connection ended without close_notify of TLS");
    say(&server, "nobody reads this");
    turn();
    assert_int_equal(server.stream->queue.size, 0);
    assert_int_equal(server.fake.stream.queue.size, 0);
    assert_true(server.sent_calls > 0);
}

static void test_truncation_within_a_record(void **state)
{
    (void)state;
    shake_hands();
    say_long(1000);
    client.fake.output_size -= 10;
    give_all(&client, &server);
    assert_int_equal(server.heard_size, 0);
    fake_stream_end(&server.fake, HWS_OK);
    assert_int_equal(server.why, HWS_ERR_CONNECTION_LOST);
}

/* What was received and not read comes before the end. */
static void test_an_end_waits_for_who_has_paused(void **state)
{
    (void)state;
    for (int clean = 0; clean < 2; clean++) {
        shake_hands();
        server.pauses = true;
        if (clean) hws_stream_shutdown(client.stream);
        say_long(100000);
        turn();
        fake_stream_take(&client.fake, SIZE_MAX);
        give_all(&client, &server);
        fake_stream_end(&server.fake, HWS_OK);
        assert_int_equal(server.end_calls, 0);
        turn();
        assert_int_equal(server.end_calls, 0);
        hws_stream_receive(server.stream, true);
        turn();
        assert_heard_long(100000);
        if (clean) { /* he has paused again: the end waits again, but a failure does not */
            turn();
            assert_int_equal(server.end_calls, 0);
            hws_stream_receive(server.stream, true);
            turn();
        }
        assert_int_equal(server.end_calls, 1);
        assert_int_equal(server.why, clean ? HWS_OK : HWS_ERR_CONNECTION_LOST);
        close_both(0);
        turn();
    }
}

static void test_a_failure_does_not_wait(void **state)
{
    (void)state;
    shake_hands();
    server.pauses = true;
    say_long(100000);
    give_all(&client, &server);
    fake_stream_end(&server.fake, HWS_ERR_CONNECTION_RESET);
    assert_int_equal(server.end_calls, 1);
    assert_int_equal(server.why, HWS_ERR_CONNECTION_RESET);
    hws_stream_receive(server.stream, true);
    turn();
    assert_heard_long(HWS_SCRATCH_SIZE);
}

/* … but for an owner who is just about to read on. */
static void test_a_failure_comes_after_what_is_being_read(void **state)
{
    (void)state;
    shake_hands();
    server.pauses = true;
    say_long(100000);
    give_all(&client, &server);
    server.pauses = false;
    hws_stream_receive(server.stream, true);
    fake_stream_end(&server.fake, HWS_ERR_CONNECTION_RESET);
    assert_int_equal(server.end_calls, 0);
    turn();
    assert_heard_long(100000);
    assert_int_equal(server.end_calls, 1);
    assert_int_equal(server.why, HWS_ERR_CONNECTION_RESET);
}

/* … and behind the peer's end: that was clean, but there is nobody any more who reads. */
static void test_a_failure_comes_after_the_end(void **state)
{
    (void)state;
    shake_hands();
    server.pauses = true;
    hws_stream_shutdown(client.stream);
    say_long(100000);
    turn();
    fake_stream_take(&client.fake, SIZE_MAX);
    give_all(&client, &server);
    server.pauses = false;
    hws_stream_receive(server.stream, true);
    fake_stream_end(&server.fake, HWS_ERR_CONNECTION_RESET);
    say(&server, "nobody reads this");
    turn();
    assert_int_equal(server.why, HWS_OK);
    assert_int_equal(server.end_calls, 1);
    assert_int_equal(server.stream->queue.size, 0);
    assert_int_equal(server.fake.stream.queue.size, 0);
    assert_true(server.sent_calls > 0);
}

/* RFC 8446 §6.1: what follows close_notify is not looked at. */
static void test_nothing_comes_after_close_notify(void **state)
{
    (void)state;
    shake_hands();
    say(&client, "last");
    hws_stream_shutdown(client.stream);
    exchange();
    assert_heard(&server, "last");
    assert_int_equal(server.end_calls, 1);
    assert_int_equal(server.why, HWS_OK);
    assert_true(fake_stream_give(&server.fake, "\x17\x03\x03\x00\x02xx", 7));
    turn();
    assert_heard(&server, "last");
    say(&server, "answered");
    exchange();
    assert_heard(&client, "answered");
    const int before = server.sent_calls;
    say(&server, "gone");
    fake_stream_end(&server.fake, HWS_ERR_CONNECTION_RESET); /* not a second end, */
    assert_int_equal(server.stream->queue.size, 0);          /* but there is nobody who reads */
    assert_int_equal(server.sent_calls, before + 1);
}

/* Bad input. */

/* Row B001, and anything else that is not TLS, in one piece or byte by byte. */
static void test_not_tls(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        hws_status why;
    } CASES[] = {
        {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", HWS_ERR_TLS_NOT_TLS},
        {"HTTP/1.1 400 Bad Request\r\n\r\n", HWS_ERR_TLS_NOT_TLS},
        {"SSH-2.0-OpenSSH_9.2\r\n", HWS_ERR_TLS_NOT_TLS},
        {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", HWS_ERR_TLS_NOT_TLS},
        {"\x16\x03\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", HWS_ERR_TLS},
        {"\x17\x03\x03\x01\x01zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", 1},
    };
    for (size_t i = 0; i < COUNT_OF(CASES) * 4; i++) {
        const char *text = CASES[i / 4].text;
        tls_side *side = i % 2 == 0 ? &server : &client;
        open_both();
        turn();
        const size_t size = strlen(text);
        const size_t cut = i / 2 % 2 == 0 ? size : 1;
        for (size_t at = 0; at < size; at += cut) fake_stream_give(&side->fake, text + at, cut);
        if (CASES[i / 4].why == 1) { /* a record that does not come to its end */
            assert_int_equal(side->end_calls, 0);
            fake_stream_end(&side->fake, HWS_OK);
            assert_int_equal(side->why, HWS_ERR_CONNECTION_LOST);
        } else if (CASES[i / 4].why == HWS_ERR_TLS_NOT_TLS && side == &server) {
            assert_int_equal(side->why, CASES[i / 4].why);
        }
        assert_int_equal(side->end_calls, 1);
        assert_true(side->why < HWS_OK);
        assert_int_equal(side->ready_calls, 0);
        close_both(0);
        turn();
    }
}

/* The alert leaves, even when its sender closes at once; the other hears which. */
static void test_alerts(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        set_version(i == 0 ? TLS1_2_VERSION : TLS1_3_VERSION);
        SSL_CTX_set_cert_store(client.context->ssl_context, X509_STORE_new()); /* trusts nobody */
        open_both();
        client.closes_in = IN_END;
        client.linger_ms = (uint32_t)i;
        exchange();
        assert_int_equal(client.why, HWS_ERR_TLS_UNTRUSTED);
        assert_string_equal(client.explanation, "certificate verify failed");
        assert_true(client.fake.closed);
        assert_int_equal(client.fake.linger_ms, 1000);
        carry(&client, &server, SIZE_MAX);
        assert_int_equal(server.why, HWS_ERR_TLS_REFUSED);
        assert_string_equal(server.explanation, "tlsv1 alert unknown ca");
        close_both(0);
        turn();
    }
}

/* Row B026, of an open connection: what was spoilt under way. */
static void test_spoilt_record(void **state)
{
    (void)state;
    shake_hands();
    say(&client, "whole");
    turn();
    fake_stream_take(&client.fake, SIZE_MAX);
    say_long(1000);
    client.fake.output[client.fake.output_size - 1] ^= 1;
    hws_stream_shutdown(server.stream);
    say(&server, "dropped");
    server.closes_in = IN_END;
    give_all(&client, &server);
    assert_heard(&server, "whole"); /* what came before is heard before the end */
    assert_int_equal(server.end_calls, 1);
    assert_int_equal(server.why, HWS_ERR_TLS);
    turn();
    assert_true(server.fake.closed);
    assert_int_equal(server.fake.linger_ms, 1000); /* for the alert */
    exchange();
    assert_int_equal(client.why, HWS_ERR_TLS_REFUSED);
    assert_string_equal(client.explanation, "sslv3 alert bad record mac");
}

/* … and neither it nor what others leave in OpenSSL's queue of errors harms the next one. */
static void test_errors_of_others(void **state)
{
    (void)state;
    open_both();
    server.leaves_junk = client.leaves_junk = true;
    server.echoes = true;
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
    exchange();
    for (int i = 0; i < 3; i++) {
        say(&client, "again ");
        ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
        exchange();
    }
    assert_heard(&client, "again again again ");
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_LENGTH);
    hws_stream_shutdown(client.stream);
    exchange();
    assert_int_equal(server.why, HWS_OK);
    assert_int_equal(server.end_calls, 1);
    assert_int_equal(client.end_calls, 0);
    ERR_clear_error();
}

/* Floods. */

static void update_key(int type)
{
    SSL *ssl = client.context->last;
    assert_int_equal(SSL_key_update(ssl, type), 1);
    assert_int_equal(SSL_do_handshake(ssl), 1);
    hws_stream_flush(client.stream);
    exchange();
}

/* As if this were a turn at that time. */
static void set_clock(uint64_t now_ms)
{
    loop->in_turn = true;
    loop->now_ms = now_ms;
}

/* Row B010. */
static void test_key_updates(void **state)
{
    (void)state;
    shake_hands();
    for (int i = 0; i < 32; i++)
        update_key(i % 2 ? SSL_KEY_UPDATE_REQUESTED : SSL_KEY_UPDATE_NOT_REQUESTED);
    say(&client, "fine");
    say(&server, "as well"); /* with keys of its own, as was asked for */
    exchange();
    assert_heard(&server, "fine");
    assert_heard(&client, "as well");
    update_key(SSL_KEY_UPDATE_NOT_REQUESTED);
    assert_int_equal(server.end_calls, 1);
    assert_int_equal(server.why, HWS_ERR_TLS_RATE);
    assert_string_equal(server.explanation, "");
}

/* All of a flood's updates in one piece: it is not read to its end. */
static void test_key_updates_at_once(void **state)
{
    (void)state;
    shake_hands();
    SSL *ssl = client.context->last;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED), 1);
        assert_int_equal(SSL_do_handshake(ssl), 1);
    }
    say(&client, "never heard");
    exchange();
    assert_int_equal(server.why, HWS_ERR_TLS_RATE);
    assert_int_equal(server.heard_size, 0);
}

/* Ten seconds later there may be as many again. */
static void test_key_updates_over_time(void **state)
{
    (void)state;
    shake_hands();
    SSL *ssl = client.context->last;
    const uint64_t begin_ms = hws_loop_now_ms(loop) + 20000;
    for (int i = 0; i < 3 * 32 + 1; i++) {
        assert_int_equal(SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
        assert_int_equal(SSL_do_handshake(ssl), 1);
        hws_stream_flush(&client.fake.stream);
        fake_stream_take(&client.fake, SIZE_MAX);
        assert_int_equal(server.end_calls, 0);
        /* 32 at once, 32 when ten seconds have passed, 33 a moment before as many have again. */
        set_clock(begin_ms + (i < 32 ? 0 : i < 64 ? 10000 : i < 95 ? 20000 : 29999));
        carry(&client, &server, SIZE_MAX);
        loop->in_turn = false;
    }
    assert_int_equal(server.why, HWS_ERR_TLS_RATE);
}

/* Row B009. */
static void test_renegotiation(void **state)
{
    (void)state;
    set_version(TLS1_2_VERSION);
    shake_hands();
    SSL *ssl = client.context->last;
    SSL_clear_options(ssl, SSL_OP_NO_RENEGOTIATION);
    assert_int_equal(SSL_renegotiate(ssl), 1);
    SSL_do_handshake(ssl);
    hws_stream_flush(client.stream);
    exchange();
    assert_int_equal(server.end_calls, 1);
    assert_int_equal(server.why, HWS_ERR_TLS_RATE);
}

/* A peer without manners: records made by hand, with the keys of the connection. */

static uint8_t secret[48]; /* CLIENT_TRAFFIC_SECRET_0 */

static void note_secret(const SSL *ssl, const char *line)
{
    static const char LABEL[] = "CLIENT_TRAFFIC_SECRET_0 ";
    (void)ssl;
    if (strncmp(line, LABEL, strlen(LABEL)) != 0) return;
    size_t size;
    assert_int_equal(
        OPENSSL_hexstr2buf_ex(secret, sizeof secret, &size, strrchr(line, ' ') + 1, '\0'), 1);
    assert_int_equal(size, sizeof secret);
}

/* HKDF-Expand-Label (RFC 8446 §7.1) without a context. */
static void expand(const char *label, uint8_t *out, size_t size)
{
    uint8_t info[32] = {0, (uint8_t)size, (uint8_t)(6 + strlen(label))};
    const int written = snprintf((char *)info + 3, sizeof info - 3, "tls13 %s", label);
    int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    char digest[] = "SHA384";
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_int("mode", &mode),
        OSSL_PARAM_construct_utf8_string("digest", digest, 0),
        OSSL_PARAM_construct_octet_string("key", secret, sizeof secret),
        OSSL_PARAM_construct_octet_string("info", info, (size_t)written + 4),
        OSSL_PARAM_construct_end(),
    };
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = EVP_KDF_CTX_new(kdf);
    assert_int_equal(EVP_KDF_derive(context, out, size, params), 1);
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(kdf);
}

/* TLS_AES_256_GCM_SHA384; returns the size of the record.  `number` counts from 0. */
static size_t seal(uint8_t *record, uint64_t number, const char *text)
{
    uint8_t key[32], nonce[12];
    expand("key", key, sizeof key);
    expand("iv", nonce, sizeof nonce);
    for (size_t i = 0; i < 8; i++) nonce[11 - i] ^= (uint8_t)(number >> (8 * i));
    uint8_t inner[64];
    const size_t size = strlen(text) + 1;
    memcpy(inner, text, size - 1);
    inner[size - 1] = SSL3_RT_APPLICATION_DATA;
    const uint8_t head[] = {SSL3_RT_APPLICATION_DATA, 3, 3, 0, (uint8_t)(size + 16)};
    memcpy(record, head, sizeof head);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int done;
    assert_int_equal(EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, nonce), 1);
    assert_int_equal(EVP_EncryptUpdate(context, NULL, &done, head, sizeof head), 1);
    assert_int_equal(EVP_EncryptUpdate(context, record + 5, &done, inner, (int)size), 1);
    assert_int_equal(EVP_EncryptFinal_ex(context, record + 5 + done, &done), 1);
    assert_int_equal(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, 16, record + 5 + size), 1);
    EVP_CIPHER_CTX_free(context);
    return 5 + size + 16;
}

/* Row B023: records that carry nothing, more than 32 of them in a row. */
static void test_empty_records(void **state)
{
    (void)state;
    SSL_CTX_set_keylog_callback(server.context->ssl_context, note_secret);
    for (int one_by_one = 0; one_by_one < 2; one_by_one++) {
        shake_hands();
        uint64_t number = 0;
        size_t size = 0;
        static uint8_t records[2000 * 22];
        for (int i = 0; i < 32; i++) size += seal(records + size, number++, "");
        size += seal(records + size, number++, "x");
        assert_true(fake_stream_give(&server.fake, records, size));
        assert_heard(&server, "x"); /* they do not count for ever */
        assert_int_equal(server.end_calls, 0);
        for (size = 0; number < 1000;) {
            size += seal(records + size, number++, "");
            if (one_by_one && server.end_calls == 0) {
                fake_stream_give(&server.fake, records, size);
                size = 0;
            }
        }
        if (!one_by_one) fake_stream_give(&server.fake, records, size);
        assert_int_equal(server.end_calls, 1);
        assert_int_equal(server.why, HWS_ERR_TLS_RATE);
        assert_string_equal(server.explanation, ""); /* the status says it better than OpenSSL */
        close_both(0);
        turn();
    }
}

/* … and records of one byte each come in one call. */
static void test_tiny_records(void **state)
{
    (void)state;
    SSL_CTX_set_keylog_callback(server.context->ssl_context, note_secret);
    shake_hands();
    static uint8_t records[2000 * 23];
    size_t size = 0;
    for (uint64_t number = 0; number < 2000; number++) size += seal(records + size, number, "y");
    assert_true(fake_stream_give(&server.fake, records, size));
    assert_int_equal(server.heard_size, 2000);
    assert_int_equal(server.receive_calls, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_many_records_in_one_call, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_last_record_in_two_calls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pause_keeps_what_is_unread, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pause_between_records, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pause_when_ready, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_truncation, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_truncation_within_a_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_end_waits_for_who_has_paused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_failure_does_not_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_failure_comes_after_what_is_being_read, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_failure_comes_after_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_comes_after_close_notify, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_tls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_alerts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_spoilt_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_errors_of_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_key_updates, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_key_updates_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_key_updates_over_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_renegotiation, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_empty_records, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_tiny_records, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
