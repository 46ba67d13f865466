/* SPDX-License-Identifier: MIT */
/* The engine in memory: order, histories, recovery, idempotency, presence, and each allocation
 * failing once. */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/text.h"
#include "channel/engine_memory.h"
#include "lib/test_memory.h"

enum { INBOX_MAX = 64 };

static test_memory counter;
static hws_memory memory;
static uint64_t now_ms;
static hws_loop *loop;
static hws_engine *engine;
static hws_mailbox mailbox;

/* What has arrived: "kind channel body" each. */
static char inbox[INBOX_MAX][128];
static size_t inbox_count;

static const hws_policy keeping = {.history_size = 5, .history_ttl_ms = 1000};
static const hws_policy forgetting = {0};

static uint64_t clock_now(void)
{
    return now_ms;
}

static void read_letter(void *owner, const hws_letter *letter)
{
    (void)owner;
    static const char *const kinds[] = {"pub", "join", "leave", "order"};
    const hws_text channel = hws_letter_channel(letter);
    const hws_text body = hws_letter_body(letter);
    assert_true(inbox_count < INBOX_MAX);
    snprintf(inbox[inbox_count++], sizeof inbox[0], "%s %.*s %.*s", kinds[letter->kind],
             (int)channel.size, channel.data, (int)body.size, body.data);
}

