/* SPDX-License-Identifier: MIT */
/* Everything at once: clients that do anything, callbacks that call anything, on handles that are
 * open, closing and stale; and at the end nothing is left (rows V001 to V004, V009). */
#include "lib/raw_client.h"
#include "lib/test_memory.h"
#include "loop/state.h"
#include "server/worker.h"

enum { CLIENTS = 12, HANDLES = 32, STEPS = 4000 };

static struct {
    hws_loop *loop;
    hws_server *server;
    test_memory counter;
    hws_memory memory;
    uint32_t random;
    hws_websocket handles[HANDLES];
    int opened;
    int closed;
    bool done;
    bool may_close_server;
} it;

static uint32_t draw(uint32_t count)
{
    it.random = it.random * 1664525 + 1013904223;
    return (it.random >> 8) % count;
}

static const uint8_t BYTES[70000];

static hws_message some_message(void)
{
    static const size_t SIZES[] = {0, 1, 20, 300, 70000};
    return (hws_message){.type = HWS_TEXT, .data = BYTES, .size = SIZES[draw(5)]};
}

static const char *some_topic(void)
{
    static const char *const TOPICS[] = {"a", "b", "c", "a/x", "a/+", "#"};
    return TOPICS[draw(6)];
}

/* Of an answer that is of no interest. */
static void some_pattern(hws_websocket ws)
{
    const hws_subscribe_options how = {
        .is_pattern = draw(2) > 0, .hears_itself = draw(2) > 0, .wants_retained = draw(2) > 0};
    if (draw(3) == 0)
        (void)hws_websocket_unsubscribe_pattern(ws, some_topic());
    else
        (void)hws_websocket_subscribe_with(ws, some_topic(), &how);
}

static void some_policy(void)
{
    const hws_topic_options options = {
        .overflow = (hws_overflow)draw(4), .is_pattern = draw(2) > 0, .retain = draw(2) > 0};
    (void)hws_server_set_topic(it.server, some_topic(), &options);
}

static void set_done(void *user)
{
    (void)user;
    it.done = true;
}

/* Any call on any handle; what it answers is its own affair, that it answers is ours. */
static void call_something(hws_websocket ws)
{
    const hws_message message = some_message();
    const hws_publish_options keyed = {.key = some_topic(), .to_sender = draw(2) > 0};
    switch (draw(20)) {
    case 0:
        hws_websocket_close(ws, 1000, "enough");
        break;
    case 1:
        hws_websocket_abort(ws);
        break;
    case 2:
    case 3:
        hws_websocket_subscribe(ws, some_topic());
        break;
    case 4:
        hws_websocket_unsubscribe(ws, some_topic());
        break;
    case 5:
        hws_websocket_publish(ws, some_topic(), &message);
        break;
    case 6:
        hws_server_publish(it.server, some_topic(), &message);
        break;
    case 7:
        hws_websocket_ping(ws, "?", 1);
        break;
    case 8:
        hws_websocket_accept(ws, NULL, NULL, 0);
        break;
    case 9:
        hws_websocket_refuse(ws, 403, NULL, NULL, 0);
        break;
    case 10:
        if (it.may_close_server) hws_server_close(it.server, 0, set_done, NULL);
        break;
    case 11:
        hws_websocket_publish_with(ws, some_topic(), &message, &keyed);
        break;
    case 12:
        hws_server_publish_with(it.server, some_topic(), &message, &keyed);
        break;
    case 13:
        some_pattern(ws);
        break;
    case 14:
        some_policy();
        break;
    default:
        hws_websocket_send(ws, &message);
        break;
    }
}

static void call_some(hws_websocket ws)
{
    for (uint32_t left = draw(4); left > 0; left--)
        call_something(draw(2) ? ws : it.handles[draw(HANDLES)]);
}

static void on_upgrade(hws_websocket ws, hws_request *request, void *user)
{
    (void)user;
    it.handles[draw(HANDLES)] = ws;
    if (draw(8) == 0) hws_request_respond(request, &(hws_response){.status = 403});
    if (draw(2)) hws_websocket_accept(ws, NULL, NULL, 0);
    call_some(ws);
}

static void on_open(hws_websocket ws, void *user)
{
    (void)user;
    it.opened++;
    it.handles[draw(HANDLES)] = ws;
    call_some(ws);
}

static void on_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    (void)message;
    call_some(ws);
}

static void on_error(hws_websocket ws, hws_status status, const char *text, void *user)
{
    (void)user;
    (void)status;
    (void)text;
    call_some(ws);
}

static void on_close(hws_websocket ws, const hws_close *close, void *user)
{
    (void)user;
    (void)close;
    it.closed++;
    call_some(ws);
    assert_int_equal(hws_websocket_ready_state(ws), HWS_CLOSED);
}

static void on_drain(hws_websocket ws, void *user)
{
    (void)user;
    call_some(ws);
}

static void on_request(hws_request *request, void *user)
{
    (void)user;
    call_some(it.handles[draw(HANDLES)]);
    if (draw(4)) hws_request_respond(request, &(hws_response){.body = "hi", .body_size = 2});
}

static hws_route route(const char *path, bool asks)
{
    return (hws_route){.path = path,
                       .on_upgrade = asks ? on_upgrade : NULL,
                       .on_open = on_open,
                       .on_message = on_message,
                       .on_error = on_error,
                       .on_close = on_close,
                       .on_drain = on_drain,
                       .on_request = on_request};
}

