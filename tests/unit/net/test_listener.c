/* SPDX-License-Identifier: MIT */
#include "net/listener.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "lib/backend.h"
#include "lib/descriptors.h"
#include "lib/test_memory.h"

static hws_loop *loop;
static test_memory counter;
static hws_memory memory;
static int descriptors_before;
static char directory[48];
static char path[64];

static int accepted[64];
static size_t accepted_count;

static void on_accept(void *user, int fd)
{
    assert_ptr_equal(user, &accepted);
    assert_true(accepted_count < COUNT_OF(accepted));
    accepted[accepted_count++] = fd;
}

static hws_status open_listener(const hws_address *address, hws_listener **listener)
{
    return hws_listener_open(loop, address,
                             &(hws_listener_options){.on_accept = on_accept, .user = &accepted},
                             listener);
}

static hws_address address_of(const char *host, uint16_t port)
{
    hws_address addresses[2];
    assert_true(hws_address_listen((hws_text){host, strlen(host)}, port, addresses) >= 1);
    return addresses[0];
}

static hws_address local_address(void)
{
    hws_address address;
    assert_int_equal(hws_address_local((hws_text){path, strlen(path)}, &address), HWS_OK);
    return address;
}

/* Connects, and steps until it is accepted. */
static int connect_to(const hws_address *address)
{
    const int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, &address->any, address->size), 0);
    const size_t before = accepted_count;
    while (accepted_count == before) assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
    return fd;
}

static int set_up(void **state)
{
    descriptors_before = descriptors_open();
    memory = test_memory_hook(&counter);
    assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &memory}, &loop), HWS_OK);
    accepted_count = 0;
    *state = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < accepted_count; i++) close(accepted[i]);
    hws_loop_free(loop);
    assert_int_equal(counter.bytes_out, 0);
    assert_int_equal(descriptors_open(), descriptors_before);
    unlink(path);
    return 0;
}

static void test_v4_and_v6(void **state)
{
    (void)state;
    static const char *const hosts[] = {"127.0.0.1", "::1"};
    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        hws_listener *listener;
        hws_address address = address_of(hosts[i], 0);
        assert_int_equal(open_listener(&address, &listener), HWS_OK);
        hws_listener_address(listener, &address);
        assert_true(hws_address_port(&address) > 0); /* the kernel has chosen */
        const int fd = connect_to(&address);

        const int mine = accepted[accepted_count - 1];
        int value = 0;
        socklen_t size = sizeof value;
        assert_int_equal(getsockopt(mine, IPPROTO_TCP, TCP_NODELAY, &value, &size), 0);
        assert_int_equal(value, 1);
        assert_true(fcntl(mine, F_GETFL) & O_NONBLOCK);
        assert_true(fcntl(mine, F_GETFD) & FD_CLOEXEC);
        close(fd);
        hws_listener_close(listener);
    }
    hws_listener_close(NULL);
}

static void test_both_families_in_one_socket(void **state)
{
    (void)state;
    hws_listener *listener;
    hws_address address = address_of("*", 0);
    assert_int_equal(open_listener(&address, &listener), HWS_OK);
    hws_listener_address(listener, &address);
    static const char *const hosts[] = {"127.0.0.1", "::1"};
    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        const hws_address to = address_of(hosts[i], hws_address_port(&address));
        close(connect_to(&to));
        hws_address peer;
        char text[HWS_ADDRESS_TEXT_MAX];
        hws_address_of_peer(accepted[i], &peer);
        hws_address_text(&peer, text);
        assert_string_equal(text, hosts[i]);
    }
    hws_listener_close(listener);
}

static void test_a_v6_address_is_not_v4(void **state)
{
    (void)state;
    hws_listener *v6;
    hws_listener *v4;
    hws_address address = address_of("::1", 0);
    assert_int_equal(open_listener(&address, &v6), HWS_OK);
    hws_listener_address(v6, &address);
    address = address_of("127.0.0.1", hws_address_port(&address));
    assert_int_equal(open_listener(&address, &v4), HWS_OK); /* beside it, the same port */
    hws_listener_close(v4);
    hws_listener_close(v6);
}

