/* SPDX-License-Identifier: MIT */
/* Topics and patterns as an application has them, over loopback. */
#include "hawser/topic.h"

#include "lib/server_fixture.h"
#include "server/worker.h"

static const hws_subscribe_options PATTERN = {.is_pattern = true};
static const hws_publish_options TO_SENDER = {.to_sender = true};

static hws_message text_of(const char *text)
{
    return (hws_message){.type = HWS_TEXT, .data = (const uint8_t *)text, .size = strlen(text)};
}

static void publish(const char *topic, const char *text)
{
    const hws_message message = text_of(text);
    assert_int_equal(hws_server_publish(it.server, topic, &message), HWS_OK);
}

static raw_client *open_client(hws_websocket *ws)
{
    raw_client *client = raw_open(it.loop, it.server, "/");
    *ws = it.last;
    return client;
}

static void subscribe_pattern(hws_websocket ws, const char *pattern)
{
    assert_int_equal(hws_websocket_subscribe_with(ws, pattern, &PATTERN), HWS_OK);
}

static void test_patterns_hear_what_matches(void **state)
{
    (void)state;
    start();
    hws_websocket ws;
    raw_client *client = open_client(&ws);
    subscribe_pattern(ws, "quotes/+");
    publish("quotes/sap", "1");
    publish("quotes", "no");
    publish("quotes/sap/bid", "no");
    publish("quotes/ibm", "2");
    raw_expect(client, 0x81, "1");
    raw_expect(client, 0x81, "2");
    assert_int_equal(hws_websocket_unsubscribe(ws, "quotes/+"), HWS_OK); /* the topic, not this */
    publish("quotes/sap", "3");
    raw_expect(client, 0x81, "3");
    assert_int_equal(hws_websocket_unsubscribe_pattern(ws, "quotes/+"), HWS_OK);
    assert_int_equal(hws_websocket_unsubscribe_pattern(ws, "quotes/+"), HWS_OK);
    publish("quotes/sap", "no");
    raw_expect_silence(client);
    raw_free(client);
}

static void test_a_topic_is_no_pattern(void **state)
{
    (void)state;
    start();
    hws_websocket ws;
    raw_client *client = open_client(&ws);
    assert_int_equal(hws_websocket_subscribe(ws, "#"), HWS_OK);
    publish("a", "no");
    publish("#", "the topic #");
    raw_expect(client, 0x81, "the topic #");
    raw_expect_silence(client);
    raw_free(client);
}

static void test_invalid_names(void **state)
{
    (void)state;
    start();
    hws_websocket ws;
    raw_client *client = open_client(&ws);
    char name[HWS_TOPIC_SIZE_MAX + 2];
    memset(name, 'x', sizeof name);
    name[HWS_TOPIC_SIZE_MAX + 1] = 0;
    const hws_message message = text_of("x");
    assert_int_equal(hws_websocket_subscribe_with(ws, name, &PATTERN), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_websocket_subscribe_with(ws, "a#", &PATTERN), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_websocket_subscribe_with(ws, NULL, NULL), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_websocket_unsubscribe_pattern(ws, "a+"), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_server_publish(it.server, name, &message), HWS_ERR_INVALID_ARGUMENT);
    assert_false(hws_topic_matches(name, "x"));
    assert_false(hws_topic_matches("#", name));
    assert_false(hws_topic_matches("#", ""));
    assert_false(hws_topic_matches(NULL, "x"));
    assert_false(hws_topic_matches("#", NULL));
    name[HWS_TOPIC_SIZE_MAX] = 0;
    assert_true(hws_topic_matches("#", name));
    assert_int_equal(hws_websocket_subscribe(ws, name), HWS_OK);
    publish(name, "long");
    raw_expect(client, 0x81, "long");
    raw_free(client);
}

/* However many of his subscriptions match. */
static void test_one_copy_for_each(void **state)
{
    (void)state;
    start();
    hws_websocket a, b;
    raw_client *first = open_client(&a);
    raw_client *second = open_client(&b);
    assert_int_equal(hws_websocket_subscribe(a, "a/b"), HWS_OK);
    subscribe_pattern(a, "a/+");
    subscribe_pattern(a, "a/#");
    subscribe_pattern(a, "#");
    subscribe_pattern(b, "+/b");
    subscribe_pattern(b, "+/+");
    for (int i = 0; i < 3; i++) publish("a/b", "once");
    for (int i = 0; i < 3; i++) {
        raw_expect(first, 0x81, "once");
        raw_expect(second, 0x81, "once");
    }
    raw_expect_silence(first);
    raw_expect_silence(second);
    raw_free(first);
    raw_free(second);
}

