/* SPDX-License-Identifier: MIT */
/* What a server counts, and how it is written. */
#include "server/metric.h"

#include "lib/server_fixture.h"
#include "loop/lag.h"
#include "server/internal.h"

static hws_metrics now;

static void look(void)
{
    hws_server_metrics(it.server, &now);
}

static void echo(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    assert_int_equal(hws_websocket_send(ws, message), HWS_OK);
}

static void refuse(hws_websocket ws, hws_request *request, void *user)
{
    (void)request;
    (void)user;
    assert_int_equal(hws_websocket_refuse(ws, 403, NULL, NULL, 0), HWS_OK);
}

static void subscribe(hws_websocket ws, void *user)
{
    (void)user;
    assert_int_equal(hws_websocket_subscribe(ws, "news"), HWS_OK);
}

static void test_messages_and_closes_both_ways(void **state)
{
    (void)state;
    it.options.route[0].on_message = echo;
    start();
    raw_client *client = raw_open(it.loop, it.server, "/");
    raw_send_text(client, "hello");
    raw_expect(client, 0x81, "hello");
    look();
    assert_int_equal(now.accepted_total, 1);
    assert_int_equal(now.handshake_total, 1);
    assert_int_equal(now.http_count, 0);
    assert_int_equal(now.websocket_count, 1);
    assert_int_equal(now.queue_size, 0);
    assert_int_equal(now.message_received_total, 1);
    assert_int_equal(now.message_received_size, 5);
    assert_int_equal(now.message_sent_total, 1);
    assert_int_equal(now.message_sent_size, 5);

    raw_send(client, 0x88, "\x0F\xA1", 2); /* 4001 */
    raw_expect_close(client, 4001);
    while (it.closed == 0) raw_turn(client);
    look();
    assert_int_equal(now.websocket_count, 0);
    assert_int_equal(now.close_received_total[hws_close_class(4001)], 1);
    assert_int_equal(now.close_sent_total[hws_close_class(4001)], 1);
    raw_free(client);

    client = raw_open(it.loop, it.server, "/");
    raw_free(client); /* no Close frame at all */
    while (it.closed == 1) assert_int_equal(hws_loop_step(it.loop, 1), HWS_OK);
    client = raw_open(it.loop, it.server, "/");
    raw_send(client, 0x81, "\xFF", 1);
    raw_expect_close(client, 1007);
    look();
    assert_int_equal(now.close_received_total[hws_close_class(1006)], 2);
    assert_int_equal(now.close_sent_total[hws_close_class(1006)], 1);
    assert_int_equal(now.close_sent_total[hws_close_class(1007)], 1);
    assert_int_equal(now.failure_total[-HWS_ERR_UTF8], 1);
    assert_int_equal(now.failure_total[-HWS_ERR_CONNECTION_LOST], 1);
    assert_int_equal(now.failure_total[0], 0);
    raw_free(client);
}

/* A message in parts is one message; a broadcast is one for each who gets it. */
static void test_parts_and_broadcasts(void **state)
{
    (void)state;
    it.options.route[0].on_open = subscribe;
    start();
    raw_client *one = raw_open(it.loop, it.server, "/");
    raw_client *two = raw_open(it.loop, it.server, "/");
    raw_send(one, 0x01, "he", 2);
    raw_send(one, 0x80, "llo", 3);
    static char big[70000];
    const size_t sizes[] = {3, 125, 126, 65535, 65536, sizeof big};
    size_t sum = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        sum += sizes[i];
        const hws_message message = {.type = HWS_BINARY, .data = (uint8_t *)big, .size = sizes[i]};
        assert_int_equal(hws_server_publish(it.server, "news", &message), HWS_OK);
    }
    look();
    assert_true(now.queue_size > 2 * sum); /* nothing has left yet */
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint8_t first;
        hws_span payload;
        assert_true(raw_read(one, &first, &payload));
        assert_true(raw_read(two, &first, &payload));
    }
    look();
    assert_int_equal(now.message_received_total, 1);
    assert_int_equal(now.message_received_size, 5);
    assert_int_equal(now.message_sent_total, 2 * sizeof sizes / sizeof *sizes);
    assert_int_equal(now.message_sent_size, 2 * sum);
    assert_int_equal(now.queue_size, 0);
    raw_free(one);
    raw_free(two);
}

/* Asks for a WebSocket, and answers what was counted before and after. */
static uint64_t refused(const char *path, const char *more, hws_status why)
{
    char head[2048];
    look();
    const uint64_t before = now.refusal_total[-(int)why];
    raw_client *client = raw_connect(it.loop, raw_port(it.server));
    raw_ask(client, path, more);
    raw_read_head(client, head, sizeof head);
    raw_free(client);
    look();
    assert_null(strstr(head, " 101 "));
    return now.refusal_total[-(int)why] - before;
}

