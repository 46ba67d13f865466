/* SPDX-License-Identifier: MIT */
/* How it ends: by the peer, by us, in the midst of something. */
#include <poll.h>

#include "lib/io_fixture.h"

/* Both sides have ended, and nobody listens: what is unread is still there later. */
static void test_hang_up_while_paused_loses_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(makers); i++) {
        int pair[2];
        makers[i](pair);
        end it;
        open_end(&it, pair[0]);
        hws_io_shutdown(&it.io);
        assert_int_equal(write(pair[1], "last words", 10), 10);
        close(pair[1]);
        steps(3);
        assert_int_equal(it.receive_calls, 0);
        assert_int_equal(hws_loop_step(loop, 1), HWS_OK); /* nothing is reported any more */
        hws_io_receive(&it.io, true);
        STEP_UNTIL(it.ended);
        assert_int_equal(it.size, 10);
        assert_int_equal(it.error, 0);
        close_end(&it, false);
    }
}

static void test_reset_is_heard(void **state)
{
    (void)state;
    for (int paused = 0; paused < 2; paused++) {
        int pair[2];
        tcp_pair(pair);
        end it;
        open_end(&it, pair[0]);
        hws_io_receive(&it.io, paused == 0);
        close_with_reset(pair[1]);
        STEP_UNTIL(it.ended);
        assert_int_equal(it.error, ECONNRESET);
        assert_int_equal(it.receive_calls, 1);
        steps(3);
        assert_int_equal(it.receive_calls, 1);
        close_end(&it, false);
    }
}

/* A020: input, hang-up and error are reported at once: the bytes come first. */
static void test_data_before_a_reset(void **state)
{
    (void)state;
    int pair[2];
    tcp_pair(pair);
    end it;
    open_end(&it, pair[0]);
    hws_io_receive(&it.io, true);
    assert_int_equal(write(pair[1], "goodbye", 7), 7);
    assert_int_equal(write(pair[0], "unread", 6), 6);
    close(pair[1]); /* with unread input: a reset */
    STEP_UNTIL(it.ended);
    assert_memory_equal(it.bytes, "goodbye", 7);
    assert_int_equal(it.error, ECONNRESET);
    close_end(&it, false);
}

/* A020, I015: what had arrived before our send failed is received after it. */
static void test_data_after_a_failed_send(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(makers); i++) {
        int pair[2];
        makers[i](pair);
        assert_int_equal(write(pair[1], "goodbye", 7), 7);
        close(pair[1]);
        (void)send(pair[0], "into the void", 13, MSG_NOSIGNAL); /* TCP answers with a reset */
        struct pollfd hang_up = {.fd = pair[0]};
        assert_int_equal(poll(&hang_up, 1, -1), 1);
        end it;
        open_end(&it, pair[0]);
        hws_io_receive(&it.io, true);
        say(&it, "again");
        assert_int_equal(it.send_calls, 0);
        step();
        assert_true(it.sent < 0);
        STEP_UNTIL(it.ended);
        assert_int_equal(it.size, 7);
        assert_memory_equal(it.bytes, "goodbye", 7);
        close_end(&it, false);
    }
}

/* Closing within each call; a send that is done is then not told of any more. */
static void test_close_in_every_call(void **state)
{
    (void)state;
    int pair[2];
    end it;

    unix_pair(pair);
    open_end(&it, pair[0]);
    it.closes_on_receive = true;
    hws_io_receive(&it.io, true);
    assert_int_equal(write(pair[1], "x", 1), 1);
    say(&it, "sent, but not told");
    see_it_close(&it);
    /* A send completes in this turn after all input, or, with io_uring, in the next before it. */
    assert_int_equal(it.send_calls, on_io_uring(loop));
    close(pair[1]);

    unix_pair(pair);
    open_end(&it, pair[0]);
    it.closes_on_send = true;
    say(&it, "x");
    see_it_close(&it);
    assert_int_equal(it.send_calls, 1);
    close(pair[1]);

    unix_pair(pair);
    open_end(&it, pair[0]);
    hws_io_close(&it.io, false); /* at once, with nothing done */
    step();
    assert_true(it.closed);
    close(pair[1]);
}

/* A019: one closes another whose event is in the same batch.  Neither its memory nor a new
 * connection with its number may be reached. */
static end several[3];
static bool opened_anew;

static void close_the_others(hws_io *io, hws_span bytes, int error)
{
    (void)bytes;
    assert_int_equal(error, 0);
    for (size_t i = 0; i < COUNT_OF(several); i++)
        if (&several[i].io != io) hws_io_close(&several[i].io, false);
    hws_io_receive(io, false);
    assert_false(opened_anew);
    opened_anew = true;
}

static const hws_io_handler closer = {.on_receive = close_the_others, .on_close = on_close};

static void test_stale_events(void **state)
{
    (void)state;
    int peers[COUNT_OF(several)];
    opened_anew = false;
    for (size_t i = 0; i < COUNT_OF(several); i++) {
        int pair[2];
        unix_pair(pair);
        open_end(&several[i], pair[0]);
        several[i].io.handler = &closer;
        hws_io_receive(&several[i].io, true);
        peers[i] = pair[1];
        assert_int_equal(write(peers[i], "x", 1), 1);
    }
    step();
    assert_true(opened_anew);
    int closed = 0;
    for (size_t i = 0; i < COUNT_OF(several); i++)
        if (!several[i].closed && hws_io_is(&several[i].io, HWS_IO_CLOSES))
            see_it_close(&several[i]);
    for (size_t i = 0; i < COUNT_OF(several); i++) {
        closed += several[i].closed;
        if (!several[i].closed) close_end(&several[i], false);
    }
    assert_int_equal(closed, 2);
    for (size_t i = 0; i < COUNT_OF(several); i++) close(peers[i]);
}

/* A forked child (or a dup) keeps the description alive: the kernel would go on to report it. */
static void test_a_descriptor_that_lives_on_elsewhere(void **state)
{
    (void)state;
    int pair[2];
    unix_pair(pair);
    const int twin = dup(pair[0]);
    end it;
    open_end(&it, pair[0]);
    hws_io_receive(&it.io, true);
    close_end(&it, false);
    assert_int_equal(write(pair[1], "x", 1), 1);
    steps(3);
    assert_int_equal(it.receive_calls, 0);
    close(twin);
    close(pair[1]);
}

static void test_close_with_reset(void **state)
{
    (void)state;
    for (int reset = 0; reset < 2; reset++) {
        int pair[2];
        tcp_pair(pair);
        end it;
        open_end(&it, pair[0]);
        close_end(&it, reset);
        char byte;
        const ssize_t got = recv(pair[1], &byte, 1, 0);
        assert_int_equal(got, reset ? -1 : 0);
        if (reset) assert_int_equal(errno, ECONNRESET);
        close(pair[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_hang_up_while_paused_loses_nothing),
        TEST(test_reset_is_heard),
        TEST(test_data_before_a_reset),
        TEST(test_data_after_a_failed_send),
        TEST(test_close_in_every_call),
        TEST(test_stale_events),
        TEST(test_a_descriptor_that_lives_on_elsewhere),
        TEST(test_close_with_reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
