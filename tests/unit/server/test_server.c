/* SPDX-License-Identifier: MIT */
/* The public server over loopback, its loop turned by hand: what an application is promised. */
#include "hawser/server.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/resource.h>

#include "lib/raw_client.h"
#include "lib/test_memory.h"

typedef struct fixture {
    hws_loop *loop;
    hws_server *server;
    hws_server_options options;
    test_memory counter;
    hws_memory memory;

    hws_websocket last;
    int opened;
    int closed;
    int drained;
    int errors;
    bool done;
    hws_close close;
    char reason[128];
    char text[256];
} fixture;

static fixture it;

static void on_open(hws_websocket ws, void *user)
{
    assert_ptr_equal(user, &it);
    it.last = ws;
    it.opened++;
}

static void on_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    if (message->size < sizeof it.text) {
        memcpy(it.text, message->data, message->size);
        it.text[message->size] = 0;
    }
    const hws_status status = hws_websocket_send(ws, message);
    if (status >= HWS_OK) return;
    assert_int_equal(it.counter.fail_after, 0); /* only where the test lets memory fail */
    (void)hws_websocket_abort(ws);
}

static void on_error(hws_websocket ws, hws_status status, const char *text, void *user)
{
    (void)ws;
    (void)user;
    assert_int_equal(strncmp(text, hws_status_text(status), strlen(hws_status_text(status))), 0);
    it.errors++;
}

static void on_close(hws_websocket ws, const hws_close *close, void *user)
{
    (void)user;
    assert_int_equal(hws_websocket_ready_state(ws), HWS_CLOSED);
    assert_int_equal(hws_websocket_send_text(ws, "too late"), HWS_ERR_NOT_OPEN);
    it.close = *close;
    snprintf(it.reason, sizeof it.reason, "%.*s", (int)close->reason.size, close->reason.data);
    it.closed++;
}

static void on_drain(hws_websocket ws, void *user)
{
    (void)user;
    assert_int_equal(hws_websocket_buffered_amount(ws), 0);
    it.drained++;
}

static hws_route echo_route(const char *path)
{
    return (hws_route){.path = path,
                       .on_open = on_open,
                       .on_message = on_message,
                       .on_error = on_error,
                       .on_close = on_close,
                       .on_drain = on_drain,
                       .user = &it};
}

static int set_up(void **state)
{
    (void)state;
    it = (fixture){0};
    it.memory = test_memory_hook(&it.counter);
    it.options = (hws_server_options){
        .listen = "http://127.0.0.1:0",
        .route = {echo_route("/echo")},
    };
    return hws_loop_new(&(hws_loop_options){.memory = &it.memory}, &it.loop) == HWS_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    hws_server_free(it.server);
    hws_loop_free(it.loop);
    assert_int_equal(it.counter.bytes_out, 0);
    assert_int_equal(it.opened, it.closed); /* every on_open had its on_close */
    return 0;
}

static void start(void)
{
    char explain[256];
    const hws_status status =
        hws_server_new(it.loop, &it.options, explain, sizeof explain, &it.server);
    if (status != HWS_OK) fail_msg("%s", explain);
}

static raw_client *open_client(const char *path)
{
    raw_client *client = raw_open(it.loop, it.server, path);
    return client;
}

static void await(raw_client *client, const int *count, int want)
{
    for (int turns = 0; *count < want; turns++) {
        assert_true(turns < 10000);
        raw_turn(client);
    }
}

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
        assert_true(turns < 1000);
        hws_loop_step(it.loop, 1);
    }
    assert_int_equal(it.close.code, 1006);
    assert_int_equal(it.close.status, HWS_ERR_CONNECTION_LOST);
    raw_free(client);
}

