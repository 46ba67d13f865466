/* SPDX-License-Identifier: MIT */
#include "cmd/log.h"

#include <stdio.h>
#include <unistd.h>

#include "hawser/server.h"
#include "lib/cmocka.h"

static void check(const char *text, const char *expected)
{
    char line[LOG_TEXT_MAX];
    assert_int_equal(log_escape(text, line, sizeof line), strlen(expected));
    assert_string_equal(line, expected);
}

/* What a peer sent can neither break a line nor steer a terminal. */
static void test_escapes(void **state)
{
    (void)state;
    check("", "");
    check("plain text, 'quoted' ~", "plain text, 'quoted' ~");
    check("a\r\nb", "a\\x0D\\x0Ab");
    check("\x1b[31mred", "\\x1B[31mred");
    check("\x7f", "\\x7F");
    check("\x1f \x7e\x80\xff", "\\x1F ~\\x80\\xFF");
    check("\xe2\x80\xae", "\\xE2\\x80\\xAE"); /* a right-to-left override */
    check("\\x0A", "\\x5Cx0A");               /* not a newline: it was written so */
}

/* Every length around the end of the line, with plain and with escaped bytes. */
static void test_cuts(void **state)
{
    (void)state;
    for (size_t size = 0; size < 40; size++) {
        char text[41] = {0};
        memset(text, 'x', size);
        char line[20];
        const size_t got = log_escape(text, line, sizeof line);
        assert_int_equal(got, strlen(line));
        if (size <= 19) {
            assert_string_equal(line, text);
        } else {
            assert_string_equal(line, "xxxxxxxxxxxxxxxx...");
        }
    }
    char line[12];
    assert_int_equal(log_escape("\n\nabc", line, sizeof line), 11);
    assert_string_equal(line, "\\x0A\\x0Aabc");
    assert_int_equal(log_escape("\n\nabcd", line, sizeof line), 11);
    assert_string_equal(line, "\\x0A\\x0A...");
    assert_int_equal(log_escape("ab\n\nabcd", line, sizeof line), 9);
    assert_string_equal(line, "ab\\x0A...");
    char least[8];
    assert_int_equal(log_escape("\n\n", least, sizeof least), 7);
    assert_string_equal(least, "\\x0A...");
}

static void test_levels(void **state)
{
    (void)state;
    int level = 77;
    assert_true(log_level("error", &level));
    assert_int_equal(level, HWS_LOG_ERROR);
    assert_true(log_level("warning", &level));
    assert_int_equal(level, HWS_LOG_WARNING);
    assert_true(log_level("info", &level));
    assert_int_equal(level, HWS_LOG_INFO);
    assert_true(log_level("debug", &level));
    assert_int_equal(level, HWS_LOG_DEBUG);
    assert_false(log_level("Error", &level));
    assert_false(log_level("", &level));
    assert_false(log_level("debugs", &level));
    assert_int_equal(level, HWS_LOG_DEBUG);
}

/* What a sink that writes to a file has written so far. */
static const char *written(log_sink *sink)
{
    static char lines[64 * LOG_TEXT_MAX];
    rewind(sink->file);
    const size_t size = fread(lines, 1, sizeof lines - 1, sink->file);
    lines[size] = '\0';
    rewind(sink->file);
    assert_int_equal(ftruncate(fileno(sink->file), 0), 0);
    return lines;
}

static log_sink open_sink(void)
{
    log_sink sink = LOG_SINK;
    sink.file = tmpfile();
    assert_non_null(sink.file);
    return sink;
}

static const struct timespec noon = {.tv_sec = 946728000, .tv_nsec = 7999999};
#define NOON "2000-01-01T12:00:00.007Z"

static void test_writes_what_is_grave_enough(void **state)
{
    (void)state;
    log_sink sink = open_sink();
    for (int level_max = HWS_LOG_ERROR; level_max <= HWS_LOG_DEBUG; level_max++) {
        for (int level = -1; level <= HWS_LOG_DEBUG + 1; level++) {
            sink.level = level_max;
            log_write(level, "a\nb", &sink);
            const char *line = written(&sink);
            const bool is_written = level >= 0 && level <= level_max;
            assert_int_equal(strlen(line) > 0, is_written);
            if (is_written) assert_non_null(strstr(line, ": a\\x0Ab\n"));
        }
    }
    fclose(sink.file);
}

