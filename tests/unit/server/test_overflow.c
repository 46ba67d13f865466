/* SPDX-License-Identifier: MIT */
/* The overflow policies of topics, on streams that the test lets flow or not. */
#include "lib/fake_stream.h"
#include "lib/server_fixture.h"
#include "server/connection.h"
#include "server/worker.h"

enum { QUEUE_MAX = 40, PEERS = 3 };

static fake_stream streams[PEERS];
static hws_websocket peers[PEERS];
static size_t read_sizes[PEERS]; /* of the output, that the test has looked at */

static void set_topic(const char *topic, hws_overflow overflow)
{
    const hws_topic_options options = {.overflow = overflow, .is_pattern = strchr(topic, '#')};
    assert_int_equal(hws_server_set_topic(it.server, topic, &options), HWS_OK);
}

static void open_peers(void)
{
    it.options.send_queue_max = QUEUE_MAX;
    start();
    for (size_t i = 0; i < PEERS; i++) {
        hws_connection *connection;
        fake_stream_init(&streams[i], it.loop);
        read_sizes[i] = 0;
        assert_int_equal(hws_connection_new(&it.server->workers[0]->services[0], NULL, &connection),
                         HWS_OK);
        assert_int_equal(hws_connection_open(connection, &streams[i].stream, (hws_deflate_terms){0},
                                             (hws_span){0}),
                         HWS_OK);
        peers[i] = it.last;
    }
}

static void subscribe(size_t peer, const char *topic)
{
    assert_int_equal(hws_websocket_subscribe(peers[peer], topic), HWS_OK);
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

/* What the peer gets now, its texts behind each other. */
static void expect(size_t peer, const char *want)
{
    char got[4096] = "";
    size_t used = 0;
    fake_stream *stream = &streams[peer];
    fake_stream_take(stream, SIZE_MAX);
    while (read_sizes[peer] < stream->output_size) {
        const uint8_t *frame = stream->output + read_sizes[peer];
        assert_int_equal(frame[0], 0x81);
        assert_true(frame[1] < 126);
        memcpy(got + used, frame + 2, frame[1]);
        used += frame[1];
        read_sizes[peer] += 2 + (size_t)frame[1];
    }
    got[used] = 0;
    assert_string_equal(got, want);
}

static uint64_t drops(hws_drop what)
{
    hws_metrics metrics;
    hws_server_metrics(it.server, &metrics);
    return metrics.drop_total[what];
}

/* Ten bytes each in the queue, so that the fifth finds it full. */
static void fill(const char *topic)
{
    static const char *const TEXTS[] = {"1.......", "2.......", "3.......", "4......."};
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) publish(topic, TEXTS[i]);
}

static const char FILLED[] = "1.......2.......3.......4.......";

/* The first is the only one who subscribes to `topic`. */
static void begin_alone(const char *topic, hws_overflow overflow)
{
    open_peers();
    set_topic(topic, overflow);
    subscribe(0, topic);
}

/* Two subscribe to "a": the queue of the first is full, the second keeps up. */
static void begin_with_a_full_queue(hws_overflow overflow)
{
    begin_alone("a", overflow);
    subscribe(1, "a");
    fill("a");
    expect(1, FILLED);
}

static void test_close(void **state)
{
    (void)state;
    begin_with_a_full_queue(HWS_OVERFLOW_CLOSE);
    publish("a", "5.......");
    assert_int_equal(hws_websocket_ready_state(peers[0]), HWS_CLOSING);
    assert_int_equal(hws_websocket_ready_state(peers[1]), HWS_OPEN);
    expect(1, "5.......");
    assert_int_equal(drops(HWS_DROP_CLOSE), 1);
    fake_stream_take(&streams[0], SIZE_MAX); /* all that there was, and then 1008 */
    assert_memory_equal(streams[0].output + 40, "\x88", 1);
    assert_memory_equal(streams[0].output + 42, "\x03\xf0", 2);
}

static void test_drop_newest(void **state)
{
    (void)state;
    begin_with_a_full_queue(HWS_OVERFLOW_DROP_NEWEST);
    publish("a", "5.......");
    publish("a", "6.......");
    expect(0, FILLED);
    expect(1, "5.......6.......");
    publish("a", "7.......");
    expect(0, "7.......");
    assert_int_equal(drops(HWS_DROP_NEWEST), 2);
}

