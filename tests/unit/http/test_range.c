/* SPDX-License-Identifier: MIT */
#include "http/range.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/text.h"
#include "lib/cmocka.h"

typedef struct range_case {
    const char *field;
    uint64_t size;
    const char *want; /* "whole", "none", or "first+size" */
} range_case;

static const range_case CASES[] = {
    {NULL, 10, "whole"},
    {"", 10, "whole"},
    {"bytes", 10, "whole"},
    {"bytes=", 10, "whole"},
    {"bytes=0-0", 10, "0+1"},
    {"Bytes=0-0", 10, "0+1"},
    {"bytes= 2-3 ", 10, "2+2"},
    {"bytes=9-9", 10, "9+1"},
    {"bytes=9-10", 10, "9+1"},
    {"bytes=10-10", 10, "none"},
    {"bytes=3-", 10, "3+7"},
    {"bytes=0-", 10, "0+10"},
    {"bytes=9-", 10, "9+1"},
    {"bytes=10-", 10, "none"},
    {"bytes=-1", 10, "9+1"},
    {"bytes=-9", 10, "1+9"},
    {"bytes=-10", 10, "whole"},
    {"bytes=-11", 10, "whole"},
    {"bytes=-0", 10, "none"},
    {"bytes=5-2", 10, "whole"},
    {"bytes=5-5", 10, "5+1"},
    {"bytes=-", 10, "whole"},
    {"bytes=--1", 10, "whole"},
    {"bytes=+1-2", 10, "whole"},
    {"bytes=1-+2", 10, "whole"},
    {"bytes=a-2", 10, "whole"},
    {"bytes=1-b", 10, "whole"},
    {"bytes=1 -2", 10, "whole"},
    {"bytes=-1x", 10, "whole"},
    {"bytes=1-2,4-5", 10, "whole"},
    {"bytes=1-2,", 10, "whole"},
    {"items=1-2", 10, "whole"},
    {"bytes 1-2", 10, "whole"},
    {"bytes=0-18446744073709551615", 10, "0+10"},
    {"bytes=0-99999999999999999999999999", 10, "0+10"},
    {"bytes=18446744073709551615-", 10, "none"},
    {"bytes=99999999999999999999999999-", 10, "none"},
    {"bytes=-99999999999999999999999999", 10, "whole"},
    {"bytes=0-0", 0, "none"},
    {"bytes=-5", 0, "whole"},
    {"bytes=18446744073709551614-", UINT64_MAX, "18446744073709551614+1"},
};

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const range_case *each = &CASES[i];
        hws_range range;
        const hws_range_kind kind = hws_range_parse(hws_text_of(each->field), each->size, &range);
        char got[64] = "none";
        if (kind == HWS_RANGE_WHOLE) {
            snprintf(got, sizeof got, "whole");
            assert_int_equal(range.first, 0);
            assert_int_equal(range.size, each->size);
        } else if (kind == HWS_RANGE_PART) {
            snprintf(got, sizeof got, "%" PRIu64 "+%" PRIu64, range.first, range.size);
        }
        assert_string_equal(got, each->want);
    }
}

/* A part is never empty, and never leaves the file. */
static void test_all_small_ones(void **state)
{
    (void)state;
    for (unsigned size = 0; size < 5; size++)
        for (unsigned first = 0; first < 6; first++)
            for (unsigned last = 0; last < 6; last++) {
                char field[32];
                snprintf(field, sizeof field, "bytes=%u-%u", first, last);
                hws_range range;
                const hws_range_kind kind = hws_range_parse(hws_text_of(field), size, &range);
                assert_int_equal(kind, last < first    ? HWS_RANGE_WHOLE
                                       : first >= size ? HWS_RANGE_UNSATISFIABLE
                                                       : HWS_RANGE_PART);
                if (kind != HWS_RANGE_PART) continue;
                assert_int_equal(range.first, first);
                assert_int_equal(range.size, (last < size ? last + 1 : size) - first);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_all_small_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
