/* SPDX-License-Identifier: MIT */
/* The loop when the system refuses: at start a clear status, later one descriptor lost at most. */
#include "lib/syscalls.h"

#include <errno.h>
#include <sys/mman.h>

#include "lib/descriptors.h"
#include "lib/test_memory.h"
#include "loop/signal.h"
#include "loop/state.h"

static hws_loop *loop;
static test_memory counter;
static hws_memory memory;
static int descriptors_before;

static void make_loop(void)
{
    assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &memory}, &loop), HWS_OK);
}

static int set_up(void **state)
{
    syscalls_reset();
    descriptors_before = descriptors_open();
    memory = test_memory_hook(&counter);
    loop = NULL;
    *state = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    syscalls_reset();
    hws_loop_free(loop);
    assert_int_equal(counter.bytes_out, 0);
    assert_int_equal(descriptors_open(), descriptors_before);
    return 0;
}

static void test_start(void **state)
{
    (void)state;
    static const struct {
        syscall_name name;
        size_t n;
        int error;
        hws_status status;
    } cases[] = {
        {SYSCALL_eventfd, 1, EMFILE, HWS_ERR_SYSTEM},
        {SYSCALL_eventfd, 1, ENFILE, HWS_ERR_SYSTEM},
        {SYSCALL_eventfd, 1, ENOMEM, HWS_ERR_SYSTEM},
        {SYSCALL_timerfd_create, 1, EMFILE, HWS_ERR_SYSTEM},
        {SYSCALL_epoll_create1, 1, EMFILE, HWS_ERR_SYSTEM},
        {SYSCALL_epoll_create1, 2, EMFILE, HWS_ERR_SYSTEM},
        {SYSCALL_epoll_ctl, 1, ENOMEM, HWS_ERR_SYSTEM},
        {SYSCALL_epoll_ctl, 2, ENOSPC, HWS_ERR_SYSTEM},
        {SYSCALL_epoll_ctl, 3, ENOSPC, HWS_ERR_SYSTEM},
        {SYSCALL_mmap, 1, ENOMEM, HWS_ERR_NO_MEMORY},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        syscalls_reset();
        syscalls_fail(cases[i].name, cases[i].n, 1, cases[i].error);
        assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &memory}, &loop),
                         cases[i].status);
        assert_int_equal(errno, cases[i].error);
        assert_null(loop);
        assert_int_equal(counter.bytes_out, 0);
        assert_int_equal(descriptors_open(), descriptors_before);
    }
}

static void test_wait(void **state)
{
    (void)state;
    make_loop();
    syscalls_fail(SYSCALL_epoll_wait, 1, 1, EINTR);
    assert_int_equal(hws_loop_step(loop, -1), HWS_OK); /* a signal is an empty turn */
    syscalls_fail(SYSCALL_epoll_wait, 1, 1, EINVAL);
    assert_int_equal(hws_loop_step(loop, 0), HWS_ERR_SYSTEM);
    assert_int_equal(errno, EINVAL);
    assert_int_equal(hws_loop_step(loop, 0), HWS_OK); /* it is as it was */
    syscalls_fail(SYSCALL_epoll_wait, 1, 1, EBADF);
    assert_int_equal(hws_loop_run(loop), HWS_ERR_SYSTEM);
}

/* O007. */
static void test_random(void **state)
{
    (void)state;
    make_loop();
    static uint8_t bytes[8192];
    syscalls_fail(SYSCALL_getrandom, 1, 3, EINTR);
    assert_int_equal(hws_loop_random(loop, bytes, 16), HWS_OK);
    assert_int_equal(syscalls_count(SYSCALL_getrandom), 4);
    for (int i = 0; i < 200; i++) assert_int_equal(hws_loop_random(loop, bytes, 16), HWS_OK);
    assert_int_equal(syscalls_count(SYSCALL_getrandom), 4); /* in batches */

    static const int errors[] = {ENOSYS, EAGAIN, EPERM};
    static const size_t sizes[] = {4092, 8192}; /* a new batch; more than one */
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        for (size_t k = 0; k < COUNT_OF(sizes); k++) {
            memset(bytes, 0, sizeof bytes);
            syscalls_fail(SYSCALL_getrandom, 1, 1, errors[i]);
            assert_int_equal(hws_loop_random(loop, bytes, sizes[k]), HWS_ERR_RANDOM);
            for (size_t at = 0; at < sizeof bytes; at++) assert_int_equal(bytes[at], 0);
        }
    }
    /* Nothing of a batch that failed is handed out. */
    syscalls_fail(SYSCALL_getrandom, 1, 1, ENOSYS);
    assert_int_equal(hws_loop_random(loop, bytes, 1), HWS_ERR_RANDOM);
    assert_int_equal(hws_loop_random(loop, bytes, 1), HWS_OK);
}

