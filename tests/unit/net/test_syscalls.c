/* SPDX-License-Identifier: MIT */
/* O004, O005: streams and listeners when the system refuses, or does little at a time. */
#include "lib/syscalls.h"

#include <errno.h>
#include <stdio.h>

#include "lib/descriptors.h"
#include "lib/test_memory.h"
#include "net/listener.h"
#include "net/stream.h"

static hws_loop *loop;
static test_memory counter;
static hws_memory memory;
static int descriptors_before;

typedef struct owner {
    hws_stream *stream;
    size_t size;
    uint32_t sum;
    int end_calls;
    hws_status why;
} owner;

static uint32_t add(uint32_t sum, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) sum = sum * 31 + bytes[i];
    return sum;
}

static void on_receive(void *user, hws_span bytes)
{
    owner *it = user;
    it->size += bytes.size;
    it->sum = add(it->sum, bytes.data, bytes.size);
}

static void on_end(void *user, hws_status why)
{
    owner *it = user;
    it->end_calls++;
    it->why = why;
}

static void on_sent(void *user)
{
    (void)user;
}

static const hws_stream_owner calls = {
    .on_receive = on_receive, .on_end = on_end, .on_sent = on_sent};

/* Two streams that talk to each other, and a third pair that must not notice. */
static owner owners[4];

static void open_streams(void)
{
    for (int i = 0; i < 4; i += 2) {
        int pair[2];
        tcp_pair(pair);
        for (int k = 0; k < 2; k++) {
            owner *it = &owners[i + k];
            *it = (owner){0};
            assert_int_equal(hws_stream_tcp_new(loop, pair[k], 0, &it->stream), HWS_OK);
            hws_stream_own(it->stream, &calls, it);
            hws_stream_receive(it->stream, true);
        }
    }
}

static void close_streams(void)
{
    for (int i = 0; i < 4; i++) hws_stream_close(owners[i].stream, 0);
    assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
}

static void say(owner *it, const char *text)
{
    assert_int_equal(hws_queue_append(&it->stream->queue, text, strlen(text)), HWS_OK);
    hws_stream_flush(it->stream);
}

#define STEP_UNTIL(condition)                                                                      \
    while (!(condition)) assert_int_equal(hws_loop_step(loop, -1), HWS_OK)

static int set_up(void **state)
{
    syscalls_reset();
    descriptors_before = descriptors_open();
    memory = test_memory_hook(&counter);
    assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &memory}, &loop), HWS_OK);
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

/* Interrupted, refused for the moment, or short: not a byte is lost or doubled. */
static void test_nothing_is_lost(void **state)
{
    (void)state;
    static uint8_t bytes[20000];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i * 7 + i / 256);
    static const syscall_name names[] = {SYSCALL_send, SYSCALL_sendmsg, SYSCALL_recv};
    static const int errors[] = {EINTR, EAGAIN};
    open_streams();
    owner *from = &owners[0];
    owner *to = &owners[1];
    size_t expected = 0;
    uint32_t sum = 0;
    for (size_t shorten = 0; shorten <= 4097; shorten = shorten * 17 + 1) {
        for (size_t i = 0; i < COUNT_OF(names) * COUNT_OF(errors) * 3; i++) {
            syscalls_reset();
            syscalls_shorten(shorten);
            syscalls_fail(names[i % 3], 1 + i / 6, 1 + i / 6, errors[i / 3 % 2]);
            const size_t size = shorten == 1 ? 100 : sizeof bytes - i;
            for (size_t at = 0; at < size; at += 1000) {
                const size_t part = size - at < 1000 ? size - at : 1000;
                assert_int_equal(hws_queue_append(&from->stream->queue, bytes + at, part), HWS_OK);
            }
            sum = add(sum, bytes, size);
            expected += size;
            hws_stream_flush(from->stream);
            STEP_UNTIL(to->size >= expected);
            assert_int_equal(to->size, expected);
            assert_int_equal(to->sum, sum);
        }
    }
    assert_int_equal(owners[0].end_calls + owners[1].end_calls, 0);
    close_streams();
}

