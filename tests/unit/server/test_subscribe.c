/* SPDX-License-Identifier: MIT */
/* Who subscribes to what, and what he gets of it. */
#include "lib/echo_fixture.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_topics),
        TEST(test_many_topics_of_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
