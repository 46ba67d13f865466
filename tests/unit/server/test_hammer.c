/* SPDX-License-Identifier: MIT */
/* Threads that call whatever they like on handles that are open, closing, stale or used again,
 * while connections come and go on the threads of the server: nobody crashes, nothing is lost of
 * what one thread sends in a row, and at the end nothing is left.  Built with SANITIZE=thread it
 * also says that nothing is shared without being so. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "lib/raw_client.h"
#include "lib/test_memory.h"

enum { THREADS = 3, HAMMERS = 2, VISITORS = 2, VISITS = 150, HANDLES = 64 };

static hws_loop *loop;
static hws_server *server;
static uint16_t port;
static test_memory counter;
static hws_memory memory;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static hws_websocket handles[HANDLES]; /* under the lock: the last that were opened */
static unsigned handle_at;
static atomic_int opened;
static atomic_int closed;
static atomic_int visitors_left;

static void on_open(hws_websocket ws, void *user)
{
    (void)user;
    atomic_fetch_add(&opened, 1);
    (void)hws_websocket_subscribe(ws, "all");
    pthread_mutex_lock(&lock);
    handles[handle_at++ % HANDLES] = ws;
    pthread_mutex_unlock(&lock);
}

static void on_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    (void)hws_websocket_send(ws, message);
}

static void on_close(hws_websocket ws, const hws_close *close, void *user)
{
    (void)ws, (void)close, (void)user;
    atomic_fetch_add(&closed, 1);
}

static hws_websocket draw_handle(unsigned *random)
{
    *random = *random * 1664525 + 1013904223;
    pthread_mutex_lock(&lock);
    const hws_websocket ws = handles[(*random >> 8) % HANDLES];
    pthread_mutex_unlock(&lock);
    return ws;
}

static void call_something(hws_websocket ws, unsigned which)
{
    const hws_message message = {.type = HWS_TEXT, .data = (const uint8_t *)"hammer", .size = 6};
    const hws_subscribe_options some = {.is_pattern = true, .wants_retained = true};
    const hws_publish_options keyed = {.key = "k", .to_sender = true};
    const hws_topic_options options = {
        .overflow = (hws_overflow)(which / 16 % 4), .is_pattern = true, .retain = true};
    switch (which % 16) {
    case 0:
        (void)hws_websocket_close(ws, 1000, "enough");
        break;
    case 1:
        (void)hws_websocket_abort(ws);
        break;
    case 2:
        (void)hws_websocket_subscribe(ws, "more");
        break;
    case 3:
        (void)hws_websocket_unsubscribe(ws, "more");
        break;
    case 4:
        (void)hws_websocket_publish(ws, "all", &message);
        break;
    case 5:
        (void)hws_server_publish(server, "more", &message);
        break;
    case 6:
        (void)hws_websocket_ping(ws, "p", 1);
        break;
    case 7:
        (void)hws_websocket_ready_state(ws);
        (void)hws_websocket_buffered_amount(ws);
        break;
    case 8:
        (void)hws_server_subscriber_count(server, "all");
        (void)hws_server_websocket_count(server);
        break;
    case 9:
        (void)hws_websocket_subscribe_with(ws, "m+", &some);
        (void)hws_websocket_subscribe_with(ws, "+", &some);
        break;
    case 10:
        (void)hws_websocket_unsubscribe_pattern(ws, "+");
        break;
    case 11:
        (void)hws_websocket_publish_with(ws, "more", &message, &keyed);
        break;
    case 12:
        (void)hws_server_set_topic(server, which / 64 % 2 ? "+" : "more/#", &options);
        break;
    default:
        (void)hws_websocket_send(ws, &message);
        break;
    }
}

static void *hammer(void *user)
{
    unsigned random = (unsigned)(uintptr_t)user;
    while (atomic_load(&visitors_left) > 0) {
        const hws_websocket ws = draw_handle(&random);
        call_something(ws, random >> 16);
        if (random % 8 == 0) sched_yield();
    }
    return NULL;
}

static int reach(void)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) return fd;
    close(fd);
    return -1;
}

/* Comes, says something, hears a little, and goes without a word. */
static void visit(unsigned number)
{
    static const char ASK[] = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                              "Connection: Upgrade\r\nSec-WebSocket-Key: " RAW_KEY "\r\n"
                              "Sec-WebSocket-Version: 13\r\n\r\n"
                              "\x81\x85\0\0\0\0hello";
    uint8_t heard[4096];
    const int fd = reach();
    if (fd < 0) return;
    if (send(fd, ASK, sizeof ASK - 1, MSG_NOSIGNAL) > 0)
        for (unsigned i = 0; i <= number % 4; i++)
            if (recv(fd, heard, sizeof heard, 0) <= 0) break;
    close(fd);
}

static void *visit_often(void *user)
{
    for (unsigned i = 0; i < VISITS; i++) visit(i + (unsigned)(uintptr_t)user);
    if (atomic_fetch_sub(&visitors_left, 1) == 1) hws_loop_stop(loop);
    return NULL;
}

static void start(void)
{
    char explain[256];
    memory = test_memory_hook(&counter);
    assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &memory}, &loop), HWS_OK);
    const hws_server_options options = {
        .listen = "http://127.0.0.1:0",
        .thread_count = THREADS,
        .route =
            {{.path = "/", .on_open = on_open, .on_message = on_message, .on_close = on_close}},
    };
    if (hws_server_new(loop, &options, explain, sizeof explain, &server) != HWS_OK)
        fail_msg("%s", explain);
    port = raw_port(server);
}

static void test_hammered(void **state)
{
    (void)state;
    pthread_t threads[HAMMERS + VISITORS];
    start();
    atomic_store(&visitors_left, VISITORS);
    for (uintptr_t i = 0; i < HAMMERS + VISITORS; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, i < HAMMERS ? hammer : visit_often, (void *)i), 0);
    assert_int_equal(hws_loop_run(loop), HWS_OK);
    for (size_t i = 0; i < HAMMERS + VISITORS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);

    hws_server_free(server);
    hws_loop_free(loop);
    assert_int_equal(atomic_load(&opened), atomic_load(&closed));
    assert_true(atomic_load(&opened) > 0);
    assert_int_equal(counter.bytes_out, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_hammered)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