/* One connection is lost, explained, and the other is not touched. */
static void test_one_connection_is_lost(void **state)
{
    (void)state;
    static const struct {
        syscall_name name;
        int error;
        hws_status status;
    } cases[] = {
        {SYSCALL_send, ECONNRESET, HWS_ERR_CONNECTION_RESET},
        {SYSCALL_send, EPIPE, HWS_ERR_CONNECTION_RESET},
        {SYSCALL_send, ETIMEDOUT, HWS_ERR_CONNECTION_LOST},
        {SYSCALL_send, ENOBUFS, HWS_ERR_CONNECTION_LOST},
        {SYSCALL_send, ENOMEM, HWS_ERR_CONNECTION_LOST},
        {SYSCALL_recv, ECONNRESET, HWS_ERR_CONNECTION_RESET},
        {SYSCALL_recv, EPIPE, HWS_ERR_CONNECTION_RESET},
        {SYSCALL_recv, ETIMEDOUT, HWS_ERR_CONNECTION_LOST},
        {SYSCALL_recv, ENOBUFS, HWS_ERR_CONNECTION_LOST},
        {SYSCALL_recv, ENOMEM, HWS_ERR_CONNECTION_LOST},
        {SYSCALL_recv, EHOSTUNREACH, HWS_ERR_CONNECTION_LOST},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        syscalls_reset();
        open_streams();
        owner *victim = &owners[cases[i].name == SYSCALL_send ? 0 : 1];
        say(&owners[0], "hello");
        syscalls_fail(cases[i].name, 1, 1, cases[i].error);
        STEP_UNTIL(victim->end_calls == 1);
        assert_int_equal(victim->why, cases[i].status);
        assert_int_equal(victim->size, 0);
        say(&owners[2], "others");
        STEP_UNTIL(owners[3].size == 6);
        assert_int_equal(owners[2].end_calls + owners[3].end_calls, 0);
        close_streams();
    }
}

/* The failed sender does not listen: it hears of it all the same. */
static void test_failed_send_while_paused(void **state)
{
    (void)state;
    static const struct {
        int error;
        hws_status status;
    } cases[] = {{EPIPE, HWS_ERR_CONNECTION_RESET}, {ENOBUFS, HWS_ERR_CONNECTION_LOST}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        open_streams();
        hws_stream_receive(owners[0].stream, false);
        say(&owners[0], "hello");
        syscalls_fail(SYSCALL_send, 1, 1, cases[i].error);
        STEP_UNTIL(owners[0].end_calls == 1);
        assert_int_equal(owners[0].why, cases[i].status);
        say(&owners[0], "into the void");
        STEP_UNTIL(owners[0].stream->queue.size == 0);
        assert_int_equal(owners[0].end_calls, 1);
        close_streams();
    }
}

/* Paused between the failure and the end that would have followed it. */
static void test_paused_after_a_failed_send(void **state)
{
    (void)state;
    open_streams();
    say(&owners[0], "hello");
    syscalls_fail(SYSCALL_send, 1, 1, EPIPE);
    assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
    hws_stream_receive(owners[0].stream, false);
    STEP_UNTIL(owners[0].end_calls == 1);
    assert_int_equal(owners[0].why, HWS_ERR_CONNECTION_RESET);
    assert_int_equal(owners[0].stream->queue.size, 0);
    close_streams();
}

static void test_failed_send_while_lingering(void **state)
{
    (void)state;
    open_streams();
    const int fd = hws_stream_fd(owners[0].stream);
    say(&owners[0], "hello");
    hws_stream_close(owners[0].stream, 60000);
    syscalls_fail(SYSCALL_send, 1, 1, EPIPE);
    STEP_UNTIL(fcntl(fd, F_GETFD) < 0);
    for (int i = 1; i < 4; i++) hws_stream_close(owners[i].stream, 0);
}

static void test_new_stream(void **state)
{
    (void)state;
    int pair[2];
    tcp_pair(pair);
    hws_stream *stream = NULL;
    syscalls_fail(SYSCALL_epoll_ctl, 1, 1, ENOSPC);
    assert_int_equal(hws_stream_tcp_new(loop, pair[0], 0, &stream), HWS_ERR_SYSTEM);
    assert_int_equal(errno, ENOSPC);
    assert_null(stream);
    close(pair[1]);
}