static void test_drop_oldest(void **state)
{
    (void)state;
    begin_with_a_full_queue(HWS_OVERFLOW_DROP_OLDEST);
    publish("a", "5.......");
    publish("a", "6.......");
    expect(0, "3.......4.......5.......6.......");
    expect(1, "5.......6.......");
    assert_int_equal(drops(HWS_DROP_OLDEST), 2);
    assert_int_equal(drops(HWS_DROP_NEWEST), 0);
}

/* A long one went over the limit: several short ones make room for the next. */
static void test_as_many_of_the_oldest_as_it_takes(void **state)
{
    (void)state;
    begin_alone("a", HWS_OVERFLOW_DROP_OLDEST);
    publish("a", "1.......");
    publish("a", "2.......");
    publish("a", "3.......");
    publish("a", "4...........................");
    publish("a", "5.......");
    expect(0, "4...........................5.......");
    assert_int_equal(drops(HWS_DROP_OLDEST), 3);
}

/* What was retained and handed over waits like any other, under its key. */
static void test_what_was_retained_is_replaced(void **state)
{
    (void)state;
    open_peers();
    const hws_topic_options options = {.overflow = HWS_OVERFLOW_KEEP_LATEST, .retain = true};
    const hws_subscribe_options wants = {.wants_retained = true};
    assert_int_equal(hws_server_set_topic(it.server, "q", &options), HWS_OK);
    publish_keyed("q", "x", "x1 ");
    publish_keyed("q", "y", "y1 ");
    assert_int_equal(hws_websocket_subscribe_with(peers[0], "q", &wants), HWS_OK);
    streams[0].stream.blocked = true;
    publish_keyed("q", "x", "x2 ");
    expect(0, "x2 y1 ");
    assert_int_equal(drops(HWS_DROP_LATEST), 1);
}

/* A frame whose first byte has left arrives whole. */
static void test_what_has_begun_is_not_dropped(void **state)
{
    (void)state;
    begin_alone("a", HWS_OVERFLOW_DROP_OLDEST);
    fill("a");
    fake_stream_take(&streams[0], 1);
    publish("a", "5......."); /* there is room for a byte */
    publish("a", "6.......");
    expect(0, "1.......3.......4.......5.......6.......");
    assert_int_equal(drops(HWS_DROP_OLDEST), 1);
}

/* Other topics, and messages of his own, are none of its business. */
static void test_oldest_of_its_own_topic_alone(void **state)
{
    (void)state;
    open_peers();
    set_topic("#", HWS_OVERFLOW_DROP_OLDEST);
    set_topic("c", HWS_OVERFLOW_CLOSE);
    subscribe(0, "a");
    subscribe(0, "b");
    subscribe(0, "c");
    publish("c", "c1......");
    publish("b", "b1......");
    assert_int_equal(hws_websocket_send_text(peers[0], "own....."), HWS_OK);
    publish("a", "a1......");
    publish("b", "b2......");
    publish("a", "a2......");
    expect(0, "c1......own.....b2......a2......"); /* b1 went for b2, a1 for a2 */
    assert_int_equal(drops(HWS_DROP_OLDEST), 2);
    publish("c", "c2......");
    publish("c", "c3......");
    publish("c", "c4......");
    publish("c", "c5......");
    publish("a", "a3......"); /* there is nothing of "a" to drop */
    expect(0, "c2......c3......c4......c5......");
    assert_int_equal(drops(HWS_DROP_NEWEST), 1);
}

static void test_keep_latest(void **state)
{
    (void)state;
    begin_alone("q", HWS_OVERFLOW_KEEP_LATEST);
    subscribe(1, "q");
    publish_keyed("q", "x", "x1 "); /* nobody is behind: all of it arrives */
    publish_keyed("q", "x", "x2 ");
    expect(0, "x1 x2 ");
    streams[0].stream.blocked = true;
    publish_keyed("q", "x", "x3 ");
    publish_keyed("q", "y", "y1 ");
    publish_keyed("q", NULL, "- ");
    publish_keyed("q", "x", "x4 ");
    publish_keyed("q", "y", "y2 ");
    publish_keyed("q", "x", "x5 ");
    publish_keyed("q", "", "-- ");
    expect(1, "x1 x2 x3 y1 - x4 y2 x5 -- ");
    expect(0, "x5 y2 -- "); /* each in its place */
    assert_int_equal(drops(HWS_DROP_LATEST), 4);
    publish_keyed("q", "x", "x6 ");
    fake_stream_take(&streams[0], 2);
    publish_keyed("q", "x", "x7 "); /* x6 has begun */
    publish_keyed("q", "x", "x8 ");
    expect(0, "x6 x8 ");
    assert_int_equal(drops(HWS_DROP_LATEST), 5);
}

