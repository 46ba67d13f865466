/* SPDX-License-Identifier: MIT */
#include "loop/io.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "lib/backend.h"
#include "lib/descriptors.h"
#include "lib/test_memory.h"
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

static void on_receive(hws_io *io, hws_span bytes, int error)
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

static void on_send(hws_io *io, int64_t sent)
{
    end *it = (end *)io;
    assert_false(it->closed);
    it->send_calls++;
    it->sent = sent;
    if (it->closes_on_send) hws_io_close(io, false);
}

static void on_connect(hws_io *io, int error)
{
    end *it = (end *)io;
    it->connect_error = error;
    it->connect_calls++;
    if (it->closes_on_connect) hws_io_close(io, false);
}

static void on_close(hws_io *io)
{
    end *it = (end *)io;
    assert_false(it->closed);
    it->closed = true;
    free(it->bytes);
    memset(&it->io, 0xA5, sizeof it->io); /* nobody may look at it any more */
}

static const hws_io_handler handler = {
    .on_receive = on_receive, .on_send = on_send, .on_connect = on_connect, .on_close = on_close};

static void open_end(end *it, int fd)
{
    *it = (end){.capacity = 1 << 20, .connect_error = -1, .sent = -1};
    it->bytes = malloc(it->capacity);
    assert_non_null(it->bytes);
    assert_int_equal(hws_io_open(&it->io, loop, fd, &handler), HWS_OK);
}

static void step(void)
{
    assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
}

static void steps(int count)
{
    for (int i = 0; i < count; i++) step();
}

/* One turn after it was asked for; with io_uring what is under way has to end before. */
static void see_it_close(const end *it)
{
    step();
    while (on_io_uring(loop) && !it->closed) assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
    assert_true(it->closed);
}

static void close_end(end *it, bool reset)
{
    hws_io_close(&it->io, reset);
    assert_false(it->closed);
    see_it_close(it);
}

static void say(end *it, const char *text)
{
    const hws_span span = {(uint8_t *)(uintptr_t)text, strlen(text)};
    hws_io_send(&it->io, &span, 1);
}

static int set_up(void **state)
{
    descriptors_before = descriptors_open();
    assert_int_equal(hws_loop_new(NULL, &loop), HWS_OK);
    *state = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hws_loop_free(loop);
    assert_int_equal(descriptors_open(), descriptors_before);
    return 0;
}

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

typedef void pair_maker(int pair[2]);
static pair_maker *const makers[] = {unix_pair, tcp_pair};

/* Waiting for what the kernel does in its own time. */
#define STEP_UNTIL(condition)                                                                      \
    while (!(condition)) assert_int_equal(hws_loop_step(loop, -1), HWS_OK)

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

/* Connecting and accepting. */

static int accepted[256];
static size_t accepted_count;
static int accept_error;

static void on_accept(hws_io *io, int fd)
{
    if (fd < 0) {
        accept_error = -fd;
        return;
    }
    assert_true(accepted_count < COUNT_OF(accepted));
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    accepted[accepted_count++] = fd;
    if (accepted_count == 3 && ((end *)io)->closes_on_receive) hws_io_close(io, false);
}

static const hws_io_handler acceptor = {.on_accept = on_accept, .on_close = on_close};

static int listening(struct sockaddr_in *address)
{
    socklen_t size = sizeof *address;
    *address =
        (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)address, size), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)address, &size), 0);
    assert_int_equal(listen(fd, 256), 0);
    return fd;
}