/* The other side. */
static const char *request_of(uint32_t kind)
{
#define UPGRADE                                                                                    \
    "Host: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                             \
    "Sec-WebSocket-Key: " RAW_KEY "\r\nSec-WebSocket-Version: 13\r\n\r\n"
    static const char *const REQUESTS[] = {
        "GET /ask HTTP/1.1\r\n" UPGRADE,
        "GET /echo HTTP/1.1\r\n" UPGRADE,
        "GET /echo HTTP/1.1\r\n" UPGRADE "\x81\x81\0\0\0\0x",
        "GET /ask HTTP/1.1\r\n" UPGRADE "\x81\x81\0\0\0\0x",
        "GET /echo HTTP/1.1\r\nHost: localhost\r\n\r\nGET /ask HTTP/1.1\r\n" UPGRADE,
        "GET /echo HTTP/1.1\r\nHost: loc",
    };
    return REQUESTS[kind];
}

static int reach(void)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons(raw_port(it.server)),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &(int){4096}, sizeof(int)), 0);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    /* A request of the first kind has a zero nowhere but behind its head. */
    const char *request = request_of(draw(6));
    const char *frame = strstr(request, "\r\n\r\n\x81");
    send(fd, request, frame ? (size_t)(frame - request) + 11 : strlen(request),
         MSG_NOSIGNAL | MSG_DONTWAIT);
    return fd;
}

static void end(int *fd)
{
    const struct linger reset = {.l_onoff = 1, .l_linger = 0};
    if (draw(2)) setsockopt(*fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(*fd);
    *fd = -1;
}

static void act(int *fd)
{
    static uint8_t waste[50000];
    static const char *const FRAMES[] = {
        "\x81\x85....hello",    "\x01\x85....hello", "\x80\x85....hello", "\x89\x84....ping",
        "\x88\x82....\x2d\xc6", "\x83\x80....",      "\x82\x81....x",
    };
    const char *frame = FRAMES[draw(7)];
    if (*fd < 0) {
        *fd = reach();
        return;
    }
    switch (draw(24)) {
    case 0:
        end(fd);
        break;
    case 1:
        shutdown(*fd, SHUT_WR);
        break;
    case 2:
    case 3:
    case 4:
        if (recv(*fd, waste, sizeof waste, MSG_DONTWAIT) == 0) end(fd);
        break;
    case 5:
        send(*fd, frame, draw((uint32_t)strlen(frame)), MSG_NOSIGNAL | MSG_DONTWAIT);
        break;
    default:
        send(*fd, frame, strlen(frame), MSG_NOSIGNAL | MSG_DONTWAIT);
        break;
    }
}

static void start(void)
{
    const hws_server_options options = {
        .listen = "http://127.0.0.1:0",
        .route = {route("/echo", false), route("/ask", true)},
        .send_queue_max = 100000,
        .handshake_timeout_ms = 30,
        .close_timeout_ms = 30,
        .ping_interval_ms = 20,
        .pong_timeout_ms = 20,
        .send_timeout_ms = 30,
        .connection_count_max = CLIENTS - 2,
    };
    char explain[256];
    if (hws_server_new(it.loop, &options, explain, sizeof explain, &it.server) != HWS_OK)
        fail_msg("%s", explain);
}

static void expect_nothing_left(void)
{
    for (int turns = 0; hws_server_stream_count(it.server) > 0 || it.loop->io_count > 1; turns++) {
        assert_true(turns < 5000);
        hws_loop_step(it.loop, 1);
    }
    assert_int_equal(hws_server_websocket_count(it.server), 0);
    assert_int_equal(it.server->workers[0]->topics.exact.count, 0);
    assert_int_equal(it.opened, it.closed);
}

static void set_up_storm(uint32_t seed)
{
    memset(&it, 0, sizeof it);
    it.random = seed;
    it.memory = test_memory_hook(&it.counter);
    assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &it.memory}, &it.loop), HWS_OK);
    start();
}

static void tear_down_storm(void)
{
    hws_server_free(it.server);
    hws_loop_free(it.loop);
    assert_int_equal(it.opened, it.closed);
    assert_int_equal(it.counter.bytes_out, 0);
}

static void blow(int *clients, int steps)
{
    for (int i = 0; i < steps; i++) {
        act(&clients[draw(CLIENTS)]);
        if (draw(3) == 0) assert_int_equal(hws_loop_step(it.loop, 0), HWS_OK);
    }
}

static void test_a_storm(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 10; seed++) {
        int clients[CLIENTS];
        for (int i = 0; i < CLIENTS; i++) clients[i] = -1;
        set_up_storm(seed);
        blow(clients, STEPS);
        for (int i = 0; i < CLIENTS; i++)
            if (clients[i] >= 0) end(&clients[i]);
        expect_nothing_left();
        assert_true(it.opened > 10);
        tear_down_storm();
    }
}

/* The server is closed, or freed, in the middle of it. */
static void test_the_end_in_a_storm(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= 100; seed++) {
        int clients[CLIENTS];
        for (int i = 0; i < CLIENTS; i++) clients[i] = -1;
        set_up_storm(seed);
        blow(clients, 200);
        it.may_close_server = seed % 4 != 0;
        blow(clients, 200);
        if (seed % 2) {
            hws_server_close(it.server, 0, set_done, NULL);
            for (int turns = 0; !it.done; turns++) {
                assert_true(turns < 5000);
                hws_loop_step(it.loop, 1);
            }
            assert_int_equal(hws_server_websocket_count(it.server), 0);
        }
        tear_down_storm();
        for (int i = 0; i < CLIENTS; i++)
            if (clients[i] >= 0) close(clients[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_storm),
        cmocka_unit_test(test_the_end_in_a_storm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
