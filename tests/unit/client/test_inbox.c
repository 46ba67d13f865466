/* SPDX-License-Identifier: MIT */
#include "client/inbox.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "lib/test_memory.h"

static test_memory counter;
static hws_memory memory;
static hws_inbox *inbox;

/* What the last take said. */
static hws_message taken;
static hws_status end;
static bool has_room;

static int set_up(void **state)
{
    (void)state;
    memory = test_memory_hook(&counter);
    inbox = NULL;
    taken = (hws_message){.size = 77};
    end = HWS_ERR_LIMIT;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hws_inbox_free(inbox);
    assert_int_equal(counter.bytes_out, 0);
    return 0;
}

static void make(size_t size_max)
{
    assert_int_equal(hws_inbox_new(&memory, size_max, &inbox), HWS_OK);
}

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static bool push(const char *text)
{
    const hws_message message = {
        .type = HWS_TEXT, .data = (const uint8_t *)text, .size = strlen(text)};
    bool is_full;
    assert_int_equal(hws_inbox_push(inbox, &message, &is_full), HWS_OK);
    return is_full;
}

static hws_inbox_taken take(uint64_t until_ms)
{
    return hws_inbox_take(inbox, until_ms, &taken, &end, &has_room);
}

static void expect_message(const char *want)
{
    assert_int_equal(take(0), HWS_INBOX_MESSAGE);
    assert_int_equal(taken.size, strlen(want));
    assert_memory_equal(taken.data, want, taken.size);
}

/* What a message costs beside its bytes. */
static size_t cost_of_none(void)
{
    make(SIZE_MAX);
    const size_t before = counter.bytes_out;
    push("");
    const size_t cost = counter.bytes_out - before;
    hws_inbox_free(inbox);
    return cost;
}

static void nothing_is_taken_from_an_empty_one(void **state)
{
    (void)state;
    make(100);
    assert_int_equal(take(0), HWS_INBOX_NOTHING);
    assert_int_equal(taken.size, 77);
    assert_int_equal(end, HWS_ERR_LIMIT);
    assert_false(has_room);
    hws_inbox_free(NULL);
}

static void messages_are_taken_in_order(void **state)
{
    (void)state;
    make(1 << 20);
    assert_false(push("a"));
    assert_false(push(""));
    assert_false(push("c"));
    expect_message("a");
    assert_false(push("d"));
    expect_message("");
    expect_message("c");
    expect_message("d");
    assert_int_equal(take(0), HWS_INBOX_NOTHING);
    assert_false(push("e"));
    expect_message("e");
}

static void a_message_lives_until_the_next_is_taken(void **state)
{
    (void)state;
    make(1 << 20);
    const size_t before = counter.bytes_out;
    push("first");
    expect_message("first");
    push("second");
    push("third");
    assert_memory_equal(taken.data, "first", 5);
    expect_message("second");
    expect_message("third");
    assert_int_not_equal(counter.bytes_out, before);
    assert_int_equal(take(0), HWS_INBOX_NOTHING);
    assert_int_equal(counter.bytes_out, before);
}

static void what_was_lent_is_freed_with_it(void **state)
{
    (void)state;
    make(1 << 20);
    push("a");
    push("b");
    expect_message("a");
}

static void a_message_keeps_what_it_is(void **state)
{
    (void)state;
    make(1 << 20);
    bool is_full;
    const hws_message message = {.type = HWS_BINARY, .data = (const uint8_t *)"\0\xff", .size = 2};
    assert_int_equal(hws_inbox_push(inbox, &message, &is_full), HWS_OK);
    assert_int_equal(take(0), HWS_INBOX_MESSAGE);
    assert_int_equal(taken.type, HWS_BINARY);
    assert_int_equal(taken.part, HWS_WHOLE);
    assert_int_equal(taken.size, 2);
    assert_memory_equal(taken.data, "\0\xff", 2);
}

/* The end. */

static void the_end_comes_after_the_last_message_and_stays(void **state)
{
    (void)state;
    make(1 << 20);
    push("a");
    push("b");
    hws_inbox_end(inbox, HWS_ERR_PONG_TIMEOUT);
    expect_message("a");
    expect_message("b");
    assert_int_equal(end, HWS_ERR_LIMIT);
    taken = (hws_message){.size = 77};
    for (int i = 0; i < 3; i++) {
        end = HWS_OK;
        assert_int_equal(take(i == 0 ? 0 : UINT64_MAX), HWS_INBOX_END);
        assert_int_equal(end, HWS_ERR_PONG_TIMEOUT);
        assert_int_equal(taken.size, 77);
    }
}

static void an_empty_one_ends_at_once(void **state)
{
    (void)state;
    make(1);
    hws_inbox_end(inbox, HWS_ERR_NOT_OPEN);
    assert_int_equal(take(UINT64_MAX), HWS_INBOX_END);
    assert_int_equal(end, HWS_ERR_NOT_OPEN);
    assert_false(has_room);
}

