/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include "lib/cmocka.h"

static void test_of(void **state)
{
    (void)state;
    const char *string = "abc";
    assert_ptr_equal(hws_text_of(string).data, string);
    assert_int_equal(hws_text_of(string).size, 3);
    assert_int_equal(hws_text_of("").size, 0);
    assert_null(hws_text_of(NULL).data);
    assert_int_equal(hws_text_of(NULL).size, 0);
}

static void test_equal(void **state)
{
    (void)state;
    assert_true(hws_text_equal(hws_text_of("Host"), hws_text_of("Host")));
    assert_false(hws_text_equal(hws_text_of("Host"), hws_text_of("host")));
    assert_false(hws_text_equal(hws_text_of("Host"), hws_text_of("Hos")));
    assert_false(hws_text_equal(hws_text_of("Hos"), hws_text_of("Host")));
    assert_false(hws_text_equal(hws_text_of("Host"), hws_text_of("Hosu")));
    assert_true(hws_text_equal(hws_text_of(""), hws_text_of(NULL)));
    assert_true(hws_text_equal((hws_text){"a\0b", 3}, (hws_text){"a\0b", 3}));
    assert_false(hws_text_equal((hws_text){"a\0b", 3}, (hws_text){"a\0c", 3}));
}

/* Every pair of bytes: equal, or the two cases of one ASCII letter. */
static void test_equal_ignoring_case(void **state)
{
    (void)state;
    for (int i = 0; i < 256 * 256; i++) {
        const char a = (char)(i / 256);
        const char b = (char)(i % 256);
        const bool letter = (a >= 'a' && a <= 'z') || (a >= 'A' && a <= 'Z');
        const bool same = a == b || (letter && (a ^ b) == 0x20);
        const bool got = hws_text_equal_ignoring_case((hws_text){&a, 1}, (hws_text){&b, 1});
        if (got != same) fail_msg("%02x and %02x", (uint8_t)a, (uint8_t)b);
    }
    assert_true(hws_text_equal_ignoring_case(hws_text_of("uPGRADE"), hws_text_of("Upgrade")));
    assert_false(hws_text_equal_ignoring_case(hws_text_of("upgrade"), hws_text_of("upgradf")));
    assert_false(hws_text_equal_ignoring_case(hws_text_of("upgrade"), hws_text_of("upgrad")));
    assert_true(hws_text_equal_ignoring_case(hws_text_of(""), hws_text_of(NULL)));
}

static void test_trim(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *want;
    } CASES[] = {
        {"", ""},           {" ", ""},      {"\t \t", ""},  {"a", "a"},
        {" a", "a"},        {"a ", "a"},    {"\ta\t", "a"}, {" a b\tc ", "a b\tc"},
        {"\ra\n", "\ra\n"}, {"\va", "\va"}, {"a\f", "a\f"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const hws_text got = hws_text_trim(hws_text_of(CASES[i].text));
        assert_int_equal(got.size, strlen(CASES[i].want));
        assert_memory_equal(got.data, CASES[i].want, got.size);
    }
    assert_int_equal(hws_text_trim(hws_text_of(NULL)).size, 0);

    /* The byte behind the text is not looked at. */
    assert_int_equal(hws_text_trim((hws_text){"  a", 2}).size, 0);
    assert_int_equal(hws_text_trim((hws_text){"a b", 2}).size, 1);
}

static void test_token(void **state)
{
    (void)state;
    static const char MEMBERS[] = "!#$%&'*+-.^_`|~0123456789"
                                  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    for (int code = 0; code < 256; code++) {
        const bool want = memchr(MEMBERS, code, sizeof MEMBERS - 1) != NULL;
        if (hws_character_is_token((char)code) != want) fail_msg("%02x", (unsigned)code);
    }
    assert_true(hws_text_is_token(hws_text_of("Sec-WebSocket-Key")));
    assert_true(hws_text_is_token(hws_text_of("x")));
    assert_false(hws_text_is_token(hws_text_of("")));
    assert_false(hws_text_is_token(hws_text_of(NULL)));
    assert_false(hws_text_is_token(hws_text_of(" a")));
    assert_false(hws_text_is_token(hws_text_of("a,b")));
    assert_false(hws_text_is_token(hws_text_of("a:")));
    assert_true(hws_text_is_token((hws_text){"a:", 1}));
}

static void check_number(const char *text, uint64_t max, bool want, uint64_t want_number)
{
    const uint64_t untouched = 0xDEADBEEF;
    uint64_t number = untouched;
    const bool got = hws_text_parse_number(hws_text_of(text), max, &number);
    if (got != want) fail_msg("'%s' at most %llu", text, (unsigned long long)max);
    assert_true(number == (want ? want_number : untouched));
}

static void test_number(void **state)
{
    (void)state;
    check_number("0", 0, true, 0);
    check_number("1", 0, false, 0);
    check_number("9", 9, true, 9);
    check_number("9", 8, false, 0);
    check_number("10", 9, false, 0);
    check_number("10", 10, true, 10);
    check_number("65535", 65535, true, 65535);
    check_number("65536", 65535, false, 0);
    check_number("00000000000000000000000000007", 7, true, 7);
    check_number("18446744073709551615", UINT64_MAX, true, UINT64_MAX);
    check_number("18446744073709551616", UINT64_MAX, false, 0);
    check_number("18446744073709551620", UINT64_MAX, false, 0);
    check_number("99999999999999999999", UINT64_MAX, false, 0);
    check_number("184467440737095516150", UINT64_MAX, false, 0);

    static const char *const REFUSED[] = {"",   "-1",  "+1",  " 1",  "1 ",  "1x", "x1", "0x1",
                                          "1e", "1.0", "1,0", "1/1", "1:1", ":",  "/",  "\xb1"};
    for (size_t i = 0; i < COUNT_OF(REFUSED); i++) check_number(REFUSED[i], UINT64_MAX, false, 0);
    check_number(NULL, UINT64_MAX, false, 0);
}

/* The limit is exact for all small numbers and limits. */
static void test_number_limits(void **state)
{
    (void)state;
    for (uint64_t max = 0; max < 120; max++) {
        for (uint64_t value = 0; value < 130; value++) {
            const char digits[3] = {(char)('0' + value / 100), (char)('0' + value / 10 % 10),
                                    (char)('0' + value % 10)};
            uint64_t number = 999;
            const bool got = hws_text_parse_number((hws_text){digits, 3}, max, &number);
            assert_int_equal(got, value <= max);
            assert_int_equal(number, got ? value : 999);
        }
    }
}

static void test_words(void **state)
{
    (void)state;
    const char *rest = "  one two   three ";
    static const char *const WANT[] = {"one", "two", "three"};
    hws_text word;
    for (size_t i = 0; i < COUNT_OF(WANT); i++) {
        assert_true(hws_text_next_word(&rest, &word));
        assert_true(hws_text_equal(word, hws_text_of(WANT[i])));
    }
    assert_false(hws_text_next_word(&rest, &word));
    rest = NULL;
    assert_false(hws_text_next_word(&rest, &word));
}

static void test_ascii(void **state)
{
    (void)state;
    assert_true(hws_text_is_ascii(hws_text_of("")));
    assert_true(hws_text_is_ascii(hws_text_of("\x01\x7f")));
    assert_false(hws_text_is_ascii(hws_text_of("a\x80")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_ascii),
        cmocka_unit_test(test_of),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_equal_ignoring_case),
        cmocka_unit_test(test_trim),
        cmocka_unit_test(test_token),
        cmocka_unit_test(test_number),
        cmocka_unit_test(test_number_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
