/* SPDX-License-Identifier: MIT */
/* What io_uring alone can do to a loop: refuse, run out of places, bring what nobody asked for any
 * more.  What both backends must do is in test_io.c. */
#include "loop/uring.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>

#include "lib/backend.h"
#include "lib/descriptors.h"
#include "lib/ring.h"
#include "lib/test_memory.h"

static hws_loop *loop;
static test_memory counter;
static hws_memory memory;
static int descriptors_before;

static hws_status make_loop(void)
{
    return hws_loop_new(&(hws_loop_options){.memory = &memory, .backend = HWS_BACKEND_IO_URING},
                        &loop);
}

static int set_up(void **state)
{
    ring_reset();
    descriptors_before = descriptors_open();
    memory = test_memory_hook(&counter);
    loop = NULL;
    *state = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    ring_reset();
    hws_loop_free(loop);
    assert_int_equal(counter.bytes_out, 0);
    assert_int_equal(descriptors_open(), descriptors_before);
    return 0;
}

static void step(void)
{
    assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
}

#define STEP_UNTIL(condition)                                                                      \
    while (!(condition)) assert_int_equal(hws_loop_step(loop, -1), HWS_OK)

/* Starting. */

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        ring_call call;
        size_t times;
        int answer;
        int error;
    } cases[] = {
        {RING_io_uring_queue_init_params, 1, -ENOSYS, ENOSYS}, /* an old kernel */
        {RING_io_uring_queue_init_params, 1, -EPERM, EPERM},   /* a filter, or a setting */
        {RING_io_uring_queue_init_params, 1, -EINVAL, EINVAL}, /* before Linux 6.1 */
        {RING_io_uring_queue_init_params, 1, -ENOMEM, ENOMEM}, /* RLIMIT_MEMLOCK */
        {RING_io_uring_queue_init_params, 1, -EMFILE, EMFILE},
        {RING_io_uring_get_probe_ring, 1, 0, ENOSYS},
        {RING_io_uring_get_events, 1, -EPERM, EPERM}, /* a filter that lets a ring be made */
        {RING_io_uring_get_events, 1, 0, ENOSYS},
        {RING_io_uring_register_buf_ring, 2, -EINVAL, EINVAL}, /* neither kind of buffers */
        {RING_io_uring_register_buf_ring, 1, -ENOMEM, ENOMEM},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        ring_reset();
        ring_answer(cases[i].call, cases[i].times, cases[i].answer);
        assert_int_equal(make_loop(), HWS_ERR_BACKEND);
        assert_int_equal(errno, cases[i].error);
        assert_null(loop);
        assert_int_equal(counter.bytes_out, 0);
        assert_int_equal(descriptors_open(), descriptors_before);
    }
}

/* Turning. */

static void test_wait(void **state)
{
    (void)state;
    static const int passing[] = {EINTR, ETIME, EAGAIN, EBUSY};
    assert_int_equal(make_loop(), HWS_OK);
    ring_answer(RING_io_uring_register, 1, -EBUSY); /* to belong to this thread */
    assert_int_equal(hws_loop_step(loop, 0), HWS_ERR_SYSTEM);
    assert_int_equal(errno, EBUSY);
    for (size_t i = 0; i < COUNT_OF(passing); i++) {
        ring_answer(RING_io_uring_submit_and_wait, 1, -passing[i]);
        assert_int_equal(hws_loop_step(loop, -1), HWS_OK); /* an empty turn */
        ring_answer(RING_io_uring_submit_and_get_events, 1, -passing[i]);
        step();
    }
    ring_answer(RING_io_uring_submit_and_get_events, 1, -EBADR);
    assert_int_equal(hws_loop_step(loop, 0), HWS_ERR_SYSTEM);
    assert_int_equal(errno, EBADR);
    step(); /* it is as it was */
    ring_answer(RING_io_uring_submit_and_wait, 1, -ENXIO);
    assert_int_equal(hws_loop_run(loop), HWS_ERR_SYSTEM);
}

/* Descriptors. */

typedef struct end {
    hws_io io; /* first */
    uint8_t *bytes;
    size_t size;
    size_t pause_at; /* pauses when it has that many */
    int receive_calls;
    bool ended;
    int error;
    int64_t sent;
    int send_calls;
    int accept_error;
    int accepted;
    bool closed;
} end;