static void test_in_use_and_not_ours(void **state)
{
    (void)state;
    hws_listener *listener;
    hws_listener *other = NULL;
    hws_address address = address_of("127.0.0.1", 0);
    assert_int_equal(open_listener(&address, &listener), HWS_OK);
    hws_listener_address(listener, &address);
    assert_int_equal(open_listener(&address, &other), HWS_ERR_ADDRESS_IN_USE);
    hws_address foreign = address_of("192.0.2.1", 0); /* TEST-NET-1: no machine's */
    assert_int_equal(open_listener(&foreign, &other), HWS_ERR_ADDRESS);
    assert_null(other);

    /* At once again, though a connection of before lingers in TIME_WAIT. */
    const int fd = connect_to(&address);
    close(accepted[--accepted_count]);
    close(fd);
    hws_listener_close(listener);
    assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
    assert_int_equal(open_listener(&address, &listener), HWS_OK);
    hws_listener_close(listener);
}

static void test_privileged_port(void **state)
{
    (void)state;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) { /* as nobody; a machine may allow low ports to all */
        hws_listener *listener;
        const hws_address address = address_of("127.0.0.1", 1);
        if (setuid(65534) < 0) _exit(0);
        const hws_status status = open_listener(&address, &listener);
        _exit(status != HWS_ERR_PERMISSION && status != HWS_OK);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* A022. */

static void test_local_socket(void **state)
{
    (void)state;
    hws_listener *listener;
    hws_listener *other;
    const hws_address address = local_address();
    assert_int_equal(open_listener(&address, &listener), HWS_OK);
    const int fd = connect_to(&address);
    assert_int_equal(open_listener(&address, &other), HWS_ERR_ADDRESS_IN_USE); /* alive */
    assert_int_equal(access(path, F_OK), 0);
    hws_listener_close(listener);
    assert_int_equal(access(path, F_OK), -1);
    close(fd);
}

static void test_a_stale_socket_is_replaced(void **state)
{
    (void)state;
    hws_listener *listener;
    const hws_address address = local_address();
    const int stale = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(stale, &address.any, address.size), 0);
    close(stale);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(open_listener(&address, &listener), HWS_OK);
    close(connect_to(&address));
    hws_listener_close(listener);
}

/* Not refused, but not ours either: of another kind, or alive with a full backlog. */
static void test_a_socket_that_does_not_refuse_stays(void **state)
{
    (void)state;
    hws_listener *listener = NULL;
    const hws_address address = local_address();
    const int datagram = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(datagram, &address.any, address.size), 0);
    assert_int_equal(open_listener(&address, &listener), HWS_ERR_ADDRESS_IN_USE);
    assert_int_equal(unlink(path), 0);
    close(datagram);

    const int busy = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(busy, &address.any, address.size), 0);
    assert_int_equal(listen(busy, 0), 0);
    assert_int_equal(connect(client, &address.any, address.size), 0);
    assert_int_equal(open_listener(&address, &listener), HWS_ERR_ADDRESS_IN_USE);
    assert_int_equal(access(path, F_OK), 0);
    assert_null(listener);
    close(busy);
    close(client);
}

static void test_what_is_no_socket_stays(void **state)
{
    (void)state;
    hws_listener *listener = NULL;
    const hws_address address = local_address();
    const int file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_int_equal(write(file, "precious", 8), 8);
    close(file);
    assert_int_equal(open_listener(&address, &listener), HWS_ERR_ADDRESS_IN_USE);
    struct stat found;
    assert_int_equal(stat(path, &found), 0);
    assert_int_equal(found.st_size, 8);
    assert_int_equal(unlink(path), 0);

    assert_int_equal(symlink("/dev/null", path), 0);
    assert_int_equal(open_listener(&address, &listener), HWS_ERR_ADDRESS_IN_USE);
    assert_int_equal(unlink(path), 0);
    assert_null(listener);
}

