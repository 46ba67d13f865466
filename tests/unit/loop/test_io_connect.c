/* SPDX-License-Identifier: MIT */
/* How it begins: connecting and accepting, and going on in another hws_io. */
#include "lib/io_fixture.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_connect_and_accept),     TEST(test_connect_later),
        TEST(test_connect_at_once),        TEST(test_connect_to_nowhere),
        TEST(test_connect_given_up),       TEST(test_release),
        TEST(test_release_when_connected), TEST(test_a_closed_listener_leaves_connections),
        TEST(test_accepts_are_bounded),    TEST(test_descriptor_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
