/* SPDX-License-Identifier: MIT */
/* Bytes in and out, and what waits. */
#include "lib/stream_fixture.h"

/* All that one turn adds leaves in one write: one segment of the peer's. */
static void test_one_write_per_turn(void **state)
{
    (void)state;
    open_stream(0);
    for (int i = 0; i < 10; i++) say("0123456789");
    assert_int_equal(recv(pair[1], (char[1]){0}, 1, MSG_PEEK), -1); /* not yet */
    step();
    assert_int_equal(it.sent_calls, 1);
    assert_int_equal(it.stream->queue.size, 0);
    assert_false(it.stream->blocked);
    assert_int_equal(hws_loop_timeout_ms(loop), -1); /* no alarm for what went well */
    char heard[200];
    assert_int_equal(read(pair[1], heard, sizeof heard), 100);
    hws_stream_flush(it.stream); /* nothing to do */
    step();
    assert_int_equal(it.sent_calls, 1);
    hws_stream_close(it.stream, 0);
}

static void test_receive_pause_and_end(void **state)
{
    (void)state;
    open_stream(0);
    assert_int_equal(write(pair[1], "ab", 2), 2);
    step();
    assert_int_equal(it.size, 0); /* receiving has not begun */
    hws_stream_receive(it.stream, true);
    STEP_UNTIL(it.size == 2);
    hws_stream_receive(it.stream, false);
    assert_int_equal(write(pair[1], "cd", 2), 2);
    assert_int_equal(shutdown(pair[1], SHUT_WR), 0);
    step();
    step();
    assert_int_equal(it.size, 2);
    hws_stream_receive(it.stream, true);
    STEP_UNTIL(it.end_calls == 1);
    assert_int_equal(it.why, HWS_OK);
    assert_memory_equal(it.bytes, "abcd", 4);

    say("still heard"); /* the peer only ended its side */
    hws_stream_shutdown(it.stream);
    step();
    assert_heard("still heard");
    assert_heard("");
    hws_stream_close(it.stream, 1000);
    step();
    assert_true(is_gone()); /* both sides had ended: there is nothing to wait for */
}

static void test_reset_by_the_peer(void **state)
{
    (void)state;
    for (int paused = 0; paused < 2; paused++) {
        if (paused) tcp_pair(pair);
        open_stream(0);
        hws_stream_receive(it.stream, !paused);
        close_with_reset(pair[1]);
        STEP_UNTIL(it.end_calls == 1);
        assert_int_equal(it.why, HWS_ERR_CONNECTION_RESET);
        say("nobody");
        step();
        assert_int_equal(it.end_calls, 1);
        assert_int_equal(it.stream->queue.size, 0);
        hws_stream_close(it.stream, 1000);
        step();
        assert_true(is_gone());
    }
    pair[1] = -1;
}

static void test_blocked_until_the_peer_reads(void **state)
{
    (void)state;
    open_stream(0);
    say_much();
    it.queued = HEAP_SIZE;
    step();
    assert_true(it.stream->blocked);
    const size_t waiting = it.stream->queue.size;
    assert_true(waiting > 0 && waiting < HEAP_SIZE);
    const int told = it.sent_calls;
    assert_in_range(told, 1, 2); /* a slow machine finds more room when it asks again */
    hws_stream_flush(it.stream); /* changes nothing */
    step();
    if (it.stream->queue.size == waiting) assert_int_equal(it.sent_calls, told);

    size_t seen = 0;
    while (seen < HEAP_SIZE) {
        drain(&seen);
        assert_int_equal(hws_loop_step(loop, 10), HWS_OK);
    }
    STEP_UNTIL(it.stream->queue.size == 0);
    assert_false(it.stream->blocked);
    assert_true(it.sent_calls > told);
    hws_stream_close(it.stream, 0);
}

