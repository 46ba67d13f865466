/* SPDX-License-Identifier: MIT */
#include "cmd/doctor_mask.h"

#include "lib/cmocka.h"

/* Exactly so many bytes: reading on would be seen. */
static char *exact_copy(const char *text)
{
    char *copy = test_malloc(strlen(text) + (text[0] == '\0'));
    memcpy(copy, text, strlen(text));
    return copy;
}

static void check_text(const char *text, const char *expected)
{
    char out[256];
    char *copy = exact_copy(text);
    doctor_mask_text(copy, strlen(text), out, sizeof out);
    assert_string_equal(out, expected);
    test_free(copy);
}

static void check_line(const char *line, const char *expected)
{
    char out[256];
    char *copy = exact_copy(line);
    doctor_mask_line(copy, strlen(line), out, sizeof out);
    assert_string_equal(out, expected);
    test_free(copy);
}

static void test_queries(void **state)
{
    (void)state;
    check_text("ws://a/b?token=abc", "ws://a/b?token=***");
    check_text("ws://a/b?x=1&access_token=a%20b&y=2", "ws://a/b?x=1&access_token=***&y=2");
    check_text("GET /b?Api-Key=abc HTTP/1.1", "GET /b?Api-Key=*** HTTP/1.1");
    check_text("(\"ws://a/?sig=abc\")", "(\"ws://a/?sig=***\")");
    check_text("?EIO=4&transport=websocket", "?EIO=4&transport=websocket");
    check_text("a token=x", "a token=x"); /* is no query */
    check_text("?token", "?token");
    check_text("?token=", "?token=***");
    check_text("?zZ9token=x&y=1", "?zZ9token=***&y=1");
    check_text("?token:x", "?token:x");
    check_text("why?", "why?");
    check_text("", "");
}

static void test_tokens(void **state)
{
    (void)state;
    check_text("chat, eyJhbGciOiJIUzI1NiJ9.e30.x", "chat, ***");
    check_text("eyJhbGciOiJIUzI1NiJ9", "***");
    check_text("eyJhbGciOiJIUzI1Ni9", "eyJhbGciOiJIUzI1Ni9"); /* 19 bytes */
}

static void test_fields(void **state)
{
    (void)state;
    check_line("Authorization: Bearer abc.def", "Authorization: Bearer ***");
    check_line("authorization: abc", "authorization: ***");
    check_line("Authorization:Basic YTpi", "Authorization:Basic ***");
    check_line("Proxy-Authorization: Basic YTpi", "Proxy-Authorization: Basic ***");
    check_line("Authorization: ", "Authorization: ***");
    check_line("Authorization: a,b", "Authorization: ***");
    check_line("Cookie: a=b c=d", "Cookie: ***");
    check_line("Set-Cookie: sid=1; HttpOnly", "Set-Cookie: ***");
    check_line("X-Auth-Token: abc", "X-Auth-Token: ***");
    check_line("X-Api-Key: abc", "X-Api-Key: ***");
    check_line("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
    check_line("WWW-Authenticate: Bearer", "WWW-Authenticate: Bearer");
    check_line("Location: /x?code=1", "Location: /x?code=***");
    check_line("GET /?token=a:b HTTP/1.1", "GET /?token=*** HTTP/1.1");
}

static void test_bounds(void **state)
{
    (void)state;
    char out[8];
    doctor_mask_text("1234567890", 10, out, sizeof out);
    assert_string_equal(out, "1234567");
    doctor_mask_text("?key=abcdef", 11, out, sizeof out);
    assert_string_equal(out, "?key=**");
    doctor_mask_line("Cookie: a", 9, out, sizeof out);
    assert_string_equal(out, "Cookie:");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