/* What came while he kept up makes room as well, once he does not. */
static void test_latest_of_several_that_wait(void **state)
{
    (void)state;
    open_peers();
    set_topic("q", HWS_OVERFLOW_KEEP_LATEST);
    set_topic("r", HWS_OVERFLOW_KEEP_LATEST);
    subscribe(0, "q");
    subscribe(0, "r");
    publish_keyed("q", "x", "q1 ");
    publish_keyed("q", "x", "q2 ");
    publish_keyed("r", "x", "r1 "); /* the same key, of another topic */
    publish_keyed("q", "x", "q3 ");
    streams[0].stream.blocked = true;
    publish_keyed("q", "x", "q4 ");
    expect(0, "q4 r1 ");
    assert_int_equal(drops(HWS_DROP_LATEST), 3);
}

/* More keys than there is room for: to leave one out would leave it stale. */
static void test_too_many_keys(void **state)
{
    (void)state;
    begin_alone("q", HWS_OVERFLOW_KEEP_LATEST);
    publish_keyed("q", "1", "1.......");
    publish_keyed("q", "2", "2.......");
    publish_keyed("q", "3", "3.......");
    publish_keyed("q", "4", "4.......");
    publish_keyed("q", "2", "two....."); /* full, though not blocked: it takes the place */
    assert_int_equal(hws_websocket_ready_state(peers[0]), HWS_OPEN);
    publish_keyed("q", "5", "5.......");
    assert_int_equal(hws_websocket_ready_state(peers[0]), HWS_CLOSING);
    assert_int_equal(drops(HWS_DROP_CLOSE), 1);
    fake_stream_take(&streams[0], 40);
    assert_memory_equal(streams[0].output,
                        "\x81\x08"
                        "1.......\x81\x08"
                        "two.....",
                        20);
}

static void test_which_options_count(void **state)
{
    (void)state;
    open_peers();
    set_topic("a/#", HWS_OVERFLOW_DROP_NEWEST);
    set_topic("#", HWS_OVERFLOW_DROP_OLDEST); /* later */
    subscribe(0, "a/b");
    fill("a/b");
    publish("a/b", "5.......");
    assert_int_equal(drops(HWS_DROP_OLDEST), 1);
    set_topic("a/#", HWS_OVERFLOW_DROP_NEWEST); /* set again, so now the later one */
    publish("a/b", "6.......");
    assert_int_equal(drops(HWS_DROP_NEWEST), 1);
    set_topic("a/b", HWS_OVERFLOW_DROP_OLDEST); /* the topic itself */
    publish("a/b", "7.......");
    assert_int_equal(drops(HWS_DROP_OLDEST), 2);
    set_topic("a/#", HWS_OVERFLOW_DROP_NEWEST);
    publish("a/b", "8.......");
    assert_int_equal(drops(HWS_DROP_OLDEST), 3);
    assert_int_equal(hws_server_set_topic(it.server, "a/b", NULL), HWS_OK);
    publish("a/b", "9.......");
    assert_int_equal(drops(HWS_DROP_CLOSE), 1);
}

static void test_invalid_options(void **state)
{
    (void)state;
    start();
    hws_topic_options options = {.is_pattern = true};
    assert_int_equal(hws_server_set_topic(it.server, "a#", &options), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_server_set_topic(it.server, "", NULL), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_server_set_topic(it.server, NULL, NULL), HWS_ERR_INVALID_ARGUMENT);
    options = (hws_topic_options){.overflow = (hws_overflow)4};
    assert_int_equal(hws_server_set_topic(it.server, "a", &options), HWS_ERR_INVALID_ARGUMENT);
    options.overflow = HWS_OVERFLOW_KEEP_LATEST;
    assert_int_equal(hws_server_set_topic(it.server, "#", &options), HWS_OK); /* the topic # */

    char key[HWS_TOPIC_KEY_SIZE_MAX + 2];
    memset(key, 'k', sizeof key);
    key[HWS_TOPIC_KEY_SIZE_MAX + 1] = 0;
    const hws_message message = {.type = HWS_BINARY};
    const hws_publish_options keyed = {.key = key};
    assert_int_equal(hws_server_publish_with(it.server, "a", &message, &keyed),
                     HWS_ERR_INVALID_ARGUMENT);
    key[HWS_TOPIC_KEY_SIZE_MAX] = 0;
    assert_int_equal(hws_server_publish_with(it.server, "a", &message, &keyed), HWS_OK);
}

