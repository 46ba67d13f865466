/* SPDX-License-Identifier: MIT */
#include "net/stream.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "lib/backend.h"
#include "lib/descriptors.h"
#include "lib/test_memory.h"

static hws_loop *loop;
static test_memory counter;
static hws_memory memory;
static int descriptors_before;
static int pair[2]; /* pair[0] becomes the stream's */

/* An owner that writes down what it hears. */
typedef struct owner {
    hws_stream *stream;
    uint8_t bytes[4096];
    size_t size;
    int receive_calls;
    int end_calls;
    int sent_calls;
    size_t queued; /* on_sent finds less than this, if it is not 0 */
    hws_status why;
    uint32_t closes_in; /* a call of on_… below */
    uint32_t linger_ms;
} owner;

enum { IN_RECEIVE = 1, IN_END = 2, IN_SENT = 4 };

static void maybe_close(owner *it, uint32_t in)
{
    if (!(it->closes_in & in)) return;
    hws_stream_close(it->stream, it->linger_ms);
    it->stream = NULL; /* whoever is called after this fails below */
}

static void on_receive(void *user, hws_span bytes)
{
    owner *it = user;
    assert_non_null(it->stream);
    assert_int_equal(it->end_calls, 0);
    it->receive_calls++;
    assert_true(it->size + bytes.size <= sizeof it->bytes);
    memcpy(it->bytes + it->size, bytes.data, bytes.size);
    it->size += bytes.size;
    maybe_close(it, IN_RECEIVE);
}

static void on_end(void *user, hws_status why)
{
    owner *it = user;
    assert_non_null(it->stream);
    it->end_calls++;
    it->why = why;
    maybe_close(it, IN_END);
}

static void on_sent(void *user)
{
    owner *it = user;
    assert_non_null(it->stream);
    it->sent_calls++;
    if (it->queued > 0) {
        assert_true(it->stream->queue.size < it->queued);
        it->queued = it->stream->queue.size;
    }
    maybe_close(it, IN_SENT);
}

static const hws_stream_owner calls = {
    .on_receive = on_receive, .on_end = on_end, .on_sent = on_sent};

static owner it;

static void step(void)
{
    whole_turn(loop);
}

#define STEP_UNTIL(condition)                                                                      \
    while (!(condition)) assert_int_equal(hws_loop_step(loop, -1), HWS_OK)

static void open_stream(uint32_t send_timeout_ms)
{
    it = (owner){0};
    assert_int_equal(hws_stream_tcp_new(loop, pair[0], send_timeout_ms, &it.stream), HWS_OK);
    hws_stream_own(it.stream, &calls, &it);
    assert_string_equal(it.stream->kind->name, "tcp");
    assert_int_equal(hws_stream_fd(it.stream), pair[0]);
}

static void say(const char *text)
{
    assert_int_equal(hws_queue_append(&it.stream->queue, text, strlen(text)), HWS_OK);
    hws_stream_flush(it.stream);
}

/* More than any socket takes at once. */
enum { HEAP_SIZE = 24 << 20 };

static void say_much(void)
{
    uint8_t *room = hws_queue_reserve(&it.stream->queue, HEAP_SIZE);
    assert_non_null(room);
    for (size_t i = 0; i < HEAP_SIZE; i++) room[i] = (uint8_t)(i % 251);
    hws_queue_commit(&it.stream->queue, HEAP_SIZE);
    hws_stream_flush(it.stream);
}

/* Whether the stream has closed its descriptor, and thus itself. */
static bool is_gone(void)
{
    return fcntl(pair[0], F_GETFD) < 0;
}

static void assert_heard(const char *text)
{
    char heard[64] = "";
    assert_int_equal(read(pair[1], heard, sizeof heard - 1), strlen(text));
    assert_string_equal(heard, text);
}

static int set_up(void **state)
{
    descriptors_before = descriptors_open();
    memory = test_memory_hook(&counter);
    assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &memory}, &loop), HWS_OK);
    tcp_pair(pair);
    *state = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (pair[1] >= 0) close(pair[1]);
    hws_loop_free(loop);
    assert_int_equal(counter.bytes_out, 0);
    assert_int_equal(descriptors_open(), descriptors_before);
    return 0;
}

static void close_peer(void)
{
    close(pair[1]);
    pair[1] = -1;
}

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
    if (on_io_uring(loop)) { /* gathers always */
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

static size_t drain(size_t *seen);

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

/* Drains what the peer gets, and checks it. */
static size_t drain(size_t *seen)
{
    static uint8_t bytes[1 << 20];
    size_t total = 0;
    ssize_t size;
    while ((size = read(pair[1], bytes, sizeof bytes)) > 0) {
        for (ssize_t i = 0; i < size; i++) assert_int_equal(bytes[i], (*seen)++ % 251);
        total += (size_t)size;
    }
    return total;
}

static void test_blocked_until_the_peer_reads(void **state)
{
    (void)state;
    open_stream(0);
    say_much();
    it.queued = HEAP_SIZE;
    step();
    assert_true(it.stream->blocked);
    assert_true(it.stream->queue.size > 0 && it.stream->queue.size < HEAP_SIZE);
    assert_int_equal(it.sent_calls, 1);
    hws_stream_flush(it.stream); /* changes nothing */
    step();
    assert_int_equal(it.sent_calls, 1);

    size_t seen = 0;
    while (seen < HEAP_SIZE) {
        drain(&seen);
        assert_int_equal(hws_loop_step(loop, 10), HWS_OK);
    }
    STEP_UNTIL(it.stream->queue.size == 0);
    assert_false(it.stream->blocked);
    assert_true(it.sent_calls > 1);
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
        cmocka_unit_test_setup_teardown(test_push, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_small_push_may_be_gathered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_push_more_than_it_takes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_push_to_nobody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_receive_pause_and_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reset_by_the_peer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_blocked_until_the_peer_reads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_more_spans_than_one_send_takes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_send_timeout, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_send_timeout_of_a_full_socket, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_send_timeout_while_there_is_progress, set_up,
                                        tear_down),
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
        cmocka_unit_test_setup_teardown(test_a_big_transfer_both_ways, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_byte_at_a_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_memory_for_an_alarm, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
