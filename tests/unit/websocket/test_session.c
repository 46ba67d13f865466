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

/* Who measures gets the payload back; a pong may also come unasked. */
static char pong[126];
static int pongs;

static void ping_first(hws_websocket ws, void *user)
{
    note_open(ws, user);
    assert_int_equal(hws_websocket_ping(ws, "when?", 5), HWS_OK);
}

static void note_pong(hws_websocket ws, const void *payload, size_t size, void *user)
{
    (void)user;
    assert_true(hws_websocket_equal(ws, it.last));
    assert_true(size < sizeof pong);
    if (size > 0) memcpy(pong, payload, size);
    pong[size] = '\0';
    pongs++;
}

static void test_pongs_are_told(void **state)
{
    (void)state;
    it.options.route[0].on_open = ping_first;
    it.options.route[0].on_pong = note_pong;
    start();
    pongs = 0;
    raw_client *client = raw_open(it.loop, it.server, "/");
    raw_expect(client, 0x89, "when?");
    raw_send(client, 0x8A, "when?", 5);
    while (pongs < 1) raw_turn(client);
    assert_string_equal(pong, "when?");
    raw_send(client, 0x8A, NULL, 0);
    while (pongs < 2) raw_turn(client);
    assert_string_equal(pong, "");
    raw_free(client);
}

/* N013, V-section: an application that wants no more for a while. */
static int messages;

static void pause_at_three(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    (void)message;
    if (++messages == 3) assert_int_equal(hws_websocket_pause(ws), HWS_OK);
}

static void turn(raw_client *client, int count)
{
    for (int i = 0; i < count; i++) raw_turn(client);
}

static void test_a_pause_holds_what_comes(void **state)
{
    (void)state;
    it.options.route[0].on_message = pause_at_three;
    start();
    messages = 0;
    raw_client *client = raw_open(it.loop, it.server, "/");
    for (int i = 0; i < 5; i++) raw_send_text(client, "x");
    while (messages < 3) raw_turn(client);
    turn(client, 5);
    assert_int_equal(messages, 3);
    raw_send_text(client, "behind them");
    turn(client, 5);
    assert_int_equal(messages, 3);
    assert_int_equal(hws_websocket_pause(it.last), HWS_OK); /* twice is once */
    assert_int_equal(hws_websocket_send_text(it.last, "the other way"), HWS_OK);
    raw_expect(client, 0x81, "the other way");
    assert_int_equal(messages, 3);
    assert_int_equal(hws_websocket_resume(it.last), HWS_OK);
    while (messages < 6) raw_turn(client);
    raw_send_text(client, "and so on");
    while (messages < 7) raw_turn(client);
    assert_int_equal(hws_websocket_resume(it.last), HWS_OK);
    raw_free(client);
}

static void pause_and_go_on(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    (void)message;
    messages++;
    assert_int_equal(hws_websocket_pause(ws), HWS_OK);
    assert_int_equal(hws_websocket_resume(ws), HWS_OK);
}

static void test_a_pause_that_ends_at_once(void **state)
{
    (void)state;
    it.options.route[0].on_message = pause_and_go_on;
    start();
    messages = 0;
    raw_client *client = raw_open(it.loop, it.server, "/");
    for (int i = 0; i < 5; i++) raw_send_text(client, "x");
    while (messages < 5) raw_turn(client);
    raw_free(client);
}

static void pause_first(hws_websocket ws, void *user)
{
    note_open(ws, user);
    assert_int_equal(hws_websocket_pause(ws), HWS_OK);
}

static void note_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)ws;
    (void)message;
    (void)user;
    messages++;
}

/* Also for what came behind the handshake; and a close does not wait for it. */
static void test_a_pause_from_the_beginning(void **state)
{
    (void)state;
    it.options.route[0].on_open = pause_first;
    it.options.route[0].on_message = note_message;
    start();
    messages = 0;
    raw_client *client = raw_connect(it.loop, raw_port(it.server));
    raw_ask(client, "/", "");
    raw_send_text(client, "early");
    char head[1024];
    raw_read_head(client, head, sizeof head);
    turn(client, 5);
    assert_int_equal(it.opened, 1);
    assert_int_equal(messages, 0);
    assert_int_equal(hws_websocket_resume(it.last), HWS_OK);
    while (messages < 1) raw_turn(client);

    assert_int_equal(hws_websocket_pause(it.last), HWS_OK);
    assert_int_equal(hws_websocket_close(it.last, 1000, NULL), HWS_OK);
    raw_expect_close(client, 1000);
    raw_send(client, 0x88, "\x03\xe8", 2);
    raw_expect_end(client);
    assert_int_equal(it.closed, 1);
    assert_true(it.close.was_clean);
    assert_int_equal(hws_websocket_pause(it.last), HWS_ERR_NOT_OPEN);
    assert_int_equal(hws_websocket_resume(it.last), HWS_ERR_NOT_OPEN);
    raw_free(client);
}

