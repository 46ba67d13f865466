/* SPDX-License-Identifier: MIT */
/* Row A021 from within: whom a proxy names is the peer.  Over loopback, the loop turned by hand. */
#include <errno.h>

#include "lib/server_fixture.h"

#define LINE(address) "PROXY TCP4 " address " 203.0.113.9 56324 443\r\n"

static char asked_by[64];

static void on_request(hws_request *request, void *user)
{
    (void)user;
    snprintf(asked_by, sizeof asked_by, "%s", hws_request_address(request));
    (void)hws_request_respond(request, &(hws_response){.body = "here\n", .body_size = 5});
}

static void start_for(const char *networks)
{
    it.options.proxy_protocol = networks;
    it.options.route[0].on_request = on_request;
    start();
}

static raw_client *say(const char *header)
{
    raw_client *client = raw_connect(it.loop, raw_port(it.server));
    raw_print(client, header);
    return client;
}

static void expect_head(raw_client *client, const char *status)
{
    char head[512];
    raw_read_head(client, head, sizeof head);
    if (!strstr(head, status)) fail_msg("not %s: %s", status, head);
}

static raw_client *open_for(const char *header)
{
    raw_client *client = say(header);
    raw_ask(client, "/", "");
    expect_head(client, "HTTP/1.1 101 ");
    return client;
}

static uint64_t refusals(hws_status why)
{
    hws_metrics metrics;
    hws_server_metrics(it.server, &metrics);
    return metrics.refusal_total[-(int)why];
}

static void expect_address(const char *header, const char *want)
{
    char text[64];
    raw_client *client = open_for(header);
    assert_int_equal(hws_websocket_address(it.last, text, sizeof text), HWS_OK);
    assert_string_equal(text, want);
    raw_free(client);
}

