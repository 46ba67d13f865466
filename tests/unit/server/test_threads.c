/* SPDX-License-Identifier: MIT */
/* A server with several threads, over loopback: everything is where it belongs, and all of it is
 * reached from everywhere. */
#include <pthread.h>
#include <stdatomic.h>

#include "lib/descriptors.h"
#include "lib/raw_client.h"
#include "server/worker.h"

enum { THREADS = 3, CLIENTS = 24 };

static hws_loop *loop;
static hws_server *server;
static raw_client *clients[CLIENTS];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static hws_websocket handles[CLIENTS]; /* by their order of opening, under the lock */
static int opened;
static atomic_int closed;
static atomic_int strangers; /* callbacks on a thread that is not the WebSocket's */
static bool done;

static void look_where(hws_websocket ws)
{
    const hws_loop *its = hws_websocket_loop(ws);
    if (!its || !hws_loop_is_current(its)) atomic_fetch_add(&strangers, 1);
}

static void on_open(hws_websocket ws, void *user)
{
    (void)user;
    look_where(ws);
    pthread_mutex_lock(&lock);
    handles[opened++] = ws;
    pthread_mutex_unlock(&lock);
    if (hws_websocket_subscribe(ws, "all") != HWS_OK) (void)hws_websocket_abort(ws);
}

static void on_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    look_where(ws);
    if (message->data[0] == '*')
        (void)hws_websocket_publish(ws, "all", message);
    else
        (void)hws_websocket_send(ws, message);
}

static void on_close(hws_websocket ws, const hws_close *close, void *user)
{
    (void)close, (void)user;
    if (!hws_loop_is_current(hws_websocket_loop(ws))) atomic_fetch_add(&strangers, 1);
    atomic_fetch_add(&closed, 1);
}

static void start(const char *listen, uint32_t thread_count)
{
    char explain[256];
    const hws_server_options options = {
        .listen = listen,
        .thread_count = thread_count,
        .route =
            {{.path = "/", .on_open = on_open, .on_message = on_message, .on_close = on_close}},
    };
    if (hws_server_new(loop, &options, explain, sizeof explain, &server) != HWS_OK)
        fail_msg("%s", explain);
}

static int set_up(void **state)
{
    (void)state;
    server = NULL;
    opened = 0;
    done = false;
    atomic_store(&closed, 0);
    atomic_store(&strangers, 0);
    memset(clients, 0, sizeof clients);
    return hws_loop_new(NULL, &loop) == HWS_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < CLIENTS; i++)
        if (clients[i]) raw_free(clients[i]);
    hws_server_free(server);
    hws_loop_free(loop);
    assert_int_equal(atomic_load(&closed), opened);
    assert_int_equal(atomic_load(&strangers), 0);
    return 0;
}

static void open_clients(void)
{
    for (size_t i = 0; i < CLIENTS; i++) clients[i] = raw_open(loop, server, "/");
    for (size_t i = 0; i < CLIENTS; i++) { /* an echo says that on_open is over */
        raw_send_text(clients[i], "hello");
        raw_expect(clients[i], 0x81, "hello");
    }
}

static void expect_all(const char *text)
{
    for (size_t i = 0; i < CLIENTS; i++) raw_expect(clients[i], 0x81, text);
}

static void test_everybody_is_reached(void **state)
{
    (void)state;
    start("http://127.0.0.1:0", THREADS);
    open_clients();
    assert_int_equal(hws_server_websocket_count(server), CLIENTS);
    assert_int_equal(hws_server_subscriber_count(server, "all"), CLIENTS);
    assert_int_equal(hws_server_subscriber_count(server, "none"), 0);

    const hws_message message = {.type = HWS_TEXT, .data = (const uint8_t *)"news", .size = 4};
    assert_true(hws_server_publish(server, "all", &message) >= HWS_OK);
    expect_all("news");

    raw_send_text(clients[7], "*mine");
    for (size_t i = 0; i < CLIENTS; i++)
        if (i != 7) raw_expect(clients[i], 0x81, "*mine");
    raw_expect_silence(clients[7]);

    for (size_t i = 0; i < CLIENTS; i++)
        assert_true(hws_websocket_send_text(handles[i], "you") >= HWS_OK);
    expect_all("you");
}