enum { BYTES_MAX = 1 << 20 };

static void on_receive(hws_io *io, hws_span bytes, int error)
{
    end *it = (end *)io;
    assert_false(it->ended);
    it->receive_calls++;
    it->error = error;
    it->ended = error != 0 || bytes.size == 0;
    if (!it->bytes) it->bytes = malloc(BYTES_MAX);
    assert_true(it->bytes && it->size + bytes.size <= BYTES_MAX);
    if (bytes.size > 0) memcpy(it->bytes + it->size, bytes.data, bytes.size);
    it->size += bytes.size;
    if (it->pause_at > 0 && it->size >= it->pause_at) {
        hws_io_receive(io, false);
        it->pause_at = 0;
    }
}

static void on_send(hws_io *io, int64_t sent)
{
    end *it = (end *)io;
    it->sent = sent;
    it->send_calls++;
}

static void on_accept(hws_io *io, int fd)
{
    end *it = (end *)io;
    if (fd < 0) {
        it->accept_error = -fd;
        return;
    }
    it->accepted++;
    close(fd);
}

static void on_close(hws_io *io)
{
    end *it = (end *)io;
    assert_false(it->closed);
    it->closed = true;
    free(it->bytes);
    memset(io, 0xA5, sizeof *io);
}

static const hws_io_handler handler = {
    .on_accept = on_accept, .on_receive = on_receive, .on_send = on_send, .on_close = on_close};

static void open_end(end *it, int fd)
{
    *it = (end){.sent = INT64_MIN};
    assert_int_equal(hws_io_open(&it->io, loop, fd, &handler), HWS_OK);
}

static void close_end(end *it, int peer)
{
    hws_io_close(&it->io, false);
    STEP_UNTIL(it->closed);
    close(peer);
}

/* What ends a request, and not the stream, is asked for again. */
static void test_receive_goes_on(void **state)
{
    (void)state;
    static const int passing[] = {ENOBUFS, EINTR, EAGAIN, ECANCELED};
    assert_int_equal(make_loop(), HWS_OK);
    int pair[2];
    end it;
    unix_pair(pair);
    open_end(&it, pair[0]);
    hws_io_receive(&it.io, true);
    for (size_t i = 0; i < COUNT_OF(passing); i++) {
        const size_t before = it.size;
        ring_answer(RING_hws_uring_received, 1, -passing[i]); /* that byte is gone */
        assert_int_equal(write(pair[1], "x", 1), 1);
        whole_turn(loop);
        assert_int_equal(write(pair[1], "y", 1), 1);
        STEP_UNTIL(it.size > before);
        assert_int_equal(it.bytes[before], 'y');
    }
    assert_false(it.ended);
    close_end(&it, pair[1]);
}

static void test_receive_fails(void **state)
{
    (void)state;
    static const int errors[] = {ECONNRESET, ETIMEDOUT, ENOMEM, EHOSTUNREACH};
    assert_int_equal(make_loop(), HWS_OK);
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        int pair[2];
        end it;
        unix_pair(pair);
        open_end(&it, pair[0]);
        hws_io_receive(&it.io, true);
        ring_answer(RING_hws_uring_received, 1, -errors[i]);
        assert_int_equal(write(pair[1], "x", 1), 1);
        STEP_UNTIL(it.ended);
        assert_int_equal(it.error, errors[i]);
        whole_turn(loop);
        assert_int_equal(it.receive_calls, 1);
        close_end(&it, pair[1]);
    }
}

/* A stream of which each byte says where it belongs. */

typedef struct stream {
    hws_io io; /* first */
    size_t sent;
    size_t received;
    size_t longest; /* at once */
    size_t receive_calls;
    bool closed;
} stream;

static uint8_t byte_at(size_t position)
{
    return (uint8_t)(position * 7 + position / 251);
}

static void stream_on_receive(hws_io *io, hws_span bytes, int error)
{
    stream *it = (stream *)io;
    assert_int_equal(error, 0);
    for (size_t i = 0; i < bytes.size; i++)
        assert_int_equal(bytes.data[i], byte_at(it->received + i));
    it->received += bytes.size;
    it->receive_calls++;
    if (bytes.size > it->longest) it->longest = bytes.size;
}