static void test_stale_handles(void **state)
{
    (void)state;
    start();
    raw_client *first = open_client("/echo");
    const hws_websocket stale = it.last;
    assert_int_equal(hws_websocket_abort(stale), HWS_OK);
    assert_int_equal(hws_websocket_send_text(stale, "x"), HWS_ERR_NOT_OPEN);
    assert_int_equal(it.closed, 0); /* never from inside a call */
    await(first, &it.closed, 1);
    assert_int_equal(it.close.code, 1006);

    raw_client *second = open_client("/echo");
    assert_int_equal(it.last.slot, stale.slot);
    assert_int_equal(hws_websocket_send_text(stale, "x"), HWS_ERR_NOT_OPEN);
    assert_int_equal(hws_websocket_close(stale, 1000, NULL), HWS_ERR_NOT_OPEN);
    assert_int_equal(hws_websocket_ping(stale, "", 0), HWS_ERR_NOT_OPEN);
    assert_int_equal(hws_websocket_subscribe(stale, "t"), HWS_ERR_NOT_OPEN);
    assert_int_equal(hws_websocket_publish(stale, "t", &(hws_message){.type = HWS_TEXT}),
                     HWS_ERR_NOT_OPEN);
    assert_int_equal(hws_websocket_accept(stale, NULL, NULL, 0), HWS_ERR_NOT_OPEN);
    assert_int_equal(hws_websocket_set_user(stale, NULL), HWS_ERR_NOT_OPEN);
    assert_null(hws_websocket_user(stale));
    assert_string_equal(hws_websocket_protocol(stale), "");
    assert_int_equal(hws_websocket_buffered_amount(stale), 0);
    assert_int_equal(hws_websocket_ready_state(stale), HWS_CLOSED);
    assert_int_equal(hws_websocket_send_text((hws_websocket){0}, "x"), HWS_ERR_NOT_OPEN);
    assert_int_equal(hws_websocket_send_text(it.last, "fresh"), HWS_OK);
    raw_expect(second, 0x81, "fresh");
    raw_free(first);
    raw_free(second);
}

static void test_calls_with_bad_arguments(void **state)
{
    (void)state;
    start();
    raw_client *client = open_client("/echo");
    const hws_websocket ws = it.last;
    assert_int_equal(hws_websocket_send(ws, NULL), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_websocket_send_text(ws, NULL), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_websocket_send_binary(ws, NULL, 1), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_websocket_send_text(ws, "\xff"), HWS_ERR_UTF8);
    assert_int_equal(hws_websocket_ping(ws, ws.slots, 126), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_websocket_close(ws, 1006, NULL), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_websocket_close(ws, 1000, "\xff"), HWS_ERR_UTF8);
    assert_int_equal(hws_websocket_subscribe(ws, ""), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_websocket_subscribe(ws, NULL), HWS_ERR_INVALID_ARGUMENT);
    char name[257] = {0};
    memset(name, 'n', 256);
    assert_int_equal(hws_websocket_subscribe(ws, name), HWS_ERR_INVALID_ARGUMENT);
    name[255] = 0;
    assert_int_equal(hws_websocket_subscribe(ws, name), HWS_OK);
    char address[48];
    assert_int_equal(hws_websocket_address(ws, address, 47), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_websocket_address(ws, address, sizeof address), HWS_OK);
    assert_string_equal(address, "127.0.0.1");
    raw_expect_silence(client);
    assert_int_equal(hws_websocket_ready_state(ws), HWS_OPEN);
    raw_free(client);
}

/* V001, V002: everything from inside the callbacks. */
static void close_in_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)message;
    (void)user;
    assert_int_equal(hws_websocket_send_text(ws, "last words"), HWS_OK);
    assert_int_equal(hws_websocket_close(ws, 4001, "enough"), HWS_OK);
    assert_int_equal(hws_websocket_close(ws, 4001, "enough"), HWS_ERR_NOT_OPEN);
    assert_int_equal(hws_websocket_send_text(ws, "more"), HWS_ERR_NOT_OPEN);
    assert_int_equal(hws_websocket_ready_state(ws), HWS_CLOSING);
}

static void test_close_inside_a_message(void **state)
{
    (void)state;
    it.options.route[0].on_message = close_in_message;
    start();
    raw_client *client = open_client("/echo");
    raw_send_text(client, "one");
    raw_send_text(client, "two, which nobody hears");
    raw_expect(client, 0x81, "last words");
    raw_expect(client, 0x88,
               "\x0f\xa1"
               "enough");
    assert_int_equal(it.closed, 0);
    raw_send(client, 0x88, "\x0f\xa1", 2);
    raw_expect_end(client);
    assert_int_equal(it.close.code, 4001);
    assert_true(it.close.was_clean);
    raw_free(client);
}

static void abort_in_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    (void)message;
    assert_int_equal(hws_websocket_abort(ws), HWS_OK);
    assert_int_equal(hws_websocket_abort(ws), HWS_ERR_NOT_OPEN);
}

