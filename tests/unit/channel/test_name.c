/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include "channel/name.h"
#include "hawser/channel.h"
#include "lib/cmocka.h"

static bool is_valid(const char *name)
{
    return hws_channel_is_valid(hws_text_of(name));
}

static void names(void **state)
{
    (void)state;
    char longest[HWS_CHANNEL_SIZE_MAX + 2];
    memset(longest, 'x', sizeof longest);
    assert_true(hws_channel_is_valid((hws_text){longest, HWS_CHANNEL_SIZE_MAX}));
    assert_false(hws_channel_is_valid((hws_text){longest, HWS_CHANNEL_SIZE_MAX + 1}));
    const char *const good[] = {"x",           "a:b",      "a#b", "#", "*",  "{a}",
                                "caf\xC3\xA9", "\xC2\xA0", "\\",  "$", "\"", ":"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) assert_true(is_valid(good[i]));
    const char *const bad[] = {"",     "a b",   "a\nb",     "\r\n",     "\x01",
                               "\x1F", "a\x7F", "\xC2\x80", "a\xC2\x9F"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(is_valid(bad[i]));
    assert_false(hws_channel_is_valid((hws_text){"a\0b", 3}));
}

static void check_namespace(const char *channel, const char *expected)
{
    const hws_text found = hws_channel_namespace(hws_text_of(channel));
    assert_int_equal(found.data != NULL, expected != NULL);
    assert_true(hws_text_equal(found, hws_text_of(expected)));
}

static void namespaces(void **state)
{
    (void)state;
    check_namespace("chat", NULL);
    check_namespace("chat:room", "chat");
    check_namespace("a:b:c", "a");
    check_namespace(":x", "");
    check_namespace("ns::", "ns");
}

static bool is_of(const char *channel, const char *user)
{
    return hws_channel_is_of_user(hws_text_of(channel), hws_text_of(user));
}

static void personal_channels(void **state)
{
    (void)state;
    assert_true(hws_channel_is_personal(hws_text_of("user#42")));
    assert_false(hws_channel_is_personal(hws_text_of("user42")));
    assert_true(is_of("user#42", "42"));
    assert_true(is_of("ns:dialog#42,43", "42"));
    assert_true(is_of("ns:dialog#42,43", "43"));
    assert_true(is_of("a#b#c", "c"));
    const char *const others[] = {"4", "2", "421", "142", "42,43", "", "#42", "b"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(is_of("user#42", others[i]));
    assert_false(is_of("user42", "42"));
    assert_false(is_of("user#", ""));
    assert_false(is_of("user#,", ""));
    assert_false(is_of("a#b#c", "b"));
}

static bool is_name(const char *name)
{
    return hws_name_is_valid(hws_text_of(name));
}

static void names_of_people(void **state)
{
    (void)state;
    assert_true(is_name("Ada"));
    assert_true(is_name("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
    assert_false(is_name("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
    assert_false(is_name(""));
    assert_false(is_name("  "));
    assert_false(is_name("a\nb"));
    assert_false(is_name("\x1b[31m"));
    assert_false(is_name("\xC2\x85"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(namespaces),
        cmocka_unit_test(personal_channels),
        cmocka_unit_test(names_of_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
