/* SPDX-License-Identifier: MIT */
#include "cmd/token_sign.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cmocka.h"

static bool malloc_fails;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    return malloc_fails ? NULL : __real_malloc(size);
}

static hws_text text_of(const char *text)
{
    return (hws_text){text, strlen(text)};
}

static void check(const char *expected, hws_text header, hws_text claims, hws_text secret)
{
    char *token = token_sign(header, claims, secret);
    assert_non_null(token);
    assert_string_equal(token, expected);
    free(token);
}

/* RFC 7515 §A.1. */
static void test_the_example_of_the_standard(void **state)
{
    (void)state;
    static const unsigned char key[] = {
        3,   35,  53, 75,  43,  15, 165, 188, 131, 126, 6,   101, 119, 123, 166, 143,
        90,  179, 40, 230, 240, 84, 201, 40,  169, 15,  132, 178, 210, 80,  46,  191,
        211, 251, 90, 146, 210, 6,  71,  239, 150, 138, 180, 195, 119, 98,  61,  34,
        61,  46,  33, 114, 5,   46, 79,  8,   192, 205, 154, 245, 103, 208, 128, 163};
    check("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
          ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
          "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
          ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
          text_of("{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}"),
          text_of("{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n "
                  "\"http://example.com/is_root\":true}"),
          (hws_text){(const char *)key, sizeof key});
}

/* Of every length that base64 tells apart. */
static void test_lengths(void **state)
{
    (void)state;
    const hws_text secret = text_of("0123456789abcdef0123456789abcdef");
    for (size_t size = 0; size < 6; size++) {
        char *token =
            token_sign(text_of("{}"), (hws_text){"\xff\xff\xff\xff\xff\xff", size}, secret);
        static const char *const encoded[] = {"", "_w", "__8", "____", "_____w", "______8"};
        assert_non_null(token);
        assert_memory_equal(token, "e30.", 4);
        assert_memory_equal(token + 4, encoded[size], strlen(encoded[size]));
        assert_int_equal(token[4 + strlen(encoded[size])], '.');
        assert_int_equal(strlen(token), 4 + strlen(encoded[size]) + 1 + 43);
        free(token);
    }
}

static void test_no_memory(void **state)
{
    (void)state;
    malloc_fails = true;
    char *token = token_sign(text_of("{}"), text_of("{}"), text_of("x"));
    malloc_fails = false;
    assert_null(token);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_example_of_the_standard),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
