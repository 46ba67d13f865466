/* SPDX-License-Identifier: MIT */
/* Straight to a host, to a unix socket, and TLS there. */
#include "net/dialer.h"

#include "lib/dial_fixture.h"

static void test_an_address(void **state)
{
    (void)state;
    char steps[128];
    dial_to_the_end(&(hws_dial_target){.host = "127.0.0.1", .port = there.port});
    snprintf(steps, sizeof steps, "connect 127.0.0.1 port %u\nconnected 127.0.0.1 port %u\n",
             there.port, there.port);
    assert_string_equal(it.steps, steps);
    assert_connected(false);
}

static void test_a_name(void **state)
{
    (void)state;
    char steps[256];
    names_found(AF_INET, "127.0.0.1");
    dial_to_the_end(&(hws_dial_target){.host = "chat.example", .port = there.port});
    snprintf(steps, sizeof steps,
             "resolve chat.example\nresolved 127.0.0.1\nconnect 127.0.0.1 port %u\n"
             "connected 127.0.0.1 port %u\n",
             there.port, there.port);
    assert_string_equal(it.steps, steps);
    assert_connected(false);
}

static void test_localhost(void **state)
{
    (void)state;
    dial_to_the_end(&(hws_dial_target){.host = "localhost", .port = there.port});
    assert_non_null(strstr(it.steps, "resolve localhost\nresolved ::1 127.0.0.1\nconnect [::1]"));
    assert_connected(false);
}

/* The addresses of the other family come after the first have failed. */
static void test_a_late_family(void **state)
{
    (void)state;
    names_found(AF_INET6, "::1");
    names_found(AF_INET, "127.0.0.1");
    names_hold(AF_INET, true);
    assert_int_equal(dial(&(hws_dial_target){.host = "chat.example", .port = there.port}), HWS_OK);
    while (!strstr(it.steps, "connected failed [::1]")) step();
    step();
    assert_false(it.is_done);
    names_hold(AF_INET, false);
    while (!it.is_done) step();
    assert_non_null(strstr(it.steps, "refused\nresolved 127.0.0.1\nconnect 127.0.0.1"));
    assert_connected(false);
}

/* There are none: that is no step. */
static void test_a_late_and_empty_family(void **state)
{
    (void)state;
    char steps[256];
    names_found(AF_INET6, "::1");
    names_hold(AF_INET, true);
    assert_int_equal(dial(&(hws_dial_target){.host = "chat.example", .port = there.port}), HWS_OK);
    while (!strstr(it.steps, "connected failed [::1]")) step();
    names_hold(AF_INET, false);
    while (!it.is_done) step();
    snprintf(steps, sizeof steps,
             "resolve chat.example\nresolved ::1\nconnect [::1] port %u\n"
             "connected failed [::1] port %u: connection refused\n",
             there.port, there.port);
    assert_string_equal(it.steps, steps);
    assert_failed(HWS_ERR_CONNECT_REFUSED,
                  "connecting to chat.example: [::1] port %u: connection refused", there.port);
}

/* They are not waited for when the first have answered. */
static void test_a_family_that_is_not_needed(void **state)
{
    (void)state;
    names_found(AF_INET, "127.0.0.1");
    names_hold(AF_INET6, true);
    dial_to_the_end(&(hws_dial_target){.host = "chat.example", .port = there.port});
    names_hold(AF_INET6, false);
    assert_connected(false);
}

static void test_no_such_name(void **state)
{
    (void)state;
    dial_to_the_end(&(hws_dial_target){.host = "chat.invalid", .port = there.port});
    assert_failed(HWS_ERR_NAME, "chat.invalid: name not found");
    assert_string_equal(it.steps,
                        "resolve chat.invalid\nresolved failed chat.invalid: name not found\n");
    char name[400];
    memset(name, 'a', sizeof name);
    name[sizeof name - 1] = 0;
    dial_to_the_end(&(hws_dial_target){.host = name, .port = there.port});
    assert_failed(HWS_ERR_NAME, "%.253s: not a host name", name);
}

static void test_refused(void **state)
{
    (void)state;
    peer_refuse();
    dial_to_the_end(&(hws_dial_target){.host = "127.0.0.1", .port = there.port});
    assert_failed(HWS_ERR_CONNECT_REFUSED, "connecting to 127.0.0.1 port %u: connection refused",
                  there.port);
    names_found(AF_INET6, "::1");
    names_found(AF_INET, "127.0.0.1");
    dial_to_the_end(&(hws_dial_target){.host = "chat.example", .port = there.port});
    assert_failed(HWS_ERR_CONNECT_REFUSED,
                  "connecting to chat.example: [::1] port %u: connection refused; "
                  "127.0.0.1 port %u: connection refused",
                  there.port, there.port);
}

