/* SPDX-License-Identifier: MIT */
/* What leaves at once, and what is gathered. */
#include "lib/stream_fixture.h"

/* Pushed bytes leave inside the call; that the queue got shorter is told like always, at the end of
 * the turn, and once for all that has left by then. */
static void test_push(void **state)
{
    (void)state;
    open_stream(0);
    const int told = on_io_uring(loop) ? 2 : 1;
    char much[8192] = ""; /* enough to leave at once in any case */
    assert_int_equal(hws_queue_append(&it.stream->queue, much, sizeof much), HWS_OK);
    hws_stream_push(it.stream);
    assert_int_equal(read(pair[1], much, sizeof much), sizeof much);
    assert_int_equal(it.stream->queue.size, 0);
    assert_int_equal(it.sent_calls, 0);
    say("and behind it");
    step();
    assert_heard("and behind it");
    assert_int_equal(it.sent_calls, told);
    hws_stream_push(it.stream); /* nothing to do */
    step();
    assert_int_equal(it.sent_calls, told);
    hws_stream_close(it.stream, 0);
}

static void append(const char *text)
{
    assert_int_equal(hws_queue_append(&it.stream->queue, text, strlen(text)), HWS_OK);
}

/* A little that is pushed leaves at once, until something is added to it in the same turn: then it
 * waits for a while for the end of the turn, and what is added there. */
static void test_a_small_push_may_be_gathered(void **state)
{
    (void)state;
    open_stream(0);
    step();
    append("one");
    hws_stream_push(it.stream);
    if (on_io_uring(loop)) { /* gathers always what no event of the kernel's has brought */
        assert_int_equal(it.stream->queue.size, 3);
        hws_stream_close(it.stream, 0);
        return;
    }
    assert_heard("one");
    say("two");
    step();
    assert_heard("two");
    for (int turn = 1; turn < 64; turn++) {
        append("a");
        hws_stream_push(it.stream);
        assert_int_equal(recv(pair[1], (char[1]){0}, 1, MSG_PEEK), -1); /* not yet */
        say("b");
        step();
        assert_heard("ab");
    }
    append("three");
    hws_stream_push(it.stream);
    assert_heard("three");
    hws_stream_close(it.stream, 0);
}

static size_t left; /* in the queue, when the answer had been pushed */

static void answer(void *user, hws_span bytes)
{
    on_receive(user, bytes);
    append("answer");
    hws_stream_push(it.stream);
    left = it.stream->queue.size;
}

/* io_uring gathers what many events of a turn have brought, and of a single one nothing. */
static void test_the_answer_to_a_single_event(void **state)
{
    (void)state;
    static const hws_stream_owner answers = {
        .on_receive = answer, .on_end = on_end, .on_sent = on_sent};
    open_stream(0);
    hws_stream_own(it.stream, &answers, &it);
    hws_stream_receive(it.stream, true);
    step();
    assert_int_equal(write(pair[1], "a", 1), 1);
    STEP_UNTIL(it.receive_calls == 1);
    assert_int_equal(left, 0);
    assert_heard("answer");
    assert_int_equal(it.sent_calls, 1);

    assert_int_equal(write(pair[1], "b", 1), 1);
    hws_loop_wake(loop);
    STEP_UNTIL(it.receive_calls == 2);
    assert_int_equal(left, on_io_uring(loop) ? strlen("answer") : 0);
    step();
    assert_heard("answer");
    hws_stream_close(it.stream, 0);
}

/* Our side ends behind what was pushed in the same turn. */
static void test_push_and_end(void **state)
{
    (void)state;
    open_stream(0);
    step();
    append("the last");
    hws_stream_push(it.stream);
    hws_stream_shutdown(it.stream);
    STEP_UNTIL(it.sent_calls > 0);
    assert_heard("the last");
    assert_int_equal(read(pair[1], (char[1]){0}, 1), 0);
    hws_stream_close(it.stream, 0);
}

/* A full socket takes what it has room for, and the rest waits as it always does. */
static void test_push_more_than_it_takes(void **state)
{
    (void)state;
    open_stream(0);
    say_much();
    hws_stream_push(it.stream);
    assert_in_range(it.stream->queue.size, 1, HEAP_SIZE - 1);
    step();
    assert_true(it.stream->blocked);
    const size_t waiting = it.stream->queue.size;
    hws_stream_push(it.stream); /* a send is under way: changes nothing */
    assert_int_equal(it.stream->queue.size, waiting);
    size_t seen = 0;
    while (seen < HEAP_SIZE) {
        drain(&seen);
        assert_int_equal(hws_loop_step(loop, 10), HWS_OK);
    }
    hws_stream_close(it.stream, 0);
}

static void test_push_to_nobody(void **state)
{
    (void)state;
    open_stream(0);
    hws_stream_receive(it.stream, true);
    close_with_reset(pair[1]);
    pair[1] = -1;
    assert_int_equal(hws_queue_append(&it.stream->queue, "nobody", 6), HWS_OK);
    hws_stream_push(it.stream);
    assert_int_equal(it.end_calls, 0);
    STEP_UNTIL(it.end_calls == 1);
    assert_int_equal(it.why, HWS_ERR_CONNECTION_RESET);
    assert_int_equal(it.stream->queue.size, 0);
    hws_stream_close(it.stream, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_push, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_small_push_may_be_gathered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_answer_to_a_single_event, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_push_and_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_push_more_than_it_takes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_push_to_nobody, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