/* An old kernel, which does not wipe the page on fork: no batches. */
static void test_random_without_wipe_on_fork(void **state)
{
    (void)state;
    syscalls_fail(SYSCALL_madvise, 1, 1, EINVAL);
    make_loop();
    uint8_t bytes[2][16];
    assert_int_equal(hws_loop_random(loop, bytes[0], 16), HWS_OK);
    assert_int_equal(hws_loop_random(loop, bytes[1], 16), HWS_OK);
    assert_int_equal(syscalls_count(SYSCALL_getrandom), 2);
    assert_memory_not_equal(bytes[0], bytes[1], 16);
}

static void on_signal(int signal, void *user)
{
    (void)signal;
    (void)user;
}

static void test_signals(void **state)
{
    (void)state;
    make_loop();
    hws_signals *signals = NULL;
    syscalls_fail(SYSCALL_socketpair, 1, 1, EMFILE);
    assert_int_equal(hws_signals_open(loop, on_signal, NULL, &signals), HWS_ERR_SYSTEM);
    assert_int_equal(errno, EMFILE);
    syscalls_fail(SYSCALL_epoll_ctl, 1, 1, ENOSPC);
    assert_int_equal(hws_signals_open(loop, on_signal, NULL, &signals), HWS_ERR_SYSTEM);
    assert_int_equal(errno, ENOSPC);
    assert_null(signals);
    assert_int_equal(hws_signals_open(loop, on_signal, NULL, &signals), HWS_OK);
    hws_signals_close(signals);
}

/* Descriptors. */

typedef struct end {
    hws_io io; /* first */
    int receive_calls;
    int error;
    int64_t sent;
    int connect_error;
    int accept_error;
    int accepted;
} end;

static void on_receive(hws_io *io, hws_span bytes, int error)
{
    end *it = (end *)io;
    (void)bytes;
    it->receive_calls++;
    it->error = error;
}

static void on_send(hws_io *io, int64_t sent)
{
    ((end *)io)->sent = sent;
}

static void on_connect(hws_io *io, int error)
{
    ((end *)io)->connect_error = error;
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
    memset(io, 0xA5, sizeof *io);
}

static const hws_io_handler handler = {.on_accept = on_accept,
                                       .on_receive = on_receive,
                                       .on_send = on_send,
                                       .on_connect = on_connect,
                                       .on_close = on_close};

static void open_end(end *it, int fd)
{
    *it = (end){.sent = INT64_MIN, .connect_error = -1};
    assert_int_equal(hws_io_open(&it->io, loop, fd, &handler), HWS_OK);
}

static void step(void)
{
    assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
}

/* O006. */
static void test_open(void **state)
{
    (void)state;
    make_loop();
    int pair[2];
    unix_pair(pair);
    end it;
    static const int errors[] = {ENOSPC, ENOMEM};
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        syscalls_fail(SYSCALL_epoll_ctl, 1, 1, errors[i]);
        assert_int_equal(hws_io_open(&it.io, loop, pair[0], &handler), HWS_ERR_SYSTEM);
        assert_int_equal(errno, errors[i]);
    }
    close(pair[0]);
    close(pair[1]);
}

/* A change of interest that fails is the failure of that descriptor, told and final. */
static void test_change_of_interest(void **state)
{
    (void)state;
    make_loop();
    int pair[2];
    end it;
    static uint8_t bytes[16 << 20];
    const hws_span span = {bytes, sizeof bytes};

    /* Input that nobody wants is to leave the set. */
    unix_pair(pair);
    open_end(&it, pair[0]);
    assert_int_equal(write(pair[1], "x", 1), 1);
    syscalls_fail(SYSCALL_epoll_ctl, 1, 1, ENOMEM);
    step();
    assert_int_equal(it.error, ENOMEM);
    hws_io_close(&it.io, false);
    close(pair[1]);
    step();

    /* Input is to join again. */
    unix_pair(pair);
    open_end(&it, pair[0]);
    assert_int_equal(write(pair[1], "x", 1), 1);
    step();
    syscalls_fail(SYSCALL_epoll_ctl, 1, 1, ENOMEM);
    hws_io_receive(&it.io, true);
    assert_int_equal(it.receive_calls, 0);
    step();
    assert_int_equal(it.error, ENOMEM);
    assert_int_equal(it.receive_calls, 1);
    hws_io_close(&it.io, false);
    close(pair[1]);
    step();

    /* Output is to join. */
    unix_pair(pair);
    open_end(&it, pair[0]);
    hws_io_send(&it.io, &span, 1);
    step();
    assert_true(it.sent > 0 && it.sent < (int64_t)sizeof bytes);
    syscalls_fail(SYSCALL_epoll_ctl, 1, 1, ENOMEM);
    hws_io_send(&it.io, &span, 1);
    assert_false(hws_io_send_waits(&it.io));
    step();
    assert_int_equal(it.sent, -ENOMEM);
    hws_io_close(&it.io, false);
    close(pair[1]);
    step();
}

