/* SPDX-License-Identifier: MIT */
/* Calls from other threads. */
#include <pthread.h>

#include "lib/echo_fixture.h"

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
        hws_span payload = {0};
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_send_from_other_threads),
        TEST(test_everything_from_another_thread),
        TEST(test_the_server_goes_before_a_post_arrives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