static void connect_end(end *it, const struct sockaddr_in *address)
{
    open_end(it, socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    hws_io_connect(&it->io, (const struct sockaddr *)address, sizeof *address);
    assert_int_equal(it->connect_error, -1);
}

static void close_accepted(void)
{
    for (size_t i = 0; i < accepted_count; i++) close(accepted[i]);
    accepted_count = 0;
}

static void test_connect_and_accept(void **state)
{
    (void)state;
    struct sockaddr_in address;
    end listener;
    end it;
    open_end(&listener, listening(&address));
    listener.io.handler = &acceptor;
    connect_end(&it, &address);
    STEP_UNTIL(it.connect_error == 0);
    assert_int_equal(accepted_count, 0); /* not asked for yet */
    hws_io_accept(&listener.io, true);
    STEP_UNTIL(accepted_count == 1);

    hws_io_receive(&it.io, true);
    assert_int_equal(write(accepted[0], "hi", 2), 2);
    STEP_UNTIL(it.size == 2);
    close_end(&it, false);

    hws_io_accept(&listener.io, false);
    connect_end(&it, &address);
    it.closes_on_connect = true;
    STEP_UNTIL(it.closed);
    steps(2);
    assert_int_equal(accepted_count, 1);
    hws_io_accept(&listener.io, true);
    STEP_UNTIL(accepted_count == 2);

    close_end(&listener, false);
    connect_end(&it, &address); /* nobody listens */
    STEP_UNTIL(it.connect_error >= 0);
    assert_int_equal(it.connect_error, ECONNREFUSED);
    close_end(&it, false);
    close_accepted();
}

/* A new socket hangs up until it is connected; that must not keep it from being so. */
static void test_connect_later(void **state)
{
    (void)state;
    struct sockaddr_in address;
    const int fd = listening(&address);
    end it;
    open_end(&it, socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    steps(3);
    hws_io_connect(&it.io, (const struct sockaddr *)&address, sizeof address);
    STEP_UNTIL(it.connect_error == 0);
    steps(3);
    close_end(&it, false);
    close(fd);
}

/* A unix socket connects at once; that, too, is told later. */
static void test_connect_at_once(void **state)
{
    (void)state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t size = sizeof address;
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address.sun_family), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(listen(fd, 1), 0);
    end it;
    open_end(&it, socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    errno = ECONNREFUSED; /* of something before */
    hws_io_connect(&it.io, (const struct sockaddr *)&address, size);
    assert_int_equal(it.connect_error, -1);
    step();
    assert_int_equal(it.connect_error, 0);
    say(&it, "hello");
    step();
    assert_int_equal(it.sent, 5);
    close_end(&it, false);
    close(fd);
}

static void test_connect_to_nowhere(void **state)
{
    (void)state;
    const struct sockaddr_un nowhere = {.sun_family = AF_UNIX, .sun_path = "/nonexistent/socket"};
    end it;
    open_end(&it, socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    hws_io_connect(&it.io, (const struct sockaddr *)&nowhere, sizeof nowhere);
    assert_int_equal(it.connect_error, -1);
    STEP_UNTIL(it.connect_error >= 0);
    assert_int_equal(it.connect_error, ENOENT);
    assert_int_equal(it.connect_calls, 1);
    steps(3);
    assert_int_equal(it.connect_calls, 1);
    close_end(&it, false);
}

/* Given up while the peer does not answer: nothing is told but the close. */
static void test_connect_given_up(void **state)
{
    (void)state;
    struct sockaddr_in address;
    const int fd = listening(&address);
    assert_int_equal(listen(fd, 0), 0);
    int fillers[2]; /* a backlog of 0 holds one, and drops the others' SYN */
    for (size_t i = 0; i < COUNT_OF(fillers); i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        connect(fillers[i], (const struct sockaddr *)&address, sizeof address);
    }
    end it;
    connect_end(&it, &address);
    const int given_up = it.io.fd;
    steps(3);
    assert_int_equal(it.connect_error, -1);
    hws_io_close(&it.io, false);
    assert_false(it.closed);
    see_it_close(&it);
    assert_int_equal(it.connect_error, -1);
    assert_int_equal(fcntl(given_up, F_GETFD), -1);

    connect_end(&it, &address); /* and at once, while its failure is due */
    close_end(&it, false);
    const struct sockaddr_un nowhere = {.sun_family = AF_UNIX, .sun_path = "/nonexistent/socket"};
    open_end(&it, socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    hws_io_connect(&it.io, (const struct sockaddr *)&nowhere, sizeof nowhere);
    close_end(&it, false);
    assert_int_equal(it.connect_error, -1);
    for (size_t i = 0; i < COUNT_OF(fillers); i++) close(fillers[i]);
    close(fd);
}

/* Releasing. */

/* The descriptor goes on in another hws_io of the same loop, in the same turn. */
static void test_release(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(makers); i++) {
        int pair[2];
        makers[i](pair);
        end first;
        end second;
        open_end(&first, pair[0]);
        hws_io_receive(&first.io, true);
        assert_int_equal(write(pair[1], "hello", 5), 5);
        assert_int_equal(hws_io_release(&first.io), pair[0]);
        assert_false(first.closed);
        open_end(&second, pair[0]);
        hws_io_receive(&second.io, true);
        see_it_close(&first);
        STEP_UNTIL(second.size == 5);
        assert_int_equal(first.receive_calls, 0);
        say(&second, "answer");
        step();
        assert_int_equal(second.sent, 6);
        assert_int_equal(hws_io_release(&second.io), pair[0]);
        see_it_close(&second);
        assert_int_equal(loop->io_count, 0);
        char answer[7] = "";
        assert_int_equal(read(pair[1], answer, 6), 6);
        assert_int_equal(write(pair[1], "x", 1), 1); /* nobody listens: it is nobody's */
        steps(3);
        assert_int_equal(close(pair[0]), 0);
        close(pair[1]);
    }
}

static end successor;

static void on_connect_release(hws_io *io, int error)
{
    end *it = (end *)io;
    it->connect_error = error;
    const int fd = hws_io_release(io);
    open_end(&successor, fd);
    hws_io_receive(&successor.io, true);
}

static const hws_io_handler releaser = {.on_connect = on_connect_release, .on_close = on_close};

/* From its own on_connect, as whoever looks for the first address that answers does. */
static void test_release_when_connected(void **state)
{
    (void)state;
    struct sockaddr_in address;
    end listener;
    open_end(&listener, listening(&address));
    listener.io.handler = &acceptor;
    hws_io_accept(&listener.io, true);
    end it;
    connect_end(&it, &address);
    it.io.handler = &releaser;
    STEP_UNTIL(it.closed && accepted_count == 1);
    assert_int_equal(it.connect_error, 0);
    assert_int_equal(write(accepted[0], "hi", 2), 2);
    STEP_UNTIL(successor.size == 2);
    close_end(&successor, false);
    close_end(&listener, false);
    close_accepted();
}

/* U005: two loops listen to one socket, as a process and its successor do.  The first is woken for
 * a connection and closes before it takes it: the other has to hear of it. */
static void test_a_closed_listener_leaves_connections(void **state)
{
    (void)state;
    struct sockaddr_in address;
    hws_loop *other;
    end first;
    end second;
    open_end(&first, listening(&address));
    assert_int_equal(hws_loop_new(NULL, &other), HWS_OK);
    const int shared = dup(first.io.fd);
    second = (end){0};
    assert_int_equal(hws_io_open(&second.io, other, shared, &acceptor), HWS_OK);
    hws_io_accept(&first.io, true);
    step();
    hws_io_accept(&second.io, true);
    assert_int_equal(hws_loop_step(other, 0), HWS_OK);

    const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(client, (const struct sockaddr *)&address, sizeof address), 0);
    close_end(&first, false);
    while (accepted_count == 0) assert_int_equal(hws_loop_step(other, -1), HWS_OK);
    close_accepted();
    hws_io_close(&second.io, false);
    hws_loop_free(other);
    close(client);
}

/* Fair: a listener hands over no more than 64 in a turn, and may be closed in between. */
static void test_accepts_are_bounded(void **state)
{
    (void)state;
    struct sockaddr_in address;
    end listener;
    int clients[100];
    open_end(&listener, listening(&address));
    listener.io.handler = &acceptor;
    for (size_t i = 0; i < COUNT_OF(clients); i++) {
        clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(clients[i], (const struct sockaddr *)&address, sizeof address), 0);
    }
    hws_io_accept(&listener.io, true);
    step();
    assert_int_equal(accepted_count, 64);
    step();
    assert_int_equal(accepted_count, 100);
    close_accepted();
    for (size_t i = 0; i < 10; i++) {
        close(clients[i]);
        clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(clients[i], (const struct sockaddr *)&address, sizeof address), 0);
    }
    listener.closes_on_receive = true;
    see_it_close(&listener);
    assert_int_equal(accepted_count, 3);
    close_accepted();
    for (size_t i = 0; i < COUNT_OF(clients); i++) close(clients[i]);
}