static void test_refusals_have_causes(void **state)
{
    (void)state;
    it.options.route[1] = (hws_route){.path = "/no", .on_upgrade = refuse, .on_open = note_open};
    start();
    assert_int_equal(refused("/nowhere", "", HWS_ERR_NOT_FOUND), 1);
    assert_int_equal(refused("/", "Origin: https://example.com\r\n", HWS_ERR_HANDSHAKE_ORIGIN), 1);
    assert_int_equal(refused("/", "Sec-WebSocket-Protocol: a b\r\n", HWS_ERR_HANDSHAKE_PROTOCOL),
                     1);
    assert_int_equal(refused("/no", "", HWS_OK), 1);
    look();
    uint64_t all = 0;
    for (int i = 0; i < HWS_METRICS_REASONS; i++) all += now.refusal_total[i];
    assert_int_equal(all, 4);
    assert_int_equal(now.handshake_total, 0);
}

static void say_nothing(hws_websocket ws, hws_request *request, void *user)
{
    (void)ws;
    (void)request;
    (void)user;
}

static void test_late_decisions_and_full_servers(void **state)
{
    (void)state;
    it.options.route[0].on_upgrade = say_nothing;
    it.options.handshake_timeout_ms = 20;
    it.options.connection_count_max = 1;
    start();
    assert_int_equal(refused("/", "", HWS_ERR_HANDSHAKE_TIMEOUT), 1);
    while (hws_addresses_count(it.server->addresses) > 0) hws_loop_step(it.loop, 1);
    raw_client *first = raw_connect(it.loop, raw_port(it.server));
    raw_turn(first);
    assert_int_equal(refused("/", "", HWS_ERR_LIMIT), 1);
    raw_free(first);
}

static void test_close_classes(void **state)
{
    (void)state;
    assert_int_equal(hws_close_class(999), 18);
    assert_int_equal(hws_close_class(1000), 0);
    assert_int_equal(hws_close_class(1015), 15);
    assert_int_equal(hws_close_class(1016), 18);
    assert_int_equal(hws_close_class(2999), 18);
    assert_int_equal(hws_close_class(3000), 16);
    assert_int_equal(hws_close_class(3999), 16);
    assert_int_equal(hws_close_class(4000), 17);
    assert_int_equal(hws_close_class(4999), 17);
    assert_int_equal(hws_close_class(5000), 18);
}

static void test_turns_fall_into_buckets(void **state)
{
    (void)state;
    hws_lag lag = {0};
    uint64_t sum_ns = 0;
    for (unsigned i = 0; i + 1 < HWS_LAG_BUCKETS; i++) {
        const uint64_t bound_ns = hws_lag_bound_ns(i);
        assert_int_equal(hws_metrics_lag_bound_ns(i), bound_ns);
        hws_lag_note(&lag, bound_ns);
        hws_lag_note(&lag, bound_ns + 1);
        sum_ns += 2 * bound_ns + 1;
    }
    assert_int_equal(hws_counter_read(&lag.turns[0]), 1);
    for (unsigned i = 1; i + 1 < HWS_LAG_BUCKETS; i++)
        assert_int_equal(hws_counter_read(&lag.turns[i]), 2);
    assert_int_equal(hws_counter_read(&lag.turns[HWS_LAG_BUCKETS - 1]), 1);
    assert_int_equal(hws_counter_read(&lag.sum_ns), sum_ns);
    assert_int_equal(hws_lag_bound_ns(HWS_LAG_BUCKETS - 1), UINT64_MAX);
    assert_int_equal(hws_lag_bound_ns(HWS_LAG_BUCKETS), UINT64_MAX);
}

/* The exposition as a whole is judged by a parser that others wrote (test_operation.py). */
static void test_text_is_cut_and_says_so(void **state)
{
    (void)state;
    static char whole[HWS_METRICS_TEXT_MAX];
    static char part[HWS_METRICS_TEXT_MAX];
    hws_metrics full;
    memset(&full, 0xFF, sizeof full);
    const size_t size = hws_metrics_write(&full, whole, sizeof whole);
    assert_true(size < sizeof whole); /* with the largest numbers that there are */
    assert_int_equal(strlen(whole), size);
    assert_non_null(strstr(whole, "hawser_send_queue_bytes 18446744073709551615\n"));
    assert_non_null(strstr(whole, "hawser_loop_turn_seconds_sum 18446744073.709551615\n"));
    assert_int_equal(hws_metrics_write(&full, NULL, 0), size);
    for (size_t room = 1; room <= size + 1; room += room < size ? 97 : 1) {
        if (room > size) room = size + 1;
        assert_int_equal(hws_metrics_write(&full, part, room), size);
        assert_int_equal(strlen(part), room - 1);
        assert_memory_equal(part, whole, room - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_messages_and_closes_both_ways),
        TEST(test_parts_and_broadcasts),
        TEST(test_refusals_have_causes),
        TEST(test_late_decisions_and_full_servers),
        cmocka_unit_test(test_close_classes),
        cmocka_unit_test(test_turns_fall_into_buckets),
        cmocka_unit_test(test_text_is_cut_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
