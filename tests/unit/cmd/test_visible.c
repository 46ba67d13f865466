/* SPDX-License-Identifier: MIT */
#include "cmd/visible.h"

#include <stdlib.h>

#include "lib/cmocka.h"

static void check_sized(const char *text, size_t size, const visible_style *style,
                        const char *expected)
{
    char *written;
    size_t written_size;
    FILE *file = open_memstream(&written, &written_size);
    assert_non_null(file);
    visible_write(file, text, size, style);
    fclose(file);
    assert_string_equal(written, expected);
    assert_int_equal(written_size, strlen(expected));
    free(written);
}

static void check(const char *text, const char *expected)
{
    static const visible_style plain = {0};
    check_sized(text, strlen(text), &plain, expected);
}

static void test_what_can_be_read_stays(void **state)
{
    (void)state;
    check("", "");
    check("plain ~ \\ text\tand a tab", "plain ~ \\ text\tand a tab");
    check("grüße ⚓ 😀 \xc2\xa0", "grüße ⚓ 😀 \xc2\xa0");
}

static void test_controls(void **state)
{
    (void)state;
    check("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m");
    check("\x1b]0;title\x07", "\\x1b]0;title\\x07");
    check("a\rb\nc", "a\\x0db\\x0ac");
    check("\x08\x1f \x7e\x7f", "\\x08\\x1f ~\\x7f");
    static const visible_style plain = {0};
    check_sized("a\0b", 3, &plain, "a\\x00b");
    check("\xc2\x80\xc2\x9b\xc2\x9f", "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f"); /* C1: CSI in one */
}

/* Both sides of every range. */
static void test_directions_and_separators(void **state)
{
    (void)state;
    check("\xd8\x9b\xd8\x9c\xd8\x9d", "\xd8\x9b\\xd8\\x9c\xd8\x9d");
    check("\xe2\x80\x8d\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\x90",
          "\xe2\x80\x8d\\xe2\\x80\\x8e\\xe2\\x80\\x8f\xe2\x80\x90");
    check("\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xae\xe2\x80\xaf",
          "\xe2\x80\xa7\\xe2\\x80\\xa8\\xe2\\x80\\xae\xe2\x80\xaf");
    check("\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa",
          "\xe2\x81\xa5\\xe2\\x81\\xa6\\xe2\\x81\\xa9\xe2\x81\xaa");
}

static void test_what_is_not_utf8(void **state)
{
    (void)state;
    check("\xff", "\\xff");
    check("a\x80z", "a\\x80z");
    check("\xe2\x82", "\\xe2\\x82");                   /* cut */
    check("\xe2\x82z", "\\xe2\\x82z");                 /* cut by another */
    check("\xc1\x9b", "\\xc1\\x9b");                   /* ESC, overlong */
    check("\xed\xa0\x80", "\\xed\\xa0\\x80");          /* a surrogate */
    check("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"); /* over U+10FFFF */
}

/* A message of several lines cannot look like lines of ours. */
static void test_lines(void **state)
{
    (void)state;
    static const visible_style lines = {.line_begin = "  "};
    check_sized("one\n> two\n", 10, &lines, "one\n  > two\n  ");
    check_sized("one\r\ntwo", 8, &lines, "one\\x0d\n  two");
}

static void test_colours_of_escapes(void **state)
{
    (void)state;
    static const visible_style style = {"  ", "<", ">"};
    check_sized("a\x01\x02z\x03", 5, &style, "a<\\x01\\x02>z<\\x03>");
    check_sized("\x01\n\x02", 3, &style, "<\\x01>\n  <\\x02>");
    check_sized("az", 2, &style, "az");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_can_be_read_stays),
        cmocka_unit_test(test_controls),
        cmocka_unit_test(test_directions_and_separators),
        cmocka_unit_test(test_what_is_not_utf8),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_colours_of_escapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
