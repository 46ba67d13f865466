/* SPDX-License-Identifier: MIT */
#include "cmd/doctor_redirect.h"

#include "lib/cmocka.h"

static bool resolve(const char *from, const char *location, char *text, size_t size)
{
    hws_url url;
    assert_int_equal(hws_url_parse((hws_text){from, strlen(from)}, &url), HWS_OK);
    return doctor_redirect_resolve(&url, location, text, size);
}

static void check(const char *from, const char *location, const char *expected)
{
    char text[256];
    assert_true(resolve(from, location, text, sizeof text));
    assert_string_equal(text, expected);
}

static void test_locations(void **state)
{
    (void)state;
    check("ws://a/b/c", "https://a/b", "wss://a/b");
    check("ws://a/b/c", "http://a:80/b", "ws://a/b");
    check("ws://a/b/c", "wss://x:444/?y=z", "wss://x:444/?y=z");
    check("wss://a:8443/b/c", "/d?e", "wss://a:8443/d?e");
    check("wss://a/b/c", "//x/d", "wss://x/d");
    check("ws://a/b/c", "d/", "ws://a/b/d/");
    check("ws://a", "d", "ws://a/d");
    check("ws://[::1]:8080/b", "/d#part", "ws://[::1]:8080/d");
}

static void test_no_locations(void **state)
{
    (void)state;
    char text[14];
    assert_false(resolve("ws://a", "", text, sizeof text));
    assert_false(resolve("ws://a", "mailto://x", text, sizeof text));
    assert_false(resolve("ws://a", "/a b", text, sizeof text));
    assert_true(resolve("ws://a", "/345678", text, sizeof text)); /* 13 bytes */
    assert_string_equal(text, "ws://a/345678");
    assert_false(resolve("ws://a", "/3456789", text, sizeof text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_locations),
        cmocka_unit_test(test_no_locations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