static void stream_on_close(hws_io *io)
{
    ((stream *)io)->closed = true;
}

static const hws_io_handler stream_handler = {.on_receive = stream_on_receive,
                                              .on_close = stream_on_close};

static void stream_write(stream *it, int peer, size_t size)
{
    uint8_t bytes[64 * 1024];
    for (size_t i = 0; i < size; i++) bytes[i] = byte_at(it->sent + i);
    assert_int_equal(write(peer, bytes, size), size);
    it->sent += size;
}

/* Buffers that are filled by and by, which a kernel before Linux 6.12 refuses, and those that it
 * takes instead: more goes through them than all of them hold, of two who share them, in pieces of
 * any size.  What the end of a large one cuts is handed over in one, but for the last of them. */
static void test_both_kinds_of_buffers(void **state)
{
    (void)state;
    enum { SMALL = 20480, ALL_LARGE = 4 * 798720, TOTAL = 6 << 20 };
    static const size_t sizes[] = {1, 65536, 5, 16384, 3000, 40000, 20480};
    for (size_t refused = 0; refused <= 1; refused++) {
        ring_reset();
        ring_answer(RING_io_uring_register_buf_ring, refused, -EINVAL);
        assert_int_equal(make_loop(), HWS_OK);
        const bool are_small = ring_calls(RING_io_uring_register_buf_ring) == 2;
        stream streams[2] = {{.sent = 0}};
        int peers[2];
        for (int i = 0; i < 2; i++) {
            int pair[2];
            unix_pair(pair);
            peers[i] = pair[1];
            assert_int_equal(hws_io_open(&streams[i].io, loop, pair[0], &stream_handler), HWS_OK);
            hws_io_receive(&streams[i].io, true);
        }
        size_t writes = 0; /* to each of them */
        for (; streams[1].received < TOTAL; writes++) {
            for (size_t k = 0; k < 2; k++)
                stream_write(&streams[k], peers[k], sizes[(writes + 3 * k) % COUNT_OF(sizes)]);
            for (size_t k = 0; k < 2; k++) STEP_UNTIL(streams[k].received == streams[k].sent);
        }
        const size_t calls = streams[0].receive_calls + streams[1].receive_calls;
        const size_t received = streams[0].received + streams[1].received;
        if (!are_small) assert_in_range(calls - 2 * writes, 1, received / ALL_LARGE);
        for (int i = 0; i < 2; i++) {
            assert_true(are_small ? streams[i].longest == SMALL : streams[i].longest == 65536);
            hws_io_close(&streams[i].io, false);
            STEP_UNTIL(streams[i].closed);
            close(peers[i]);
        }
        hws_loop_free(loop);
        loop = NULL;
        assert_int_equal(counter.bytes_out, 0);
    }
}

/* More is readable than all buffers hold: all of it comes, in order, and whoever else has something
 * gets his, too. */
static void test_buffers_run_short(void **state)
{
    (void)state;
    assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &memory,
                                                      .receive_size = 1,
                                                      .backend = HWS_BACKEND_IO_URING},
                                  &loop),
                     HWS_OK);
    int loud[2];
    int quiet[2];
    end ends[2];
    uint8_t bytes[3000];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i % 251);
    unix_pair(loud);
    unix_pair(quiet);
    open_end(&ends[0], loud[0]);
    open_end(&ends[1], quiet[0]);
    hws_io_receive(&ends[0].io, true);
    hws_io_receive(&ends[1].io, true);
    assert_int_equal(write(loud[1], bytes, sizeof bytes), sizeof bytes);
    assert_int_equal(write(quiet[1], "!", 1), 1);
    STEP_UNTIL(ends[1].size == 1);
    assert_true(ends[0].size < sizeof bytes);
    STEP_UNTIL(ends[0].size == sizeof bytes);
    assert_memory_equal(ends[0].bytes, bytes, sizeof bytes);
    close_end(&ends[0], loud[1]);
    close_end(&ends[1], quiet[1]);
}

/* Bytes and what comes after them arrive together, where receiving is under way already: a kernel
 * that stops receiving when it knows that nothing is left must not forget the end, or the error. */
