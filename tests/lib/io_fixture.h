/* SPDX-License-Identifier: MIT */
/* Ends of connections in a loop, and all that is heard of them. */
#ifndef HAWSER_TESTS_IO_FIXTURE_H
#define HAWSER_TESTS_IO_FIXTURE_H

#include <errno.h>
#include <stdlib.h>

#include "lib/backend.h"
#include "lib/descriptors.h"
#include "loop/io.h"
#include "loop/state.h"

static hws_loop *loop;
static int descriptors_before;

/* One end of a connection, and all that was heard of it. */
typedef struct end {
    hws_io io; /* first */
    uint8_t *bytes;
    size_t size;
    size_t capacity;
    int receive_calls;
    bool ended;
    int error;
    int64_t sent;
    int send_calls;
    int connect_error; /* -1: not told */
    int connect_calls;
    bool closed;
    bool closes_on_receive;
    bool closes_on_send;
    bool closes_on_connect;
} end;

static inline void on_receive(hws_io *io, hws_span bytes, int error)
{
    end *it = (end *)io;
    assert_false(it->closed);
    assert_false(hws_io_is(io, HWS_IO_CLOSES));
    assert_false(it->ended);
    it->receive_calls++;
    it->error = error;
    it->ended = error != 0 || bytes.size == 0;
    assert_true(it->size + bytes.size <= it->capacity);
    if (bytes.size > 0) memcpy(it->bytes + it->size, bytes.data, bytes.size);
    it->size += bytes.size;
    if (it->closes_on_receive) hws_io_close(io, false);
}

static inline void on_send(hws_io *io, int64_t sent)
{
    end *it = (end *)io;
    assert_false(it->closed);
    it->send_calls++;
    it->sent = sent;
    if (it->closes_on_send) hws_io_close(io, false);
}

static inline void on_connect(hws_io *io, int error)
{
    end *it = (end *)io;
    it->connect_error = error;
    it->connect_calls++;
    if (it->closes_on_connect) hws_io_close(io, false);
}

static inline void on_close(hws_io *io)
{
    end *it = (end *)io;
    assert_false(it->closed);
    it->closed = true;
    free(it->bytes);
    memset(&it->io, 0xA5, sizeof it->io); /* nobody may look at it any more */
}

static const hws_io_handler handler = {
    .on_receive = on_receive, .on_send = on_send, .on_connect = on_connect, .on_close = on_close};

static inline void open_end(end *it, int fd)
{
    *it = (end){.capacity = 1 << 20, .connect_error = -1, .sent = -1};
    it->bytes = malloc(it->capacity);
    assert_non_null(it->bytes);
    assert_int_equal(hws_io_open(&it->io, loop, fd, &handler), HWS_OK);
}

static inline void step(void)
{
    assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
}

static inline void steps(int count)
{
    for (int i = 0; i < count; i++) step();
}

/* One turn after it was asked for; with io_uring what is under way has to end before. */
static inline void see_it_close(const end *it)
{
    step();
    while (on_io_uring(loop) && !it->closed) assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
    assert_true(it->closed);
}

static inline void close_end(end *it, bool reset)
{
    hws_io_close(&it->io, reset);
    assert_false(it->closed);
    see_it_close(it);
}

static inline void say(end *it, const char *text)
{
    const hws_span span = {(uint8_t *)(uintptr_t)text, strlen(text)};
    hws_io_send(&it->io, &span, 1);
}

static inline int set_up(void **state)
{
    descriptors_before = descriptors_open();
    assert_int_equal(hws_loop_new(NULL, &loop), HWS_OK);
    *state = NULL;
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    hws_loop_free(loop);
    assert_int_equal(descriptors_open(), descriptors_before);
    return 0;
}

typedef void pair_maker(int pair[2]);
static pair_maker *const makers[] = {unix_pair, tcp_pair};

/* Waiting for what the kernel does in its own time. */
#define STEP_UNTIL(condition)                                                                      \
    while (!(condition)) assert_int_equal(hws_loop_step(loop, -1), HWS_OK)

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

#endif /* HAWSER_TESTS_IO_FIXTURE_H */