static void test_no_stream(void **state)
{
    (void)state;
    if (on_io_uring(loop)) return; /* where a stream is made without a system call */
    assert_int_equal(dial(&(hws_dial_target){.host = "127.0.0.1", .port = there.port}), HWS_OK);
    syscalls_fail(SYSCALL_epoll_ctl, 4, 1, ENOSPC); /* in, out of and again into the set */
    while (!it.is_done) step();
    assert_failed(HWS_ERR_SYSTEM, "connecting to 127.0.0.1: the operating system refused");
}

/* Unix sockets. */

static void test_unix(void **state)
{
    (void)state;
    char path[64];
    hws_address address;
    peer_refuse();
    snprintf(path, sizeof path, "/tmp/hawser-dialer-%d", (int)getpid());
    unlink(path);
    const hws_dial_target target = {.host = "localhost", .port = 80, .unix_path = path};
    dial_to_the_end(&target);
    assert_failed(HWS_ERR_CONNECT_REFUSED, "connecting to %s: no such file", path);
    assert_int_equal(hws_address_local((hws_text){path, strlen(path)}, &address), HWS_OK);
    there.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(there.listener, &address.any, address.size), 0);
    assert_int_equal(listen(there.listener, 8), 0);
    dial_to_the_end(&target);
    assert_connected(false);
    unlink(path);
    char long_path[200];
    memset(long_path, 'a', sizeof long_path);
    long_path[sizeof long_path - 1] = 0;
    dial_to_the_end(&(hws_dial_target){.unix_path = long_path});
    assert_int_equal(it.status, HWS_ERR_ADDRESS);
    assert_non_null(strstr(it.text, "not a path that a socket can have (1 to 107 bytes)"));
}

/* TLS. */

static void test_tls(void **state)
{
    (void)state;
    there.secures = 1;
    dial_to_the_end(&(hws_dial_target){.host = "127.0.0.1", .port = there.port, .tls = trusting});
    assert_true(it.saw_tls);
    assert_non_null(strstr(it.steps, "\ntls\n"));
    assert_connected(true);
}

static void test_tls_untrusted(void **state)
{
    (void)state;
    there.secures = 1;
    dial_to_the_end(&(hws_dial_target){.host = "127.0.0.1", .port = there.port, .tls = strict});
    assert_true(it.saw_tls);
    assert_int_equal(it.status, HWS_ERR_TLS_UNTRUSTED);
    char start[64];
    snprintf(start, sizeof start, "TLS with 127.0.0.1 port %u: ", there.port);
    assert_memory_equal(it.text, start, strlen(start));
    assert_non_null(strstr(it.steps, "\ntls failed "));
    assert_null(strstr(it.steps, start)); /* the step says why, and no more */
}

static void test_not_tls(void **state)
{
    (void)state;
    assert_int_equal(
        dial(&(hws_dial_target){.host = "127.0.0.1", .port = there.port, .tls = trusting}), HWS_OK);
    while (there.size == 0) step();
    assert_int_equal(write(there.fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28), 28);
    while (!it.is_done) step();
    assert_int_equal(it.status, HWS_ERR_TLS_NOT_TLS);
}

static void test_tls_closed(void **state)
{
    (void)state;
    assert_int_equal(
        dial(&(hws_dial_target){.host = "127.0.0.1", .port = there.port, .tls = trusting}), HWS_OK);
    while (there.size == 0) step();
    close(there.fd);
    there.fd = -1;
    while (!it.is_done) step();
    assert_int_equal(it.status, HWS_ERR_CONNECTION_LOST);
    assert_non_null(strstr(it.text, "TLS with 127.0.0.1 port "));
}

/* What cannot be looked for in a certificate. */
static void test_tls_name(void **state)
{
    (void)state;
    names_found(AF_INET, "127.0.0.1");
    dial_to_the_end(&(hws_dial_target){.host = "a..b", .port = there.port, .tls = trusting});
    if (it.stream) return; /* which the context decides */
    assert_int_equal(it.status, HWS_ERR_TLS_NAME);
    assert_non_null(strstr(it.text, "TLS with a..b port "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_address),
        TEST(test_a_name),
        TEST(test_localhost),
        TEST(test_a_late_family),
        TEST(test_a_late_and_empty_family),
        TEST(test_a_family_that_is_not_needed),
        TEST(test_no_such_name),
        TEST(test_refused),
        TEST(test_no_stream),
        TEST(test_unix),
        TEST(test_tls),
        TEST(test_tls_untrusted),
        TEST(test_not_tls),
        TEST(test_tls_closed),
        TEST(test_tls_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
