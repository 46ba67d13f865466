/* SPDX-License-Identifier: MIT */
#include "cmd/hexdump.h"

#include <stdlib.h>

#include "lib/cmocka.h"

static void check(const void *bytes, size_t size, const char *expected)
{
    char *written;
    size_t written_size;
    FILE *file = open_memstream(&written, &written_size);
    assert_non_null(file);
    hexdump_write(file, bytes, size, "  ");
    fclose(file);
    assert_string_equal(written, expected);
    free(written);
}

static void test_lines(void **state)
{
    (void)state;
    check("", 0, "");
    check("\x1f ~\x7f\xff\0\n", 7,
          "  00000000  1f 20 7e 7f ff 00 0a                              |. ~....|\n");
    check("0123456789abcdef", 16,
          "  00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|\n");
    check("0123456789abcdefg", 17,
          "  00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|\n"
          "  00000010  67                                                |g|\n");
}

static void check_read(const char *text, const char *expected, size_t expected_size)
{
    uint8_t bytes[32];
    size_t size = 77;
    assert_true(strlen(text) <= 2 * sizeof bytes);
    assert_int_equal(hexdump_read(text, bytes, &size), expected != NULL);
    assert_int_equal(size, expected ? expected_size : 77);
    if (expected) assert_memory_equal(bytes, expected, expected_size);
}

static void test_reading(void **state)
{
    (void)state;
    check_read("", "", 0);
    check_read("  ", "", 0);
    check_read("00ff", "\x00\xff", 2);
    check_read("0A 1b  9Fa0 ", "\x0a\x1b\x9f\xa0", 4);
    static const char *const bad[] = {"0",  "0g", "g0",  "/0",   ":0", "@0",
                                      "G0", "`0", "0 0", "0x00", "00-"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) check_read(bad[i], NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_reading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
