/* SPDX-License-Identifier: MIT */
#include "hawser/status.h"

#include "lib/cmocka.h"

static void test_columns(void **state)
{
    (void)state;
#define CHECK(name, value, close_code, http_status, text)                                          \
    assert_int_equal(HWS_##name, value);                                                           \
    assert_string_equal(hws_status_text(HWS_##name), text);                                        \
    assert_int_equal(hws_status_close_code(HWS_##name), close_code);                               \
    assert_int_equal(hws_status_http(HWS_##name), http_status);
    HWS_STATUS_MAP(CHECK)
#undef CHECK
}

static void test_unknown(void **state)
{
    (void)state;
    const hws_status unknown = (hws_status)-9999;
    assert_string_equal(hws_status_text(unknown), "unknown status");
    assert_int_equal(hws_status_close_code(unknown), 1011);
    assert_int_equal(hws_status_http(unknown), 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