/* A daemon has closed its standard input: 0 is a descriptor like any other. */
static void test_descriptor_zero(void **state)
{
    (void)state;
    struct sockaddr_in address;
    end listener;
    const int kept = dup(0);
    open_end(&listener, listening(&address));
    listener.io.handler = &acceptor;
    hws_io_accept(&listener.io, true);
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(client, (const struct sockaddr *)&address, sizeof address), 0);
    close(0);
    step();
    assert_int_equal(accepted_count, 1);
    assert_int_equal(accepted[0], 0);
    accepted_count = 0;
    end it;
    open_end(&it, 0);
    hws_io_receive(&it.io, true);
    close(client);
    STEP_UNTIL(it.ended);
    hws_io_close(&it.io, false);
    close_end(&listener, false);
    if (kept >= 0) {
        assert_int_equal(dup2(kept, 0), 0);
        close(kept);
    }
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
        cmocka_unit_test_setup_teardown(test_bytes_and_their_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pause_and_resume, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_hang_up_while_paused_loses_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reset_is_heard, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_data_before_a_reset, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_data_after_a_failed_send, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_urgent_data_is_ignored, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_full_socket, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_many_spans_in_one_send, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_close_in_every_call, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stale_events, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_descriptor_that_lives_on_elsewhere, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_close_with_reset, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_connect_and_accept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_connect_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_connect_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_connect_to_nowhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_connect_given_up, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_release, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_release_when_connected, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_closed_listener_leaves_connections, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_accepts_are_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_descriptor_zero, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_high_number, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_fairness, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_a_pollable_descriptor, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