static void test_the_last_bytes_and_the_end_at_once(void **state)
{
    (void)state;
    assert_int_equal(make_loop(), HWS_OK);
    for (int i = 0; i < 4; i++) {
        const bool resets = i == 1;
        int pair[2];
        end it;
        if (i < 2)
            tcp_pair(pair);
        else
            unix_pair(pair);
        open_end(&it, pair[0]);
        hws_io_receive(&it.io, true);
        whole_turn(loop);
        for (int k = 0; k < 3; k++) {
            assert_int_equal(write(pair[1], "x", 1), 1);
            STEP_UNTIL(it.size == (size_t)k + 1);
        }
        assert_int_equal(write(pair[1], "goodbye", 7), 7);
        if (resets)
            close_with_reset(pair[1]);
        else if (i == 3)
            close(pair[1]);
        else
            assert_int_equal(shutdown(pair[1], SHUT_WR), 0);
        STEP_UNTIL(it.ended);
        assert_int_equal(it.error, resets ? ECONNRESET : 0);
        assert_int_equal(it.size, 10);
        hws_io_close(&it.io, false);
        STEP_UNTIL(it.closed);
        if (i % 2 == 0) close(pair[1]);
    }
}

/* What has arrived when its owner pauses is kept, and comes first when he goes on. */
static void test_what_is_held_keeps_its_order(void **state)
{
    (void)state;
    assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &memory,
                                                      .receive_size = 16,
                                                      .backend = HWS_BACKEND_IO_URING},
                                  &loop),
                     HWS_OK);
    enum { MANY = 40, SIZE = 1000 }; /* more than the table of those who hold has at first */
    static end ends[MANY];
    int peers[MANY];
    uint8_t bytes[2 * SIZE];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i % 251);
    for (int i = 0; i < MANY; i++) {
        int pair[2];
        unix_pair(pair);
        peers[i] = pair[1];
        open_end(&ends[i], pair[0]);
        ends[i].pause_at = 100;
        hws_io_receive(&ends[i].io, true);
        assert_int_equal(write(peers[i], bytes, SIZE), SIZE);
    }
    for (int i = 0; i < MANY; i++) STEP_UNTIL(ends[i].pause_at == 0);
    whole_turn(loop);
    size_t held = 0;
    for (int i = 0; i < MANY; i++) {
        assert_true(ends[i].size < 100 + 16); /* not a call more */
        held += ends[i].io.held > 0;
        assert_int_equal(write(peers[i], bytes + SIZE, SIZE), SIZE);
        assert_int_equal(shutdown(peers[i], SHUT_WR), 0);
    }
    assert_true(held > 16);
    whole_turn(loop);
    for (int i = 0; i < MANY; i++) {
        assert_false(ends[i].ended);
        ends[i].pause_at = 300; /* once more, in the middle */
        hws_io_receive(&ends[i].io, true);
    }
    for (int i = 0; i < MANY; i++) {
        STEP_UNTIL(ends[i].pause_at == 0);
        hws_io_receive(&ends[i].io, true);
        STEP_UNTIL(ends[i].ended);
        assert_int_equal(ends[i].error, 0);
        assert_int_equal(ends[i].size, sizeof bytes);
        assert_memory_equal(ends[i].bytes, bytes, sizeof bytes);
    }
    for (int i = 0; i < MANY; i++) close_end(&ends[i], peers[i]);
}

/* It is the failure of that one alone. */
static void test_no_memory_to_hold(void **state)
{
    (void)state;
    assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &memory,
                                                      .receive_size = 16,
                                                      .backend = HWS_BACKEND_IO_URING},
                                  &loop),
                     HWS_OK);
    for (size_t n = 0; n < 2; n++) { /* the table, the bytes */
        int pair[2];
        end it;
        unix_pair(pair);
        open_end(&it, pair[0]);
        it.pause_at = 1;
        hws_io_receive(&it.io, true);
        assert_int_equal(write(pair[1], "0123456789abcdefghijklmnopqrstuvwxyz", 36), 36);
        counter.fail_after = n;
        STEP_UNTIL(it.ended);
        counter.fail_after = SIZE_MAX;
        assert_int_equal(it.error, ENOMEM);
        assert_int_equal(it.size, 16);
        close_end(&it, pair[1]);
    }
}

