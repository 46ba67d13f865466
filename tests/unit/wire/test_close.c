/* SPDX-License-Identifier: MIT */
#include "wire/close.h"

#include "lib/cmocka.h"

#define TEXT(literal) ((hws_text){(literal), sizeof(literal) - 1})

/* I005: of all 65536 codes exactly 2012 may stand in a Close frame. */
static void test_every_code(void **state)
{
    (void)state;
    unsigned accepted = 0;
    for (int code = 0; code < 65536; code++) {
        const bool want =
            (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
            (code >= 3000 && code <= 4999);
        uint8_t body[2] = {(uint8_t)(code >> 8), (uint8_t)code};
        int got;
        hws_text reason;
        const hws_status status = hws_close_read((hws_span){body, 2}, &got, &reason);
        assert_int_equal(status, want ? HWS_OK : HWS_ERR_CLOSE_CODE);
        accepted += want;
    }
    assert_int_equal(accepted, 2012);
}

/* I019: what an application may ask for. */
static void test_what_may_be_sent(void **state)
{
    (void)state;
    char long_reason[HWS_CLOSE_REASON_MAX + 1];
    memset(long_reason, 'r', sizeof long_reason);
    assert_int_equal(hws_close_check(0, (hws_text){0}), HWS_OK);
    assert_int_equal(hws_close_check(0, TEXT("x")), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_close_check(1000, TEXT("bye")), HWS_OK);
    assert_int_equal(hws_close_check(4999, TEXT("")), HWS_OK);
    assert_int_equal(hws_close_check(1000, (hws_text){long_reason, 123}), HWS_OK);
    assert_int_equal(hws_close_check(1000, (hws_text){long_reason, 124}), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_close_check(1000, TEXT("\xff")), HWS_ERR_UTF8);
    assert_int_equal(hws_close_check(1000, TEXT("\xe4\xb8")), HWS_ERR_UTF8);
    static const int REFUSED[] = {-1, 1, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65536};
    for (size_t i = 0; i < COUNT_OF(REFUSED); i++)
        assert_int_equal(hws_close_check(REFUSED[i], (hws_text){0}), HWS_ERR_INVALID_ARGUMENT);
}

static void test_writing(void **state)
{
    (void)state;
    uint8_t body[2 + HWS_CLOSE_REASON_MAX];
    assert_int_equal(hws_close_write(0, (hws_text){0}, body), 0);
    assert_int_equal(hws_close_write(1001, TEXT("away"), body), 6);
    assert_memory_equal(body,
                        "\x03\xe9"
                        "away",
                        6);

    /* A reason too long is cut, but never within a character. */
    char euros[126];
    for (size_t i = 0; i < sizeof euros; i += 3) memcpy(euros + i, "\xe2\x82\xac", 3);
    assert_int_equal(hws_close_write(1000, (hws_text){euros, sizeof euros}, body), 2 + 123);
    memmove(euros + 1, euros, sizeof euros - 1);
    euros[0] = 'x';
    assert_int_equal(hws_close_write(1000, (hws_text){euros, sizeof euros}, body), 2 + 121);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code),
        cmocka_unit_test(test_what_may_be_sent),
        cmocka_unit_test(test_writing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