static void test_abort_inside_a_message(void **state)
{
    (void)state;
    it.options.route[0].on_message = abort_in_message;
    start();
    raw_client *client = open_client("/echo");
    uint8_t two[] = {0x81, 0x81, 0, 0, 0, 0, 'a', 0x81, 0x81, 0, 0, 0, 0, 'b'};
    raw_write(client, two, sizeof two);
    raw_expect_end(client);
    assert_int_equal(it.closed, 1);
    raw_free(client);
}

/* User data. */
static void test_user_data(void **state)
{
    (void)state;
    it.options.route[0].on_open = on_open;
    start();
    raw_client *client = open_client("/echo");
    assert_ptr_equal(hws_websocket_user(it.last), &it);
    int mine;
    assert_int_equal(hws_websocket_set_user(it.last, &mine), HWS_OK);
    assert_ptr_equal(hws_websocket_user(it.last), &mine);
    raw_free(client);
}

/* Topics. */
static void chat_open(hws_websocket ws, void *user)
{
    on_open(ws, user);
    assert_int_equal(hws_websocket_subscribe(ws, "chat"), HWS_OK);
    assert_int_equal(hws_websocket_subscribe(ws, "chat"), HWS_OK); /* twice is once */
}

static void chat_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    assert_int_equal(hws_websocket_publish(ws, "chat", message), HWS_OK);
}

static void test_topics(void **state)
{
    (void)state;
    it.options.route[0].on_open = chat_open;
    it.options.route[0].on_message = chat_message;
    start();
    raw_client *a = open_client("/echo");
    const hws_websocket ws_a = it.last;
    raw_client *b = open_client("/echo");
    raw_client *c = open_client("/echo");
    assert_int_equal(hws_server_subscriber_count(it.server, "chat"), 3);
    assert_int_equal(hws_server_subscriber_count(it.server, "none"), 0);

    raw_send_text(a, "to the others");
    raw_expect(b, 0x81, "to the others");
    raw_expect(c, 0x81, "to the others");
    raw_expect_silence(a);

    const hws_message all = {.type = HWS_TEXT, .data = (const uint8_t *)"to all", .size = 6};
    assert_int_equal(hws_server_publish(it.server, "chat", &all), HWS_OK);
    raw_expect(a, 0x81, "to all");
    raw_expect(b, 0x81, "to all");
    raw_expect(c, 0x81, "to all");
    assert_int_equal(hws_server_publish(it.server, "nobody", &all), HWS_OK);
    const hws_message part = {.type = HWS_TEXT, .part = HWS_FIRST};
    assert_int_equal(hws_server_publish(it.server, "chat", &part), HWS_ERR_INVALID_ARGUMENT);

    assert_int_equal(hws_websocket_unsubscribe(ws_a, "chat"), HWS_OK);
    assert_int_equal(hws_websocket_unsubscribe(ws_a, "chat"), HWS_OK);
    raw_send_text(b, "without a");
    raw_expect(c, 0x81, "without a");
    raw_expect_silence(a);

    raw_free(b); /* who closes leaves */
    await(a, &it.closed, 1);
    assert_int_equal(hws_server_subscriber_count(it.server, "chat"), 1);
    raw_free(a);
    raw_free(c);
}

static void test_many_topics_of_many(void **state)
{
    (void)state;
    it.options.topic_count_max = 50;
    start();
    raw_client *clients[8];
    hws_websocket handles[8];
    char name[16];
    for (size_t i = 0; i < COUNT_OF(clients); i++) {
        clients[i] = open_client("/echo");
        handles[i] = it.last;
        for (unsigned topic = 0; topic < 50; topic++) {
            snprintf(name, sizeof name, "topic %u", topic);
            assert_int_equal(hws_websocket_subscribe(handles[i], name), HWS_OK);
        }
        assert_int_equal(hws_websocket_subscribe(handles[i], "one more"), HWS_ERR_LIMIT);
    }
    /* Out of order, so that places in both lists move. */
    for (unsigned topic = 0; topic < 50; topic += 3) {
        snprintf(name, sizeof name, "topic %u", topic);
        assert_int_equal(hws_websocket_unsubscribe(handles[topic % 8], name), HWS_OK);
        assert_int_equal(hws_server_subscriber_count(it.server, name), 7);
    }
    raw_free(clients[3]);
    raw_free(clients[0]);
    await(clients[1], &it.closed, 2);
    const hws_message all = {.type = HWS_TEXT, .data = (const uint8_t *)"x", .size = 1};
    for (unsigned topic = 1; topic < 50; topic += 3) {
        snprintf(name, sizeof name, "topic %u", topic);
        assert_int_equal(hws_server_subscriber_count(it.server, name), 6);
        assert_int_equal(hws_server_publish(it.server, name, &all), HWS_OK);
    }
    for (size_t i = 1; i < COUNT_OF(clients); i++) {
        if (i == 3) continue;
        for (unsigned topic = 1; topic < 50; topic += 3) raw_expect(clients[i], 0x81, "x");
        raw_free(clients[i]);
    }
}

