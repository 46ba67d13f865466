/* SPDX-License-Identifier: MIT */
/* Who is let in, and who goes when there is no memory left: over loopback, the loop turned by hand
 * (rows A014 to A016, J010, N004). */
#include "lib/server_fixture.h"

static bool has_line(const char *head, const char *line)
{
    return strstr(head, line) != NULL;
}

static void expect_refusal(const char *status)
{
    raw_client *client = raw_connect(it.loop, raw_port(it.server));
    char head[512];
    raw_read_head(client, head, sizeof head);
    if (!has_line(head, status)) fail_msg("not %s: %s", status, head);
    const char *after = strstr(head, "Retry-After: ");
    assert_non_null(after);
    const long seconds = strtol(after + strlen("Retry-After: "), NULL, 10);
    assert_in_range(seconds, 1, 5);
    assert_true(has_line(head, "Connection: close\r\n"));
    raw_expect_end(client);
    raw_free(client);
}

static uint64_t refusals(hws_status why)
{
    hws_metrics metrics;
    hws_server_metrics(it.server, &metrics);
    return metrics.refusal_total[-(int)why];
}

static void await_closed(int count)
{
    for (int turns = 0; it.closed < count; turns++) {
        assert_true(turns < 60000);
        assert_int_equal(hws_loop_step(it.loop, 1), HWS_OK);
    }
}

static void test_connections_in_all(void **state)
{
    (void)state;
    it.options.connection_count_max = 2;
    start();
    raw_client *first = raw_open(it.loop, it.server, "/");
    raw_client *second = raw_open(it.loop, it.server, "/");
    expect_refusal("HTTP/1.1 503 ");
    assert_int_equal(refusals(HWS_ERR_LIMIT), 1);
    raw_free(first);
    await_closed(1);
    raw_free(raw_open(it.loop, it.server, "/"));
    raw_free(second);
}

static void test_connections_of_one_address(void **state)
{
    (void)state;
    it.options.limits.address_count_max = 1;
    start();
    raw_client *first = raw_open(it.loop, it.server, "/");
    expect_refusal("HTTP/1.1 429 ");
    assert_int_equal(refusals(HWS_ERR_ADDRESS_COUNT), 1);
    raw_free(first);
    await_closed(1);
    raw_free(raw_open(it.loop, it.server, "/"));
}

static void test_connections_come_too_fast(void **state)
{
    (void)state;
    it.options.limits.connection_rate_max = 2;
    start();
    for (int i = 0; i < 2; i++) raw_free(raw_open(it.loop, it.server, "/"));
    expect_refusal("HTTP/1.1 503 ");
    assert_int_equal(refusals(HWS_ERR_CONNECTION_RATE), 1);
}

static void test_connections_of_one_address_come_too_fast(void **state)
{
    (void)state;
    it.options.limits.address_rate_max = 1;
    start();
    for (int i = 0; i < 2; i++) raw_free(raw_open(it.loop, it.server, "/"));
    expect_refusal("HTTP/1.1 429 ");
    assert_int_equal(refusals(HWS_ERR_ADDRESS_RATE), 1);
}

/* A proxy on this machine speaks for many: the defaults are not for it. */
static void test_the_defaults_spare_this_machine(void **state)
{
    (void)state;
    it.options.connection_count_max = 4;
    start();
    raw_client *clients[4];
    for (int i = 0; i < 4; i++) clients[i] = raw_open(it.loop, it.server, "/");
    for (int i = 0; i < 4; i++) raw_free(clients[i]);
}

/* Of many that are turned away at once only some get an answer; all are closed. */
static void test_a_crowd_is_turned_away(void **state)
{
    (void)state;
    it.options.connection_count_max = 1;
    start();
    raw_client *inside = raw_open(it.loop, it.server, "/");
    enum { CROWD = 40 };
    raw_client *crowd[CROWD];
    for (int i = 0; i < CROWD; i++) crowd[i] = raw_connect(it.loop, raw_port(it.server));
    int answered = 0;
    for (int i = 0; i < CROWD; i++) {
        char head[512];
        raw_read_head(crowd[i], head, sizeof head);
        answered += head[0] != 0;
    }
    assert_in_range(answered, 1, 16);
    assert_int_equal(refusals(HWS_ERR_LIMIT), CROWD);
    raw_send(inside, 0x89, "alive", 5);
    raw_expect(inside, 0x8a, "alive");
    for (int i = 0; i < CROWD; i++) raw_free(crowd[i]);
    raw_free(inside);
}

/* Memory. */

enum { MEGABYTE = 1 << 20, BUDGET = 16 * MEGABYTE };

static uint8_t block[MEGABYTE];

/* J010: many hold what is nearly a whole message.  The biggest go, with 1013; who holds little
 * stays, and so does who holds nothing. */