/* The bound. */

static void it_is_full_from_the_bound_on(void **state)
{
    (void)state;
    const size_t cost = cost_of_none();
    make(2 * cost + 3);
    assert_false(push("1"));
    assert_false(push("2"));
    assert_true(push(""));
    hws_inbox_free(inbox);
    make(2 * cost + 3);
    assert_false(push("1"));
    assert_true(push("22"));
}

static void one_message_may_exceed_the_bound(void **state)
{
    (void)state;
    make(1);
    assert_true(push("much longer than that"));
    assert_true(push("so is this"));
    expect_message("much longer than that");
    expect_message("so is this");
}

/* It was told to be full, and is so until has_room says otherwise, whatever comes meanwhile. */
static void it_stays_full_until_there_is_room_again(void **state)
{
    (void)state;
    const size_t cost = cost_of_none();
    make(4 * cost);
    for (int i = 0; i < 3; i++) assert_false(push(""));
    assert_true(push(""));
    expect_message("");
    assert_false(has_room);
    assert_true(push("")); /* was under way */
    expect_message("");
    assert_false(has_room);
    expect_message("");
    assert_true(has_room); /* two of four are left */
    expect_message("");
    assert_false(has_room); /* told once */
    assert_false(push(""));
}

static void there_is_room_at_half_of_the_bound(void **state)
{
    (void)state;
    const size_t cost = cost_of_none();
    make(2 * cost + 10);
    assert_false(push("1"));
    assert_true(push("23456789ab"));
    expect_message("1");
    assert_false(has_room); /* cost + 10 of 2 * cost + 10 */
    expect_message("23456789ab");
    assert_true(has_room);

    hws_inbox_free(inbox);
    make(2 * cost + 10);
    assert_false(push("1"));
    assert_false(push("23456"));
    assert_true(push(""));
    expect_message("1");
    assert_false(has_room);
    expect_message("23456");
    assert_true(has_room);

    hws_inbox_free(inbox);
    make(2 * cost + 10);
    assert_false(push("12345"));
    assert_true(push("12345"));
    expect_message("12345");
    assert_true(has_room); /* exactly half */
}

/* Whoever waits for the next message must have been told that there is room: nobody pushes before
 * that. */
static void the_last_message_makes_room_however_long_it_is(void **state)
{
    (void)state;
    make(10);
    assert_true(push("a message over the whole bound"));
    expect_message("a message over the whole bound");
    assert_true(has_room);
    assert_true(push("and another, while that is lent"));
    expect_message("and another, while that is lent");
    assert_true(has_room);
}

static void what_is_lent_does_not_wait(void **state)
{
    (void)state;
    const size_t cost = cost_of_none();
    make(2 * cost);
    assert_false(push(""));
    expect_message("");
    assert_false(push(""));
    assert_true(push(""));
}

/* Memory. */

static void a_message_without_memory_is_not_there(void **state)
{
    (void)state;
    make(1);
    const hws_message message = {.type = HWS_TEXT, .data = (const uint8_t *)"x", .size = 1};
    bool is_full = false;
    counter.fail_after = 0;
    assert_int_equal(hws_inbox_push(inbox, &message, &is_full), HWS_ERR_NO_MEMORY);
    assert_false(is_full);
    assert_int_equal(take(0), HWS_INBOX_NOTHING);
    counter.fail_after = SIZE_MAX;
    push("y");
    is_full = false;
    counter.fail_after = 0;
    assert_int_equal(hws_inbox_push(inbox, &message, &is_full), HWS_ERR_NO_MEMORY);
    assert_false(is_full); /* untouched */
    expect_message("y");
    counter.fail_after = SIZE_MAX;
}

static void an_inbox_without_memory_is_none(void **state)
{
    (void)state;
    hws_inbox *untouched = NULL;
    counter.fail_after = 0;
    assert_int_equal(hws_inbox_new(&memory, 1, &untouched), HWS_ERR_NO_MEMORY);
    assert_null(untouched);
}

/* Time, and threads. */

static void a_wait_ends_by_the_monotonic_clock(void **state)
{
    (void)state;
    make(100);
    const uint64_t begin_ms = now_ms();
    assert_int_equal(take(begin_ms + 60), HWS_INBOX_NOTHING);
    assert_true(now_ms() - begin_ms >= 60);
    assert_int_equal(take(now_ms()), HWS_INBOX_NOTHING); /* it has passed */
    assert_int_equal(take(1), HWS_INBOX_NOTHING);
}

static void *push_later(void *user)
{
    const struct timespec pause = {.tv_nsec = 30000000};
    nanosleep(&pause, NULL);
    if (user)
        push(user);
    else
        hws_inbox_end(inbox, HWS_ERR_NOT_OPEN);
    return NULL;
}