static void test_another_ones_socket_is_not_removed(void **state)
{
    (void)state;
    hws_listener *listener;
    const hws_address address = local_address();
    assert_int_equal(open_listener(&address, &listener), HWS_OK);
    assert_int_equal(unlink(path), 0);
    const int other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(other, &address.any, address.size), 0);
    hws_listener_close(listener);
    assert_int_equal(access(path, F_OK), 0);
    close(other);
}

static void test_no_such_directory(void **state)
{
    (void)state;
    hws_listener *listener;
    hws_address address;
    static const char nowhere[] = "/nonexistent/socket";
    assert_int_equal(hws_address_local((hws_text){nowhere, strlen(nowhere)}, &address), HWS_OK);
    assert_int_equal(open_listener(&address, &listener), HWS_ERR_ADDRESS);
    assert_int_equal(errno, ENOENT);
}

static void test_every_failing_allocation(void **state)
{
    (void)state;
    hws_listener *listener = NULL;
    const hws_address address = local_address();
    counter.fail_after = 0;
    assert_int_equal(open_listener(&address, &listener), HWS_ERR_NO_MEMORY);
    assert_null(listener);
    counter.fail_after = 1;
    assert_int_equal(open_listener(&address, &listener), HWS_OK);
    hws_listener_close(listener);
    counter.fail_after = SIZE_MAX;
}

/* A011: no descriptors are left.  Accepting rests, and goes on when there are some again. */

static void exhaust(void)
{
    hws_listener *listener;
    hws_address address = address_of("127.0.0.1", 0);
    assert_int_equal(open_listener(&address, &listener), HWS_OK);
    hws_listener_address(listener, &address);
    const int clients[2] = {socket(AF_INET, SOCK_STREAM, 0), socket(AF_INET, SOCK_STREAM, 0)};
    for (int i = 0; i < 2; i++)
        assert_int_equal(connect(clients[i], &address.any, address.size), 0);

    /* One descriptor is left: the first gets it, the second waits. */
    int spare[2];
    assert_int_equal(pipe(spare), 0);
    const rlim_t count = (rlim_t)spare[0] + 1;
    close(spare[0]);
    const struct rlimit limit = {.rlim_cur = count, .rlim_max = count};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    const uint64_t begun_ms = hws_clock_ms();
    for (int turns = 0; turns < 5; turns++) {
        assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
        assert_int_equal(accepted_count, 1);
    }
    const int timeout_ms = hws_loop_timeout_ms(loop); /* it waits, and does not spin */
    if (hws_clock_ms() < begun_ms + 100) assert_true(timeout_ms > 0); /* else it has waited */

    close(accepted[0]);
    while (accepted_count < 2) assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
    hws_listener_close(listener);
    hws_loop_free(loop);
}

static void test_no_descriptors_left(void **state)
{
    (void)state;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (on_io_uring(loop)) assert_int_equal(hws_loop_new(NULL, &loop), HWS_OK); /* its own */
        exhaust();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
    snprintf(directory, sizeof directory, "/tmp/hawser-listener-%d", (int)getpid());
    if (mkdir(directory, 0700) < 0) return 1;
    snprintf(path, sizeof path, "%s/socket", directory);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_v4_and_v6, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_both_families_in_one_socket, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_v6_address_is_not_v4, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_in_use_and_not_ours, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_privileged_port, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_local_socket, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_stale_socket_is_replaced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_socket_that_does_not_refuse_stays, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_no_socket_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_another_ones_socket_is_not_removed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_such_directory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_failing_allocation, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_descriptors_left, set_up, tear_down),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(directory);
    return failed;
}