/* Queues. */
static void test_a_full_queue_refuses_and_drains(void **state)
{
    (void)state;
    it.options.send_queue_max = 100000;
    start();
    raw_client *client = open_client("/echo");
    static uint8_t block[50000];
    const hws_message message = {.type = HWS_BINARY, .data = block, .size = sizeof block};
    hws_status status = HWS_OK;
    size_t sent = 0;
    for (int i = 0; i < 10000 && status != HWS_ERR_QUEUE_FULL; i++) {
        status = hws_websocket_send(it.last, &message);
        if (status >= HWS_OK) sent++;
        hws_loop_step(it.loop, 0);
    }
    assert_int_equal(status, HWS_ERR_QUEUE_FULL);
    assert_true(hws_websocket_buffered_amount(it.last) >= 100000);
    assert_true(hws_websocket_buffered_amount(it.last) < 100000 + sizeof block + 10);
    assert_int_equal(it.drained, 0);

    uint8_t first;
    hws_span payload;
    for (; sent > 0; sent--) {
        assert_true(raw_read(client, &first, &payload));
        assert_int_equal(payload.size, sizeof block);
    }
    await(client, &it.drained, 1);
    assert_int_equal(hws_websocket_send_text(it.last, "again"), HWS_OK);
    raw_expect(client, 0x81, "again");
    assert_int_equal(it.drained, 1);
    raw_free(client);
}

/* A subscriber that does not read is closed; the others miss nothing. */
static void test_a_slow_subscriber_is_given_up(void **state)
{
    (void)state;
    it.options.send_queue_max = 100000;
    it.options.close_timeout_ms = 50;
    it.options.route[0].on_open = chat_open;
    start();
    raw_client *slow = open_client("/echo");
    raw_client *quick = open_client("/echo");
    static uint8_t block[50000];
    const hws_message message = {.type = HWS_BINARY, .data = block, .size = sizeof block};
    int published = 0;
    for (; it.closed == 0; published++) {
        assert_true(published < 10000);
        assert_int_equal(hws_server_publish(it.server, "chat", &message), HWS_OK);
        uint8_t first;
        hws_span payload;
        assert_true(raw_read(quick, &first, &payload));
        assert_int_equal(payload.size, sizeof block);
    }
    assert_int_equal(it.close.status, HWS_ERR_QUEUE_FULL);
    assert_int_equal(it.close.code, 1008);
    assert_false(it.close.was_clean);
    raw_free(slow);
    raw_free(quick);
}

/* N013: an echo to a peer that writes and does not read must not grow. */
static void test_reading_pauses_while_the_queue_is_full(void **state)
{
    (void)state;
    it.options.send_queue_max = 200000;
    start();
    raw_client *client = open_client("/echo");
    static uint8_t block[10000];
    size_t most = 0, written = 0;
    uint8_t frame[HWS_FRAME_HEADER_MAX + sizeof block];
    const hws_frame_header header = {
        .payload_size = sizeof block, .opcode = 2, .fin = true, .masked = true};
    const size_t head = hws_frame_header_write(&header, frame);
    memcpy(frame + head, block, sizeof block);

    int refused = 0;
    for (size_t at = 0; refused < 200;) {
        const size_t size = head + sizeof block;
        const ssize_t sent = send(client->fd, frame + at, size - at, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent <= 0) refused++;
        at = sent > 0 ? at + (size_t)sent : at;
        if (at == size) {
            at = 0;
            written++;
        }
        hws_loop_step(it.loop, 0);
        const size_t now = hws_websocket_buffered_amount(it.last);
        if (now > most) most = now;
    }
    assert_true(most >= 100000 && most <= 100000 + 256 * 1024);
    uint8_t first;
    hws_span payload;
    for (; written > 0; written--) { /* nothing was lost */
        assert_true(raw_read(client, &first, &payload));
        assert_int_equal(payload.size, sizeof block);
    }
    raw_free(client);
}

