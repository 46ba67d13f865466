/* SPDX-License-Identifier: MIT */
/* Threads that publish to subscribers on all threads of a server: each of them gets all of each
 * publisher, in its order, once; what was refused nobody got.  Built with SANITIZE=thread it also
 * says that nothing is shared without being so. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "lib/raw_client.h"
#include "lib/test_memory.h"
#include "server/worker.h"

enum { THREADS = 3, PUBLISHERS = 3, CLIENTS = 9, MESSAGES = 2000, RECEIVE_S = 60 };

static hws_loop *loop;
static hws_server *server;
static test_memory counter;
static hws_memory memory;
static atomic_int opened;
static atomic_int readers_left;
static atomic_int faults;

/* By the path: /0 subscribes to the topic, /1 to a pattern, /2 to both. */
static void on_open(hws_websocket ws, void *user)
{
    const int how = (int)(uintptr_t)user;
    const hws_subscribe_options pattern = {.is_pattern = true};
    if (how != 1 && hws_websocket_subscribe(ws, "news/all") != HWS_OK) atomic_fetch_add(&faults, 1);
    if (how != 0 && hws_websocket_subscribe_with(ws, "news/+", &pattern) != HWS_OK)
        atomic_fetch_add(&faults, 1);
    atomic_fetch_add(&opened, 1);
}

static void start(uint32_t thread_count)
{
    char explain[256];
    memory = test_memory_hook(&counter);
    atomic_store(&opened, 0);
    atomic_store(&faults, 0);
    assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &memory}, &loop), HWS_OK);
    const hws_server_options options = {
        .listen = "http://127.0.0.1:0",
        .thread_count = thread_count,
        .send_queue_max = 64 << 20,
        .send_timeout_ms = 60000,
        .route = {{.path = "/0", .on_open = on_open, .user = (void *)0},
                  {.path = "/1", .on_open = on_open, .user = (void *)1},
                  {.path = "/2", .on_open = on_open, .user = (void *)2}},
    };
    if (hws_server_new(loop, &options, explain, sizeof explain, &server) != HWS_OK)
        fail_msg("%s", explain);
}

static void finish(void)
{
    hws_server_free(server);
    hws_loop_free(loop);
    assert_int_equal(counter.bytes_out, 0);
}

static bool receive_all(int fd, void *bytes, size_t size)
{
    size_t got = 0;
    while (got < size) {
        const ssize_t count = recv(fd, (uint8_t *)bytes + got, size - got, 0);
        if (count <= 0) return false;
        got += (size_t)count;
    }
    return true;
}

/* "1 1234": of which publisher the how-manieth. */
static bool read_message(int fd, unsigned *publisher, unsigned *number)
{
    uint8_t head[2];
    char text[126];
    if (!receive_all(fd, head, 2) || head[0] != 0x81 || head[1] > 125) return false;
    if (!receive_all(fd, text, head[1])) return false;
    text[head[1]] = 0;
    return sscanf(text, "%u %u", publisher, number) == 2 && *publisher < PUBLISHERS;
}

static void *read_in_order(void *user)
{
    const raw_client *client = user;
    unsigned next[PUBLISHERS] = {0};
    for (int left = PUBLISHERS * MESSAGES; left > 0; left--) {
        unsigned publisher, number;
        if (!read_message(client->fd, &publisher, &number) || next[publisher]++ != number) {
            atomic_fetch_add(&faults, 1);
            break;
        }
    }
    if (atomic_fetch_sub(&readers_left, 1) == 1) hws_loop_stop(loop);
    return NULL;
}

/* Again when there was no room: then nobody has it yet. */
static void *publish_in_order(void *user)
{
    for (unsigned i = 0; i < MESSAGES; i++) {
        char text[32];
        const int size = snprintf(text, sizeof text, "%u %u", (unsigned)(uintptr_t)user, i);
        const hws_message message = {
            .type = HWS_TEXT, .data = (const uint8_t *)text, .size = (size_t)size};
        hws_status status;
        while ((status = hws_server_publish(server, "news/all", &message)) == HWS_ERR_QUEUE_FULL)
            sched_yield();
        if (status < HWS_OK) atomic_fetch_add(&faults, 1);
    }
    return NULL;
}

static void test_each_gets_all_in_order(void **state)
{
    (void)state;
    static const char *const PATHS[] = {"/0", "/1", "/2"};
    raw_client *clients[CLIENTS];
    pthread_t readers[CLIENTS], publishers[PUBLISHERS];
    start(THREADS);
    for (size_t i = 0; i < CLIENTS; i++) {
        clients[i] = raw_open(loop, server, PATHS[i % COUNT_OF(PATHS)]);
        const struct timeval patience = {.tv_sec = RECEIVE_S};
        setsockopt(clients[i]->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    }
    while (atomic_load(&opened) < CLIENTS) assert_int_equal(hws_loop_step(loop, 1), HWS_OK);
    atomic_store(&readers_left, CLIENTS);
    for (size_t i = 0; i < CLIENTS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, read_in_order, clients[i]), 0);
    for (uintptr_t i = 0; i < PUBLISHERS; i++)
        assert_int_equal(pthread_create(&publishers[i], NULL, publish_in_order, (void *)i), 0);
    assert_int_equal(hws_loop_run(loop), HWS_OK);
    for (size_t i = 0; i < PUBLISHERS; i++) pthread_join(publishers[i], NULL);
    for (size_t i = 0; i < CLIENTS; i++) pthread_join(readers[i], NULL);
    assert_int_equal(atomic_load(&faults), 0);
    for (size_t i = 0; i < CLIENTS; i++) raw_free(clients[i]);
    finish();
}

