/* SPDX-License-Identifier: MIT */
/* on_upgrade: accepting and refusing, at once, later and never. */
#include "lib/echo_fixture.h"

static hws_websocket asked;
static char seen[256];

static void remember(hws_websocket ws, hws_request *request, void *user)
{
    (void)user;
    asked = ws;
    const hws_text agent = hws_request_header(request, "user-agent");
    snprintf(seen, sizeof seen, "%.*s %.*s %s", (int)hws_request_path(request).size,
             hws_request_path(request).data, (int)agent.size, agent.data,
             hws_request_address(request));
    assert_int_equal(hws_websocket_ready_state(ws), HWS_CONNECTING);
    assert_int_equal(hws_websocket_send_text(ws, "x"), HWS_ERR_NOT_OPEN);
    assert_int_equal(hws_websocket_close(ws, 1000, NULL), HWS_ERR_NOT_OPEN);
}

static void accept_now(hws_websocket ws, hws_request *request, void *user)
{
    remember(ws, request, user);
    const hws_header header = {"X-Room", "7"};
    const hws_header bad = {"X-Room", "7\r\nSet-Cookie: x=y"};
    assert_int_equal(hws_websocket_accept(ws, "nobody offered this", NULL, 0),
                     HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_websocket_accept(ws, "v2", &bad, 1), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_websocket_accept(ws, "v2", &header, 1), HWS_OK);
    assert_int_equal(it.opened, 0);
}

static const char *const PROTOCOLS[] = {"v1", "v2", NULL};

static void test_accept_at_once(void **state)
{
    (void)state;
    it.options.route[0].on_upgrade = accept_now;
    it.options.route[0].protocols = PROTOCOLS;
    start();
    raw_client *client = raw_connect(it.loop, raw_port(it.server));
    raw_ask(client, "/echo", "User-Agent: test\r\nSec-WebSocket-Protocol: v2, v1\r\n");
    char head[1024];
    raw_read_head(client, head, sizeof head);
    assert_non_null(strstr(head, "HTTP/1.1 101 Switching Protocols\r\n"));
    assert_non_null(strstr(head, "Sec-WebSocket-Protocol: v2\r\n"));
    assert_non_null(strstr(head, "X-Room: 7\r\n"));
    assert_string_equal(seen, "/echo test 127.0.0.1");
    assert_string_equal(hws_websocket_protocol(it.last), "v2");
    assert_true(hws_websocket_equal(asked, it.last));
    raw_send_text(client, "hi");
    raw_expect(client, 0x81, "hi");
    raw_free(client);
}

static void test_the_servers_preference(void **state)
{
    (void)state;
    it.options.route[0].protocols = PROTOCOLS;
    start();
    raw_client *client = raw_connect(it.loop, raw_port(it.server));
    raw_ask(client, "/echo", "Sec-WebSocket-Protocol: v2, v1\r\n");
    char head[1024];
    raw_read_head(client, head, sizeof head);
    assert_non_null(strstr(head, "Sec-WebSocket-Protocol: v1\r\n"));
    raw_free(client);

    /* D019, D020: none that we know: 101 without the field. */
    client = raw_connect(it.loop, raw_port(it.server));
    raw_ask(client, "/echo", "Sec-WebSocket-Protocol: V1\r\n");
    raw_read_head(client, head, sizeof head);
    assert_non_null(strstr(head, " 101 "));
    assert_null(strstr(head, "Protocol:"));
    raw_free(client);
}

static void refuse_now(hws_websocket ws, hws_request *request, void *user)
{
    remember(ws, request, user);
    const hws_header header = {"X-Why", "because"};
    assert_int_equal(hws_websocket_refuse(ws, 200, NULL, NULL, 0), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_websocket_refuse(ws, 418, "a teapot\n", &header, 1), HWS_OK);
}

/* D030. */
static void test_refuse(void **state)
{
    (void)state;
    it.options.route[0].on_upgrade = refuse_now;
    start();
    raw_client *client = raw_connect(it.loop, raw_port(it.server));
    raw_ask(client, "/echo", "");
    char head[1024];
    raw_read_head(client, head, sizeof head);
    assert_non_null(strstr(head, "HTTP/1.1 418 "));
    assert_non_null(strstr(head, "X-Why: because\r\n"));
    assert_non_null(strstr(head, "Connection: close\r\n"));
    assert_true(raw_await(client, 9));
    assert_memory_equal(client->bytes, "a teapot\n", 9);
    raw_forget(client, 9);
    raw_expect_end(client);
    assert_int_equal(it.opened, 0);
    assert_int_equal(hws_websocket_ready_state(asked), HWS_CLOSED);
    raw_free(client);
}

static void test_accept_later(void **state)
{
    (void)state;
    it.options.route[0].on_upgrade = remember;
    start();
    raw_client *client = raw_connect(it.loop, raw_port(it.server));
    raw_ask(client, "/echo", "");
    raw_send_text(client, "early");
    raw_expect_silence(client);
    assert_int_equal(hws_websocket_accept(asked, NULL, NULL, 0), HWS_OK);
    char head[1024];
    raw_read_head(client, head, sizeof head);
    assert_non_null(strstr(head, " 101 "));
    raw_expect(client, 0x81, "early");
    assert_int_equal(hws_websocket_accept(asked, NULL, NULL, 0), HWS_ERR_NOT_OPEN);
    raw_free(client);
}

/* D031. */
static void test_never_decided(void **state)
{
    (void)state;
    it.options.route[0].on_upgrade = remember;
    it.options.handshake_timeout_ms = 30;
    start();
    raw_client *client = raw_connect(it.loop, raw_port(it.server));
    raw_ask(client, "/echo", "");
    char head[1024];
    raw_read_head(client, head, sizeof head);
    assert_non_null(strstr(head, "HTTP/1.1 504 "));
    assert_int_equal(hws_websocket_accept(asked, NULL, NULL, 0), HWS_ERR_NOT_OPEN);
    client->size = 0;
    raw_expect_end(client);
    raw_free(client);
}

/* D032. */
static void test_the_client_goes_while_we_decide(void **state)
{
    (void)state;
    it.options.route[0].on_upgrade = remember;
    start();
    raw_client *client = raw_connect(it.loop, raw_port(it.server));
    raw_ask(client, "/echo", "");
    raw_expect_silence(client);
    assert_int_equal(hws_websocket_accept(asked, NULL, NULL, 0), HWS_OK);
    close(client->fd); /* before the loop gets to it */
    client->fd = -1;
    for (int turns = 0; hws_websocket_ready_state(asked) != HWS_CLOSED; turns++) {
        assert_true(turns < 60000);
        hws_loop_step(it.loop, 1);
    }
    raw_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_accept_at_once), TEST(test_the_servers_preference),
        TEST(test_refuse),         TEST(test_accept_later),
        TEST(test_never_decided),  TEST(test_the_client_goes_while_we_decide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
