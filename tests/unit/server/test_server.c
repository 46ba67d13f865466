/* SPDX-License-Identifier: MIT */
/* The public server: how it starts, and what an application is promised of a connection's life. */
#include "hawser/server.h"

#include "lib/echo_fixture.h"

static void test_echo_and_clean_close(void **state)
{
    (void)state;
    start();
    raw_client *client = open_client("/echo");
    assert_int_equal(hws_server_websocket_count(it.server), 1);
    raw_send_text(client, "hello");
    raw_expect(client, 0x81, "hello");
    raw_send(client, 0x82, "\x01\x02", 2);
    raw_expect(client, 0x82, "\x01\x02");
    raw_send(client, 0x89, "ping", 4);
    raw_expect(client, 0x8a, "ping");

    raw_send(client, 0x88,
             "\x03\xe8"
             "bye",
             5);
    raw_expect(client, 0x88,
               "\x03\xe8"
               "bye");
    raw_expect_end(client);
    assert_int_equal(it.closed, 1);
    assert_int_equal(it.close.code, 1000);
    assert_true(it.close.was_clean);
    assert_int_equal(it.close.status, HWS_OK);
    assert_string_equal(it.reason, "bye");
    assert_int_equal(it.errors, 0);
    assert_int_equal(hws_server_websocket_count(it.server), 0);
    raw_free(client);
}

static size_t streamed_size;
static int streamed_ends;

static void on_part(hws_websocket ws, const hws_message *message, void *user)
{
    (void)ws;
    (void)user;
    assert_int_equal(message->type, HWS_BINARY);
    if (streamed_size == 0) assert_int_equal(message->part, HWS_FIRST);
    streamed_size += message->size;
    if (message->part == HWS_LAST) streamed_ends++;
}

/* A message far over what is kept in memory. */
static void test_messages_in_parts(void **state)
{
    (void)state;
    streamed_size = 0;
    streamed_ends = 0;
    it.options.route[0].stream_parts = true;
    it.options.route[0].message_size_max = UINT64_MAX;
    it.options.route[0].on_message = on_part;
    start();
    raw_client *client = open_client("/echo");
    static uint8_t block[1 << 20];
    const size_t before = it.counter.bytes_out;
    for (int i = 0; i < 20; i++)
        raw_send(client, i == 0 ? 0x02 : i == 19 ? 0x80 : 0x00, block, sizeof block);
    await(client, &streamed_ends, 1);
    assert_int_equal(streamed_size, 20 * sizeof block);
    assert_true(it.counter.bytes_peak < before + sizeof block);
    raw_free(client);
}

/* C038: frames in the same segment as the handshake. */
static void test_frames_behind_the_handshake(void **state)
{
    (void)state;
    start();
    raw_client *client = raw_connect(it.loop, raw_port(it.server));
    static const char ALL[] = "GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                              "Connection: Upgrade\r\nSec-WebSocket-Key: " RAW_KEY "\r\n"
                              "Sec-WebSocket-Version: 13\r\n\r\n"
                              "\x81\x85\0\0\0\0early\x81\x85\0\0\0\0birds";
    raw_write(client, ALL, sizeof ALL - 1);
    char head[1024];
    raw_read_head(client, head, sizeof head);
    assert_non_null(strstr(head, " 101 "));
    raw_expect(client, 0x81, "early");
    raw_expect(client, 0x81, "birds");
    raw_free(client);
}

static void test_a_failure_is_explained(void **state)
{
    (void)state;
    start();
    raw_client *client = open_client("/echo");
    raw_send(client, 0x83, "", 0);
    raw_expect_close(client, 1002);
    raw_expect_end(client);
    assert_int_equal(it.closed, 1);
    assert_int_equal(it.errors, 1);
    assert_int_equal(it.close.code, 1002);
    assert_int_equal(it.close.status, HWS_ERR_FRAME_OPCODE);
    assert_false(it.close.was_clean);
    assert_string_equal(it.reason, "reserved opcode");
    raw_free(client);
}

static void test_the_peer_vanishes(void **state)
{
    (void)state;
    start();
    raw_client *client = open_client("/echo");
    close(client->fd);
    client->fd = -1;
    for (int turns = 0; it.closed == 0; turns++) {
        assert_true(turns < 60000);
        hws_loop_step(it.loop, 1);
    }
    assert_int_equal(it.close.code, 1006);
    assert_int_equal(it.close.status, HWS_ERR_CONNECTION_LOST);
    raw_free(client);
}