static bool is_sure_to_reach_nobody(const char *text)
{
    const hws_topic_name name =
        hws_topic_name_of(&server->topic_key, (hws_text){text, strlen(text)});
    for (uint32_t i = 0; i < THREADS; i++)
        if (hws_topics_may_reach(&server->workers[i]->topics, &name)) return false;
    return true;
}

/* Nobody is woken for what he has no subscriber for; his own thread does not see it as sent.  (One
 * who has a subscriber may be woken for another topic, too: names share counts by a random key.) */
static void test_threads_without_a_subscriber_hear_nothing(void **state)
{
    (void)state;
    start(THREADS);
    raw_client *client = raw_open(loop, server, "/0");
    while (atomic_load(&opened) < 1) assert_int_equal(hws_loop_step(loop, 1), HWS_OK);
    const hws_topic_name all = hws_topic_name_of(&server->topic_key, (hws_text){"news/all", 8});
    int interested = 0;
    for (uint32_t i = 0; i < THREADS; i++)
        interested += hws_topics_may_reach(&server->workers[i]->topics, &all);
    assert_int_equal(interested, 1);
    char none[16] = "none-0";
    for (unsigned n = 1; !is_sure_to_reach_nobody(none); n++) {
        assert_true(n < 100);
        snprintf(none, sizeof none, "none-%u", n);
    }
    const hws_message message = {.type = HWS_TEXT, .data = (const uint8_t *)"x", .size = 1};
    assert_int_equal(hws_server_publish(server, none, &message), HWS_OK);

    /* What is to be retained all of them want. */
    const hws_topic_options retain = {.retain = true, .is_pattern = true};
    char none_and_below[20];
    snprintf(none_and_below, sizeof none_and_below, "%s/#", none);
    assert_int_equal(hws_server_set_topic(server, none_and_below, &retain), HWS_OK);
    assert_int_equal(hws_server_publish(server, none, &message), HWS_BUFFERED);
    raw_free(client);
    finish();
}

/* When one thread cannot take it, the others do not get it either. */
static void test_all_threads_or_none(void **state)
{
    (void)state;
    start(THREADS);
    raw_client *clients[THREADS];
    for (size_t i = 0; i < THREADS; i++) clients[i] = raw_open(loop, server, "/1");
    while (atomic_load(&opened) < THREADS) assert_int_equal(hws_loop_step(loop, 1), HWS_OK);
    const hws_message message = {.type = HWS_TEXT, .data = (const uint8_t *)"0 0", .size = 3};
    hws_slots *full = server->workers[THREADS - 1]->slots;
    size_t taken = 0;
    while (hws_slots_reserve_posted(full, 4096)) taken += 4096;
    while (hws_slots_reserve_posted(full, 1)) taken++;
    const hws_status status = hws_server_publish(server, "news/all", &message);
    hws_slots_return_posted(full, taken);
    assert_int_equal(status, HWS_ERR_QUEUE_FULL);
    for (size_t i = 0; i < THREADS; i++) raw_expect_silence(clients[i]);
    for (size_t calls = 0; calls < 5; calls++) { /* a frame here; frames and posts for the others */
        counter.fail_after = calls;
        const hws_status failed = hws_server_publish(server, "news/all", &message);
        counter.fail_after = SIZE_MAX;
        assert_int_equal(failed, HWS_ERR_NO_MEMORY);
    }
    for (size_t i = 0; i < THREADS; i++) raw_expect_silence(clients[i]);
    assert_true(hws_server_publish(server, "news/all", &message) >= HWS_OK);
    for (size_t i = 0; i < THREADS; i++) {
        raw_expect(clients[i], 0x81, "0 0");
        raw_free(clients[i]);
    }
    finish();
}

/* What a thread's connections hold counts as that thread's. */
static void test_each_thread_counts_its_own_memory(void **state)
{
    (void)state;
    enum { SIZE = 100000 };
    static uint8_t bytes[SIZE];
    start(THREADS);
    raw_client *clients[THREADS];
    for (size_t i = 0; i < THREADS; i++) clients[i] = raw_open(loop, server, "/0");
    while (atomic_load(&opened) < THREADS) assert_int_equal(hws_loop_step(loop, 1), HWS_OK);
    for (size_t i = 0; i < THREADS; i++) raw_send(clients[i], 0x02, bytes, SIZE); /* not the last */
    for (uint32_t i = 0; i < THREADS; i++)
        while (hws_loop_memory_used(server->workers[i]->loop) < SIZE)
            assert_int_equal(hws_loop_step(loop, 1), HWS_OK);
    for (size_t i = 0; i < THREADS; i++) raw_free(clients[i]);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_gets_all_in_order),
        cmocka_unit_test(test_threads_without_a_subscriber_hear_nothing),
        cmocka_unit_test(test_all_threads_or_none),
        cmocka_unit_test(test_each_thread_counts_its_own_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
