/* SPDX-License-Identifier: MIT */
#include "base/base64.h"

#include "base/text.h"
#include "lib/cmocka.h"

static void check_both_ways(const char *plain, const char *text)
{
    const size_t size = strlen(plain);
    char encoded[64] = {0};
    assert_int_equal(hws_base64_encode((const uint8_t *)plain, size, encoded), strlen(text));
    assert_int_equal(hws_base64_size(size), strlen(text));
    assert_string_equal(encoded, text);

    uint8_t decoded[64];
    size_t decoded_size = SIZE_MAX;
    assert_true(hws_base64_decode(hws_text_of(text), decoded, size, &decoded_size));
    assert_int_equal(decoded_size, size);
    assert_memory_equal(decoded, plain, size);
}

static void check_refused(hws_text text, size_t size_max)
{
    uint8_t bytes[64];
    uint8_t untouched[sizeof bytes];
    memset(bytes, 0xA5, sizeof bytes);
    memset(untouched, 0xA5, sizeof untouched);
    size_t size = 999;
    if (hws_base64_decode(text, bytes, size_max, &size)) fail_msg("took '%s'", text.data);
    assert_int_equal(size, 999);
    assert_memory_equal(bytes, untouched, sizeof bytes);
}

/* RFC 4648 §10 */
static void test_examples(void **state)
{
    (void)state;
    check_both_ways("", "");
    check_both_ways("f", "Zg==");
    check_both_ways("fo", "Zm8=");
    check_both_ways("foo", "Zm9v");
    check_both_ways("foob", "Zm9vYg==");
    check_both_ways("fooba", "Zm9vYmE=");
    check_both_ways("foobar", "Zm9vYmFy");
    check_both_ways("\xfb\xff\xfe", "+//+");
    check_both_ways("the sample nonce", "dGhlIHNhbXBsZSBub25jZQ==");
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const CASES[] = {
        "Z",        "Zg",       "Zg=",      "Zm8",      "Zm9vY",   "Zm9vYg", "Zm9vYg=", /* cut */
        "=",        "==",       "===",      "====",     "Z===",    "=g==",   "Z=g=",
        "Zg==Zg==", "Zm8=Zm8=", "Zg==Zm9v", "Zm9v====", "Zm9v=",   "Zm9v==", /* padding inside */
        "Zg== ",    " Zg==",    "Zg==\n",   "Zm9v\r\n", "Zm9\n",   "Zm 9",   "\tm9v", /* space */
        "Zm9-",     "Zm9_",     "Zm9.",     "Zm9:",     "Zm9@",    "Zm9[",   "Zm9`",
        "Zm9{",     "Zm9,",     "Zm9*",     "Zm9\x80",  "Zm9\xff", /* other alphabets */
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) check_refused(hws_text_of(CASES[i]), 64);
    check_refused((hws_text){"Zm\0v", 4}, 64);
    check_refused((hws_text){"Zg\0=", 4}, 64);
}

/* Each byte at each place of four: it is one of the 64, or refused. */
static void test_alphabet(void **state)
{
    (void)state;
    static const char ALPHABET[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t place = 0; place < 4; place++)
        for (int byte = 0; byte < 256; byte++) {
            char text[] = "AAAA";
            text[place] = (char)byte;
            const char *digit = byte ? strchr(ALPHABET, byte) : NULL;
            uint8_t bytes[3];
            size_t size = 0;
            if (byte == '=' && place == 3) continue; /* padding */
            if (!digit) {
                check_refused((hws_text){text, 4}, 64);
                continue;
            }
            assert_true(hws_base64_decode((hws_text){text, 4}, bytes, sizeof bytes, &size));
            const uint32_t group = (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2];
            assert_int_equal(group, (uint32_t)(digit - ALPHABET) << 6 * (3 - place));
        }
}

/* Every last digit, with one and with two signs of padding: the unused bits are zero. */
static void test_canonical(void **state)
{
    (void)state;
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t digit = 0; digit < 64; digit++) {
        const char two[4] = {'A', DIGITS[digit], '=', '='};
        const char one[4] = {'A', 'A', DIGITS[digit], '='};
        uint8_t bytes[3];
        size_t size = 0;
        if (digit % 16 == 0) {
            assert_true(hws_base64_decode((hws_text){two, 4}, bytes, 3, &size));
            assert_int_equal(size, 1);
            assert_int_equal(bytes[0], digit >> 4);
        } else {
            check_refused((hws_text){two, 4}, 64);
        }
        if (digit % 4 == 0) {
            assert_true(hws_base64_decode((hws_text){one, 4}, bytes, 3, &size));
            assert_int_equal(size, 2);
            assert_int_equal(bytes[1], digit >> 2);
        } else {
            check_refused((hws_text){one, 4}, 64);
        }
    }
}

static void test_room(void **state)
{
    (void)state;
    check_refused(hws_text_of("Zg=="), 0);
    check_refused(hws_text_of("Zm8="), 1);
    check_refused(hws_text_of("Zm9v"), 2);
    check_refused(hws_text_of("dGhlIHNhbXBsZSBub25jZQ=="), 15);
}

/* Every byte at every place in its group survives, and exactly the announced size is written. */
static void test_round_trip(void **state)
{
    (void)state;
    uint8_t bytes[259];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)i;
    for (size_t start = 0; start < 3; start++) {
        for (size_t size = 0; size <= 256; size++) {
            char text[346];
            memset(text, '!', sizeof text);
            const size_t text_size = hws_base64_encode(bytes + start, size, text);
            assert_int_equal(text_size, hws_base64_size(size));
            assert_int_equal(text[text_size], '!');
            uint8_t back[256];
            size_t back_size = 0;
            assert_true(hws_base64_decode((hws_text){text, text_size}, back, size, &back_size));
            assert_int_equal(back_size, size);
            assert_memory_equal(back, bytes + start, size);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_alphabet), cmocka_unit_test(test_canonical),
        cmocka_unit_test(test_room),     cmocka_unit_test(test_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
