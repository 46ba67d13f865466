/* SPDX-License-Identifier: MIT */
/* A session under what an application may do to it, over loopback and through the public calls. */
#include "hawser/websocket.h"

#include <pthread.h>

#include "lib/server_fixture.h"

/* Nothing brings a WebSocket back that has closed. */
static void abort_in_close(hws_websocket ws, const hws_close *close, void *user)
{
    note_close(ws, close, user);
    assert_int_equal(hws_websocket_abort(ws), HWS_ERR_NOT_OPEN);
    assert_int_equal(hws_websocket_close(ws, 1000, NULL), HWS_ERR_NOT_OPEN);
    assert_int_equal(hws_websocket_ready_state(ws), HWS_CLOSED);
}

static void test_abort_inside_on_close(void **state)
{
    (void)state;
    it.options.route[0].on_close = abort_in_close;
    start();
    raw_client *client = raw_open(it.loop, it.server, "/");
    raw_send(client, 0x88, "\x03\xe8", 2);
    raw_expect_close(client, 1000);
    raw_expect_end(client);
    assert_int_equal(it.closed, 1);
    assert_true(it.close.was_clean);
    raw_free(client);
}

/* A thread that was told "buffered" may wait for on_drain. */
static int drained;

static void note_drain(hws_websocket ws, void *user)
{
    (void)ws;
    (void)user;
    drained++;
}

static void *send_elsewhere(void *user)
{
    return hws_websocket_send_text(it.last, "from afar") == HWS_BUFFERED ? user : NULL;
}

static void test_drain_after_a_send_from_elsewhere(void **state)
{
    (void)state;
    it.options.route[0].on_drain = note_drain;
    start();
    raw_client *client = raw_open(it.loop, it.server, "/");
    drained = 0;
    pthread_t thread;
    void *was_buffered;
    assert_int_equal(pthread_create(&thread, NULL, send_elsewhere, &it), 0);
    pthread_join(thread, &was_buffered);
    assert_non_null(was_buffered);
    raw_expect(client, 0x81, "from afar");
    assert_int_equal(drained, 1);
    raw_free(client);
}

/* More than send_queue_max in one turn, to those who read all they get. */
static void subscribe(hws_websocket ws, void *user)
{
    note_open(ws, user);
    assert_int_equal(hws_websocket_subscribe(ws, "news"), HWS_OK);
}

static void publish_more(hws_websocket ws, const hws_message *message, void *user)
{
    (void)message;
    (void)user;
    static const uint8_t MORE[200];
    const hws_message more = {.type = HWS_BINARY, .data = MORE, .size = sizeof MORE};
    assert_true(hws_websocket_publish(ws, "news", &more) >= HWS_OK);
}

static void test_a_burst_reaches_those_who_read(void **state)
{
    (void)state;
    it.options.send_queue_max = 100000;
    it.options.route[0].on_open = subscribe;
    it.options.route[0].on_message = publish_more;
    start();
    raw_client *reader = raw_open(it.loop, it.server, "/");
    raw_client *writer = raw_open(it.loop, it.server, "/");
    enum { COUNT = 2000 };
    static uint8_t burst[COUNT * 7];
    for (size_t i = 0; i < sizeof burst; i += 7) memcpy(burst + i, "\x82\x81\0\0\0\0x", 7);
    raw_write(writer, burst, sizeof burst);
    for (int i = 0; i < COUNT; i++) {
        uint8_t first;
        hws_span payload;
        assert_true(raw_read(reader, &first, &payload));
        assert_int_equal(first, 0x82);
    }
    assert_int_equal(it.closed, 0);
    raw_free(reader);
    raw_free(writer);
}

/* What was sent before a clean end arrives, though the peer begins to read late. */
static void send_much(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    static const uint8_t MUCH[16 << 20];
    assert_true(hws_websocket_send_binary(ws, MUCH, sizeof MUCH) >= HWS_OK);
    assert_int_equal(message->size, 1);
}

static void test_a_clean_close_behind_much_output(void **state)
{
    (void)state;
    it.options.route[0].on_message = send_much;
    it.options.send_queue_max = 64 << 20;
    start();
    raw_client *client = raw_open(it.loop, it.server, "/");
    setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &(int){65536}, sizeof(int));
    raw_write(client, "\x82\x81\0\0\0\0x\x88\x82\0\0\0\0\x03\xe8", 15);
    for (int i = 0; i < 130; i++) hws_loop_step(it.loop, 10);
    size_t size = 0;
    int turns = 0;
    while (!client->ended) {
        raw_turn(client);
        size += client->size;
        client->size = 0;
        assert_true(++turns < 100000);
    }
    assert_int_equal(it.closed, 1);
    assert_true(it.close.was_clean);
    assert_int_equal(size, 10 + (16 << 20) + 4);
    raw_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_abort_inside_on_close),
        TEST(test_drain_after_a_send_from_elsewhere),
        TEST(test_a_burst_reaches_those_who_read),
        TEST(test_a_clean_close_behind_much_output),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