static int setup(void **state)
{
    (void)state;
    memory = test_memory_hook(&counter);
    now_ms = 1000000;
    inbox_count = 0;
    assert_int_equal(hws_loop_new(NULL, &loop), HWS_OK);
    assert_int_equal(hws_engine_memory_new(&memory, 100, clock_now, &engine), HWS_OK);
    assert_int_equal(hws_mailbox_init(&mailbox, loop, &memory, read_letter, NULL), HWS_OK);
    assert_int_equal(engine->calls->attach(engine, &mailbox), HWS_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hws_mailbox_release(&mailbox);
    engine->calls->free(engine);
    hws_loop_free(loop);
    assert_int_equal(counter.bytes_out, 0);
    return 0;
}

static void arrive(void)
{
    inbox_count = 0;
    for (int i = 0; i < 3; i++) assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
}

/* An answer, and copies of its texts. */
typedef struct seen {
    hws_engine_answer answer;
    char list[512];
    int count;
} seen;

static void on_done(void *user, const hws_engine_answer *answer)
{
    seen *it = user;
    it->answer = *answer;
    it->count++;
    snprintf(it->list, sizeof it->list, "%.*s", (int)answer->list.size,
             answer->list.data ? answer->list.data : "");
}

static hws_engine_answer publish_with(const hws_policy *policy, const char *channel,
                                      const char *body, const char *key)
{
    seen it = {.count = 0};
    const hws_publication publication = {.channel = hws_text_of(channel),
                                         .body = hws_text_of(body),
                                         .idempotency_key = hws_text_of(key)};
    engine->calls->publish(engine, policy, &publication, on_done, &it);
    assert_int_equal(it.count, 1);
    return it.answer;
}

static uint64_t publish(const char *channel, const char *body)
{
    const hws_engine_answer answer = publish_with(&keeping, channel, body, NULL);
    assert_int_equal(answer.status, HWS_OK);
    return answer.position.offset;
}

static void subscribe(const char *channel)
{
    bool is_first = false;
    assert_int_equal(engine->calls->subscribe(engine, &mailbox, hws_text_of(channel), &is_first),
                     HWS_OK);
    assert_true(is_first);
}

static seen ask(const hws_history_query *query)
{
    seen it = {.count = 0};
    engine->calls->history(engine, &keeping, query, on_done, &it);
    assert_int_equal(it.count, 1);
    return it;
}

/* Everything, or `limit` of it. */
static seen history(const char *channel, uint32_t limit, bool reverse)
{
    return ask(
        &(hws_history_query){.channel = hws_text_of(channel), .limit = limit, .reverse = reverse});
}

static seen recover(const char *channel, uint64_t since, const char *epoch, uint32_t limit)
{
    return ask(&(hws_history_query){.channel = hws_text_of(channel),
                                    .has_since = true,
                                    .all_or_nothing = true,
                                    .limit = limit,
                                    .since = since,
                                    .epoch = hws_text_of(epoch)});
}

static void subscribers_get_what_is_published(void **state)
{
    (void)state;
    subscribe("a");
    assert_int_equal(publish("a", "{\"data\":1"), 1);
    assert_int_equal(publish("b", "{\"data\":2"), 1);
    assert_int_equal(publish_with(&forgetting, "a", "{\"data\":3", NULL).position.offset, 0);
    assert_int_equal(publish("a", "{\"data\":4"), 2);
    arrive();
    assert_int_equal(inbox_count, 3);
    assert_string_equal(inbox[0], "pub a {\"data\":1,\"offset\":1}");
    assert_string_equal(inbox[1], "pub a {\"data\":3}");
    assert_string_equal(inbox[2], "pub a {\"data\":4,\"offset\":2}");

    assert_true(engine->calls->unsubscribe(engine, &mailbox, hws_text_of("a")));
    assert_false(engine->calls->unsubscribe(engine, &mailbox, hws_text_of("z")));
    publish("a", "{\"data\":5");
    arrive();
    assert_int_equal(inbox_count, 0);
}

static void histories_are_told(void **state)
{
    (void)state;
    const char *const bodies[] = {"{\"data\":1", "{\"data\":2", "{\"data\":3"};
    for (size_t i = 0; i < 3; i++) publish("a", bodies[i]);
    seen it = history("a", 10, false);
    assert_int_equal(it.answer.count, 3);
    assert_int_equal(it.answer.position.offset, 3);
    assert_int_equal(strlen(it.answer.position.epoch), HWS_EPOCH_SIZE - 1);
    assert_string_equal(it.list, "{\"data\":1,\"offset\":1},{\"data\":2,\"offset\":2},"
                                 "{\"data\":3,\"offset\":3}");
    assert_string_equal(history("a", 2, true).list,
                        "{\"data\":3,\"offset\":3},{\"data\":2,\"offset\":2}");
    assert_string_equal(history("a", 1, false).list, "{\"data\":1,\"offset\":1}");
    it = history("a", 0, false);
    assert_string_equal(it.list, "");
    assert_int_equal(it.answer.position.offset, 3);

    hws_history_query query = {.channel = hws_text_of("a"),
                               .has_since = true,
                               .limit = 10,
                               .since = 2,
                               .epoch = hws_text_of(it.answer.position.epoch)};
    assert_string_equal(ask(&query).list, "{\"data\":3,\"offset\":3}");
    query.reverse = true;
    assert_string_equal(ask(&query).list, "{\"data\":1,\"offset\":1}");
    query.since = 4;
    assert_int_equal(ask(&query).answer.status, HWS_ERR_NOT_FOUND);
    query.since = 2;
    query.epoch = hws_text_of("other");
    assert_int_equal(ask(&query).answer.status, HWS_ERR_NOT_FOUND);
}

/* T019 to T023, T025: all that is missing, or nothing, and told so. */
static void recovery_is_all_or_nothing(void **state)
{
    (void)state;
    for (int i = 0; i < 7; i++) publish("a", "{\"data\":0"); /* 3 to 7 are kept */
    char epoch[HWS_EPOCH_SIZE];
    memcpy(epoch, history("a", 0, false).answer.position.epoch, sizeof epoch);

    seen it = recover("a", 7, epoch, 300);
    assert_true(it.answer.recovered && it.answer.count == 0);
    it = recover("a", 5, epoch, 300);
    assert_true(it.answer.recovered && it.answer.count == 2);
    assert_string_equal(it.list, "{\"data\":0,\"offset\":6},{\"data\":0,\"offset\":7}");
    it = recover("a", 2, epoch, 300);
    assert_true(it.answer.recovered && it.answer.count == 5);
    it = recover("a", 2, epoch, 5);
    assert_true(it.answer.recovered && it.answer.count == 5);

    const struct {
        uint64_t since;
        const char *epoch;
        uint32_t limit;
    } lost[] = {
        {1, epoch, 300},
        {0, epoch, 300},
        {8, epoch, 300},
        {UINT64_MAX, epoch, 300},
        {UINT64_MAX - 1, epoch, 300},
        {7, "", 300},
        {7, "x", 300},
        {2, epoch, 4},
    };
    for (size_t i = 0; i < sizeof lost / sizeof *lost; i++) {
        it = recover("a", lost[i].since, lost[i].epoch, lost[i].limit);
        assert_int_equal(it.answer.status, HWS_OK);
        assert_false(it.answer.recovered);
        assert_int_equal(it.answer.count, 0);
        assert_string_equal(it.list, "");
        assert_int_equal(it.answer.position.offset, 7);
        assert_string_equal(it.answer.position.epoch, epoch);
    }
}

static void what_is_old_is_gone(void **state)
{
    (void)state;
    publish("a", "{\"data\":1");
    now_ms += 600;
    publish("a", "{\"data\":2");
    char epoch[HWS_EPOCH_SIZE];
    memcpy(epoch, history("a", 0, false).answer.position.epoch, sizeof epoch);
    now_ms += 400;
    assert_string_equal(history("a", 10, false).list, "{\"data\":2,\"offset\":2}");
    assert_false(recover("a", 0, epoch, 300).answer.recovered);
    assert_true(recover("a", 1, epoch, 300).answer.recovered);
    now_ms += 600;
    assert_true(recover("a", 2, epoch, 300).answer.recovered);
    assert_int_equal(publish("a", "{\"data\":3"), 3); /* the offsets go on */

    now_ms += UINT64_C(25) * 3600 * 1000; /* and are forgotten when nobody asks for long */
    (void)engine->calls->unsubscribe(engine, &mailbox, hws_text_of("a"));
    assert_int_equal(hws_engine_memory_channel_count(engine), 0);
    assert_int_equal(publish("a", "{\"data\":4"), 1);
    assert_false(recover("a", 1, epoch, 300).answer.recovered);
}

/* Who has been where nothing was said yet comes back to what was said meanwhile. */
static void an_empty_channel_keeps_its_epoch(void **state)
{
    (void)state;
    subscribe("a");
    char epoch[HWS_EPOCH_SIZE];
    memcpy(epoch, history("a", 0, false).answer.position.epoch, sizeof epoch);
    (void)engine->calls->unsubscribe(engine, &mailbox, hws_text_of("a"));
    now_ms += 999;
    publish("a", "{\"data\":1");
    assert_true(recover("a", 0, epoch, 300).answer.recovered);

    /* But nobody fills the memory by asking: those that are empty go when there is need. */
    char name[16];
    for (int i = 0; i < 20000; i++) {
        snprintf(name, sizeof name, "e%d", i);
        assert_int_equal(history(name, 0, false).answer.status == HWS_OK ||
                             hws_engine_memory_channel_count(engine) == 100,
                         true);
    }
    assert_true(recover("a", 0, epoch, 300).answer.recovered);
}

/* Nobody is in it, and its history is gone: what is left is where it stood. */
static void a_channel_without_anybody_is_small(void **state)
{
    (void)state;
    enum { COUNT = 90, SIZE_MAX_EACH = 400 };
    char name[16];
    const size_t before = counter.bytes_out;
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "channel-%d", i);
        publish(name, "{\"data\":1");
        seen it = {.count = 0};
        engine->calls->history_remove(engine, hws_text_of(name), on_done, &it);
    }
    assert_int_equal(hws_engine_memory_channel_count(engine), COUNT);
    assert_true(counter.bytes_out - before <= COUNT * (size_t)SIZE_MAX_EACH);
    (void)publish_with(&forgetting, "nobody", "{\"data\":1", NULL);
    assert_int_equal(hws_engine_memory_channel_count(engine), COUNT);
}