static void on_accept(void *user, int fd)
{
    (void)user;
    close(fd);
}

static const hws_listener_options options = {.on_accept = on_accept};

static void test_listener(void **state)
{
    (void)state;
    static const struct {
        syscall_name name;
        size_t n;
        int error;
        hws_status status;
    } cases[] = {
        {SYSCALL_socket, 1, EMFILE, HWS_ERR_SYSTEM},
        {SYSCALL_socket, 1, ENOBUFS, HWS_ERR_SYSTEM},
        {SYSCALL_socket, 1, EAFNOSUPPORT, HWS_ERR_ADDRESS},
        {SYSCALL_setsockopt, 1, ENOMEM, HWS_ERR_SYSTEM},
        {SYSCALL_setsockopt, 2, ENOMEM, HWS_ERR_SYSTEM},
        {SYSCALL_setsockopt, 3, ENOMEM, HWS_ERR_SYSTEM},
        {SYSCALL_bind, 1, EADDRINUSE, HWS_ERR_ADDRESS_IN_USE},
        {SYSCALL_bind, 1, EACCES, HWS_ERR_PERMISSION},
        {SYSCALL_bind, 1, EADDRNOTAVAIL, HWS_ERR_ADDRESS},
        {SYSCALL_bind, 1, ENOMEM, HWS_ERR_SYSTEM},
        {SYSCALL_listen, 1, EADDRINUSE, HWS_ERR_ADDRESS_IN_USE},
        {SYSCALL_epoll_ctl, 1, ENOSPC, HWS_ERR_SYSTEM},
    };
    hws_address addresses[2];
    assert_int_equal(hws_address_listen((hws_text){"::1", 3}, 0, addresses), 1);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        hws_listener *listener = NULL;
        syscalls_reset();
        syscalls_fail(cases[i].name, cases[i].n, 1, cases[i].error);
        assert_int_equal(hws_listener_open(loop, &addresses[0], &options, &listener),
                         cases[i].status);
        assert_int_equal(errno, cases[i].error);
        assert_null(listener);
    }
}

/* A unix socket whose listen fails leaves no file. */
static void test_listener_leaves_no_file(void **state)
{
    (void)state;
    char path[48];
    snprintf(path, sizeof path, "/tmp/hawser-syscalls-%d", (int)getpid());
    hws_address address;
    hws_listener *listener = NULL;
    assert_int_equal(hws_address_local((hws_text){path, strlen(path)}, &address), HWS_OK);
    syscalls_fail(SYSCALL_listen, 1, 1, ENOBUFS);
    assert_int_equal(hws_listener_open(loop, &address, &options, &listener), HWS_ERR_SYSTEM);
    assert_int_equal(errno, ENOBUFS);
    assert_int_equal(access(path, F_OK), -1);
    syscalls_fail(SYSCALL_epoll_ctl, 1, 1, ENOMEM);
    assert_int_equal(hws_listener_open(loop, &address, &options, &listener), HWS_ERR_SYSTEM);
    assert_int_equal(access(path, F_OK), -1);
}

static void test_a_machine_without_v6(void **state)
{
    (void)state;
    hws_address addresses[2];
    syscalls_fail(SYSCALL_socket, 1, 1, EAFNOSUPPORT);
    assert_int_equal(hws_address_listen((hws_text){"*", 1}, 80, addresses), 1);
    assert_int_equal(addresses[0].any.sa_family, AF_INET);
    assert_int_equal(addresses[0].v4.sin_addr.s_addr, htonl(INADDR_ANY));
    syscalls_fail(SYSCALL_socket, 1, 1, EAFNOSUPPORT);
    assert_int_equal(hws_address_listen((hws_text){"localhost", 9}, 80, addresses), 1);
    assert_int_equal(addresses[0].v4.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nothing_is_lost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_connection_is_lost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failed_send_while_paused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_paused_after_a_failed_send, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failed_send_while_lingering, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_new_stream, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_listener, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_listener_leaves_no_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_machine_without_v6, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