static void test_connect(void **state)
{
    (void)state;
    make_loop();
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(listener, (const struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(listen(listener, 16), 0);

    static const struct {
        syscall_name name;
        size_t n;
        int error;
    } cases[] = {
        {SYSCALL_connect, 1, ENETUNREACH}, {SYSCALL_connect, 1, EADDRNOTAVAIL},
        {SYSCALL_connect, 1, EAGAIN},      {SYSCALL_epoll_ctl, 2, ENOMEM},
        {SYSCALL_getsockopt, 1, ENOBUFS},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        end it;
        syscalls_fail(cases[i].name, cases[i].n, 1, cases[i].error);
        open_end(&it, socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        hws_io_connect(&it.io, (const struct sockaddr *)&address, size);
        assert_int_equal(it.connect_error, -1);
        while (it.connect_error < 0) assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
        assert_int_equal(it.connect_error, cases[i].error);
        hws_io_close(&it.io, false);
        step();
    }
    close(listener);
}

/* A013: what concerns one connection or the network passes.  A012: what runs short is waited for,
 * and not in a busy loop. */
static void test_accept(void **state)
{
    (void)state;
    make_loop();
    static const int passing[] = {EINTR,        ECONNABORTED, EPROTO,      EPERM,
                                  ENETDOWN,     ENOPROTOOPT,  EHOSTDOWN,   ENONET,
                                  EHOSTUNREACH, EOPNOTSUPP,   ENETUNREACH, ETIMEDOUT};
    static const int shortage[] = {EMFILE, ENFILE, ENOBUFS, ENOMEM, EINVAL};
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(listener, (const struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(listen(listener, 16), 0);
    end it;
    open_end(&it, listener);
    hws_io_accept(&it.io, true);

    int expected = 0;
    for (size_t i = 0; i < COUNT_OF(passing); i++) {
        const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(client, (const struct sockaddr *)&address, size), 0);
        syscalls_fail(SYSCALL_accept4, 1, 1, passing[i]);
        step();
        assert_int_equal(it.accepted, ++expected);
        assert_int_equal(it.accept_error, 0);
        close(client);
    }
    for (size_t i = 0; i < COUNT_OF(shortage); i++) {
        const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(client, (const struct sockaddr *)&address, size), 0);
        syscalls_fail(SYSCALL_accept4, 1, 1, shortage[i]);
        const uint64_t begun_ms = hws_clock_ms();
        step();
        assert_int_equal(it.accept_error, shortage[i]);
        const size_t calls = syscalls_count(SYSCALL_accept4);
        for (int turns = 0; turns < 5; turns++) step();
        const size_t calls_later = syscalls_count(SYSCALL_accept4);
        const int timeout_ms = hws_loop_timeout_ms(loop);
        if (hws_clock_ms() < begun_ms + 100) { /* else we were held up, and the rest is over */
            assert_int_equal(calls_later, calls);
            assert_true(timeout_ms > 0 && timeout_ms <= 100);
        }
        hws_io_accept(&it.io, false); /* while it rests */
        hws_io_accept(&it.io, true);
        while (it.accepted == expected) assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
        expected++;
        close(client);
    }

    /* Closed while it rests; and one that could not join the set again tries later. */
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(client, (const struct sockaddr *)&address, size), 0);
    syscalls_fail(SYSCALL_accept4, 1, 1, EMFILE);
    step();
    syscalls_fail(SYSCALL_epoll_ctl, 1, 1, ENOMEM);
    while (it.accepted == expected) assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
    close(client);
    const int last = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(last, (const struct sockaddr *)&address, size), 0);
    syscalls_fail(SYSCALL_accept4, 1, 1, EMFILE);
    syscalls_fail(SYSCALL_epoll_ctl, 1, 1, ENOMEM); /* input cannot leave the set */
    step();
    hws_io_close(&it.io, false);
    step();
    close(last);
}

/* A listener that stops accepting while it rests stays quiet when the rest is over. */
static void test_accept_stopped_while_it_rests(void **state)
{
    (void)state;
    make_loop();
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t size = sizeof address;
    assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof address.sun_family),
                     0); /* a name of the kernel's choice */
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    assert_int_equal(listen(listener, 16), 0);
    const int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(client, (const struct sockaddr *)&address, size), 0);
    end it;
    open_end(&it, listener);
    hws_io_accept(&it.io, true);
    syscalls_fail(SYSCALL_accept4, 1, 1, EMFILE);
    step();
    hws_io_accept(&it.io, false);
    while (hws_loop_timeout_ms(loop) >= 0) assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
    step();
    assert_int_equal(it.accepted, 0);
    hws_io_accept(&it.io, true);
    step();
    assert_int_equal(it.accepted, 1);
    hws_io_close(&it.io, false);
    step();
    close(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_start, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_random, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_random_without_wipe_on_fork, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_signals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_open, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_change_of_interest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_connect, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_accept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_accept_stopped_while_it_rests, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