static void test_who_hears_itself(void **state)
{
    (void)state;
    start();
    hws_websocket ws;
    raw_client *client = open_client(&ws);
    const hws_subscribe_options hearing = {.hears_itself = true};
    const hws_subscribe_options hearing_pattern = {.hears_itself = true, .is_pattern = true};
    hws_message message = text_of("not heard");
    assert_int_equal(hws_websocket_subscribe(ws, "a"), HWS_OK);
    assert_int_equal(hws_websocket_publish(ws, "a", &message), HWS_OK);

    message = text_of("by choice of the message");
    assert_int_equal(hws_websocket_publish_with(ws, "a", &message, &TO_SENDER), HWS_OK);
    raw_expect(client, 0x81, "by choice of the message");

    message = text_of("by choice of the subscription");
    assert_int_equal(hws_websocket_subscribe_with(ws, "a", &hearing), HWS_OK);
    assert_int_equal(hws_websocket_publish(ws, "a", &message), HWS_OK);
    raw_expect(client, 0x81, "by choice of the subscription");

    message = text_of("not heard");
    assert_int_equal(hws_websocket_subscribe(ws, "a"), HWS_OK);
    assert_int_equal(hws_websocket_publish(ws, "a", &message), HWS_OK);

    message = text_of("by choice of one of the subscriptions");
    subscribe_pattern(ws, "+");
    assert_int_equal(hws_websocket_subscribe_with(ws, "#", &hearing_pattern), HWS_OK);
    assert_int_equal(hws_websocket_publish(ws, "a", &message), HWS_OK);
    raw_expect(client, 0x81, "by choice of one of the subscriptions");
    raw_expect_silence(client);
    raw_free(client);
}

/* Patterns of who leaves are gone; those of others stay. */
static void test_leaving(void **state)
{
    (void)state;
    start();
    hws_websocket a, b;
    raw_client *first = open_client(&a);
    raw_client *second = open_client(&b);
    subscribe_pattern(a, "a/+/c");
    subscribe_pattern(a, "a/#");
    subscribe_pattern(b, "a/+/c");
    raw_free(first);
    while (it.closed == 0) raw_turn(second);
    assert_int_equal(it.server->workers[0]->topics.patterns.count, 1);
    publish("a/b/c", "still");
    raw_expect(second, 0x81, "still");
    raw_free(second);
}

/* Of the allocations of a subscription or a publication each fails once. */
static void test_without_memory(void **state)
{
    (void)state;
    start();
    hws_websocket ws;
    raw_client *client = open_client(&ws);
    for (size_t calls = 0;; calls++) {
        assert_true(calls < 20);
        it.counter.fail_after = calls;
        const hws_status status = hws_websocket_subscribe_with(ws, "a/+", &PATTERN);
        it.counter.fail_after = SIZE_MAX;
        if (status == HWS_OK) break;
        assert_int_equal(status, HWS_ERR_NO_MEMORY);
        publish("a/b", "no");
    }
    raw_expect_silence(client);
    const hws_message message = text_of("x");
    it.counter.fail_after = 0;
    assert_int_equal(hws_server_publish(it.server, "a/b", &message), HWS_ERR_NO_MEMORY);
    it.counter.fail_after = SIZE_MAX;
    raw_expect_silence(client);
    publish("a/b", "yes");
    raw_expect(client, 0x81, "yes");
    raw_free(client);
}

/* So many that a search through all of them would be felt, and through those of one, too. */
static void test_very_many_topics(void **state)
{
    (void)state;
    enum { TOPICS = 200000 };
    it.options.topic_count_max = TOPICS + 10;
    start();
    hws_websocket ws;
    char name[32];
    raw_client *client = open_client(&ws);
    for (unsigned i = 0; i < TOPICS; i++) {
        snprintf(name, sizeof name, "%u/%u", i % 1000, i);
        const hws_subscribe_options how = {.is_pattern = i % 2 == 0};
        assert_int_equal(hws_websocket_subscribe_with(ws, name, &how), HWS_OK);
        assert_int_equal(hws_websocket_subscribe_with(ws, name, &how), HWS_OK);
    }
    for (unsigned i = 0; i < TOPICS; i += 997) {
        snprintf(name, sizeof name, "%u/%u", i % 1000, i);
        publish(name, name);
        raw_expect(client, 0x81, name);
    }
    for (unsigned i = 0; i < TOPICS; i++) {
        snprintf(name, sizeof name, "%u/%u", i % 1000, i);
        const hws_status status = i % 2 == 0 ? hws_websocket_unsubscribe_pattern(ws, name)
                                             : hws_websocket_unsubscribe(ws, name);
        assert_int_equal(status, HWS_OK);
    }
    publish("7/1007", "no");
    raw_expect_silence(client);
    raw_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_patterns_hear_what_matches),
        TEST(test_a_topic_is_no_pattern),
        TEST(test_invalid_names),
        TEST(test_one_copy_for_each),
        TEST(test_who_hears_itself),
        TEST(test_leaving),
        TEST(test_without_memory),
        TEST(test_very_many_topics),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