/* More runs than one send takes are no block: the rest follows. */
static void test_more_spans_than_one_send_takes(void **state)
{
    (void)state;
    open_stream(0);
    uint8_t byte = 0;
    for (size_t i = 0; i < 200; i++) {
        hws_blob *blob = hws_blob_new(&memory, 1);
        blob->data[0] = (uint8_t)(byte++ % 251);
        assert_int_equal(hws_queue_share(&it.stream->queue, blob), HWS_OK);
        hws_blob_unref(blob);
    }
    hws_stream_flush(it.stream);
    step();
    /* Two sends of as many as one takes. */
    if (!on_io_uring(loop)) assert_int_equal(it.stream->queue.size, 200 - 2 * 64);
    assert_false(it.stream->blocked);
    for (int i = 0; i < 3; i++) step();
    assert_int_equal(it.stream->queue.size, 0);
    size_t seen = 0;
    assert_int_equal(drain(&seen), 200);
    hws_stream_close(it.stream, 0);
}

static void test_send_timeout(void **state)
{
    (void)state;
    open_stream(20);
    hws_stream_receive(it.stream, true);
    say_much();
    STEP_UNTIL(it.end_calls == 1);
    assert_int_equal(it.why, HWS_ERR_SEND_TIMEOUT);
    hws_stream_close(it.stream, 1000); /* does not linger: it is broken */
    step();
    assert_true(is_gone());
    /* The peer gets what it would not take, and then learns that it is not all. */
    size_t seen = 0;
    drain(&seen);
    assert_true(seen < HEAP_SIZE);
    assert_int_equal(errno, ECONNRESET);
}

/* The socket is full before the first byte. */
static void test_send_timeout_of_a_full_socket(void **state)
{
    (void)state;
    open_stream(20);
    static char junk[1 << 20];
    while (write(pair[0], junk, sizeof junk) > 0) continue;
    say("not a byte of this");
    step();
    assert_true(it.stream->blocked);
    assert_int_equal(it.sent_calls, 0);
    STEP_UNTIL(it.end_calls == 1);
    assert_int_equal(it.why, HWS_ERR_SEND_TIMEOUT);
    hws_stream_close(it.stream, 0);
}

/* Progress, even slow, is no timeout: the alarm moves on when it rings. */
static void test_no_send_timeout_while_there_is_progress(void **state)
{
    (void)state;
    open_stream(1000);
    say_much();
    step();
    assert_true(it.stream->blocked);
    size_t seen = 0;
    while (it.stream->queue.size > 0) {
        drain(&seen);
        assert_int_equal(hws_loop_step(loop, 5), HWS_OK);
    }
    assert_int_equal(it.end_calls, 0);
    hws_stream_close(it.stream, 0);
}

/* 64 MiB both ways at once, in pieces of all sizes, with pauses. */

enum { TRANSFER = 64 << 20 };

typedef struct party {
    hws_stream *stream;
    uint64_t wrote;
    uint64_t read;
    uint32_t wrote_sum;
    uint32_t read_sum;
    uint32_t random;
    bool ended;
    hws_timer *resume;
} party;

static uint32_t next_random(party *self)
{
    self->random = self->random * 1664525 + 1013904223;
    return self->random >> 8;
}

static uint32_t sum(uint32_t before, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) before = before * 31 + bytes[i];
    return before;
}

static void write_some(party *self)
{
    while (self->wrote < TRANSFER && self->stream->queue.size < 1 << 20) {
        static const size_t sizes[] = {1, 100, 4000, 4096, 70000, 300000};
        size_t size = sizes[next_random(self) % COUNT_OF(sizes)];
        if (size > TRANSFER - self->wrote) size = (size_t)(TRANSFER - self->wrote);
        uint8_t *room = hws_queue_reserve(&self->stream->queue, size);
        assert_non_null(room);
        memset(room, (int)next_random(self), size);
        self->wrote_sum = sum(self->wrote_sum, room, size);
        hws_queue_commit(&self->stream->queue, size);
        self->wrote += size;
    }
    hws_stream_flush(self->stream);
    if (self->wrote == TRANSFER) hws_stream_shutdown(self->stream);
}

static void resume(void *user)
{
    party *self = user;
    hws_stream_receive(self->stream, true);
}

static void party_on_receive(void *user, hws_span bytes)
{
    party *self = user;
    self->read += bytes.size;
    self->read_sum = sum(self->read_sum, bytes.data, bytes.size);
    if (next_random(self) % 8 != 0) return;
    hws_stream_receive(self->stream, false);
    assert_int_equal(hws_timer_start(self->resume, next_random(self) % 2, 0), HWS_OK);
}

