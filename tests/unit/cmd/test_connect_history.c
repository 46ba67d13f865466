/* SPDX-License-Identifier: MIT */
#include "cmd/connect_history.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/folder.h"

static folder files;
static char path[CONNECT_HISTORY_PATH_SIZE_MAX];

static History *make(void)
{
    HistEvent event;
    History *lines = history_init();
    assert_non_null(lines);
    assert_int_equal(history(lines, &event, H_SETSIZE, CONNECT_HISTORY_COUNT_MAX), 0);
    return lines;
}

static void check_path(const char *state_home, const char *home, const char *expected)
{
    char found[CONNECT_HISTORY_PATH_SIZE_MAX];
    if (state_home)
        setenv("XDG_STATE_HOME", state_home, 1);
    else
        unsetenv("XDG_STATE_HOME");
    if (home)
        setenv("HOME", home, 1);
    else
        unsetenv("HOME");
    assert_int_equal(connect_history_path(found), expected != NULL);
    if (expected) assert_string_equal(found, expected);
}

static void test_paths(void **state)
{
    (void)state;
    check_path("/s", "/h", "/s/hawser/history");
    check_path("/s", NULL, "/s/hawser/history");
    check_path(NULL, "/h", "/h/.local/state/hawser/history");
    check_path("", "/h", "/h/.local/state/hawser/history");
    check_path("relative", "/h", "/h/.local/state/hawser/history");
    check_path(NULL, NULL, NULL);
    check_path(NULL, "", NULL);
    check_path("relative", "here", NULL);
    char long_path[CONNECT_HISTORY_PATH_SIZE_MAX + 1] = "/";
    const size_t rest = sizeof "/hawser/history" - 1;
    memset(long_path + 1, 'x', CONNECT_HISTORY_PATH_SIZE_MAX - 2 - rest);
    char expected[CONNECT_HISTORY_PATH_SIZE_MAX];
    snprintf(expected, sizeof expected, "%.*s/hawser/history", (int)(sizeof expected - 1 - rest),
             long_path);
    check_path(long_path, NULL, expected);
    long_path[strlen(long_path)] = 'x';
    check_path(long_path, NULL, NULL);
}

static void check_mode(const char *of, unsigned mode)
{
    struct stat found;
    assert_int_equal(stat(of, &found), 0);
    assert_int_equal(found.st_mode & 0777, mode);
}

static void test_lines_come_back(void **state)
{
    (void)state;
    History *lines = make();
    connect_history_load(lines, path); /* there is none yet */
    connect_history_add(lines, "first");
    connect_history_add(lines, "");
    connect_history_add(lines, " secret");
    connect_history_add(lines, "gr\xc3\xbc\xc3\x9f e \x1b[31m\\");
    umask(0);
    assert_true(connect_history_save(lines, path));
    history_end(lines);
    check_mode(path, 0600);
    char parent[CONNECT_HISTORY_PATH_SIZE_MAX];
    snprintf(parent, sizeof parent, "%s/new/hawser", files.path);
    check_mode(parent, 0700);

    lines = make();
    connect_history_load(lines, path);
    HistEvent event;
    assert_int_equal(history(lines, &event, H_FIRST), 0);
    assert_string_equal(event.str, "gr\xc3\xbc\xc3\x9f e \x1b[31m\\");
    assert_int_equal(history(lines, &event, H_NEXT), 0);
    assert_string_equal(event.str, "first");
    assert_int_equal(history(lines, &event, H_NEXT), -1);
    history_end(lines);
}

static void test_its_bound(void **state)
{
    (void)state;
    History *lines = make();
    char line[32];
    for (int i = 0; i < CONNECT_HISTORY_COUNT_MAX + 5; i++) {
        snprintf(line, sizeof line, "line %d", i);
        connect_history_add(lines, line);
    }
    HistEvent event;
    assert_int_equal(history(lines, &event, H_LAST), 0);
    assert_string_equal(event.str, "line 5");
    history_end(lines);
}

/* A file that others could read is replaced, and a link is not followed. */
static void test_what_is_there_is_replaced(void **state)
{
    (void)state;
    History *lines = make();
    connect_history_add(lines, "mine");
    assert_int_equal(chmod(path, 0666), 0);
    assert_true(connect_history_save(lines, path));
    check_mode(path, 0600);

    char other[CONNECT_HISTORY_PATH_SIZE_MAX];
    snprintf(other, sizeof other, "%s/other", files.path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink(other, path), 0);
    assert_true(connect_history_save(lines, path));
    assert_int_not_equal(access(other, F_OK), 0);
    check_mode(path, 0600);
    history_end(lines);
}

static void test_where_it_cannot_be_written(void **state)
{
    (void)state;
    History *lines = make();
    assert_false(connect_history_save(lines, "/dev/null/hawser/history"));
    char taken[CONNECT_HISTORY_PATH_SIZE_MAX];
    snprintf(taken, sizeof taken, "%s/new", files.path); /* a folder stands there */
    assert_false(connect_history_save(lines, taken));
    snprintf(taken, sizeof taken, "%s/new.%ld", files.path, (long)getpid());
    assert_int_not_equal(access(taken, F_OK), 0);
    history_end(lines);
}

static int set_up(void **state)
{
    (void)state;
    folder_make(&files);
    snprintf(path, sizeof path, "%s/new/hawser/history", files.path);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    folder_remove(&files);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_lines_come_back),
        cmocka_unit_test(test_its_bound),
        cmocka_unit_test(test_what_is_there_is_replaced),
        cmocka_unit_test(test_where_it_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