/* I021: a Close behind more than the peer will read. */
static void test_close_to_a_peer_that_does_not_read(void **state)
{
    (void)state;
    it.options.close_timeout_ms = 50;
    it.options.send_queue_max = 8 << 20;
    start();
    raw_client *client = open_client("/echo");
    static uint8_t block[7 << 20];
    assert_int_equal(hws_websocket_send_binary(it.last, block, sizeof block), HWS_OK);
    assert_int_equal(hws_websocket_close(it.last, 1000, NULL), HWS_OK);
    for (int turns = 0; it.closed == 0; turns++) {
        assert_true(turns < 10000);
        hws_loop_step(it.loop, 10);
    }
    assert_int_equal(it.close.status, HWS_ERR_CLOSE_TIMEOUT);
    assert_int_equal(it.close.code, 1000);
    raw_free(client);
}

/* The accept hook. */
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
    for (int i = 0; i < 20; i++) hws_loop_step(it.loop, 1);
    assert_int_equal(hws_websocket_ready_state(asked), HWS_CLOSED);
    raw_free(client);
}

/* Other threads. */
typedef struct worker {
    pthread_t thread;
    hws_websocket ws;
    unsigned number;
} worker;

enum { WORKERS = 4, MESSAGES = 500 };

static void *send_many(void *user)
{
    const worker *me = user;
    for (unsigned i = 0; i < MESSAGES; i++) {
        char text[32];
        snprintf(text, sizeof text, "%u %u", me->number, i);
        if (hws_websocket_send_text(me->ws, text) < HWS_OK) return NULL;
    }
    return user;
}

static void test_send_from_other_threads(void **state)
{
    (void)state;
    start();
    raw_client *client = open_client("/echo");
    worker workers[WORKERS];
    for (unsigned i = 0; i < WORKERS; i++) {
        workers[i] = (worker){.ws = it.last, .number = i};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, send_many, &workers[i]), 0);
    }
    unsigned next[WORKERS] = {0};
    for (unsigned i = 0; i < WORKERS * MESSAGES; i++) {
        uint8_t first;
        hws_span payload;
        assert_true(raw_read(client, &first, &payload));
        payload.data[payload.size] = 0;
        unsigned number, count;
        assert_int_equal(sscanf((const char *)payload.data, "%u %u", &number, &count), 2);
        assert_true(number < WORKERS);
        assert_int_equal(count, next[number]++); /* in the order of each sender */
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        void *result;
        pthread_join(workers[i].thread, &result);
        assert_non_null(result);
    }
    raw_free(client);
}

static void *use_from_elsewhere(void *user)
{
    hws_websocket ws = *(hws_websocket *)user;
    const hws_message message = {.type = HWS_TEXT, .data = (const uint8_t *)"news", .size = 4};
    const bool ok = hws_websocket_ready_state(ws) == HWS_OPEN &&
                    hws_websocket_subscribe(ws, "elsewhere") == HWS_BUFFERED &&
                    hws_server_publish(it.server, "elsewhere", &message) == HWS_BUFFERED &&
                    hws_websocket_publish(ws, "elsewhere", &message) == HWS_BUFFERED &&
                    hws_websocket_unsubscribe(ws, "elsewhere") == HWS_BUFFERED &&
                    hws_websocket_send_text(ws, "\xff") == HWS_ERR_UTF8 &&
                    hws_websocket_close(ws, 999, NULL) == HWS_ERR_INVALID_ARGUMENT &&
                    hws_websocket_user(ws) == NULL &&
                    hws_websocket_set_user(ws, NULL) == HWS_ERR_INVALID_ARGUMENT &&
                    hws_websocket_ping(ws, "?", 1) == HWS_BUFFERED &&
                    hws_websocket_close(ws, 4002, "from afar") == HWS_BUFFERED;
    return ok ? user : NULL;
}

static void test_everything_from_another_thread(void **state)
{
    (void)state;
    start();
    raw_client *client = open_client("/echo");
    pthread_t thread;
    void *result;
    assert_int_equal(pthread_create(&thread, NULL, use_from_elsewhere, &it.last), 0);
    pthread_join(thread, &result);
    assert_non_null(result);
    raw_expect(client, 0x81, "news");
    raw_expect(client, 0x89, "?");
    raw_expect(client, 0x88,
               "\x0f\xa2"
               "from afar");
    raw_free(client);
}