static hws_inbox_taken take_while_another_pushes(uint64_t until_ms, const char *text)
{
    pthread_t other;
    char copy[16] = "";
    if (text) snprintf(copy, sizeof copy, "%s", text);
    assert_int_equal(pthread_create(&other, NULL, push_later, text ? copy : NULL), 0);
    const hws_inbox_taken what = take(until_ms);
    assert_int_equal(pthread_join(other, NULL), 0);
    return what;
}

static void a_push_ends_the_wait(void **state)
{
    (void)state;
    make(100);
    assert_int_equal(take_while_another_pushes(UINT64_MAX, "for ever"), HWS_INBOX_MESSAGE);
    assert_memory_equal(taken.data, "for ever", 8);
    assert_int_equal(take_while_another_pushes(now_ms() + 600000, "in time"), HWS_INBOX_MESSAGE);
    assert_memory_equal(taken.data, "in time", 7);
}

static void the_end_ends_the_wait(void **state)
{
    (void)state;
    make(100);
    assert_int_equal(take_while_another_pushes(UINT64_MAX, NULL), HWS_INBOX_END);
    assert_int_equal(end, HWS_ERR_NOT_OPEN);
}

enum { STREAM_COUNT = 20000 };

static atomic_bool may_push;

/* Pauses when it is full, as a session does, until it is told that there is room. */
static void *push_stream(void *user)
{
    atomic_bool *has_failed = user;
    for (uint32_t i = 0; i < STREAM_COUNT; i++) {
        uint32_t numbers[32];
        for (size_t k = 0; k < COUNT_OF(numbers); k++) numbers[k] = i;
        const hws_message message = {.type = HWS_BINARY,
                                     .data = (const uint8_t *)numbers,
                                     .size = (i % COUNT_OF(numbers) + 1) * sizeof *numbers};
        bool is_full;
        atomic_store(&may_push, false);
        if (hws_inbox_push(inbox, &message, &is_full) != HWS_OK) atomic_store(has_failed, true);
        while (is_full && !atomic_load(&may_push)) sched_yield();
    }
    hws_inbox_end(inbox, HWS_ERR_CONNECTION_LOST);
    return NULL;
}

static void expect_number(uint32_t want)
{
    assert_int_equal(taken.size, (want % 32 + 1) * sizeof want);
    for (size_t at = 0; at < taken.size; at += sizeof want)
        assert_memory_equal(taken.data + at, &want, sizeof want);
}

static void take_stream(size_t size_max)
{
    make(size_max);
    pthread_t other;
    atomic_bool has_failed = false;
    assert_int_equal(pthread_create(&other, NULL, push_stream, &has_failed), 0);
    uint32_t next = 0;
    for (;;) {
        const hws_inbox_taken what = take(next % 3 == 0 ? now_ms() + 600000 : UINT64_MAX);
        if (has_room) atomic_store(&may_push, true);
        if (what == HWS_INBOX_END) break;
        assert_int_equal(what, HWS_INBOX_MESSAGE);
        expect_number(next++);
    }
    assert_int_equal(next, STREAM_COUNT);
    assert_int_equal(end, HWS_ERR_CONNECTION_LOST);
    assert_int_equal(pthread_join(other, NULL), 0);
    assert_false(has_failed);
}

static void a_stream_through_a_narrow_one_arrives_whole(void **state)
{
    (void)state;
    take_stream(1);
    hws_inbox_free(inbox);
    take_stream(300);
    assert_in_range(counter.bytes_peak, 0, 2000);
}

static void a_stream_through_a_wide_one_arrives_whole(void **state)
{
    (void)state;
    take_stream(1 << 20);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_taken_from_an_empty_one),
        TEST(messages_are_taken_in_order),
        TEST(a_message_lives_until_the_next_is_taken),
        TEST(what_was_lent_is_freed_with_it),
        TEST(a_message_keeps_what_it_is),
        TEST(the_end_comes_after_the_last_message_and_stays),
        TEST(an_empty_one_ends_at_once),
        TEST(it_is_full_from_the_bound_on),
        TEST(one_message_may_exceed_the_bound),
        TEST(it_stays_full_until_there_is_room_again),
        TEST(there_is_room_at_half_of_the_bound),
        TEST(the_last_message_makes_room_however_long_it_is),
        TEST(what_is_lent_does_not_wait),
        TEST(a_message_without_memory_is_not_there),
        TEST(an_inbox_without_memory_is_none),
        TEST(a_wait_ends_by_the_monotonic_clock),
        TEST(a_push_ends_the_wait),
        TEST(the_end_ends_the_wait),
        TEST(a_stream_through_a_narrow_one_arrives_whole),
        TEST(a_stream_through_a_wide_one_arrives_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
