/* SPDX-License-Identifier: MIT */
/* The end of a server, with and without a word. */
#include "lib/echo_fixture.h"

static void set_done(void *user)
{
    (void)user;
    it.done = true;
}

static void test_close_says_goodbye(void **state)
{
    (void)state;
    start();
    raw_client *a = open_client("/echo");
    raw_client *b = open_client("/echo");
    raw_client *idle = raw_connect(it.loop, raw_port(it.server));
    for (int i = 0; i < 3; i++) raw_turn(idle);
    hws_server_close(it.server, 0, set_done, NULL);
    raw_expect_close(a, 1001);
    raw_expect_close(b, 1001);
    assert_false(it.done);

    /* D029: meanwhile who asks for a WebSocket is told to come back later. */
    char head[1024];
    raw_ask(idle, "/echo", "");
    raw_read_head(idle, head, sizeof head);
    assert_non_null(strstr(head, "HTTP/1.1 503 "));
    assert_non_null(strstr(head, "Retry-After: "));
    raw_send(a, 0x88, "\x03\xe9", 2);
    raw_send(b, 0x88, "\x03\xe9", 2);
    raw_expect_end(a);
    raw_expect_end(b);
    for (int i = 0; i < 60000 && !it.done; i++) hws_loop_step(it.loop, 1);
    assert_true(it.done);
    assert_int_equal(it.closed, 2);
    raw_free(a);
    raw_free(b);
    raw_free(idle);
}

/* A code that may not be sent must not keep the WebSockets open. */
static void test_close_with_a_wrong_code(void **state)
{
    (void)state;
    start();
    raw_client *client = open_client("/echo");
    hws_server_close(it.server, HWS_CLOSE_ABNORMAL, set_done, NULL);
    raw_expect_close(client, 1001);
    raw_send(client, 0x88, "\x03\xe9", 2);
    raw_expect_end(client);
    assert_true(it.done);
    raw_free(client);
}

/* Without WebSockets there is nothing to wait for. */
static void test_close_while_idle(void **state)
{
    (void)state;
    start();
    raw_client *idle = raw_connect(it.loop, raw_port(it.server));
    for (int i = 0; i < 3; i++) raw_turn(idle);
    hws_server_close(it.server, 0, set_done, NULL);
    assert_false(it.done); /* never from inside a call */
    raw_expect_end(idle);
    assert_true(it.done);
    raw_free(idle);
}

static void test_free_with_live_connections(void **state)
{
    (void)state;
    it.options.route[0].on_open = chat_open;
    start();
    raw_client *a = open_client("/echo");
    raw_client *b = open_client("/echo");
    hws_server_free(it.server);
    it.server = NULL;
    assert_int_equal(it.closed, 2);
    raw_free(a);
    raw_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_close_says_goodbye),
        TEST(test_close_with_a_wrong_code),
        TEST(test_close_while_idle),
        TEST(test_free_with_live_connections),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
