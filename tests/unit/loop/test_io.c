/* SPDX-License-Identifier: MIT */
/* Bytes in and out, whatever the descriptor. */
#include "loop/io.h"

#include <sys/resource.h>

#include "lib/io_fixture.h"
#include "lib/test_memory.h"

static void test_list(void **state)
{
    (void)state;
    hws_io_list list = {0};
    hws_io each[3] = {{0}};
    assert_null(hws_io_list_pop(&list));
    for (int round = 0; round < 2; round++) {
        hws_io_list_push(&list, &each[0]);
        hws_io_list_push(&list, &each[1]);
        assert_ptr_equal(hws_io_list_pop(&list), &each[0]);
        hws_io_list_push(&list, &each[2]);
        assert_ptr_equal(hws_io_list_pop(&list), &each[1]);
        assert_ptr_equal(hws_io_list_pop(&list), &each[2]);
        assert_null(hws_io_list_pop(&list));
    }
    for (size_t gone = 0; gone < 3; gone++) {
        for (size_t i = 0; i < 3; i++) hws_io_list_push(&list, &each[i]);
        hws_io_list_remove(&list, &each[gone]);
        assert_false(hws_io_is(&each[gone], HWS_IO_LINKED));
        for (size_t i = 0; i < 3; i++)
            if (i != gone) assert_ptr_equal(hws_io_list_pop(&list), &each[i]);
        assert_null(hws_io_list_pop(&list));
    }
}

static void test_bytes_and_their_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(makers); i++) {
        int pair[2];
        makers[i](pair);
        end it;
        open_end(&it, pair[0]);
        hws_io_receive(&it.io, true);
        assert_int_equal(write(pair[1], "hello", 5), 5);
        STEP_UNTIL(it.size == 5);
        assert_memory_equal(it.bytes, "hello", 5);
        assert_int_equal(write(pair[1], "!", 1), 1);
        assert_int_equal(shutdown(pair[1], SHUT_WR), 0);
        STEP_UNTIL(it.ended);
        assert_int_equal(it.error, 0);
        assert_int_equal(it.size, 6);

        /* A half-closed connection still sends, and is quiet. */
        say(&it, "answer");
        assert_int_equal(it.send_calls, 0);
        steps(3);
        assert_int_equal(it.sent, 6);
        char answer[7] = "";
        assert_int_equal(read(pair[1], answer, 6), 6);
        assert_string_equal(answer, "answer");
        hws_io_receive(&it.io, true); /* nothing comes after the end */
        hws_io_shutdown(&it.io);
        steps(3);
        assert_int_equal(read(pair[1], answer, 6), 0);
        hws_io_close(&it.io, false);
        assert_false(it.closed);
        see_it_close(&it);
        close(pair[1]);
    }
}

/* Nothing is heard while receiving is paused, nothing is lost, and the loop does not spin. */
static void test_pause_and_resume(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(makers); i++) {
        int pair[2];
        makers[i](pair);
        end it;
        open_end(&it, pair[0]);
        assert_int_equal(write(pair[1], "a", 1), 1);
        steps(3);
        assert_int_equal(it.size, 0);
        assert_int_equal(it.io.watch & 1, 0); /* input left the set, so that a wait would wait */
        hws_io_receive(&it.io, true);
        STEP_UNTIL(it.size == 1);
        for (char value = 'b'; value <= 'z'; value++) {
            hws_io_receive(&it.io, value % 2 == 0);
            assert_int_equal(write(pair[1], &value, 1), 1);
            steps(value % 3);
        }
        hws_io_receive(&it.io, true);
        assert_int_equal(shutdown(pair[1], SHUT_WR), 0);
        hws_io_receive(&it.io, false);
        steps(2);
        assert_false(it.ended);
        hws_io_receive(&it.io, true);
        STEP_UNTIL(it.ended);
        assert_int_equal(it.size, 26);
        assert_memory_equal(it.bytes, "abcdefghijklmnopqrstuvwxyz", 26);
        close_end(&it, false);
        close(pair[1]);
    }
}

/* A023: urgent bytes are none of the stream. */
static void test_urgent_data_is_ignored(void **state)
{
    (void)state;
    int pair[2];
    tcp_pair(pair);
    end it;
    open_end(&it, pair[0]);
    hws_io_receive(&it.io, true);
    assert_int_equal(send(pair[1], "ab", 2, 0), 2);
    assert_int_equal(send(pair[1], "!", 1, MSG_OOB), 1);
    assert_int_equal(send(pair[1], "cd", 2, 0), 2);
    STEP_UNTIL(it.size == 4);
    assert_memory_equal(it.bytes, "abcd", 4);
    steps(2);
    assert_false(it.ended);
    close_end(&it, false);
    close(pair[1]);
}