/* What a flood sends again and again. */
static size_t make_flood(uint8_t *flood, size_t size_max)
{
    enum { PAYLOAD_SIZE = 1000, HEADER_SIZE = 8 };
    size_t size = 0;
    while (size + HEADER_SIZE + PAYLOAD_SIZE <= size_max) {
        const uint8_t header[HEADER_SIZE] = {0x82, 0xFE, PAYLOAD_SIZE >> 8, PAYLOAD_SIZE & 0xFF};
        memcpy(flood + size, header, HEADER_SIZE); /* masked with zeros */
        memset(flood + size + HEADER_SIZE, 'f', PAYLOAD_SIZE);
        size += HEADER_SIZE + PAYLOAD_SIZE;
    }
    return size;
}

static atomic_bool flood_ends;
static hws_loop *spared;

/* From all clients but those of one thread: as much as goes, and what comes back is thrown away. */
static void *flood_all_but_one(void *user)
{
    static uint8_t flood[64 * 1024];
    static uint8_t ignored[64 * 1024];
    const size_t size = make_flood(flood, sizeof flood);
    size_t sent[CLIENTS] = {0};
    while (!atomic_load(&flood_ends)) {
        for (size_t i = 0; i < CLIENTS; i++) {
            if (hws_slots_loop(handles[i].slots) == spared) continue;
            const ssize_t some =
                send(clients[i]->fd, flood + sent[i], size - sent[i], MSG_DONTWAIT | MSG_NOSIGNAL);
            if (some > 0) sent[i] = (sent[i] + (size_t)some) % size;
            (void)!recv(clients[i]->fd, ignored, sizeof ignored, MSG_DONTWAIT);
        }
    }
    return user;
}

static uint64_t received_by(uint32_t worker)
{
    return hws_counter_read(&server->workers[worker]->metric.traffic.messages_received);
}

/* Row N010: while all other threads are flooded, one serves its clients. */
static void test_a_flood_spares_a_thread(void **state)
{
    (void)state;
    enum { FLOOD = 1000, ECHOES = 200 };
    pthread_t thread;
    start("http://127.0.0.1:0", THREADS);
    open_clients();
    spared = server->workers[THREADS - 1]->loop;
    atomic_store(&flood_ends, false);
    assert_int_equal(pthread_create(&thread, NULL, flood_all_but_one, NULL), 0);
    const uint64_t before = received_by(THREADS - 1);
    uint64_t echoes = 0;
    while (echoes < ECHOES || received_by(0) < FLOOD || received_by(1) < FLOOD) {
        for (size_t i = 0; i < CLIENTS; i++) {
            if (hws_slots_loop(handles[i].slots) != spared) continue;
            raw_send_text(clients[i], "here");
            raw_expect(clients[i], 0x81, "here");
            echoes++;
        }
    }
    assert_int_equal(received_by(THREADS - 1) - before, echoes);
    atomic_store(&flood_ends, true);
    pthread_join(thread, NULL);
}

/* Whatever the kernel's hash says; and a unix socket, which only one of them hears of. */
static void test_nobody_has_much_more_than_others(void **state)
{
    (void)state;
    start("http://127.0.0.1:0", THREADS);
    open_clients();
    for (uint32_t i = 0; i < THREADS; i++) {
        const size_t count = hws_slots_count(server->workers[i]->slots);
        assert_in_range(count, CLIENTS / THREADS - 2, CLIENTS / THREADS + 2);
    }
}