static void history_can_be_removed(void **state)
{
    (void)state;
    publish("a", "{\"data\":1");
    seen it = {.count = 0};
    engine->calls->history_remove(engine, hws_text_of("a"), on_done, &it);
    engine->calls->history_remove(engine, hws_text_of("other"), on_done, &it);
    assert_int_equal(it.count, 2);
    assert_string_equal(history("a", 10, false).list, "");
    assert_int_equal(publish("a", "{\"data\":2"), 2);
}

/* S011: one key, one publication, one answer. */
static void a_key_publishes_once(void **state)
{
    (void)state;
    subscribe("a");
    const hws_engine_answer first = publish_with(&keeping, "a", "{\"data\":1", "key");
    publish("a", "{\"data\":2");
    const hws_engine_answer again = publish_with(&keeping, "a", "{\"data\":1", "key");
    assert_int_equal(again.status, HWS_OK);
    assert_int_equal(again.position.offset, first.position.offset);
    assert_string_equal(again.position.epoch, first.position.epoch);
    assert_int_equal(publish_with(&keeping, "b", "{\"data\":1", "key").position.offset, 1);
    assert_int_equal(publish_with(&keeping, "a", "{\"data\":3", "other").position.offset, 3);
    arrive();
    assert_int_equal(inbox_count, 3);
    now_ms += 5 * 60 * 1000;
    assert_int_equal(publish_with(&keeping, "a", "{\"data\":1", "key").position.offset, 4);
    for (int i = 0; i < 1000; i++) { /* they have a bound */
        char key[16];
        snprintf(key, sizeof key, "%d", i);
        (void)publish_with(&forgetting, "c", "{\"data\":1", key);
    }
    const size_t bytes = counter.bytes_out;
    (void)publish_with(&forgetting, "c", "{\"data\":1", "one");
    assert_int_equal(counter.bytes_out, bytes);
}