/* Whoever is not read cannot be late: neither with its pong nor with the rest of a message. */
static void test_a_pause_costs_the_peer_nothing(void **state)
{
    (void)state;
    it.options.ping_interval_ms = 100;
    it.options.pong_timeout_ms = 2000; /* so long may a machine hold us up */
    it.options.message_timeout_ms = 2000;
    it.options.route[0].on_message = note_message;
    start();
    messages = 0;
    raw_client *client = raw_open(it.loop, it.server, "/");
    raw_send(client, 0x01, "begun", 5);
    raw_expect(client, 0x89, "");
    assert_int_equal(hws_websocket_pause(it.last), HWS_OK);
    raw_send(client, 0x8A, NULL, 0);
    raw_send(client, 0x80, "ended", 5);
    for (const uint64_t until = hws_loop_now_ms(it.loop) + 2200; hws_loop_now_ms(it.loop) < until;)
        raw_turn(client);
    assert_int_equal(it.closed, 0);
    assert_int_equal(hws_websocket_resume(it.last), HWS_OK);
    while (messages < 1) raw_turn(client);
    raw_free(client);
}

static void *pause_elsewhere(void *user)
{
    return hws_websocket_pause(it.last) == HWS_BUFFERED ? user : NULL;
}

static void *resume_elsewhere(void *user)
{
    return hws_websocket_resume(it.last) == HWS_BUFFERED ? user : NULL;
}

static void call_elsewhere(void *(*call)(void *))
{
    pthread_t thread;
    void *answer;
    assert_int_equal(pthread_create(&thread, NULL, call, &it), 0);
    pthread_join(thread, &answer);
    assert_non_null(answer);
}

static void test_a_pause_from_elsewhere(void **state)
{
    (void)state;
    it.options.route[0].on_message = note_message;
    start();
    messages = 0;
    raw_client *client = raw_open(it.loop, it.server, "/");
    call_elsewhere(pause_elsewhere);
    turn(client, 2);
    raw_send_text(client, "x");
    turn(client, 5);
    assert_int_equal(messages, 0);
    call_elsewhere(resume_elsewhere);
    while (messages < 1) raw_turn(client);
    raw_free(client);
    while (it.closed < 1) hws_loop_step(it.loop, 10);
    assert_null(resume_elsewhere(&it));
}

/* Rows N008, N009: one at wire speed gets its share of each turn and no more, and nothing of what
 * it sent is lost or reordered for that. */
static uint32_t next_number;

static void check_number(hws_websocket ws, const hws_message *message, void *user)
{
    (void)ws;
    (void)user;
    uint32_t number;
    assert_int_equal(message->size, sizeof number);
    memcpy(&number, message->data, sizeof number);
    assert_int_equal(number, next_number++);
    messages++;
}

static void test_a_turn_has_a_budget(void **state)
{
    (void)state;
    enum { BUDGET = 10, COUNT = 500 };
    it.options.limits.turn_message_max = BUDGET;
    it.options.route[0].on_message = check_number;
    start();
    messages = 0;
    next_number = 0;
    raw_client *flood = raw_open(it.loop, it.server, "/");
    uint8_t frames[COUNT][10];
    for (uint32_t i = 0; i < COUNT; i++) {
        memcpy(frames[i], "\x82\x84\0\0\0\0", 6);
        memcpy(frames[i] + 6, &i, 4);
    }
    raw_write(flood, frames, sizeof frames);
    int turns = 0;
    for (int before = 0; messages < COUNT; before = messages, turns++) {
        raw_turn(flood);
        assert_true(messages - before <= 2 * BUDGET); /* as it came, and when it was its turn */
        assert_true(turns < 10000);
    }
    assert_true(turns >= COUNT / (2 * BUDGET));
    raw_free(flood);
}

