/* SPDX-License-Identifier: MIT */
/* A stream over a pair of TCP sockets, with an owner that writes down what it hears. */
#ifndef HAWSER_TESTS_STREAM_FIXTURE_H
#define HAWSER_TESTS_STREAM_FIXTURE_H

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "lib/backend.h"
#include "lib/descriptors.h"
#include "lib/test_memory.h"
#include "net/stream.h"

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

static inline void maybe_close(owner *it, uint32_t in)
{
    if (!(it->closes_in & in)) return;
    hws_stream_close(it->stream, it->linger_ms);
    it->stream = NULL; /* whoever is called after this fails below */
}

static inline void on_receive(void *user, hws_span bytes)
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

static inline void on_end(void *user, hws_status why)
{
    owner *it = user;
    assert_non_null(it->stream);
    it->end_calls++;
    it->why = why;
    maybe_close(it, IN_END);
}

static inline void on_sent(void *user)
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

static inline void step(void)
{
    whole_turn(loop);
}

#define STEP_UNTIL(condition)                                                                      \
    while (!(condition)) assert_int_equal(hws_loop_step(loop, -1), HWS_OK)

static inline void open_stream(uint32_t send_timeout_ms)
{
    it = (owner){0};
    assert_int_equal(hws_stream_tcp_new(loop, pair[0], send_timeout_ms, &it.stream), HWS_OK);
    hws_stream_own(it.stream, &calls, &it);
    assert_string_equal(it.stream->kind->name, "tcp");
    assert_int_equal(hws_stream_fd(it.stream), pair[0]);
}

static inline void say(const char *text)
{
    assert_int_equal(hws_queue_append(&it.stream->queue, text, strlen(text)), HWS_OK);
    hws_stream_flush(it.stream);
}

/* More than any socket takes at once. */
enum { HEAP_SIZE = 24 << 20 };

static inline void say_much(void)
{
    uint8_t *room = hws_queue_reserve(&it.stream->queue, HEAP_SIZE);
    assert_non_null(room);
    for (size_t i = 0; i < HEAP_SIZE; i++) room[i] = (uint8_t)(i % 251);
    hws_queue_commit(&it.stream->queue, HEAP_SIZE);
    hws_stream_flush(it.stream);
}

/* Whether the stream has closed its descriptor, and thus itself. */
static inline bool is_gone(void)
{
    return fcntl(pair[0], F_GETFD) < 0;
}

static inline void assert_heard(const char *text)
{
    char heard[64] = "";
    assert_int_equal(read(pair[1], heard, sizeof heard - 1), strlen(text));
    assert_string_equal(heard, text);
}

static inline int set_up(void **state)
{
    descriptors_before = descriptors_open();
    memory = test_memory_hook(&counter);
    assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &memory}, &loop), HWS_OK);
    tcp_pair(pair);
    *state = NULL;
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    if (pair[1] >= 0) close(pair[1]);
    hws_loop_free(loop);
    assert_int_equal(counter.bytes_out, 0);
    assert_int_equal(descriptors_open(), descriptors_before);
    return 0;
}

static inline void close_peer(void)
{
    close(pair[1]);
    pair[1] = -1;
}

/* Drains what the peer gets, and checks it. */
static inline size_t drain(size_t *seen)
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

#endif /* HAWSER_TESTS_STREAM_FIXTURE_H */