static void expect_start(hws_status want, const char *words)
{
    char explain[256];
    hws_server *server = NULL;
    assert_int_equal(hws_server_new(it.loop, &it.options, explain, sizeof explain, &server), want);
    if (!strstr(explain, words)) fail_msg("%s", explain);
    assert_null(server);
}

static void test_starts_that_fail(void **state)
{
    (void)state;
    start();
    char listen[64];
    snprintf(listen, sizeof listen, "http://127.0.0.1:%u", raw_port(it.server));
    it.options.listen = listen;
    expect_start(HWS_ERR_ADDRESS_IN_USE, "in use");
    it.options.listen = "localhost:8080";
    expect_start(HWS_ERR_URL_SCHEME, "write it like http://localhost:8080");
    it.options.listen = "http://some.name:0";
    expect_start(HWS_ERR_ADDRESS, "some.name");
    it.options.listen = "https://localhost:0";
    expect_start(HWS_ERR_INVALID_ARGUMENT, "https:// needs a certificate");
    it.options.tls.pair[0].certificate = "/nonexistent/file.pem";
    expect_start(HWS_ERR_TLS_FILE, "/nonexistent/file.pem: No such file");
    it.options.tls.pair[0].certificate = NULL;
    it.options.listen = " ";
    expect_start(HWS_ERR_INVALID_ARGUMENT, "no address");
    it.options.listen = "http://127.0.0.1:0";
    it.options.files = "/nonexistent/folder";
    expect_start(HWS_ERR_NOT_FOUND, "/nonexistent/folder");
    it.options.files = NULL;
    it.options.origins = "example.com";
    expect_start(HWS_ERR_INVALID_ARGUMENT, "https://example.com");
    it.options.origins = NULL;
    it.options.route[0].path = "echo";
    expect_start(HWS_ERR_INVALID_ARGUMENT, "echo");
    it.options.route[0] = (hws_route){.path = "/nothing"};
    expect_start(HWS_ERR_INVALID_ARGUMENT, "/nothing");
}

static void test_listening_on_localhost_and_unix(void **state)
{
    (void)state;
    char listen[128];
    snprintf(listen, sizeof listen, "http://localhost:0 unix:/tmp/hawser-test-%d.sock",
             (int)getpid());
    it.options.listen = listen;
    start();
    assert_non_null(strstr(hws_server_url(it.server, 0), "http://localhost:"));
    assert_non_null(strstr(hws_server_url(it.server, 1), "unix:/tmp/hawser-test-"));
    assert_null(hws_server_url(it.server, 2));
    raw_client *client = open_client("/echo");
    raw_free(client);
}

/* O001: a connection's life with each allocation failing in turn. */
static void play(void)
{
    raw_client *client = raw_connect(it.loop, raw_port(it.server));
    char head[1024];
    raw_ask(client, "/echo", "");
    raw_read_head(client, head, sizeof head);
    if (strstr(head, " 101 ")) {
        raw_send(client, 0x01, "frag", 4);
        raw_send(client, 0x80, "ment", 4);
        uint8_t first;
        hws_span payload;
        if (raw_read(client, &first, &payload) && first == 0x81)
            assert_memory_equal(payload.data, "fragment", 8);
    }
    raw_free(client);
    for (int turns = 0; turns < 60000; turns++) {
        hws_loop_step(it.loop, turns > 10 ? 1 : 0);
        if (it.opened == it.closed && hws_server_websocket_count(it.server) == 0 && turns > 10)
            break;
    }
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    start();
    size_t after = 0;
    for (; after < 200; after++) {
        it.counter.fail_after = after;
        play();
        const bool none_failed = it.counter.fail_after > 0;
        it.counter.fail_after = SIZE_MAX;
        if (none_failed) break;
    }
    assert_true(after > 3 && after < 200);
    play();
    assert_string_equal(it.text, "fragment");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_echo_and_clean_close),
        TEST(test_messages_in_parts),
        TEST(test_frames_behind_the_handshake),
        TEST(test_a_failure_is_explained),
        TEST(test_the_peer_vanishes),
        TEST(test_starts_that_fail),
        TEST(test_listening_on_localhost_and_unix),
        TEST(test_every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