static void party_on_end(void *user, hws_status why)
{
    party *self = user;
    assert_int_equal(why, HWS_OK);
    self->ended = true;
}

static void party_on_sent(void *user)
{
    party *self = user;
    if (self->wrote < TRANSFER) write_some(self);
}

static const hws_stream_owner party_calls = {
    .on_receive = party_on_receive, .on_end = party_on_end, .on_sent = party_on_sent};

static void test_a_big_transfer_both_ways(void **state)
{
    (void)state;
    static party parties[2];
    for (int i = 0; i < 2; i++) {
        party *self = &parties[i];
        *self = (party){.random = (uint32_t)i + 7};
        assert_int_equal(hws_stream_tcp_new(loop, pair[i], 0, &self->stream), HWS_OK);
        assert_int_equal(hws_timer_new(loop, resume, self, &self->resume), HWS_OK);
        hws_stream_own(self->stream, &party_calls, self);
        hws_stream_receive(self->stream, true);
        write_some(self);
    }
    STEP_UNTIL(parties[0].ended && parties[1].ended);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(parties[i].read, TRANSFER);
        assert_int_equal(parties[i].read_sum, parties[1 - i].wrote_sum);
        hws_timer_free(parties[i].resume);
        hws_stream_close(parties[i].stream, 0);
    }
    pair[1] = -1;
}

static void test_one_byte_at_a_time(void **state)
{
    (void)state;
    open_stream(0);
    hws_stream_receive(it.stream, true);
    for (int i = 0; i < 1000; i++) {
        const char byte = (char)('a' + i % 26);
        assert_int_equal(write(pair[1], &byte, 1), 1);
        say((char[]){byte, '\0'});
        if (i % 3 == 0) step();
    }
    STEP_UNTIL(it.size == 1000 && it.stream->queue.size == 0);
    char heard[1001];
    assert_int_equal(read(pair[1], heard, sizeof heard), 1000);
    assert_memory_equal(heard, it.bytes, 1000);
    hws_stream_close(it.stream, 0);
}

static void test_no_memory(void **state)
{
    (void)state;
    hws_stream *stream = NULL;
    counter.fail_after = 0;
    assert_int_equal(hws_stream_tcp_new(loop, pair[0], 0, &stream), HWS_ERR_NO_MEMORY);
    assert_null(stream);
    assert_true(is_gone()); /* the descriptor was ours, and is closed */
    counter.fail_after = SIZE_MAX;

    close_peer();
    tcp_pair(pair);
    close(pair[0]);
    if (on_io_uring(loop)) return; /* which asks nothing of the kernel before it must */
    const int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    assert_int_equal(hws_stream_tcp_new(loop, file, 0, &stream), HWS_ERR_SYSTEM);
    assert_int_equal(fcntl(file, F_GETFD), -1);
}

/* The place in the heap of alarms is the one thing a stream may still lack. */
static void test_no_memory_for_an_alarm(void **state)
{
    (void)state;
    static hws_timer *each[63];
    for (size_t i = 0; i < COUNT_OF(each); i++) {
        assert_int_equal(hws_timer_new(loop, resume, NULL, &each[i]), HWS_OK);
        assert_int_equal(hws_timer_start(each[i], UINT64_MAX, 0), HWS_OK);
    }
    open_stream(0);
    say_much();
    counter.fail_after = 0;
    STEP_UNTIL(it.end_calls == 1);
    assert_int_equal(it.why, HWS_ERR_NO_MEMORY);
    hws_stream_close(it.stream, 1000);
    step();
    assert_true(is_gone());
    close_peer();

    counter.fail_after = SIZE_MAX;
    tcp_pair(pair);
    open_stream(0);
    say("gone");
    counter.fail_after = 0;
    hws_stream_close(it.stream, 60000); /* cannot linger: at once */
    step();
    assert_true(is_gone());
    counter.fail_after = SIZE_MAX;
    for (size_t i = 0; i < COUNT_OF(each); i++) hws_timer_free(each[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_write_per_turn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_receive_pause_and_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reset_by_the_peer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_blocked_until_the_peer_reads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_more_spans_than_one_send_takes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_send_timeout, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_send_timeout_of_a_full_socket, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_send_timeout_while_there_is_progress, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_big_transfer_both_ways, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_byte_at_a_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_memory_for_an_alarm, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
