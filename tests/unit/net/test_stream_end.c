/* SPDX-License-Identifier: MIT */
/* How it ends: lingering, at once, and in the midst of something. */
#include "lib/stream_fixture.h"

/* The last bytes arrive although the peer has sent what nobody reads. */
static void test_lingering_close_delivers_the_last_bytes(void **state)
{
    (void)state;
    open_stream(0);
    hws_stream_receive(it.stream, false);
    char junk[1000] = "";
    assert_int_equal(write(pair[1], junk, sizeof junk), sizeof junk);
    say("last words");
    hws_stream_close(it.stream, 60000);
    step();
    assert_false(is_gone());
    struct pollfd readable = {.fd = pair[1], .events = POLLIN};
    assert_int_equal(poll(&readable, 1, -1), 1);
    assert_int_equal(write(pair[1], junk, sizeof junk), sizeof junk); /* on and on */
    step();
    assert_heard("last words");
    assert_heard(""); /* a FIN, not a reset */
    close_peer();
    STEP_UNTIL(is_gone());
    assert_int_equal(it.receive_calls + it.end_calls + it.sent_calls, 0);
}

static void test_lingering_delivers_a_long_queue(void **state)
{
    (void)state;
    open_stream(0);
    say_much();
    step();
    assert_true(it.stream->blocked);
    hws_stream_close(it.stream, 60000);
    size_t seen = 0;
    while (seen < HEAP_SIZE) {
        drain(&seen);
        assert_int_equal(hws_loop_step(loop, 10), HWS_OK);
    }
    step();
    assert_heard("");
    close_peer();
    STEP_UNTIL(is_gone());
}

static void test_lingering_has_an_end(void **state)
{
    (void)state;
    open_stream(0);
    say_much();
    hws_stream_close(it.stream, 20);
    STEP_UNTIL(is_gone());
    size_t seen = 0;
    drain(&seen);
    assert_int_equal(errno, ECONNRESET); /* it was not all */

    close_peer();
    tcp_pair(pair);
    open_stream(0);
    say("all");
    hws_stream_close(it.stream, 20); /* the peer never ends its side */
    STEP_UNTIL(is_gone());
    assert_heard("all");
    assert_heard("");
}

static void test_a_lingering_stream_goes_with_the_loop(void **state)
{
    (void)state;
    open_stream(0);
    say("x");
    hws_stream_close(it.stream, 60000);
    step(); /* the rest is told by the tear down: no memory and no descriptor are left */
}

static void test_reset_while_lingering(void **state)
{
    (void)state;
    open_stream(0);
    say_much();
    hws_stream_close(it.stream, 60000);
    step();
    close_with_reset(pair[1]);
    pair[1] = -1;
    STEP_UNTIL(is_gone());
    assert_int_equal(it.receive_calls + it.end_calls + it.sent_calls, 0);
}

static void test_close_at_once(void **state)
{
    (void)state;
    open_stream(0);
    say("never leaves");
    hws_stream_close(it.stream, 0);
    assert_false(is_gone()); /* not from inside the call */
    step();
    assert_true(is_gone());
    assert_int_equal(read(pair[1], (char[1]){0}, 1), -1);
    assert_int_equal(errno, ECONNRESET);

    close_peer();
    tcp_pair(pair);
    open_stream(0);
    hws_stream_close(it.stream, 0); /* with nothing queued */
    step();
    assert_heard("");
}

static void test_close_in_every_call(void **state)
{
    (void)state;
    for (uint32_t in = IN_RECEIVE; in <= IN_SENT; in *= 2) {
        for (uint32_t linger_ms = 0; linger_ms <= 60000; linger_ms += 60000) {
            open_stream(0);
            it.closes_in = in;
            it.linger_ms = linger_ms;
            hws_stream_receive(it.stream, true);
            if (in == IN_RECEIVE) assert_int_equal(write(pair[1], "x", 1), 1);
            if (in == IN_SENT) say("x");
            if (in == IN_END) assert_int_equal(shutdown(pair[1], SHUT_WR), 0);
            STEP_UNTIL(!it.stream);
            close(pair[1]);
            STEP_UNTIL(is_gone());
            tcp_pair(pair);
        }
    }
    close(pair[0]);
}

/* The flush that was asked for in the call that closed comes to nothing. */
static void flush_and_close(void *user)
{
    owner *self = user;
    self->sent_calls++;
    if (self->sent_calls > 1) return;
    say("more");
    hws_stream_close(self->stream, 0);
}

static void test_flush_and_close_when_sent(void **state)
{
    (void)state;
    const hws_stream_owner flusher = {
        .on_receive = on_receive, .on_end = on_end, .on_sent = flush_and_close};
    open_stream(0);
    hws_stream_own(it.stream, &flusher, &it);
    say("x");
    step();
    assert_true(is_gone());
    step();
    assert_int_equal(it.sent_calls, 1);
}

/* I015: the peer's last bytes and its end are heard, though our answer hits a reset. */
static void test_last_bytes_before_a_failed_send(void **state)
{
    (void)state;
    open_stream(0);
    hws_stream_receive(it.stream, true);
    assert_int_equal(write(pair[1], "bye", 3), 3);
    close_peer();
    (void)send(pair[0], "x", 1, MSG_NOSIGNAL);
    struct pollfd hang_up = {.fd = pair[0]};
    assert_int_equal(poll(&hang_up, 1, -1), 1);
    say("answer");
    STEP_UNTIL(it.end_calls == 1);
    assert_memory_equal(it.bytes, "bye", 3);
    hws_stream_close(it.stream, 0);
}

/* After the end was told the owner hears of a failure only that his queue is empty. */
static void test_failed_send_after_the_end(void **state)
{
    (void)state;
    open_stream(0);
    hws_stream_receive(it.stream, true);
    assert_int_equal(shutdown(pair[1], SHUT_WR), 0);
    STEP_UNTIL(it.end_calls == 1);
    say_much();
    step();
    assert_true(it.stream->blocked);
    const int sent_calls = it.sent_calls;
    close_with_reset(pair[1]);
    pair[1] = -1;
    STEP_UNTIL(it.stream->queue.size == 0);
    assert_true(it.sent_calls > sent_calls);
    assert_int_equal(it.end_calls, 1);
    assert_false(it.stream->blocked);
    hws_stream_close(it.stream, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lingering_close_delivers_the_last_bytes, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_lingering_delivers_a_long_queue, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_lingering_has_an_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_lingering_stream_goes_with_the_loop, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_reset_while_lingering, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_close_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_close_in_every_call, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_flush_and_close_when_sent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_last_bytes_before_a_failed_send, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failed_send_after_the_end, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