/* Closed while something is held: its memory goes (the tear down counts). */
static void test_close_while_something_is_held(void **state)
{
    (void)state;
    assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &memory,
                                                      .receive_size = 16,
                                                      .backend = HWS_BACKEND_IO_URING},
                                  &loop),
                     HWS_OK);
    int pair[2];
    end it;
    unix_pair(pair);
    open_end(&it, pair[0]);
    it.pause_at = 1;
    hws_io_receive(&it.io, true);
    assert_int_equal(write(pair[1], "0123456789abcdefghijklmnopqrstuvwxyz", 36), 36);
    STEP_UNTIL(it.io.held > 0);
    hws_io_receive(&it.io, true); /* and on the way to its owner */
    close_end(&it, pair[1]);
    assert_int_equal(it.size, 0 + 16);
}

/* The peer ended its side, which a poll reports for ever, and does not read: that is no reason to
 * ask again and again whether there is room. */
static void test_a_full_socket_of_a_half_closed_peer(void **state)
{
    (void)state;
    assert_int_equal(make_loop(), HWS_OK);
    int pair[2];
    end it;
    tcp_pair(pair);
    open_end(&it, pair[0]);
    enum { SIZE = 16 << 20 };
    uint8_t *bytes = calloc(1, SIZE);
    assert_non_null(bytes);
    assert_int_equal(shutdown(pair[1], SHUT_WR), 0);
    hws_io_receive(&it.io, true);
    STEP_UNTIL(it.ended);
    hws_io_send(&it.io, &(hws_span){bytes, SIZE}, 1);
    STEP_UNTIL(it.send_calls == 1);
    assert_true(it.sent > 0 && it.sent < SIZE);
    hws_io_send(&it.io, &(hws_span){bytes, SIZE}, 1);
    assert_true(hws_io_send_waits(&it.io));
    for (int i = 0; i < 20; i++) step();
    assert_int_equal(it.send_calls, 1);
    assert_int_equal(hws_loop_timeout_ms(loop), -1);
    while (it.send_calls == 1) {
        while (read(pair[1], bytes, SIZE) > 0) continue;
        assert_int_equal(hws_loop_step(loop, 10), HWS_OK);
    }
    assert_int_equal(it.sent, 0);
    close_end(&it, pair[1]);
    free(bytes);
}

/* A hang-up of one side does not hide the error that comes after it. */
static void test_an_error_after_the_end_while_paused(void **state)
{
    (void)state;
    assert_int_equal(make_loop(), HWS_OK);
    int pair[2];
    end it;
    tcp_pair(pair);
    open_end(&it, pair[0]);
    whole_turn(loop);
    assert_int_equal(shutdown(pair[1], SHUT_WR), 0);
    whole_turn(loop);
    assert_int_equal(it.receive_calls, 0);
    close_with_reset(pair[1]);
    STEP_UNTIL(it.ended);
    assert_int_equal(it.error, EPIPE); /* so the kernel calls a reset after the end */
    hws_io_close(&it.io, false);
    STEP_UNTIL(it.closed);
}

static void test_send(void **state)
{
    (void)state;
    static const struct {
        int answer;
        int64_t sent;
    } cases[] = {{-EAGAIN, 0}, {-EINTR, 0}, {-EPIPE, -EPIPE}, {-ENOMEM, -ENOMEM}, {1, 1}};
    assert_int_equal(make_loop(), HWS_OK);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int pair[2];
        end it;
        unix_pair(pair);
        open_end(&it, pair[0]);
        hws_io_receive(&it.io, true);
        ring_answer(RING_hws_uring_sent, 1, cases[i].answer);
        hws_io_send(&it.io, &(hws_span){(uint8_t[]){1, 2}, 2}, 1);
        STEP_UNTIL(it.send_calls == 1);
        assert_int_equal(it.sent, cases[i].sent);
        if (cases[i].sent < 0) {
            STEP_UNTIL(it.ended); /* after what had arrived */
        } else if (cases[i].answer != -EINTR) {
            /* Full: the next one waits for room, which there is. */
            hws_io_send(&it.io, &(hws_span){(uint8_t[]){1, 2}, 2}, 1);
            assert_true(hws_io_send_waits(&it.io));
            STEP_UNTIL(it.send_calls == 2);
            assert_int_equal(it.sent, 0);
        }
        close_end(&it, pair[1]);
    }

    /* Waiting for room fails. */
    int pair[2];
    end it;
    unix_pair(pair);
    open_end(&it, pair[0]);
    ring_answer(RING_hws_uring_sent, 1, -EAGAIN);
    hws_io_send(&it.io, &(hws_span){(uint8_t[]){1}, 1}, 1);
    STEP_UNTIL(it.send_calls == 1);
    ring_answer(RING_hws_uring_is_writable, 1, -ENOMEM);
    hws_io_send(&it.io, &(hws_span){(uint8_t[]){1}, 1}, 1);
    STEP_UNTIL(it.send_calls == 2);
    assert_int_equal(it.sent, -ENOMEM);
    close_end(&it, pair[1]);
}