static hws_member member(const char *client, const char *user, const char *info)
{
    return (hws_member){hws_text_of("a"), hws_text_of(client), hws_text_of(user),
                        hws_text_of(info)};
}

static seen presence(bool with_list)
{
    seen it = {.count = 0};
    engine->calls->presence(engine, hws_text_of("a"), with_list, on_done, &it);
    assert_int_equal(it.count, 1);
    return it;
}

static void who_is_here_is_known(void **state)
{
    (void)state;
    assert_int_equal(presence(true).answer.count, 0);
    const hws_member ada = member("1", "ada", "{\"n\":1}");
    const hws_member again = member("2", "ada", "{\"n\":2}");
    const hws_member ben = member("3", "ben", "{\"n\":3}");
    assert_int_equal(engine->calls->enter(engine, &ada), HWS_OK);
    assert_string_equal(presence(true).list, "\"1\":{\"n\":1}");
    assert_int_equal(engine->calls->enter(engine, &ada), HWS_OK);
    assert_int_equal(engine->calls->enter(engine, &again), HWS_OK);
    assert_int_equal(engine->calls->enter(engine, &ben), HWS_OK);
    assert_int_equal(presence(false).answer.count, 3);
    assert_int_equal(presence(false).answer.user_count, 2);
    engine->calls->leave(engine, &ada);
    engine->calls->leave(engine, &ada);
    engine->calls->leave(engine, &again);
    assert_string_equal(presence(true).list, "\"3\":{\"n\":3}");
    engine->calls->leave(engine, &ben);
    assert_int_equal(hws_engine_memory_channel_count(engine), 0);
}

static void announcements_and_orders_arrive(void **state)
{
    (void)state;
    subscribe("a");
    assert_int_equal(
        engine->calls->announce(engine, HWS_LETTER_JOIN, hws_text_of("a"), hws_text_of("{}")),
        HWS_OK);
    assert_int_equal(
        engine->calls->announce(engine, HWS_LETTER_LEAVE, hws_text_of("b"), hws_text_of("{}")),
        HWS_OK);
    assert_int_equal(engine->calls->tell(engine, hws_text_of("[]")), HWS_OK);
    arrive();
    assert_int_equal(inbox_count, 2);
    assert_string_equal(inbox[0], "join a {}");
    assert_string_equal(inbox[1], "order  []");
}

static void channels_have_a_bound(void **state)
{
    (void)state;
    char name[16];
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "c%d", i);
        publish(name, "{\"data\":1");
    }
    assert_int_equal(publish_with(&keeping, "more", "{\"data\":1", NULL).status, HWS_ERR_LIMIT);
    bool is_first = false;
    assert_int_equal(engine->calls->subscribe(engine, &mailbox, hws_text_of("more"), &is_first),
                     HWS_ERR_LIMIT);
    assert_false(is_first);
    publish("c7", "{\"data\":1");
    assert_int_equal(hws_engine_memory_channel_count(engine), 100);
    now_ms += UINT64_C(25) * 3600 * 1000; /* what nobody asks for goes by itself */
    for (int i = 0; i < 10000; i++) {
        snprintf(name, sizeof name, "d%d", i);
        (void)publish_with(&keeping, name, "{\"data\":1", NULL);
        now_ms += UINT64_C(25) * 3600 * 1000;
    }
    assert_true(hws_engine_memory_channel_count(engine) <= 100);
}