static void test_the_peer_is_whom_it_names(void **state)
{
    (void)state;
    start_for("127.0.0.1");
    expect_address(LINE("192.0.2.1"), "192.0.2.1");
    expect_address("PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n", "2001:db8::1");
    expect_address("PROXY UNKNOWN\r\n", "127.0.0.1");

    raw_client *client = say(LINE("192.0.2.7"));
    raw_print(client, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect_head(client, "HTTP/1.1 200 ");
    assert_string_equal(asked_by, "192.0.2.7");
    raw_free(client);
}

static void test_header_and_request_at_once(void **state)
{
    (void)state;
    start_for("127.0.0.0/8");
    raw_client *client = say(LINE("192.0.2.1") "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect_head(client, "HTTP/1.1 200 ");
    assert_string_equal(asked_by, "192.0.2.1");
    raw_free(client);
}

/* Who is not named as a proxy is none, whatever he says. */
static void test_from_elsewhere(void **state)
{
    (void)state;
    start_for("192.0.2.0/24 ::1 unix");
    raw_client *client = say(LINE("192.0.2.1") "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    expect_head(client, "HTTP/1.1 400 ");
    raw_free(client);
    assert_int_equal(refusals(HWS_ERR_PROXY_HEADER), 0);
    expect_address("", "127.0.0.1");
}

static void expect_silence_and_end(raw_client *client)
{
    assert_false(raw_await(client, 1));
    assert_int_equal(client->size, 0);
    raw_free(client);
}

static void test_who_does_not_say_it(void **state)
{
    (void)state;
    start_for("127.0.0.1");
    expect_silence_and_end(say("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    assert_int_equal(refusals(HWS_ERR_PROXY_HEADER), 1);
    expect_silence_and_end(say("PROXY TCP4 192.0.2.1\r\n"));
    assert_int_equal(refusals(HWS_ERR_PROXY_HEADER), 2);
    raw_free(open_for(LINE("192.0.2.1")));
}

static void test_a_deadline_over_both(void **state)
{
    (void)state;
    it.options.handshake_timeout_ms = 50;
    start_for("127.0.0.1");
    expect_silence_and_end(say(""));
    expect_silence_and_end(say("PROXY TCP4 "));
    assert_int_equal(refusals(HWS_ERR_HANDSHAKE_TIMEOUT), 1);

    raw_client *client = say(LINE("192.0.2.1") "GET / HTTP");
    expect_head(client, "HTTP/1.1 408 ");
    raw_free(client);
    expect_silence_and_end(say(LINE("192.0.2.1")));
}

/* The limits are for whom it names, not for the proxy; and not even this machine's clients are
 * spared for being behind a proxy of this machine. */
static void test_limits_are_for_whom_it_names(void **state)
{
    (void)state;
    it.options.connection_count_max = 8;
    it.options.limits.address_count_max = 2;
    start_for("127.0.0.1");
    raw_client *one = open_for(LINE("192.0.2.1"));
    raw_client *two = open_for(LINE("192.0.2.1"));
    raw_client *three = say(LINE("192.0.2.1"));
    expect_head(three, "HTTP/1.1 429 ");
    raw_expect_end(three);
    assert_int_equal(refusals(HWS_ERR_ADDRESS_COUNT), 1);
    raw_client *other = open_for(LINE("192.0.2.2"));
    raw_client *network = open_for("PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n");
    raw_free(three);
    raw_free(one);
    for (int turns = 0; it.closed < 1; turns++) {
        assert_true(turns < 10000);
        assert_int_equal(hws_loop_step(it.loop, 1), HWS_OK);
    }
    raw_free(open_for(LINE("192.0.2.1")));
    raw_free(two);
    raw_free(other);
    raw_free(network);
}

/* Who comes too fast is told so before any TLS and any request. */
static void test_rates_are_for_whom_it_names(void **state)
{
    (void)state;
    it.options.limits.address_rate_max = 1;
    start_for("127.0.0.1");
    for (int i = 0; i < 2; i++) raw_free(open_for(LINE("192.0.2.1")));
    raw_client *third = say(LINE("192.0.2.1"));
    expect_head(third, "HTTP/1.1 429 ");
    raw_free(third);
    raw_free(open_for(LINE("192.0.2.2")));
}

/* Who has not said it yet counts among all. */
static void test_the_silent_count_too(void **state)
{
    (void)state;
    it.options.connection_count_max = 2;
    start_for("127.0.0.1");
    raw_client *silent = say("");
    raw_client *half = say("PROXY TCP4 192");
    for (int i = 0; i < 5; i++) raw_turn(half);
    raw_client *third = say("");
    expect_head(third, "HTTP/1.1 503 ");
    assert_int_equal(refusals(HWS_ERR_LIMIT), 1);
    raw_free(third);
    raw_print(half, ".0.2.1 203.0.113.9 56324 443\r\n");
    raw_ask(half, "/", "");
    expect_head(half, "HTTP/1.1 101 ");
    raw_free(silent);
    raw_free(half);
}

static void note_done(void *user)
{
    *(bool *)user = true;
}

/* The server goes while proxies are still to say it; tear_down sees that nothing is left. */
static void test_the_end_comes_first(void **state)
{
    (void)state;
    start_for("127.0.0.1");
    raw_client *half = say("PROXY TCP4 192");
    for (int i = 0; i < 5; i++) raw_turn(half);
    bool is_done = false;
    hws_server_close(it.server, 1001, note_done, &is_done);
    for (int turns = 0; turns < 10000 && !is_done; turns++) raw_turn(half);
    assert_true(is_done);
    expect_silence_and_end(half);
}

static void test_the_server_is_freed_first(void **state)
{
    (void)state;
    start_for("127.0.0.1");
    raw_client *half = say("PROXY TCP4 192");
    for (int i = 0; i < 5; i++) raw_turn(half);
    hws_server_free(it.server);
    it.server = NULL;
    expect_silence_and_end(half);
}

/* Row O001: each allocation from accept to 101 fails once. */
static void test_without_memory(void **state)
{
    (void)state;
    start_for("127.0.0.1");
    raw_free(open_for(LINE("192.0.2.1"))); /* what stays once it is made */
    for (size_t n = 0, opened = 0; opened == 0; n++) {
        assert_true(n < 100);
        raw_client *client = say(LINE("192.0.2.1"));
        raw_ask(client, "/", "");
        it.counter.fail_after = n;
        for (int turns = 0; client->size == 0 && !client->ended && turns < 10000; turns++) {
            if (hws_loop_step(it.loop, 1) != HWS_OK) continue;
            const ssize_t size =
                recv(client->fd, client->bytes, sizeof client->bytes, MSG_DONTWAIT);
            if (size > 0) client->size = (size_t)size;
            if (size == 0 || (size < 0 && errno != EAGAIN)) client->ended = true;
        }
        assert_true(client->size > 0 || client->ended);
        opened = it.counter.fail_after > 0;
        it.counter.fail_after = SIZE_MAX;
        raw_free(client);
    }
}

static void expect_explanation(const char *networks, const char *want)
{
    char explain[256] = "";
    hws_server *server;
    it.options.proxy_protocol = networks;
    assert_int_equal(hws_server_new(it.loop, &it.options, NULL, 0, &server),
                     HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_server_new(it.loop, &it.options, explain, sizeof explain, &server),
                     HWS_ERR_INVALID_ARGUMENT);
    if (!strstr(explain, want)) fail_msg("%s", explain);
}

static void test_networks_that_are_none(void **state)
{
    (void)state;
    char many[5 * 33 + 1];
    for (size_t i = 0; i < 33; i++) memcpy(many + 5 * i, "unix ", 6);
    expect_explanation("::1 10.0.0.1/8", "proxy_protocol: '10.0.0.1/8' is neither");
    expect_explanation("localhost", "write them like 192.0.2.1, 10.0.0.0/8 ");
    expect_explanation(many, "more than 32 addresses");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_peer_is_whom_it_names),
        TEST(test_header_and_request_at_once),
        TEST(test_from_elsewhere),
        TEST(test_who_does_not_say_it),
        TEST(test_a_deadline_over_both),
        TEST(test_limits_are_for_whom_it_names),
        TEST(test_rates_are_for_whom_it_names),
        TEST(test_the_silent_count_too),
        TEST(test_the_end_comes_first),
        TEST(test_the_server_is_freed_first),
        TEST(test_without_memory),
        TEST(test_networks_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