static void test_forms(void **state)
{
    (void)state;
    log_sink sink = open_sink();
    const log_field fields[] = {{.name = "path", .text = "/a b\x1b"},
                                {.name = "code", .number = -7},
                                {.name = "x", .text = "y"}};
    log_say_at(&sink, noon, HWS_LOG_WARNING, "refuse", "\"no\\\n", fields, 3);
    assert_string_equal(written(&sink), NOON " warning: refuse: \"no\\x5C\\x0A path=\"/a b\\x1B\" "
                                             "code=-7 x=y\n");
    log_say_at(&sink, noon, HWS_LOG_ERROR, LOG_SERVER, "plain", NULL, 0);
    assert_string_equal(written(&sink), NOON " error: plain\n");
    sink.is_json = true;
    log_say_at(&sink, noon, HWS_LOG_WARNING, "refuse", "\"no\\\n\xff", fields, 3);
    assert_string_equal(written(&sink),
                        "{\"time\":\"" NOON "\",\"level\":\"warning\",\"kind\":\"refuse\","
                        "\"text\":\"\\\"no\\\\x5C\\\\x0A\\\\xFF\",\"path\":\"/a b\\\\x1B\","
                        "\"code\":-7,\"x\":\"y\"}\n");
    fclose(sink.file);
}

static size_t count_lines(const char *text)
{
    size_t count = 0;
    for (; (text = strchr(text, '\n')); text++) count++;
    return count;
}

/* Row S020: a flood of one kind costs a bounded number of lines, hides no other kind and
 * nothing graver, and is counted. */
static void test_s020_floods(void **state)
{
    (void)state;
    log_sink sink = open_sink();
    struct timespec now = noon;
    for (int i = 0; i < 10 * LOG_RATE_MAX; i++)
        log_say_at(&sink, now, HWS_LOG_WARNING, "flood", "x", NULL, 0);
    assert_int_equal(count_lines(written(&sink)), LOG_RATE_MAX);
    log_say_at(&sink, now, HWS_LOG_WARNING, "other", "y", NULL, 0);
    assert_string_equal(written(&sink), NOON " warning: other: y\n");
    log_say_at(&sink, now, HWS_LOG_ERROR, "flood", "graver", NULL, 0);
    assert_string_equal(written(&sink), NOON " error: flood: graver\n");

    now.tv_sec++;
    log_say_at(&sink, now, HWS_LOG_WARNING, "other", "y", NULL, 0);
    const char *lines = written(&sink);
    assert_non_null(strstr(lines, "warning: log: 900 more suppressed of=flood\n"));
    assert_int_equal(count_lines(lines), 2);
    log_say_at(&sink, now, HWS_LOG_WARNING, "flood", "x", NULL, 0);
    assert_int_equal(count_lines(written(&sink)), 1);

    for (int i = 0; i < 2 * LOG_RATE_MAX; i++)
        log_say_at(&sink, now, HWS_LOG_WARNING, "flood", "x", NULL, 0);
    (void)written(&sink);
    log_flush(&sink);
    assert_non_null(strstr(written(&sink), "101 more suppressed of=flood\n"));
    log_flush(&sink);
    assert_string_equal(written(&sink), "");
    fclose(sink.file);
}

/* More kinds than there are places: the last one is shared, and nothing is written beyond it. */
static void test_more_kinds_than_places(void **state)
{
    (void)state;
    static char names[2 * LOG_KIND_MAX][4];
    log_sink sink = open_sink();
    for (int i = 0; i < 2 * LOG_KIND_MAX; i++) {
        snprintf(names[i], sizeof names[i], "k%d", i);
        log_say_at(&sink, noon, HWS_LOG_WARNING, names[i], "x", NULL, 0);
    }
    assert_int_equal(count_lines(written(&sink)), 2 * LOG_KIND_MAX);
    fclose(sink.file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_writes_what_is_grave_enough),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_s020_floods),
        cmocka_unit_test(test_more_kinds_than_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