static void test_unfinished_messages(void **state)
{
    (void)state;
    enum { BIG = 24, SMALL = 4, SMALL_SIZE = 1000 };
    it.options.limits.memory_size_max = BUDGET;
    start();
    raw_client *idle = raw_open(it.loop, it.server, "/");
    raw_client *small[SMALL], *big[BIG];
    for (int i = 0; i < SMALL; i++) {
        small[i] = raw_open(it.loop, it.server, "/");
        raw_send(small[i], 0x02, block, SMALL_SIZE);
    }
    for (int i = 0; i < BIG; i++) big[i] = raw_open(it.loop, it.server, "/");
    for (int i = 0; i < BIG; i++) raw_send(big[i], 0x02, block, MEGABYTE - 1);
    for (int i = 0; i < 60000 && it.closed < BIG - BUDGET / MEGABYTE; i++)
        hws_loop_step(it.loop, 1);
    for (int i = 0; i < 200; i++) hws_loop_step(it.loop, 0);
    const int shed = it.closed;
    assert_in_range(shed, BIG - BUDGET / MEGABYTE, BIG - 1);
    assert_int_equal(it.close.status, HWS_ERR_MEMORY_SHED);
    assert_int_equal(it.close.code, 1013);
    assert_true(it.counter.bytes_out < BUDGET + 2 * MEGABYTE);
    for (int i = 0; i < SMALL; i++) {
        raw_send(small[i], 0x89, "alive", 5);
        raw_expect(small[i], 0x8a, "alive");
        raw_free(small[i]);
    }
    raw_send(idle, 0x89, "alive", 5);
    raw_expect(idle, 0x8a, "alive");
    int told = 0;
    for (int i = 0; i < BIG; i++) {
        uint8_t first;
        hws_span payload;
        raw_send(big[i], 0x89, "alive", 5);
        const bool is_there = raw_read(big[i], &first, &payload);
        if (is_there && first == 0x88)
            told +=
                payload.size > 2 && payload.data[0] == 1013 >> 8 && payload.data[1] == (1013 & 255);
        else
            assert_true(is_there && first == 0x8a);
        raw_free(big[i]);
    }
    assert_int_equal(told, shed);
    raw_free(idle);
}

/* N004: many that do not read.  They are ended without a word, which they would not read. */
static void flood(hws_websocket ws, void *user)
{
    note_open(ws, user);
    for (int i = 0; i < 6; i++) assert_true(hws_websocket_send_binary(ws, block, MEGABYTE) >= 0);
}

static void test_readers_that_do_not_read(void **state)
{
    (void)state;
    enum { MANY = 8 };
    it.options.send_queue_max = 8 * MEGABYTE;
    it.options.limits.memory_size_max = BUDGET;
    it.options.route[1] = (hws_route){.path = "/flood", .on_open = flood, .on_close = note_close};
    start();
    raw_client *idle = raw_open(it.loop, it.server, "/");
    raw_client *many[MANY];
    for (int i = 0; i < MANY; i++) {
        many[i] = raw_connect(it.loop, raw_port(it.server));
        raw_ask(many[i], "/flood", "");
    }
    for (int i = 0; i < 60000 && it.closed == 0; i++) hws_loop_step(it.loop, 1);
    for (int i = 0; i < 20; i++) hws_loop_step(it.loop, 1);
    assert_true(it.closed > 0);
    assert_int_equal(it.close.status, HWS_ERR_MEMORY_SHED);
    assert_int_equal(it.close.code, 1006);
    assert_true(it.counter.bytes_out < BUDGET + 8 * MEGABYTE);
    raw_send(idle, 0x89, "alive", 5);
    raw_expect(idle, 0x8a, "alive");
    for (int i = 0; i < MANY; i++) raw_free(many[i]);
    raw_free(idle);
}

/* Bodies of requests count like messages. */
static void on_request(hws_request *request, void *user)
{
    (void)user;
    (void)hws_request_respond(request, &(hws_response){.status = 200});
}

static void test_bodies(void **state)
{
    (void)state;
    enum { MANY = 24 };
    it.options.limits.memory_size_max = BUDGET;
    it.options.route[1] = (hws_route){.path = "/form", .on_request = on_request};
    start();
    raw_client *idle = raw_open(it.loop, it.server, "/");
    raw_client *many[MANY];
    for (int i = 0; i < MANY; i++) {
        many[i] = raw_connect(it.loop, raw_port(it.server));
        raw_print(many[i],
                  "POST /form HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048576\r\n\r\n");
        raw_write(many[i], block, MEGABYTE - 1);
    }
    for (int i = 0; i < 60000 && refusals(HWS_ERR_MEMORY_SHED) == 0; i++) hws_loop_step(it.loop, 1);
    for (int i = 0; i < 50; i++) hws_loop_step(it.loop, 1);
    assert_true(refusals(HWS_ERR_MEMORY_SHED) > 0);
    assert_true(it.counter.bytes_out < BUDGET + 2 * MEGABYTE);
    raw_send(idle, 0x89, "alive", 5);
    raw_expect(idle, 0x8a, "alive");
    for (int i = 0; i < MANY; i++) raw_free(many[i]);
    raw_free(idle);
}

/* When even what cannot be shed is too much, nobody else is let in. */
static void test_nobody_is_let_in_without_memory(void **state)
{
    (void)state;
    it.options.limits.memory_size_max = 1000;
    start();
    expect_refusal("HTTP/1.1 503 ");
    assert_int_equal(refusals(HWS_ERR_MEMORY_SHED), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_connections_in_all),
        TEST(test_connections_of_one_address),
        TEST(test_connections_come_too_fast),
        TEST(test_connections_of_one_address_come_too_fast),
        TEST(test_the_defaults_spare_this_machine),
        TEST(test_a_crowd_is_turned_away),
        TEST(test_unfinished_messages),
        TEST(test_readers_that_do_not_read),
        TEST(test_bodies),
        TEST(test_nobody_is_let_in_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
