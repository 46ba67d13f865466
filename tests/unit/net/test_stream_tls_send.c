/* SPDX-License-Identifier: MIT */
#include "base/blob.h"
#include "lib/tls_stream_fixture.h"
#include "lib/tls_tcp_fixture.h"

enum {
    RECORD_OVERHEAD = 22, /* of TLS 1.3 with AES-GCM: 5 of head, 1 of type, 16 of tag */
    LOWER_MOST = 64 * 1024 + 16384 + RECORD_OVERHEAD,
};

static uint8_t bytes[3 << 20];

static void fill(void)
{
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i % 251);
}

/* Big messages both ways at once, over a wire that takes little at a time. */
static void test_both_ways_and_slowly(void **state)
{
    (void)state;
    fill();
    shake_hands();
    say_bytes(&client, bytes, sizeof bytes);
    say_bytes(&server, bytes, sizeof bytes);
    turn();
    while (client.heard_size < sizeof bytes || server.heard_size < sizeof bytes) {
        assert_true(client.fake.stream.queue.size <= LOWER_MOST);
        assert_true(server.fake.stream.queue.size <= LOWER_MOST);
        /* Blocked is who has plain bytes left; the fake is never blocked by itself. */
        assert_int_equal(client.stream->blocked, client.stream->queue.size > 0);
        fake_stream_take(&client.fake, 30000);
        fake_stream_take(&server.fake, 50000);
        const size_t client_size = client.fake.output_size, server_size = server.fake.output_size;
        if (client_size > 0) fake_stream_give(&server.fake, client.fake.output, client_size);
        if (server_size > 0) fake_stream_give(&client.fake, server.fake.output, server_size);
        client.fake.output_size = server.fake.output_size = 0;
        turn();
    }
    assert_memory_equal(server.heard, bytes, sizeof bytes);
    assert_memory_equal(client.heard, bytes, sizeof bytes);
    exchange();
    assert_int_equal(client.stream->queue.size, 0);
    assert_false(client.stream->blocked);
    assert_true(client.sent_calls >= (int)(sizeof bytes / 30000));
}

/* The lower is not filled further than is of use, and on_sent tells of room. */
static void test_stops_and_goes_on(void **state)
{
    (void)state;
    fill();
    shake_hands();
    say_bytes(&client, bytes, 200000);
    turn();
    const size_t size = client.fake.stream.queue.size;
    assert_int_equal(size, 4 * (16384 + RECORD_OVERHEAD));
    assert_true(client.stream->blocked);
    const size_t waiting = client.stream->queue.size;
    client.sent_calls = 0;
    fake_stream_take(&client.fake, size - 65536); /* no room for more yet */
    assert_int_equal(client.sent_calls, 1);
    assert_int_equal(client.stream->queue.size, waiting);
    fake_stream_take(&client.fake, 1);
    assert_int_equal(client.sent_calls, 2);
    assert_int_equal(client.stream->queue.size, waiting - 16384);
    assert_true(client.fake.flush_asked);
}

/* The lower may be blocked without a word; our owner sees it wherever he looks. */
static void test_blocked_with_the_lower(void **state)
{
    (void)state;
    shake_hands();
    client.fake.stream.blocked = true;
    say(&client, "a");
    assert_true(client.stream->blocked);
    turn();
    assert_true(client.stream->blocked);
    assert_int_equal(client.stream->queue.size, 0); /* encrypted nevertheless */
    client.fake.stream.blocked = false;
    fake_stream_take(&client.fake, SIZE_MAX);
    assert_false(client.stream->blocked);
    client.fake.stream.blocked = true;
    say(&server, "b");
    turn();
    carry(&server, &client, SIZE_MAX);
    assert_true(client.stream->blocked); /* in on_receive already */
    client.fake.stream.blocked = false;
}

/* Many small runs become one record. */
static void test_small_runs_are_gathered(void **state)
{
    (void)state;
    enum { COUNT = 60, SIZE = 100 };
    fill();
    shake_hands();
    hws_blob *blob = hws_blob_new(&memory, SIZE);
    assert_non_null(blob);
    memcpy(blob->data, bytes, SIZE);
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(hws_queue_share(&client.stream->queue, blob), HWS_OK);
    hws_stream_flush(client.stream);
    turn();
    assert_int_equal(client.fake.stream.queue.size, COUNT * SIZE + RECORD_OVERHEAD);
    exchange();
    assert_int_equal(server.heard_size, COUNT * SIZE);
    for (size_t i = 0; i < COUNT; i++) assert_memory_equal(server.heard + i * SIZE, bytes, SIZE);

    /* More of them than go into a record, and than are looked at: three full ones, and the rest. */
    server.heard_size = 0;
    for (int i = 0; i < 500; i++)
        assert_int_equal(hws_queue_share(&client.stream->queue, blob), HWS_OK);
    hws_stream_flush(client.stream);
    turn();
    exchange();
    assert_int_equal(server.heard_size, 500 * SIZE);
    for (size_t i = 0; i < 500; i++) assert_memory_equal(server.heard + i * SIZE, bytes, SIZE);
    hws_blob_unref(blob);
}

/* A record holds 16384 bytes: of runs that come to more, the last is cut. */
static void test_gathered_to_the_brim(void **state)
{
    (void)state;
    fill();
    shake_hands();
    static const size_t SIZES[] = {4095, 4095, 4095, 4095, 5, 4096, 20000, 1, 16384, 1, 100000, 1};
    size_t total = 0;
    for (size_t i = 0; i < COUNT_OF(SIZES); i++) {
        hws_blob *blob = hws_blob_new(&memory, SIZES[i]);
        assert_non_null(blob);
        memcpy(blob->data, bytes + total, SIZES[i]);
        assert_int_equal(hws_queue_share(&client.stream->queue, blob), HWS_OK);
        hws_blob_unref(blob);
        total += SIZES[i];
    }
    hws_stream_flush(client.stream);
    turn();
    exchange();
    assert_int_equal(server.heard_size, total);
    assert_memory_equal(server.heard, bytes, total);
}

