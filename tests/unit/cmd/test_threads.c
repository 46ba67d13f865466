/* SPDX-License-Identifier: MIT */
#include "cmd/threads.h"

#include <stdarg.h>

#include "hawser/server.h"
#include "lib/cmocka.h"

static uint32_t count;

static bool takes(const char *text)
{
    count = 77;
    return threads_read("serve", text, &count);
}

static void test_all_and_numbers(void **state)
{
    (void)state;
    assert_true(takes("all"));
    assert_int_equal(count, HWS_THREADS_ALL);
    assert_true(takes("1"));
    assert_int_equal(count, 1);
    assert_true(takes("256"));
    assert_int_equal(count, 256);
}

static void test_neither(void **state)
{
    (void)state;
    static const char *const NONE[] = {"", "0", "257", "-1", "1.5", "All", "two", "2 "};
    for (size_t i = 0; i < sizeof NONE / sizeof *NONE; i++) {
        assert_false(takes(NONE[i]));
        assert_int_equal(count, 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_and_numbers),
        cmocka_unit_test(test_neither),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