/* Posts that are still on their way when the server goes. */
static void test_the_server_goes_before_a_post_arrives(void **state)
{
    (void)state;
    start();
    raw_client *client = open_client("/echo");
    pthread_t thread;
    void *result;
    assert_int_equal(pthread_create(&thread, NULL, use_from_elsewhere, &it.last), 0);
    pthread_join(thread, &result);
    assert_non_null(result);
    hws_server_free(it.server);
    it.server = NULL;
    for (int i = 0; i < 3; i++) hws_loop_step(it.loop, 0);
    raw_free(client);
}

/* Closing down. */
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
    for (int i = 0; i < 100 && !it.done; i++) hws_loop_step(it.loop, 1);
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

/* Who may come in. */
static void expect_status(const char *path, const char *more, const char *status)
{
    raw_client *client = raw_connect(it.loop, raw_port(it.server));
    char head[2048];
    raw_ask(client, path, more);
    raw_read_head(client, head, sizeof head);
    if (!strstr(head, status)) fail_msg("%s%s gives %s", path, more, head);
    raw_free(client);
}

/* D013 to D016, Q001. */
static void test_origins(void **state)
{
    (void)state;
    it.options.origins = "https://good.example http://good.example:81";
    start();
    expect_status("/echo", "Origin: http://localhost\r\n", " 101 "); /* the Host of raw_ask */
    expect_status("/echo", "Origin: https://good.example\r\n", " 101 ");
    expect_status("/echo", "Origin: https://GOOD.example:443\r\n", " 101 ");
    expect_status("/echo", "Origin: http://good.example:81\r\n", " 101 ");
    expect_status("/echo", "", " 101 ");
    expect_status("/echo", "Cookie: a=b\r\n", " 403 ");
    expect_status("/echo", "Origin: http://good.example\r\n", " 403 ");
    expect_status("/echo", "Origin: https://localhost\r\n", " 403 ");
    expect_status("/echo", "Origin: http://localhost:8080\r\n", " 403 ");
    expect_status("/echo", "Origin: https://evil.example\r\n", " 403 ");
    expect_status("/echo", "Origin: https://evilgood.example\r\n", " 403 ");
    expect_status("/echo", "Origin: https://good.example.evil.com\r\n", " 403 ");
    expect_status("/echo", "Origin: https://good.example@evil.com\r\n", " 403 ");
    expect_status("/echo", "Origin: null\r\n", " 403 ");
    expect_status("/echo", "Origin: file://\r\n", " 403 ");
    expect_status("/echo", "Origin: https://good.example https://evil.com\r\n", " 403 ");
    expect_status("/nowhere", "", " 404 ");
}

/* C019, Q002: a name that is not ours, while only this machine can reach us. */
static void test_hosts(void **state)
{
    (void)state;
    start();
    static const struct {
        const char *host;
        const char *status;
    } CASES[] = {
        {"localhost:1234", " 426 "}, {"127.0.0.1", " 426 "},
        {"[::1]:80", " 426 "},       {"app.localhost", " 426 "},
        {"192.0.2.1", " 421 "},      {"[::2]", " 421 "},
        {"evil.example", " 421 "},   {"localhost.evil.example", " 421 "},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        raw_client *client = raw_connect(it.loop, raw_port(it.server));
        char text[256], head[2048];
        snprintf(text, sizeof text, "GET /echo HTTP/1.1\r\nHost: %s\r\n\r\n", CASES[i].host);
        raw_print(client, text);
        raw_read_head(client, head, sizeof head);
        if (!strstr(head, CASES[i].status)) fail_msg("%s gives %s", CASES[i].host, head);
        raw_free(client);
    }
}

/* A014. */
static void test_connection_limit(void **state)
{
    (void)state;
    it.options.connection_count_max = 2;
    start();
    raw_client *a = open_client("/echo");
    raw_client *b = open_client("/echo");
    raw_client *c = raw_connect(it.loop, raw_port(it.server));
    char head[1024];
    raw_read_head(c, head, sizeof head);
    assert_non_null(strstr(head, "HTTP/1.1 503 "));
    assert_non_null(strstr(head, "Retry-After: "));
    raw_free(c);
    raw_free(b);
    await(a, &it.closed, 1);
    b = open_client("/echo");
    raw_free(a);
    raw_free(b);
}