static int reach(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, path, strlen(path) + 1);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static uint64_t count_connections(void)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < THREADS; i++)
        count += hws_metric_connection_count(&server->workers[i]->metric);
    return count;
}

/* One after the other: two workers that accept at once may both find the same third one idle. */
static void test_a_unix_socket_is_for_all(void **state)
{
    (void)state;
    enum { PEERS = 6 };
    int fds[PEERS];
    char path[64];
    char listen[80];
    snprintf(path, sizeof path, "/tmp/hawser-threads-%d", (int)getpid());
    snprintf(listen, sizeof listen, "unix:%s", path);
    start(listen, THREADS);
    for (size_t i = 0; i < PEERS; i++) {
        fds[i] = reach(path);
        for (int turns = 0; count_connections() <= i; turns++) {
            assert_true(turns < 60000);
            assert_int_equal(hws_loop_step(loop, 1), HWS_OK);
        }
    }
    for (uint32_t i = 0; i < THREADS; i++)
        assert_int_equal(hws_metric_connection_count(&server->workers[i]->metric), PEERS / THREADS);
    for (size_t i = 0; i < PEERS; i++) close(fds[i]);
}

static void set_done(void *user)
{
    (void)user;
    assert_true(hws_loop_is_current(loop));
    done = true;
}

static void test_closing_reaches_all(void **state)
{
    (void)state;
    start("http://localhost:0", THREADS);
    open_clients();
    hws_server_close(server, 4000, set_done, NULL);
    for (size_t i = 0; i < CLIENTS; i++) raw_expect_close(clients[i], 4000);
    assert_false(done);
    for (size_t i = 0; i < CLIENTS; i++) raw_send(clients[i], 0x88, "\x0f\xa0", 2);
    for (int turns = 0; !done; turns++) {
        assert_true(turns < 60000);
        assert_int_equal(hws_loop_step(loop, 1), HWS_OK);
    }
    assert_int_equal(hws_server_websocket_count(server), 0);
}

/* All of them, on their own threads or here, and the descriptors with them. */
static void test_free_while_they_run(void **state)
{
    (void)state;
    const int before = descriptors_open();
    start("http://localhost:0 http://127.0.0.1:0", THREADS);
    open_clients();
    hws_server_free(server);
    server = NULL;
    assert_int_equal(atomic_load(&closed), CLIENTS);
    for (size_t i = 0; i < CLIENTS; i++) {
        raw_free(clients[i]);
        clients[i] = NULL;
    }
    for (int i = 0; i < 3; i++) assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
    assert_int_equal(descriptors_open(), before);
}

/* A second server is told that the port is taken, though the first one's threads share it. */
static void test_a_port_is_not_shared_with_others(void **state)
{
    (void)state;
    char listen[64];
    char explain[256];
    start("http://127.0.0.1:0", THREADS);
    snprintf(listen, sizeof listen, "http://127.0.0.1:%d", raw_port(server));
    for (uint32_t count = 1; count <= 2; count++) {
        const hws_server_options options = {
            .listen = listen, .thread_count = count, .route = {{.path = "/", .on_open = on_open}}};
        hws_server *second;
        assert_int_equal(hws_server_new(loop, &options, explain, sizeof explain, &second),
                         HWS_ERR_ADDRESS_IN_USE);
    }
}

static void test_how_many(void **state)
{
    (void)state;
    start("http://127.0.0.1:0", 0);
    assert_int_equal(server->worker_count, 1);
    hws_server_free(server);
    start("http://127.0.0.1:0", HWS_THREADS_ALL);
    cpu_set_t set;
    assert_int_equal(sched_getaffinity(0, sizeof set, &set), 0);
    assert_int_equal(server->worker_count, CPU_COUNT(&set));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_everybody_is_reached, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_flood_spares_a_thread, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nobody_has_much_more_than_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_unix_socket_is_for_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_closing_reaches_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_free_while_they_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_port_is_not_shared_with_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_how_many, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
