/* SPDX-License-Identifier: MIT */
/* What topics keep for those who subscribe later. */
#include "server/retained.h"

#include "lib/server_fixture.h"
#include "server/worker.h"

static const hws_subscribe_options WANTS = {.wants_retained = true};
static const hws_subscribe_options WANTS_PATTERN = {.wants_retained = true, .is_pattern = true};

static void retain(const char *topic, hws_overflow overflow)
{
    const hws_topic_options options = {
        .overflow = overflow, .retain = true, .is_pattern = strchr(topic, '#')};
    assert_int_equal(hws_server_set_topic(it.server, topic, &options), HWS_OK);
}

static void publish_keyed(const char *topic, const char *key, const char *text)
{
    const hws_message message = {
        .type = HWS_TEXT, .data = (const uint8_t *)text, .size = strlen(text)};
    const hws_publish_options options = {.key = key};
    assert_int_equal(hws_server_publish_with(it.server, topic, &message, &options), HWS_OK);
}

static void publish(const char *topic, const char *text)
{
    publish_keyed(topic, NULL, text);
}

static raw_client *client;

static void subscribe(const char *topic, const hws_subscribe_options *how)
{
    assert_int_equal(hws_websocket_subscribe_with(it.last, topic, how), HWS_OK);
}

static void begin(void)
{
    start();
    client = raw_open(it.loop, it.server, "/");
}

static void end(void)
{
    raw_expect_silence(client);
    raw_free(client);
}

static void expect(const char *text)
{
    raw_expect(client, 0x81, text);
}

static void test_the_last_message_is_handed_over(void **state)
{
    (void)state;
    begin();
    retain("a", HWS_OVERFLOW_CLOSE);
    publish("a", "1");
    publish("a", "2");
    publish("b", "not retained");
    subscribe("a", NULL); /* who does not ask gets none */
    raw_expect_silence(client);
    subscribe("a", &WANTS);
    expect("2");
    subscribe("b", &WANTS);
    publish("a", "3");
    expect("3");
    subscribe("a", &WANTS); /* each time */
    expect("3");
    end();
}

static void test_an_empty_message_clears(void **state)
{
    (void)state;
    begin();
    retain("a", HWS_OVERFLOW_CLOSE);
    publish("a", "1");
    subscribe("a", NULL);
    publish("a", "");
    expect("");
    subscribe("a", &WANTS);
    raw_expect_silence(client);
    assert_int_equal(hws_retained_size(&it.server->workers[0]->retained), 0);
    publish("a", ""); /* nothing there */
    expect("");
    end();
}

static void test_of_each_key(void **state)
{
    (void)state;
    begin();
    retain("q", HWS_OVERFLOW_KEEP_LATEST);
    retain("r", HWS_OVERFLOW_CLOSE);
    publish_keyed("q", "x", "x1");
    publish_keyed("q", "y", "y1");
    publish_keyed("q", "x", "x2");
    publish_keyed("r", "x", "r1");
    publish_keyed("r", "y", "r2");
    subscribe("q", &WANTS);
    expect("y1"); /* the oldest first */
    expect("x2");
    subscribe("r", &WANTS);
    expect("r2");
    publish_keyed("q", "y", "");
    expect("");
    subscribe("q", &WANTS);
    expect("x2");
    end();
}

static void test_of_all_that_a_pattern_matches(void **state)
{
    (void)state;
    begin();
    retain("#", HWS_OVERFLOW_CLOSE);
    publish("a/1", "1");
    publish("b/2", "2");
    publish("a/3", "3");
    publish("a/1", "4");
    publish("$hidden", "5");
    subscribe("a/+", &WANTS_PATTERN);
    expect("3");
    expect("4");
    subscribe("$hidden", &WANTS); /* which # does not match: nothing was retained */
    subscribe("#", &WANTS_PATTERN);
    expect("2");
    expect("3");
    expect("4");
    end();
}

static void test_what_is_not_retained_any_more(void **state)
{
    (void)state;
    begin();
    retain("#", HWS_OVERFLOW_CLOSE);
    retain("b", HWS_OVERFLOW_CLOSE);
    publish("a", "1");
    publish("b", "2");
    const hws_topic_options none = {.is_pattern = true};
    assert_int_equal(hws_server_set_topic(it.server, "#", &none), HWS_OK);
    subscribe("#", &WANTS_PATTERN);
    expect("2");
    publish("a", "3");
    expect("3");
    subscribe("a", &WANTS);
    end();
}

/* What was published longest ago is forgotten; what is too big for all of it is not kept, nor what
 * it would have replaced. */
static void test_what_is_retained_is_bounded(void **state)
{
    (void)state;
    enum { MAX = 10000 };
    it.options.limits.retained_size_max = MAX;
    begin();
    retain("#", HWS_OVERFLOW_CLOSE);
    hws_retained *retained = &it.server->workers[0]->retained;
    char topic[16], text[101];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = 0;
    for (int i = 0; i < 1000; i++) {
        snprintf(topic, sizeof topic, "%d", i);
        publish(topic, text);
        assert_true(hws_retained_size(retained) <= MAX);
    }
    hws_metrics metrics;
    hws_server_metrics(it.server, &metrics);
    assert_int_equal(metrics.retained_size, hws_retained_size(retained));
    assert_true(hws_retained_size(retained) > MAX / 2);
    subscribe("0", &WANTS);
    raw_expect_silence(client);
    subscribe("999", &WANTS);
    expect(text);

    static char big[MAX + 1];
    memset(big, 'y', MAX);
    publish("999", big);
    expect(big);
    subscribe("999", &WANTS);
    subscribe("998", &WANTS); /* nothing had to go for what was not kept */
    expect(text);
    end();
}

static void test_without_memory(void **state)
{
    (void)state;
    begin();
    retain("a", HWS_OVERFLOW_CLOSE);
    for (size_t calls = 1;; calls++) { /* the first is the frame's */
        assert_true(calls < 20);
        it.counter.fail_after = calls;
        publish("a", "1");
        it.counter.fail_after = SIZE_MAX;
        if (hws_retained_size(&it.server->workers[0]->retained) > 0) break;
    }
    it.counter.fail_after = 1;
    publish("a", "2"); /* takes the place of the other */
    it.counter.fail_after = SIZE_MAX;
    subscribe("a", &WANTS);
    expect("2");
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_last_message_is_handed_over),
        TEST(test_an_empty_message_clears),
        TEST(test_of_each_key),
        TEST(test_of_all_that_a_pattern_matches),
        TEST(test_what_is_not_retained_any_more),
        TEST(test_what_is_retained_is_bounded),
        TEST(test_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
