/* SPDX-License-Identifier: MIT */
#include "cmd/access_token.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/options.h"
#include "lib/cmocka.h"
#include "lib/folder.h"

static folder files;
static const char *path;
static char heard[256];
static access_token it;

void __wrap_options_complain(const char *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void __wrap_options_complain(const char *command, const char *format, ...)
{
    assert_string_equal(command, "test");
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(heard, sizeof heard, format, arguments);
    va_end(arguments);
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static bool reads(const char *given, const char *file)
{
    it = (access_token){.given = given, .file = file};
    heard[0] = '\0';
    return access_token_read("test", &it);
}

static void test_none_is_nothing(void **state)
{
    (void)state;
    assert_true(reads(NULL, NULL));
    assert_null(it.text);
    assert_true(access_token_renew("test", &it));
    assert_null(it.text);
}

static void test_tokens(void **state)
{
    (void)state;
    static const char *const none[] = {"",       "a",       "a.b",         "a.b.",
                                       ".b.c",   "a..c",    "a.b.c.",      "a.b.c d",
                                       "a.b.\"", "a.b.c.d", "a.b.\xc3\xa4"};
    assert_true(reads("a-Z.0_9.x", NULL));
    assert_string_equal(it.text, "a-Z.0_9.x");
    assert_true(access_token_renew("test", &it));
    assert_string_equal(it.text, "a-Z.0_9.x");
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_false(reads(none[i], NULL));
        assert_string_equal(heard, "--token: that is no token; hawser token makes one");
    }
    static char large[SECRET_FILE_SIZE_MAX + 1] = "a.b.";
    memset(large + 4, 'c', sizeof large - 5);
    assert_false(reads(large, NULL));
    large[sizeof large - 2] = '\0';
    assert_true(reads(large, NULL));
}

static void test_a_file_is_read_anew(void **state)
{
    (void)state;
    write_file("a.b.c\n");
    assert_true(reads(NULL, path));
    assert_string_equal(it.text, "a.b.c");
    write_file("d.e.f");
    assert_true(access_token_renew("test", &it));
    assert_string_equal(it.text, "d.e.f");
    write_file("hello\n");
    assert_false(access_token_renew("test", &it));
    assert_string_equal(heard, "--token-file: that is no token; hawser token makes one");
    assert_int_equal(remove(path), 0);
    assert_false(access_token_renew("test", &it));
    assert_non_null(strstr(heard, "cannot open"));
    assert_false(reads("a.b.c", path));
    assert_string_equal(heard, "choose one of --token and --token-file");
}

/* What came through a pipe cannot be had again. */
static void test_a_pipe_is_read_once(void **state)
{
    (void)state;
    int ends[2];
    char name[32];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "a.b.c\n", 6), 6);
    assert_int_equal(close(ends[1]), 0);
    snprintf(name, sizeof name, "/dev/fd/%d", ends[0]);
    assert_true(reads(NULL, name));
    assert_true(access_token_renew("test", &it));
    assert_string_equal(it.text, "a.b.c");
    assert_int_equal(close(ends[0]), 0);
}

static int set_up(void **state)
{
    (void)state;
    folder_make(&files);
    path = folder_path(&files, "token");
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
        cmocka_unit_test(test_none_is_nothing),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_a_file_is_read_anew),
        cmocka_unit_test(test_a_pipe_is_read_once),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
