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

/* What log_write writes to stderr, without its time. */
static const char *written(int level, int level_max, const char *text)
{
    static char line[2 * LOG_TEXT_MAX];
    FILE *file = tmpfile();
    assert_non_null(file);
    const int kept = dup(STDERR_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    log_write(level, text, &level_max);
    dup2(kept, STDERR_FILENO);
    close(kept);

    rewind(file);
    line[fread(line, 1, sizeof line - 1, file)] = '\0';
    fclose(file);
    if (line[0] == '\0') return "";
    static const char stamp[] = "2000-01-01T00:00:00.000Z ";
    assert_true(strlen(line) > sizeof stamp - 1);
    for (size_t i = 0; i < sizeof stamp - 1; i++) {
        const bool is_digit = stamp[i] >= '0' && stamp[i] <= '9';
        if (is_digit) assert_in_range(line[i], '0', '9');
        if (!is_digit) assert_int_equal(line[i], stamp[i]);
    }
    return line + sizeof stamp - 1;
}

static void test_writes_what_is_grave_enough(void **state)
{
    (void)state;
    assert_string_equal(written(HWS_LOG_ERROR, HWS_LOG_ERROR, "a\nb"), "error: a\\x0Ab\n");
    assert_string_equal(written(HWS_LOG_WARNING, HWS_LOG_ERROR, "a"), "");
    assert_string_equal(written(HWS_LOG_WARNING, HWS_LOG_WARNING, "a"), "warning: a\n");
    assert_string_equal(written(HWS_LOG_INFO, HWS_LOG_WARNING, "a"), "");
    assert_string_equal(written(HWS_LOG_INFO, HWS_LOG_DEBUG, "a"), "info: a\n");
    assert_string_equal(written(HWS_LOG_DEBUG, HWS_LOG_DEBUG, "a"), "debug: a\n");
    assert_string_equal(written(-1, 99, "a"), "");
    assert_string_equal(written(4, 99, "a"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_writes_what_is_grave_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
