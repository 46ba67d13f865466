/* SPDX-License-Identifier: MIT */
/* A server whose address is https. */
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "lib/certificates.h"
#include "lib/folder.h"
#include "lib/server_fixture.h"
#include "net/tls_pace.h"
#include "server/internal.h"

static folder place;
static SSL_CTX *client_context;
static char logged[512];
static int logged_level;
static bool was_secure;

static void on_log(int level, const char *text, void *user)
{
    (void)user;
    logged_level = level;
    snprintf(logged, sizeof logged, "%s", text);
}

static void on_request(hws_request *request, void *user)
{
    (void)user;
    was_secure = hws_request_is_secure(request);
    (void)hws_request_respond(request, &(hws_response){.status = 200});
}

static const char *path_of(const char *name)
{
    return folder_path(&place, name);
}

static int set_up_secure(void **state)
{
    folder_make(&place);
    certificate made = certificate_new(&(certificate_plan){.names = "DNS:localhost"});
    certificate_write(path_of("cert.pem"), &made, NULL);
    certificate_write_key(path_of("key.pem"), &made);
    certificate_free(&made);
    client_context = SSL_CTX_new(TLS_client_method());
    assert_non_null(client_context);
    logged[0] = 0;
    if (set_up(state) != 0) return -1;
    it.options.listen = "https://127.0.0.1:0";
    it.options.tls.pair[0] = (hws_tls_pair){path_of("cert.pem"), path_of("key.pem")};
    it.options.route[1] = (hws_route){.path = "/plain", .on_request = on_request};
    it.options.on_log = on_log;
    return 0;
}

static int tear_down_secure(void **state)
{
    SSL_CTX_free(client_context);
    folder_remove(&place);
    return tear_down(state);
}

/* A TLS client, the server's loop turned by hand; NULL: the handshake came to nothing. */
typedef struct secure_client {
    raw_client *raw;
    SSL *ssl;
} secure_client;

static void secure_close(secure_client *client)
{
    SSL_free(client->ssl);
    raw_free(client->raw);
    *client = (secure_client){0};
}

static bool secure_waits(const secure_client *client, int result)
{
    assert_int_equal(hws_loop_step(it.loop, 1), HWS_OK);
    const int error = SSL_get_error(client->ssl, result);
    ERR_clear_error();
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
}

static bool secure_open(secure_client *client)
{
    client->raw = raw_connect(it.loop, raw_port(it.server));
    assert_int_equal(fcntl(client->raw->fd, F_SETFL, O_NONBLOCK), 0);
    client->ssl = SSL_new(client_context);
    assert_int_equal(SSL_set_fd(client->ssl, client->raw->fd), 1);
    for (int result; (result = SSL_connect(client->ssl)) != 1;) {
        if (secure_waits(client, result)) continue;
        secure_close(client);
        return false;
    }
    return true;
}

/* What the server answers to a request for a WebSocket, or a page. */
static void secure_ask(secure_client *client, const char *path, const char *more, char *head,
                       size_t size)
{
    char request[1024];
    snprintf(request, sizeof request,
             "GET %s HTTP/1.1\r\nHost: localhost\r\n%sSec-WebSocket-Key: " RAW_KEY "\r\n"
             "Sec-WebSocket-Version: 13\r\n\r\n",
             path, more);
    assert_int_equal(SSL_write(client->ssl, request, (int)strlen(request)), strlen(request));
    int result;
    while ((result = SSL_read(client->ssl, head, (int)size - 1)) <= 0)
        if (!secure_waits(client, result)) break;
    head[result > 0 ? result : 0] = 0;
}

#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"

static void expect_answer(const char *path, const char *more, const char *status)
{
    secure_client client;
    char head[2048];
    assert_true(secure_open(&client));
    secure_ask(&client, path, more, head, sizeof head);
    if (!strstr(head, status)) fail_msg("%s", head);
    secure_close(&client);
}

static void turn_until_gone(void)
{
    for (int turns = 0; turns < 5 || (it.server && hws_server_stream_count(it.server) > 0);
         turns++) {
        assert_true(turns < 60000);
        assert_int_equal(hws_loop_step(it.loop, 1), HWS_OK);
    }
}