static char logged[512];

static void note_log(int level, const char *text, void *user)
{
    (void)level;
    (void)user;
    snprintf(logged, sizeof logged, "%s", text);
}

/* A026: of few descriptors half are kept free, of many 64. */
static void test_the_limit_fits_the_descriptors(void **state)
{
    (void)state;
    static const unsigned CASES[][2] = {{100, 50}, {127, 64}, {128, 64}, {129, 65}, {1000, 936}};
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    it.options.connection_count_max = 1000000;
    it.options.on_log = note_log;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const struct rlimit limit = {.rlim_cur = CASES[i][0], .rlim_max = before.rlim_max};
        char want[128];
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
        start();
        snprintf(want, sizeof want, "the descriptor limit allows %u connections, not 1000000",
                 CASES[i][1]);
        assert_string_equal(logged, want);
        hws_server_free(it.server);
        it.server = NULL;
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

/* Who failed and does not go still has its descriptor, and counts. */
static void test_the_limit_counts_what_lingers(void **state)
{
    (void)state;
    it.options.connection_count_max = 2;
    start();
    raw_client *failed[2];
    for (size_t i = 0; i < COUNT_OF(failed); i++) failed[i] = open_client("/echo");
    for (size_t i = 0; i < COUNT_OF(failed); i++) {
        raw_send(failed[i], 0x83, "", 0);
        raw_expect_close(failed[i], 1002);
        raw_expect_end(failed[i]);
    }
    assert_int_equal(it.closed, 2);

    enum { ANSWERED = 16 };
    raw_client *late[ANSWERED + 1];
    for (size_t i = 0; i < COUNT_OF(late); i++) {
        char head[1024];
        late[i] = raw_connect(it.loop, raw_port(it.server));
        raw_read_head(late[i], head, sizeof head);
        assert_int_equal(strstr(head, "HTTP/1.1 503 ") != NULL, i < ANSWERED);
    }
    for (size_t i = 0; i < COUNT_OF(late); i++) raw_free(late[i]);
    for (size_t i = 0; i < COUNT_OF(failed); i++) raw_free(failed[i]);
    for (int turns = 0; turns < 10; turns++) hws_loop_step(it.loop, 1);
    raw_free(open_client("/echo"));
}

/* Starting. */
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
    for (int turns = 0; turns < 1000; turns++) {
        hws_loop_step(it.loop, 0);
        if (it.opened == it.closed && hws_server_websocket_count(it.server) == 0 && turns > 10)
            break;
    }
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    it.options.route[0].on_open = chat_open;
    it.options.route[0].on_message = on_message;
    it.options.route[0].on_open = on_open;
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

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_echo_and_clean_close),
        TEST(test_messages_in_parts),
        TEST(test_frames_behind_the_handshake),
        TEST(test_a_failure_is_explained),
        TEST(test_the_peer_vanishes),
        TEST(test_stale_handles),
        TEST(test_calls_with_bad_arguments),
        TEST(test_close_inside_a_message),
        TEST(test_abort_inside_a_message),
        TEST(test_user_data),
        TEST(test_topics),
        TEST(test_many_topics_of_many),
        TEST(test_a_full_queue_refuses_and_drains),
        TEST(test_a_slow_subscriber_is_given_up),
        TEST(test_reading_pauses_while_the_queue_is_full),
        TEST(test_close_to_a_peer_that_does_not_read),
        TEST(test_accept_at_once),
        TEST(test_the_servers_preference),
        TEST(test_refuse),
        TEST(test_accept_later),
        TEST(test_never_decided),
        TEST(test_the_client_goes_while_we_decide),
        TEST(test_send_from_other_threads),
        TEST(test_everything_from_another_thread),
        TEST(test_the_server_goes_before_a_post_arrives),
        TEST(test_close_says_goodbye),
        TEST(test_close_with_a_wrong_code),
        TEST(test_close_while_idle),
        TEST(test_free_with_live_connections),
        TEST(test_origins),
        TEST(test_hosts),
        TEST(test_connection_limit),
        TEST(test_the_limit_fits_the_descriptors),
        TEST(test_the_limit_counts_what_lingers),
        TEST(test_starts_that_fail),
        TEST(test_listening_on_localhost_and_unix),
        TEST(test_every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