/* A message larger than memory: as long as it is taken it is sent, part by part, and on_drain says
 * when to go on. */
enum { STREAM_PART = 64 * 1024, STREAM_SIZE = 64 << 20 };

static size_t streamed; /* bytes that were handed over */

static void stream_on(hws_websocket ws, void *user)
{
    (void)user;
    static const uint8_t bytes[STREAM_PART];
    while (streamed < STREAM_SIZE) {
        const bool is_last = streamed + STREAM_PART == STREAM_SIZE;
        const hws_message part = {
            .type = HWS_BINARY,
            .part = streamed == 0 ? HWS_FIRST
                    : is_last     ? HWS_LAST
                                  : HWS_MIDDLE,
            .data = bytes,
            .size = sizeof bytes,
        };
        const hws_status status = hws_websocket_send(ws, &part);
        if (status == HWS_ERR_QUEUE_FULL) return; /* it was not taken: once more after on_drain */
        assert_true(status >= HWS_OK);
        streamed += STREAM_PART;
    }
}

static void begin_stream(hws_websocket ws, const hws_message *message, void *user)
{
    (void)message;
    stream_on(ws, user);
}

static void test_a_message_larger_than_memory(void **state)
{
    (void)state;
    it.options.send_queue_max = 4 * STREAM_PART;
    it.options.route[0].on_message = begin_stream;
    it.options.route[0].on_drain = stream_on;
    start();
    streamed = 0;
    raw_client *client = raw_open(it.loop, it.server, "/");
    const size_t before = it.counter.bytes_out;
    raw_send_text(client, "go");
    const size_t frame_size = 10 + STREAM_PART; /* its length takes eight bytes */
    size_t size = 0;
    for (int turns = 0; size < STREAM_SIZE / STREAM_PART * frame_size; turns++) {
        raw_turn(client);
        size += client->size;
        client->size = 0;
        assert_true(it.counter.bytes_out < before + (8 << 20));
        assert_true(turns < 100000);
    }
    assert_int_equal(size, STREAM_SIZE / STREAM_PART * frame_size);
    assert_int_equal(streamed, STREAM_SIZE);
    raw_free(client);
}

/* Row N008: over its rate a peer is closed with 1008, and what it sent beyond is not heard. */
static void test_a_rate_of_messages(void **state)
{
    (void)state;
    it.options.limits.message_rate_max = 5;
    it.options.route[0].on_message = note_message;
    start();
    messages = 0;
    raw_client *client = raw_open(it.loop, it.server, "/");
    for (int i = 0; i < 10; i++) raw_send_text(client, "x");
    while (messages < 10) raw_turn(client);
    for (int i = 0; i < 10; i++) raw_send_text(client, "too much");
    raw_expect_close(client, 1008);
    raw_send(client, 0x88, "\x03\xf0", 2);
    raw_expect_end(client);
    assert_true(messages < 20);
    assert_int_equal(it.close.status, HWS_ERR_MESSAGE_RATE);
    raw_free(client);
}

static void test_a_rate_of_bytes(void **state)
{
    (void)state;
    it.options.limits.byte_rate_max = 1000;
    it.options.route[0].on_message = note_message;
    start();
    messages = 0;
    raw_client *client = raw_open(it.loop, it.server, "/");
    static const uint8_t bytes[1900];
    raw_send(client, 0x82, bytes, sizeof bytes);
    while (messages < 1) raw_turn(client);
    raw_send(client, 0x82, bytes, sizeof bytes);
    raw_expect_close(client, 1008);
    assert_int_equal(messages, 1);
    raw_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_abort_inside_on_close),
        TEST(test_drain_after_a_send_from_elsewhere),
        TEST(test_a_burst_reaches_those_who_read),
        TEST(test_a_clean_close_behind_much_output),
        TEST(test_pongs_are_told),
        TEST(test_a_pause_holds_what_comes),
        TEST(test_a_pause_that_ends_at_once),
        TEST(test_a_pause_from_the_beginning),
        TEST(test_a_pause_costs_the_peer_nothing),
        TEST(test_a_pause_from_elsewhere),
        TEST(test_a_turn_has_a_budget),
        TEST(test_a_message_larger_than_memory),
        TEST(test_a_rate_of_messages),
        TEST(test_a_rate_of_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