static void test_speaks_tls(void **state)
{
    (void)state;
    start();
    assert_int_equal(strncmp(hws_server_url(it.server, 0), "https://127.0.0.1:", 18), 0);
    assert_int_equal(strlen(hws_server_fingerprint(it.server)), HWS_TLS_FINGERPRINT_SIZE);
    expect_answer("/", UPGRADE, " 101 ");
    assert_int_equal(it.opened, 1);
    expect_answer("/plain", "Connection: close\r\n", " 200 ");
    assert_true(was_secure);
    turn_until_gone();
    assert_int_equal(it.closed, 1);
    assert_int_equal(it.close.code, 1006); /* row B012: a FIN alone is no end */
}

/* The origin of this server is https, and nothing else. */
static void test_origins_are_https(void **state)
{
    (void)state;
    start();
    expect_answer("/", UPGRADE "Origin: https://localhost\r\n", " 101 ");
    expect_answer("/", UPGRADE "Origin: http://localhost\r\n", " 403 ");
    expect_answer("/", UPGRADE "Origin: https://localhost:444\r\n", " 403 ");
}

static void test_one_server_for_both(void **state)
{
    (void)state;
    it.options.listen = "https://127.0.0.1:0 http://127.0.0.1:0";
    start();
    expect_answer("/plain", "Connection: close\r\n", " 200 ");
    assert_true(was_secure);
    const char *plain = hws_server_url(it.server, 1);
    raw_client *client = raw_connect(it.loop, (uint16_t)strtoul(strrchr(plain, ':') + 1, NULL, 10));
    char head[1024];
    raw_print(client, "GET /plain HTTP/1.1\r\nHost: localhost\r\n\r\n");
    raw_read_head(client, head, sizeof head);
    assert_non_null(strstr(head, " 200 "));
    assert_false(was_secure);
    raw_free(client);
}

/* Rows B001, D033: what does not speak TLS gets nothing of the server. */
static void test_plain_http(void **state)
{
    (void)state;
    start();
    raw_client *client = raw_connect(it.loop, raw_port(it.server));
    raw_ask(client, "/", "");
    while (!client->ended) raw_turn(client);
    assert_null(memmem(client->bytes, client->size, "HTTP/1.1 101", 12));
    raw_free(client);
    assert_int_equal(it.opened, 0);
    assert_int_equal(logged_level, HWS_LOG_INFO);
    assert_string_equal(logged, "127.0.0.1: the peer does not speak TLS");
    expect_answer("/", UPGRADE, " 101 ");
}

/* Row B003: the time for a handshake counts from the first moment. */
static void test_silence_ends(void **state)
{
    (void)state;
    it.options.handshake_timeout_ms = 20;
    start();
    raw_client *client = raw_connect(it.loop, raw_port(it.server));
    raw_write(client, "\x16\x03\x01", 3);
    while (!client->ended) raw_turn(client);
    assert_int_equal(client->size, 0);
    raw_free(client);
}

static void test_too_many(void **state)
{
    (void)state;
    it.options.connection_count_max = 1;
    start();
    secure_client first, second;
    assert_true(secure_open(&first));
    assert_false(secure_open(&second));
    secure_close(&first);
    turn_until_gone();
    expect_answer("/", UPGRADE, " 101 ");
}

static void test_a_certificate_that_nobody_sees(void **state)
{
    (void)state;
    it.options.listen = "http://127.0.0.1:0";
    start();
    assert_int_equal(logged_level, HWS_LOG_WARNING);
    assert_non_null(strstr(logged, "no https:// address"));
    assert_string_equal(hws_server_fingerprint(it.server), "");
}

/* What the TLS of the server says goes to its log. */
static void test_warnings_are_logged(void **state)
{
    (void)state;
    assert_int_equal(chmod(path_of("key.pem"), 0644), 0);
    start();
    assert_int_equal(logged_level, HWS_LOG_WARNING);
    assert_non_null(strstr(logged, "key.pem: everybody on this machine can read this key"));
}

static void test_self_signed(void **state)
{
    (void)state;
    it.options.tls = (hws_tls_options){.self_signed = true};
    start();
    expect_answer("/", UPGRADE, " 101 ");
}

