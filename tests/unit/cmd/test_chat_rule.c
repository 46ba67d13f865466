/* SPDX-License-Identifier: MIT */
#include "cmd/chat_rule.h"

#include "lib/cmocka.h"

static void repeat(char *text, const char *unit, size_t count)
{
    const size_t size = strlen(unit);
    for (size_t i = 0; i < count; i++) memcpy(text + i * size, unit, size);
    text[count * size] = '\0';
}

static void test_channels(void **state)
{
    (void)state;
    char text[300];
    assert_true(chat_channel_is_valid("a"));
    assert_true(chat_channel_is_valid("news:sport#1*>?[\\{}"));
    assert_true(chat_channel_is_valid("!~"));
    assert_true(chat_channel_is_valid("h\xc3\xa4"
                                      "fen"));
    assert_true(chat_channel_is_valid("\xc2\xa0")); /* the first beyond C1 */
    repeat(text, "x", 255);
    assert_true(chat_channel_is_valid(text));

    assert_false(chat_channel_is_valid(""));
    assert_false(chat_channel_is_valid("two words"));
    assert_false(chat_channel_is_valid("line\r\n"));
    assert_false(chat_channel_is_valid("\x1f"));
    assert_false(chat_channel_is_valid("\x7f"));
    assert_false(chat_channel_is_valid("\xc2\x80"));
    assert_false(chat_channel_is_valid("\xc2\x9f"));
    repeat(text, "x", 256);
    assert_false(chat_channel_is_valid(text));
}

static void test_names(void **state)
{
    (void)state;
    char text[200];
    assert_true(chat_name_is_valid("Ada"));
    assert_true(chat_name_is_valid(" Ada Lovelace "));
    assert_true(chat_name_is_valid("~"));
    repeat(text, "x", 32);
    assert_true(chat_name_is_valid(text));
    repeat(text, "\xf0\x9f\x8c\x8a", 32); /* code points, not bytes */
    assert_true(chat_name_is_valid(text));

    assert_false(chat_name_is_valid(""));
    assert_false(chat_name_is_valid("   "));
    assert_false(chat_name_is_valid("tab\t"));
    assert_false(chat_name_is_valid("Ada\x1b[31m"));
    assert_false(chat_name_is_valid("\xc2\x85"));
    repeat(text, "x", 33);
    assert_false(chat_name_is_valid(text));
    repeat(text, "\xc3\xa4", 33);
    assert_false(chat_name_is_valid(text));
}

static void check_depth(bool expected, const char *json)
{
    assert_int_equal(chat_is_shallow(json, strlen(json)), expected);
}

static void test_depth(void **state)
{
    (void)state;
    char text[300];
    repeat(text, "[", 32);
    check_depth(true, text);
    repeat(text, "[", 33);
    check_depth(false, text);
    repeat(text, "{", 32);
    check_depth(true, text);
    repeat(text, "{", 33);
    check_depth(false, text);
    repeat(text, "[{", 16);
    check_depth(true, text);
    repeat(text, "[]{}", 60);
    check_depth(true, text);
    repeat(text, "]", 100); /* wrong, but not deep: the parser says so */
    check_depth(true, text);
    repeat(text + 100, "[", 32);
    check_depth(true, text);
    repeat(text + 100, "[", 33);
    check_depth(false, text);
    check_depth(true, "");
    check_depth(true, "\"");
    check_depth(true, "\"\\");
}

/* What stands in a string does not nest, and an escaped quote does not end it. */
static void test_depth_of_strings(void **state)
{
    (void)state;
    char text[300];
    text[0] = '"';
    repeat(text + 1, "[", 50);
    check_depth(true, text);
    memcpy(text, "\"\\\"", 3);
    repeat(text + 3, "[", 50);
    check_depth(true, text);
    memcpy(text, "\"\\\\\"", 4);
    repeat(text + 4, "[", 33);
    check_depth(false, text);
    memcpy(text, "\"\"", 2);
    repeat(text + 2, "[", 33);
    check_depth(false, text);
    assert_true(chat_is_shallow(text, 34)); /* its size ends it, not its zero */
    assert_false(chat_is_shallow(text, 35));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_channels),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_depth_of_strings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