/* Nobody gets what was answered with an error; whoever tries again gets it once. */
static void each_allocation_fails_once(void **state)
{
    (void)state;
    subscribe("a");
    for (size_t fails = 0; fails < 20; fails++) {
        counter.fail_after = fails;
        char body[32];
        snprintf(body, sizeof body, "{\"data\":%zu", fails);
        const hws_status status = publish_with(&keeping, "a", body, "key").status;
        counter.fail_after = SIZE_MAX;
        arrive();
        if (status == HWS_OK) {
            assert_int_equal(inbox_count, 1);
            break;
        }
        assert_int_equal(status, HWS_ERR_NO_MEMORY);
        assert_int_equal(inbox_count, 0);
        assert_int_equal(history("a", 0, false).answer.position.offset, 0);
    }
    for (size_t fails = 0; fails < 3; fails++) {
        bool is_first = false;
        const hws_member ada = member("1", "ada", "{}");
        counter.fail_after = fails;
        const hws_status status = engine->calls->enter(engine, &ada);
        const hws_status subscribed =
            engine->calls->subscribe(engine, &mailbox, hws_text_of("new"), &is_first);
        counter.fail_after = SIZE_MAX;
        assert_true(status == HWS_OK || status == HWS_ERR_NO_MEMORY);
        assert_true(subscribed == HWS_OK || subscribed == HWS_ERR_NO_MEMORY);
    }
    counter.fail_after = 0;
    assert_int_equal(history("a", 10, false).answer.status, HWS_ERR_NO_MEMORY);
    assert_int_equal(engine->calls->tell(engine, hws_text_of("[]")), HWS_ERR_NO_MEMORY);
    counter.fail_after = SIZE_MAX;
}

/* Order, seen from several threads. */

enum { THREADS = 3, PUBLISHED = 2000 };

typedef struct observer {
    hws_loop *loop;
    hws_mailbox mailbox;
    uint64_t last;
    bool is_out_of_order;
    atomic_size_t count;
} observer;

static void observe(void *owner, const hws_letter *letter)
{
    observer *it = owner;
    if (letter->offset != it->last + 1) it->is_out_of_order = true;
    it->last = letter->offset;
    atomic_fetch_add(&it->count, 1);
}

static void *publish_many(void *user)
{
    (void)user;
    for (int i = 0; i < PUBLISHED; i++) publish("busy", "{\"data\":1");
    return NULL;
}

static void everybody_sees_one_order(void **state)
{
    (void)state;
    static observer observers[THREADS];
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        observer *it = &observers[i];
        *it = (observer){.last = 0};
        assert_int_equal(hws_loop_new(NULL, &it->loop), HWS_OK);
        assert_int_equal(hws_mailbox_init(&it->mailbox, it->loop, &memory, observe, it), HWS_OK);
        assert_int_equal(engine->calls->attach(engine, &it->mailbox), HWS_OK);
        bool is_first = false;
        assert_int_equal(
            engine->calls->subscribe(engine, &it->mailbox, hws_text_of("busy"), &is_first), HWS_OK);
        assert_true(is_first == (i == 0));
        assert_int_equal(hws_loop_start(it->loop), HWS_OK);
    }
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, publish_many, NULL), 0);
    for (size_t i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    for (size_t i = 0; i < THREADS; i++) {
        observer *it = &observers[i];
        while (atomic_load(&it->count) < THREADS * PUBLISHED) sched_yield();
        const hws_text busy = hws_text_of("busy");
        assert_true(engine->calls->unsubscribe(engine, &it->mailbox, busy) == (i == THREADS - 1));
        hws_loop_free(it->loop);
        assert_false(it->is_out_of_order);
        hws_mailbox_release(&it->mailbox);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(subscribers_get_what_is_published),
        TEST(histories_are_told),
        TEST(recovery_is_all_or_nothing),
        TEST(what_is_old_is_gone),
        TEST(an_empty_channel_keeps_its_epoch),
        TEST(a_channel_without_anybody_is_small),
        TEST(history_can_be_removed),
        TEST(a_key_publishes_once),
        TEST(who_is_here_is_known),
        TEST(announcements_and_orders_arrive),
        TEST(channels_have_a_bound),
        TEST(each_allocation_fails_once),
        TEST(everybody_sees_one_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
