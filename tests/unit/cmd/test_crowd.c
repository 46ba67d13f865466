/* SPDX-License-Identifier: MIT */
#include "cmd/crowd.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/cmocka.h"

static crowd it;
static size_t websocket_count;
static int spawn_error; /* what posix_spawn answers; 0: what it does */
static int prepare_error;
static char called[64]; /* the arguments that posix_spawn was given last: of --connections */

size_t __wrap_hws_server_websocket_count(const hws_server *server);
size_t __wrap_hws_server_websocket_count(const hws_server *server)
{
    assert_non_null(server);
    return websocket_count;
}

int __real_posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *files,
                       const posix_spawnattr_t *attributes, char *const argv[], char *const envp[]);
int __wrap_posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *files,
                       const posix_spawnattr_t *attributes, char *const argv[], char *const envp[]);
int __wrap_posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *files,
                       const posix_spawnattr_t *attributes, char *const argv[], char *const envp[])
{
    if (spawn_error != 0) return spawn_error;
    for (size_t i = 0; argv[i]; i++)
        if (strcmp(argv[i], "--connections") == 0)
            snprintf(called, sizeof called, "%s %s", argv[i + 1], argv[i + 2]);
    char *const instead[] = {argv[0], (char *)(uintptr_t) "-c",
                             (char *)(uintptr_t) "exec sleep 1000", NULL};
    return __real_posix_spawn(pid, path, files, attributes, instead, envp);
}

int __real_posix_spawnattr_init(posix_spawnattr_t *attributes);
int __wrap_posix_spawnattr_init(posix_spawnattr_t *attributes);
int __wrap_posix_spawnattr_init(posix_spawnattr_t *attributes)
{
    return prepare_error != 0 ? prepare_error : __real_posix_spawnattr_init(attributes);
}

static int set_up(void **state)
{
    (void)state;
    websocket_count = 0;
    spawn_error = prepare_error = 0;
    crowd_init(&it);
    it.program = "/bin/sh";
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    crowd_release(&it);
    return 0;
}

static void settle(const char *refusal, uint32_t viewers_max, uint32_t own_max)
{
    crowd_settle(&it, &(crowd_place){.server = (const hws_server *)(const void *)&it,
                                     .url = "http://localhost:8080",
                                     .refusal = refusal,
                                     .viewers_max = viewers_max,
                                     .own_max = own_max});
}

static void explains(crowd_verdict verdict, const char *expected)
{
    char text[CROWD_TEXT_SIZE];
    crowd_explain(&it, verdict, text, sizeof text);
    assert_string_equal(text, expected);
}

static void test_it_comes_and_goes(void **state)
{
    (void)state;
    settle(NULL, 20000, 20000);
    assert_string_equal(it.url, "http://localhost:8080/connection/websocket");
    assert_int_equal(crowd_look(&it), 0);
    assert_int_equal(crowd_start(&it, 10000, 60), CROWD_FINE);
    assert_string_equal(called, "10001 --ramp");
    assert_int_equal(crowd_look(&it), 10000);
    assert_int_equal(crowd_start(&it, 1, 60), CROWD_HERE);
    explains(CROWD_HERE, "a crowd of 10000 is here already");
    crowd_stop(&it);
    const pid_t child = it.child;
    assert_int_equal(waitid(P_PID, (id_t)child, &(siginfo_t){0}, WEXITED | WNOWAIT), 0);
    assert_int_equal(crowd_look(&it), 0);
    assert_int_equal(waitpid(child, NULL, WNOHANG), -1); /* none is left behind */
    assert_int_equal(crowd_start(&it, 1, 60), CROWD_FINE);
}

/* The end of the server is the end of its crowd. */
static void test_the_end(void **state)
{
    (void)state;
    settle(NULL, 10, 10);
    assert_int_equal(crowd_start(&it, 1, 60), CROWD_FINE);
    const pid_t child = it.child;
    crowd_release(&it);
    assert_int_equal(kill(child, 0), -1);
    assert_int_equal(errno, ESRCH);
    crowd_init(&it);
}

static void test_where_there_is_none(void **state)
{
    (void)state;
    assert_int_equal(crowd_start(&it, 1, 60), CROWD_FORBIDDEN);
    explains(CROWD_FORBIDDEN, "the server has not begun yet");
    settle("not here", 10, 10);
    assert_int_equal(crowd_start(&it, 1, 60), CROWD_FORBIDDEN);
    explains(CROWD_FORBIDDEN, "not here");
    crowd_stop(&it);
    assert_int_equal(crowd_look(&it), 0);
}

static void test_counts(void **state)
{
    (void)state;
    settle(NULL, UINT32_MAX, UINT32_MAX);
    assert_int_equal(crowd_start(&it, 0, 60), CROWD_MALFORMED);
    assert_int_equal(crowd_start(&it, CROWD_COUNT_MAX + 1, 60), CROWD_MALFORMED);
    assert_int_equal(crowd_start(&it, UINT64_MAX, 60), CROWD_MALFORMED);
    assert_int_equal(crowd_start(&it, 1, 0), CROWD_MALFORMED);
    assert_int_equal(crowd_start(&it, 1, CROWD_DURATION_MAX_S + 1), CROWD_MALFORMED);
    explains(CROWD_MALFORMED, "1 to 10000 viewers may be called, for 1 to 600 s");
    explains(CROWD_FINE, "all is well");
}

static void check_room(uint32_t viewers_max, uint32_t own_max, size_t present, uint32_t room)
{
    char expected[CROWD_TEXT_SIZE];
    websocket_count = present;
    settle(NULL, viewers_max, own_max);
    assert_int_equal(crowd_start(&it, room + 1, 60), CROWD_TOO_LARGE);
    snprintf(expected, sizeof expected, "descriptors suffice for %u more viewers: see ulimit -n",
             (unsigned)room);
    explains(CROWD_TOO_LARGE, expected);
    if (room == 0) return;
    assert_int_equal(crowd_start(&it, room, 60), CROWD_FINE);
    crowd_release(&it);
    set_up(NULL);
}

static void test_descriptors(void **state)
{
    (void)state;
    check_room(100, 1000, 40, 59); /* one speaks */
    check_room(1000, 100, 40, 99);
    check_room(100, 1000, 100, 0);
    check_room(100, 1000, 500, 0);
    check_room(100, 1000, 99, 0);
    check_room(100, 0, 0, 0);
    check_room(3, 2, 0, 1);
}

static void test_no_process(void **state)
{
    (void)state;
    settle(NULL, 100, 100);
    spawn_error = EAGAIN;
    assert_int_equal(crowd_start(&it, 1, 60), CROWD_FAILED);
    spawn_error = 0;
    prepare_error = ENOMEM;
    assert_int_equal(crowd_start(&it, 1, 60), CROWD_FAILED);
    explains(CROWD_FAILED, "no process could be started");
    assert_int_equal(crowd_look(&it), 0);
    prepare_error = 0;
    it.program = "/nowhere";
    assert_int_equal(crowd_start(&it, 1, 60), CROWD_FAILED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_it_comes_and_goes),   TEST(test_the_end),
        TEST(test_where_there_is_none), TEST(test_counts),
        TEST(test_descriptors),         TEST(test_no_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