/* More is asked for in one turn than the queues have room for, in one and in several parts. */
static void test_more_than_the_queues_hold(void **state)
{
    (void)state;
    enum { MANY = 600, RING = 32 };
    static end ends[MANY];
    static int peers[MANY];
    for (size_t parts = 1; parts <= 64; parts *= 8) {
        set_up(state);
        ring_shrink(RING);
        assert_int_equal(make_loop(), HWS_OK);
        uint8_t bytes[64] = {0};
        hws_span spans[64];
        for (size_t i = 0; i < parts; i++) spans[i] = (hws_span){bytes + i, 1};
        for (int i = 0; i < MANY; i++) {
            int pair[2];
            unix_pair(pair);
            peers[i] = pair[1];
            open_end(&ends[i], pair[0]);
            hws_io_receive(&ends[i].io, true);
        }
        for (int round = 1; round <= 2; round++) {
            for (int i = 0; i < MANY; i++) {
                hws_io_send(&ends[i].io, spans, parts);
                assert_int_equal(write(peers[i], "x", 1), 1);
            }
            for (int i = 0; i < MANY; i++) {
                /* 0: there was no place for it before the ring was enabled. */
                while (ends[i].send_calls < round || ends[i].sent == 0) {
                    if (ends[i].send_calls == round && ends[i].sent == 0) {
                        ends[i].send_calls--;
                        ends[i].sent = INT64_MIN;
                        hws_io_send(&ends[i].io, spans, parts);
                    }
                    assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
                }
                assert_int_equal(ends[i].sent, parts);
                STEP_UNTIL(ends[i].size == (size_t)round);
            }
        }
        for (int i = 0; i < MANY; i++) hws_io_close(&ends[i].io, false);
        for (int i = 0; i < MANY; i++) {
            STEP_UNTIL(ends[i].closed);
            uint8_t got[256];
            assert_int_equal(read(peers[i], got, sizeof got), 2 * parts);
            close(peers[i]);
        }
        tear_down(state);
        loop = NULL;
    }
    set_up(state);
}

/* The kernel takes nothing for a while: nothing is lost. */
static void test_submissions_are_refused(void **state)
{
    (void)state;
    enum { MANY = 200, RING = 32 };
    static end ends[MANY];
    static int peers[MANY];
    ring_shrink(RING);
    assert_int_equal(make_loop(), HWS_OK);
    step();
    ring_answer(RING_io_uring_submit, 1000000, -EBUSY);
    for (int i = 0; i < MANY; i++) {
        int pair[2];
        unix_pair(pair);
        peers[i] = pair[1];
        open_end(&ends[i], pair[0]);
        hws_io_receive(&ends[i].io, true);
        hws_io_send(&ends[i].io, &(hws_span){(uint8_t[]){1}, 1}, 1);
        assert_int_equal(write(peers[i], "x", 1), 1);
    }
    for (int i = 0; i < MANY; i++) {
        STEP_UNTIL(ends[i].size == 1);
        STEP_UNTIL(ends[i].send_calls == 1);
        assert_true(ends[i].sent == 1 || ends[i].sent == 0); /* 0: ask once more */
    }
    for (int i = 0; i < MANY; i++) close_end(&ends[i], peers[i]);
}

/* Accepting. */

static int listening(struct sockaddr_un *address, socklen_t *size)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    *size = sizeof *address;
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)address, sizeof address->sun_family), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)address, size), 0);
    assert_int_equal(listen(fd, 16), 0);
    return fd;
}