/* Too much waits in all.  One copy each of what three wait for. */
static void test_all_that_waits_is_bounded(void **state)
{
    (void)state;
    it.options.limits.broadcast_size_max = 2000;
    open_peers();
    it.server->workers[0]->services[0].plan.send_queue_max = 1 << 20;
    set_topic("o", HWS_OVERFLOW_DROP_OLDEST);
    set_topic("n", HWS_OVERFLOW_DROP_NEWEST);
    char text[101];
    memset(text, '.', sizeof text);
    text[sizeof text - 1] = 0;
    for (size_t i = 0; i < PEERS; i++) {
        subscribe(i, "a");
        subscribe(i, "o");
        subscribe(i, "n");
    }
    for (int i = 0; i < 10; i++) publish("a", text);
    publish("o", "old ");
    hws_metrics metrics;
    hws_server_metrics(it.server, &metrics);
    assert_int_equal(metrics.broadcast_size, 10 * 102 + 6);
    assert_int_equal(metrics.queue_size, PEERS * (10 * 102 + 6));

    for (int i = 0; i < 10; i++) publish("a", text);
    streams[0].stream.blocked = true; /* the others keep up: for them there is room */
    publish("n", "no ");
    publish("o", "new ");
    publish("o", "newer ");
    assert_int_equal(drops(HWS_DROP_NEWEST), 1);
    assert_int_equal(drops(HWS_DROP_OLDEST), 2);
    publish("a", text);
    assert_int_equal(hws_websocket_ready_state(peers[0]), HWS_CLOSING);
    assert_int_equal(hws_websocket_ready_state(peers[1]), HWS_OPEN);
    assert_int_equal(drops(HWS_DROP_CLOSE), 1);
}

/* For whom most waits goes, also when nobody publishes to him any more. */
static void test_the_slowest_go(void **state)
{
    (void)state;
    it.options.limits.broadcast_size_max = 10000;
    open_peers();
    it.server->workers[0]->services[0].plan.send_queue_max = 1 << 20;
    char text[101];
    memset(text, '.', sizeof text);
    text[sizeof text - 1] = 0;
    subscribe(0, "a");
    subscribe(1, "b");
    subscribe(2, "b");
    subscribe(2, "a"); /* most of all, but he keeps up */
    for (int i = 0; i < 70; i++) publish("a", text);
    for (int i = 0; i < 20; i++) publish("b", text);
    streams[0].stream.blocked = streams[1].stream.blocked = true; /* not the third */
    for (int i = 0; i < 20; i++) publish("b", text);
    assert_int_equal(hws_websocket_ready_state(peers[1]), HWS_CLOSING); /* by the policy */
    assert_int_equal(hws_loop_step(it.loop, 0), HWS_OK);
    assert_int_equal(it.closed, 1);
    assert_int_equal(it.close.status, HWS_ERR_MEMORY_SHED);
    assert_true(streams[0].closed); /* seventy waited for him */
    assert_int_equal(hws_websocket_ready_state(peers[2]), HWS_OPEN);
    assert_int_equal(drops(HWS_DROP_CLOSE), 2);
}

static void test_without_memory(void **state)
{
    (void)state;
    open_peers();
    it.counter.fail_after = 0;
    const hws_topic_options options = {.overflow = HWS_OVERFLOW_KEEP_LATEST};
    assert_int_equal(hws_server_set_topic(it.server, "q", &options), HWS_ERR_NO_MEMORY);
    it.counter.fail_after = 1;
    assert_int_equal(hws_server_set_topic(it.server, "q", &options), HWS_ERR_NO_MEMORY);
    it.counter.fail_after = SIZE_MAX;
    set_topic("q", HWS_OVERFLOW_KEEP_LATEST);
    subscribe(0, "q");
    /* The message is framed, then there is no room to queue it: he is told, not passed over. */
    it.counter.fail_after = 1;
    publish_keyed("q", "x", "x");
    it.counter.fail_after = SIZE_MAX;
    assert_int_not_equal(hws_websocket_ready_state(peers[0]), HWS_OPEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_close),
        TEST(test_drop_newest),
        TEST(test_drop_oldest),
        TEST(test_as_many_of_the_oldest_as_it_takes),
        TEST(test_what_was_retained_is_replaced),
        TEST(test_what_has_begun_is_not_dropped),
        TEST(test_oldest_of_its_own_topic_alone),
        TEST(test_keep_latest),
        TEST(test_latest_of_several_that_wait),
        TEST(test_too_many_keys),
        TEST(test_which_options_count),
        TEST(test_invalid_options),
        TEST(test_all_that_waits_is_bounded),
        TEST(test_the_slowest_go),
        TEST(test_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