/* Each allocation of a new connection fails in turn: it ends, and nobody else. */
static void test_connections_without_memory(void **state)
{
    (void)state;
    start();
    expect_answer("/plain", "Connection: close\r\n", " 200 ");
    turn_until_gone();
    const size_t before = it.counter.bytes_out;
    size_t failures = 0;
    for (bool was_answered = false; !was_answered; failures++) {
        assert_true(failures < 60);
        secure_client client;
        char head[1024] = "";
        it.counter.fail_after = failures;
        if (secure_open(&client)) {
            secure_ask(&client, "/plain", "Connection: close\r\n", head, sizeof head);
            secure_close(&client);
        }
        it.counter.fail_after = SIZE_MAX;
        was_answered = strstr(head, " 200 ") != NULL;
        turn_until_gone();
    }
    assert_true(failures > 5);
    assert_true(it.counter.bytes_out <= before + 4096); /* pools keep some */
}

static void test_starts_without_memory(void **state)
{
    (void)state;
    char explain[256];
    size_t failures = 0;
    for (;; failures++) {
        assert_true(failures < 200);
        it.counter.fail_after = failures;
        const hws_status status =
            hws_server_new(it.loop, &it.options, explain, sizeof explain, &it.server);
        it.counter.fail_after = SIZE_MAX;
        if (status == HWS_OK) break;
        assert_int_equal(status, HWS_ERR_NO_MEMORY);
        assert_non_null(strstr(explain, "out of memory"));
        turn_until_gone();
    }
    assert_true(failures > 5);
    expect_answer("/", UPGRADE, " 101 ");
}

/* Many messages that are sent in one turn fill records: they do not have one each. */

enum { RECORD_HEAD = 5, SHORT_SIZE = 20, LONG_SIZE = 1000 };

static size_t record_count;

static void count_records(int is_sent, int version, int type, const void *bytes, size_t size,
                          SSL *ssl, void *user)
{
    (void)version, (void)ssl, (void)user;
    if (is_sent || type != SSL3_RT_HEADER || size != RECORD_HEAD) return;
    if (*(const uint8_t *)bytes == SSL3_RT_APPLICATION_DATA) record_count++;
}

/* A text of two digits asks for so many messages; "s" or "l" behind them says which. */
static void on_order(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    static char text[LONG_SIZE + 1];
    const uint8_t *order = message->data;
    const size_t count = (size_t)(order[0] - '0') * 10 + (size_t)(order[1] - '0');
    const size_t size = order[2] == 's' ? SHORT_SIZE : LONG_SIZE;
    memset(text, 'x', size);
    text[size] = 0;
    for (size_t i = 0; i < count; i++) assert_int_equal(hws_websocket_send_text(ws, text), HWS_OK);
}

/* Answers the records in which `size` bytes came. */
static size_t order(secure_client *client, const char *what, size_t size)
{
    char frame[] = {(char)0x81, (char)0x83, 0, 0, 0, 0, what[0], what[1], what[2]};
    static char bytes[65536];
    record_count = 0;
    assert_int_equal(SSL_write(client->ssl, frame, sizeof frame), sizeof frame);
    while (size > 0) {
        const int got = SSL_read(client->ssl, bytes, sizeof bytes);
        if (got <= 0) {
            assert_true(secure_waits(client, got));
            continue;
        }
        assert_true((size_t)got <= size);
        size -= (size_t)got;
    }
    return record_count;
}

static void test_records_are_filled(void **state)
{
    (void)state;
    secure_client client;
    char head[2048];
    it.options.route[0].on_message = on_order;
    start();
    assert_true(secure_open(&client));
    secure_ask(&client, "/", UPGRADE, head, sizeof head);
    SSL_set_msg_callback(client.ssl, count_records);
    assert_int_equal(order(&client, "16s", (size_t)16 * (2 + SHORT_SIZE)), 1);
    assert_int_equal(order(&client, "99s", (size_t)99 * (2 + SHORT_SIZE)), 1);
    assert_int_equal(order(&client, "48l", (size_t)48 * (4 + LONG_SIZE)), 3); /* of 16 KiB */
    secure_close(&client);
}

#define SECURE_TEST(function)                                                                      \
    cmocka_unit_test_setup_teardown(function, set_up_secure, tear_down_secure)