/* A013, A012. */
static void test_accept(void **state)
{
    (void)state;
    static const int shortage[] = {EMFILE, ENFILE, ENOBUFS, ENOMEM, EINVAL};
    assert_int_equal(make_loop(), HWS_OK);
    struct sockaddr_un address;
    socklen_t size;
    end it;
    open_end(&it, listening(&address, &size));
    hws_io_accept(&it.io, true);
    whole_turn(loop);
    for (int i = 0; i < (int)COUNT_OF(shortage); i++) {
        it.accept_error = 0;
        ring_answer(RING_hws_uring_acceptable, 1, -shortage[i]);
        const int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(client, (const struct sockaddr *)&address, size), 0);
        whole_turn(loop);
        assert_int_equal(it.accept_error, shortage[i]);
        assert_int_equal(it.accepted, i);
        STEP_UNTIL(it.accepted == i + 1); /* when it has rested */
        close(client);
    }
    ring_answer(RING_hws_uring_acceptable, 1, -EMFILE);
    const int last = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(last, (const struct sockaddr *)&address, size), 0);
    whole_turn(loop);
    close_end(&it, last); /* while it rests */
}

/* A loop in a loop: the ring wakes who polls. */

static void *write_later(void *user)
{
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    assert_int_equal(write(*(const int *)user, "x", 1), 1);
    return NULL;
}

static void test_input_is_seen_from_outside(void **state)
{
    (void)state;
    assert_int_equal(make_loop(), HWS_OK);
    assert_int_equal(hws_loop_timeout_ms(loop), 0); /* a ring listens from its first turn on */
    int pair[2];
    end it;
    unix_pair(pair);
    open_end(&it, pair[0]);
    hws_io_receive(&it.io, true);
    struct pollfd watched = {.fd = hws_loop_fd(loop), .events = POLLIN};
    for (size_t i = 1; i <= 3; i++) {
        while (hws_loop_timeout_ms(loop) == 0) step();
        assert_int_equal(hws_loop_timeout_ms(loop), -1);
        assert_int_equal(poll(&watched, 1, 0), 0);
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, write_later, &pair[1]), 0);
        assert_int_equal(poll(&watched, 1, -1), 1); /* it does not come before, but while we wait */
        assert_int_equal(pthread_join(thread, NULL), 0);
        step();
        assert_int_equal(it.size, i);
        hws_io_send(&it.io, &(hws_span){(uint8_t[]){1}, 1}, 1);
        assert_int_equal(hws_loop_timeout_ms(loop), 0); /* or it would never leave */
    }
    close_end(&it, pair[1]);
}

/* The thread of the ring has gone; somebody else frees the loop. */
static void *turn_once(void *user)
{
    (void)user;
    step();
    return NULL;
}

static void test_freed_by_another_thread(void **state)
{
    (void)state;
    assert_int_equal(make_loop(), HWS_OK);
    int pair[2];
    end it;
    end later;
    pthread_t thread;
    unix_pair(pair);
    open_end(&it, pair[0]);
    hws_io_receive(&it.io, true);
    assert_int_equal(pthread_create(&thread, NULL, turn_once, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    open_end(&later, pair[1]);
    hws_io_receive(&later.io, true);
    hws_io_close(&it.io, false);
    hws_io_close(&later.io, false);
    hws_loop_free(loop);
    loop = NULL;
    assert_true(it.closed && later.closed);
}

/* Nothing that was under way is left: a port that was listened on is free. */
static void test_the_end_leaves_no_listener(void **state)
{
    (void)state;
    assert_int_equal(make_loop(), HWS_OK);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(listen(fd, 16), 0);
    end it;
    open_end(&it, fd);
    hws_io_accept(&it.io, true);
    whole_turn(loop);
    hws_io_close(&it.io, false);
    hws_loop_free(loop);
    loop = NULL;
    assert_true(it.closed);
    const int again = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(again, (const struct sockaddr *)&address, size), 0);
    close(again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_receive_goes_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_receive_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_both_kinds_of_buffers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_buffers_run_short, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_last_bytes_and_the_end_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_held_keeps_its_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_memory_to_hold, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_close_while_something_is_held, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_full_socket_of_a_half_closed_peer, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_an_error_after_the_end_while_paused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_send, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_more_than_the_queues_hold, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_submissions_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_accept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_input_is_seen_from_outside, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_freed_by_another_thread, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_end_leaves_no_listener, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