/* The lower was asked to flush before we were: it then has its turn once more. */
static void test_lower_flushed_before(void **state)
{
    (void)state;
    tls_tcp_side a, b;
    tls_tcp_open(&a, &b);
    tls_tcp_say(&a, "1");
    while (b.heard_size < 1) turn();
    hws_stream_flush(a.lower);
    tls_tcp_say(&a, "2");
    while (b.heard_size < 2) turn();
    hws_stream_close(a.stream, 0);
    hws_stream_close(b.stream, 0);
    turn();
}

static void test_shutdown_behind_a_long_queue(void **state)
{
    (void)state;
    fill();
    shake_hands();
    say_bytes(&client, bytes, 300000);
    hws_stream_shutdown(client.stream);
    turn();
    assert_false(client.fake.shut_down);
    exchange();
    assert_true(client.fake.shut_down);
    assert_int_equal(server.heard_size, 300000);
    assert_int_equal(server.end_calls, 1);
    assert_int_equal(server.why, HWS_OK);
}

/* A lingering close encrypts all at once. */
static void test_close_behind_a_long_queue(void **state)
{
    (void)state;
    fill();
    shake_hands();
    say_bytes(&client, bytes, 300000);
    hws_stream_close(client.stream, 1000);
    client.stream = NULL;
    turn();
    assert_true(client.fake.closed);
    carry(&client, &server, SIZE_MAX);
    assert_int_equal(server.heard_size, 300000);
    assert_memory_equal(server.heard, bytes, 300000);
    assert_int_equal(server.why, HWS_OK);
}

/* … and if there is no memory for that, the peer must not take the beginning for all. */
static void test_close_without_memory(void **state)
{
    (void)state;
    fill();
    shake_hands();
    say_bytes(&client, bytes, 300000);
    hws_stream_close(client.stream, 1000);
    client.stream = NULL;
    counter.fail_after = 2;
    turn();
    counter.fail_after = SIZE_MAX;
    assert_true(client.fake.closed);
    assert_int_equal(client.fake.linger_ms, 0);
}

/* Over TCP. */

enum { HEAP_SIZE = 24 << 20 };

static void say_much(tls_tcp_side *side)
{
    uint8_t *room = hws_queue_reserve(&side->stream->queue, HEAP_SIZE);
    assert_non_null(room);
    uint8_t next = 0;
    for (size_t i = 0; i < HEAP_SIZE; i++) {
        room[i] = next;
        next = pattern_next(next);
    }
    hws_queue_commit(&side->stream->queue, HEAP_SIZE);
    hws_stream_flush(side->stream);
}

static void test_big_transfers_both_ways(void **state)
{
    (void)state;
    tls_tcp_side a, b;
    tls_tcp_open(&a, &b);
    a.checks = b.checks = true;
    say_much(&a);
    say_much(&b);
    while (a.heard_size < HEAP_SIZE || b.heard_size < HEAP_SIZE)
        assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
    turn();
    assert_true(a.lower_most <= LOWER_MOST);
    assert_true(b.lower_most <= LOWER_MOST);
    assert_int_equal(a.stream->queue.size, 0);
    assert_false(a.stream->blocked);
    hws_stream_close(a.stream, 1000);
    while (!b.ended) assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
    assert_int_equal(b.why, HWS_OK);
    hws_stream_close(b.stream, 1000);
    for (int i = 0; i < 3; i++) turn();
}

/* A peer that does not read blocks us, until it does. */
static void test_peer_that_does_not_read(void **state)
{
    (void)state;
    tls_tcp_side a, b;
    tls_tcp_open(&a, &b);
    while (b.stream->queue.size > 0 || a.heard_size == 0) {
        if (b.stream->queue.size == 0) tls_tcp_say(&b, "ready");
        turn();
    }
    hws_stream_receive(b.stream, false);
    b.checks = true;
    say_much(&a);
    for (int i = 0; i < 1000; i++) turn();
    assert_true(a.stream->blocked);
    assert_true(a.lower->blocked);
    assert_true(a.stream->queue.size > HEAP_SIZE / 2);
    hws_stream_close(a.stream, 60000); /* all of it still arrives */
    hws_stream_receive(b.stream, true);
    while (!b.ended) assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
    assert_int_equal(b.heard_size, HEAP_SIZE);
    assert_int_equal(b.why, HWS_OK);
    hws_stream_close(b.stream, 1000);
    for (int i = 0; i < 3; i++) turn();
}

static void test_reset_while_sending(void **state)
{
    (void)state;
    tls_tcp_side a, b;
    tls_tcp_open(&a, &b);
    tls_tcp_say(&a, "hello");
    while (b.heard_size == 0) turn();
    say_much(&a);
    hws_stream_receive(b.stream, false);
    for (int i = 0; i < 20; i++) turn();
    hws_stream_close(b.stream, 0);
    while (!a.ended) assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
    assert_true(a.why == HWS_ERR_CONNECTION_RESET || a.why == HWS_ERR_CONNECTION_LOST);
    assert_int_equal(a.stream->queue.size, 0);
    assert_false(a.stream->blocked);
    hws_stream_close(a.stream, 1000);
    turn();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_both_ways_and_slowly, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stops_and_goes_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_blocked_with_the_lower, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_small_runs_are_gathered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_gathered_to_the_brim, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lower_flushed_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_shutdown_behind_a_long_queue, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_close_behind_a_long_queue, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_close_without_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_big_transfers_both_ways, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_peer_that_does_not_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reset_while_sending, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