/* What a client says first. */
static size_t make_hello(uint8_t *hello, size_t size)
{
    SSL *ssl = SSL_new(client_context);
    BIO *out = BIO_new(BIO_s_mem());
    assert_non_null(out);
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), out);
    assert_int_equal(SSL_connect(ssl), -1);
    const int got = BIO_read(out, hello, (int)size);
    assert_true(got > 0 && (size_t)got < size);
    SSL_free(ssl);
    ERR_clear_error();
    return (size_t)got;
}

static size_t answered(raw_client *const *clients, size_t count)
{
    size_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        int size = 0;
        assert_int_equal(ioctl(clients[i]->fd, FIONREAD, &size), 0);
        sum += size > 0;
    }
    return sum;
}

/* B005: many begin at once; each turn looks at a few, and meanwhile a WebSocket is served. */
static void test_handshakes_have_a_pace(void **state)
{
    (void)state;
    enum { CLIENTS = 40 };
    raw_client *clients[CLIENTS];
    uint8_t hello[4096];
    secure_client open = {0};
    char head[1024];
    it.options.route[0].on_message = NULL;
    start();
    const size_t size = make_hello(hello, sizeof hello);
    assert_true(secure_open(&open));
    secure_ask(&open, "/", "Connection: Upgrade\r\nUpgrade: websocket\r\n", head, sizeof head);
    assert_non_null(strstr(head, " 101 "));
    for (size_t i = 0; i < CLIENTS; i++) clients[i] = raw_connect(it.loop, raw_port(it.server));
    for (int i = 0; i < 5; i++) assert_int_equal(hws_loop_step(it.loop, 1), HWS_OK);
    for (size_t i = 0; i < CLIENTS; i++) raw_write(clients[i], hello, size);

    int turns = 0;
    while (answered(clients, CLIENTS) < CLIENTS) {
        assert_int_equal(hws_websocket_send_text(it.last, "meanwhile"), HWS_OK);
        assert_int_equal(hws_loop_step(it.loop, 100), HWS_OK);
        turns++;
        assert_true(answered(clients, CLIENTS) <= (size_t)turns * HWS_TLS_PACE_MAX);
    }
    for (int i = 0; i < turns; i++) {
        char text[64] = "";
        for (int got; (got = SSL_read(open.ssl, text, 11)) != 11;)
            assert_true(secure_waits(&open, got));
        assert_string_equal(text + 2, "meanwhile");
    }
    for (size_t i = 0; i < CLIENTS; i++) raw_free(clients[i]);
    secure_close(&open);
}

/* Who waits for his turn may go, and the server, too. */
static void test_who_waits_for_a_handshake_goes(void **state)
{
    (void)state;
    enum { CLIENTS = 40 };
    raw_client *clients[CLIENTS];
    uint8_t hello[4096];
    start();
    const size_t size = make_hello(hello, sizeof hello);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < CLIENTS; i++) clients[i] = raw_connect(it.loop, raw_port(it.server));
        for (int i = 0; i < 5; i++) assert_int_equal(hws_loop_step(it.loop, 1), HWS_OK);
        for (size_t i = 0; i < CLIENTS; i++) raw_write(clients[i], hello, size);
        assert_int_equal(hws_loop_step(it.loop, 100), HWS_OK);
        for (size_t i = 0; i < CLIENTS; i++) raw_free(clients[i]);
        if (round == 0)
            for (int i = 0; i < 30; i++) assert_int_equal(hws_loop_step(it.loop, 1), HWS_OK);
    }
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes to servers that have gone */
    const struct CMUnitTest tests[] = {
        SECURE_TEST(test_speaks_tls),
        SECURE_TEST(test_records_are_filled),
        SECURE_TEST(test_origins_are_https),
        SECURE_TEST(test_one_server_for_both),
        SECURE_TEST(test_plain_http),
        SECURE_TEST(test_silence_ends),
        SECURE_TEST(test_too_many),
        SECURE_TEST(test_a_certificate_that_nobody_sees),
        SECURE_TEST(test_warnings_are_logged),
        SECURE_TEST(test_self_signed),
        SECURE_TEST(test_handshakes_have_a_pace),
        SECURE_TEST(test_who_waits_for_a_handshake_goes),
        SECURE_TEST(test_connections_without_memory),
        SECURE_TEST(test_starts_without_memory),
    };
    return cmocka_run_group_tests_name("secure", tests, NULL, NULL);
}
