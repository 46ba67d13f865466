/* SPDX-License-Identifier: MIT */
/* What the service manager hears. */
#include "cmd/notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/cmocka.h"

static int open_manager(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, name, strlen(name));
    if (name[0] == '@') address.sun_path[0] = '\0';
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
    setenv("NOTIFY_SOCKET", name, 1);
    return fd;
}

static void hears(int fd, const char *want)
{
    char got[256];
    const ssize_t size = recv(fd, got, sizeof got - 1, 0);
    assert_true(size >= 0);
    got[size] = '\0';
    assert_string_equal(got, want);
}

static void test_both_kinds_of_sockets(void **state)
{
    (void)state;
    char names[2][64];
    snprintf(names[0], sizeof names[0], "@hawser-test-%d", (int)getpid());
    snprintf(names[1], sizeof names[1], "/tmp/hawser-test-%d", (int)getpid());
    for (size_t i = 0; i < 2; i++) {
        const int fd = open_manager(names[i]);
        notify_send("READY=1\nSTATUS=serving");
        hears(fd, "READY=1\nSTATUS=serving");
        notify_reloading();
        char got[128];
        const ssize_t size = recv(fd, got, sizeof got - 1, 0);
        assert_true(size > 0);
        got[size] = '\0';
        static const char begins[] = "RELOADING=1\nMONOTONIC_USEC=";
        assert_memory_equal(got, begins, sizeof begins - 1);
        close(fd);
        notify_send("WATCHDOG=1"); /* nobody listens any more: nothing happens */
    }
    unlink(names[1]);
}

static void test_without_a_manager(void **state)
{
    (void)state;
    char long_name[300];
    memset(long_name, 'x', sizeof long_name);
    long_name[0] = '/';
    long_name[299] = '\0';
    const char *const names[] = {"", "relative", "vsock:1:2", "/nowhere/at/all", long_name};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        setenv("NOTIFY_SOCKET", names[i], 1);
        notify_send("READY=1");
    }
    unsetenv("NOTIFY_SOCKET");
    notify_send("READY=1");
}

static void test_watchdog(void **state)
{
    (void)state;
    char pid[32];
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    assert_int_equal(notify_watchdog_ms(), 0);
    setenv("WATCHDOG_USEC", "30000000", 1);
    assert_int_equal(notify_watchdog_ms(), 30000);
    setenv("WATCHDOG_PID", pid, 1);
    assert_int_equal(notify_watchdog_ms(), 30000);
    setenv("WATCHDOG_PID", "1", 1);
    assert_int_equal(notify_watchdog_ms(), 0);
    setenv("WATCHDOG_PID", pid, 1);
    setenv("WATCHDOG_USEC", "soon", 1);
    assert_int_equal(notify_watchdog_ms(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_kinds_of_sockets),
        cmocka_unit_test(test_without_a_manager),
        cmocka_unit_test(test_watchdog),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