/* Sending: what the kernel does not take waits until it has room. */
static void test_a_full_socket(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(makers); i++) {
        int pair[2];
        makers[i](pair);
        end it;
        open_end(&it, pair[0]);
        enum { SIZE = 16 << 20 };
        uint8_t *bytes = calloc(1, SIZE);
        assert_non_null(bytes);
        hws_span span = {bytes, SIZE};
        hws_io_send(&it.io, &span, 1);
        assert_false(hws_io_send_waits(&it.io));
        step();
        assert_int_equal(it.send_calls, 1);
        assert_true(it.sent > 0 && it.sent < SIZE); /* in part */

        span.size -= (size_t)it.sent;
        span.data += it.sent;
        hws_io_send(&it.io, &span, 1);
        assert_true(hws_io_send_waits(&it.io));
        hws_io_receive(&it.io, true); /* input is not room */
        assert_int_equal(write(pair[1], "x", 1), 1);
        STEP_UNTIL(it.size == 1);
        steps(3);
        assert_int_equal(it.send_calls, 1);

        uint8_t *sink = malloc(SIZE);
        assert_non_null(sink);
        while (it.send_calls == 1) {
            while (read(pair[1], sink, SIZE) > 0) continue;
            assert_int_equal(hws_loop_step(loop, 10), HWS_OK);
        }
        assert_int_equal(it.sent, 0); /* room again: ask once more */
        assert_false(hws_io_send_waits(&it.io));
        hws_io_send(&it.io, &span, 1);
        step();
        assert_int_equal(it.send_calls, 3);
        assert_true(it.sent > 0);
        while (read(pair[1], sink, SIZE) > 0) continue;
        steps(3); /* output is reported and leaves the set: nobody waits */
        assert_int_equal(it.send_calls, 3);
        assert_int_equal(hws_loop_step(loop, 1), HWS_OK);
        assert_int_equal(it.io.watch & 4, 0);
        close_end(&it, true);
        close(pair[1]);
        free(bytes);
        free(sink);
    }
}

static void test_many_spans_in_one_send(void **state)
{
    (void)state;
    int pair[2];
    unix_pair(pair);
    end it;
    open_end(&it, pair[0]);
    uint8_t bytes[HWS_IO_SPANS_MAX * 2];
    hws_span spans[HWS_IO_SPANS_MAX];
    for (size_t i = 0; i < HWS_IO_SPANS_MAX; i++) {
        bytes[i * 2] = (uint8_t)i;
        bytes[i * 2 + 1] = (uint8_t)~i;
        spans[i] = (hws_span){bytes + i * 2, 2};
    }
    hws_io_send(&it.io, spans, HWS_IO_SPANS_MAX);
    memset(spans, 0, sizeof spans); /* which need not stay */
    step();
    assert_int_equal(it.sent, sizeof bytes);
    uint8_t got[sizeof bytes];
    assert_int_equal(read(pair[1], got, sizeof got), sizeof got);
    assert_memory_equal(got, bytes, sizeof got);
    close_end(&it, false);
    close(pair[1]);
}

/* A018: numbers beyond FD_SETSIZE. */
static void test_a_high_number(void **state)
{
    (void)state;
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_cur < 5000) skip();
    int pair[2];
    unix_pair(pair);
    const int high = fcntl(pair[0], F_DUPFD_CLOEXEC, 4000);
    assert_true(high >= 4000);
    close(pair[0]);
    end it;
    open_end(&it, high);
    hws_io_receive(&it.io, true);
    assert_int_equal(write(pair[1], "x", 1), 1);
    STEP_UNTIL(it.size == 1);
    close_end(&it, false);
    close(pair[1]);
}

/* One buffer's worth per turn and descriptor, or what all buffers of a ring hold: a flood does not
 * starve the other. */
static void test_fairness(void **state)
{
    (void)state;
    hws_loop_free(loop);
    assert_int_equal(hws_loop_new(&(hws_loop_options){.receive_size = 10}, &loop), HWS_OK);
    int loud_pair[2];
    int quiet_pair[2];
    unix_pair(loud_pair);
    unix_pair(quiet_pair);
    end loud;
    end quiet;
    open_end(&loud, loud_pair[0]);
    open_end(&quiet, quiet_pair[0]);
    hws_io_receive(&loud.io, true);
    hws_io_receive(&quiet.io, true);
    uint8_t bytes[95] = {0};
    assert_int_equal(write(loud_pair[1], bytes, sizeof bytes), sizeof bytes);
    assert_int_equal(write(quiet_pair[1], bytes, 1), 1);
    step();
    assert_int_equal(loud.size, on_io_uring(loop) ? 95 : 10);
    assert_int_equal(quiet.size, 1);
    steps(9);
    assert_int_equal(loud.size, 95);
    close_end(&loud, false);
    close_end(&quiet, false);
    close(loud_pair[1]);
    close(quiet_pair[1]);
}

static void test_not_a_pollable_descriptor(void **state)
{
    (void)state;
    hws_io io;
    if (on_io_uring(loop)) return; /* which asks nothing of the kernel before it must */
    const int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    assert_int_equal(hws_io_open(&io, loop, fd, &handler), HWS_ERR_SYSTEM);
    assert_int_equal(close(fd), 0); /* still ours */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),
        TEST(test_bytes_and_their_end),
        TEST(test_pause_and_resume),
        TEST(test_urgent_data_is_ignored),
        TEST(test_a_full_socket),
        TEST(test_many_spans_in_one_send),
        TEST(test_a_high_number),
        TEST(test_fairness),
        TEST(test_not_a_pollable_descriptor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
