/* SPDX-License-Identifier: MIT */
#include "cmd/quantity.h"

#include "lib/cmocka.h"

typedef bool reader(const char *text, uint64_t *result);

typedef struct row {
    const char *text;
    uint64_t result;
} row;

static void check_good(reader *read, const row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t result = 77;
        if (!read(rows[i].text, &result)) fail_msg("'%s' was refused", rows[i].text);
        assert_int_equal(result, rows[i].result);
    }
}

static void check_bad(reader *read, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint64_t result = 77;
        if (read(texts[i], &result)) fail_msg("'%s' was taken", texts[i]);
        assert_int_equal(result, 77);
    }
}

static void test_sizes(void **state)
{
    (void)state;
    static const row good[] = {
        {"0", 0},
        {"1", 1},
        {"65536", 65536},
        {"007", 7},
        {"64K", 65536},
        {"64k", 65536},
        {"16M", 16777216},
        {"16m", 16777216},
        {"2G", 2147483648},
        {"2g", 2147483648},
        {"18446744073709551615", UINT64_MAX},
        {"17179869183G", UINT64_C(17179869183) << 30},
        {"18014398509481983K", UINT64_C(18014398509481983) << 10},
    };
    check_good(quantity_size, good, COUNT_OF(good));
    static const char *const bad[] = {
        "",
        "K",
        "-1",
        "+1",
        " 1",
        "1 ",
        "1KB",
        "1 K",
        "0x1",
        "1.5M",
        "12Q",
        "1e3",
        "ten",
        "１",
        "1kk",
        "K1",
        "1\n",
        "18446744073709551616",
        "17179869184G",
        "18014398509481984K",
        "99999999999999999999999999",
    };
    check_bad(quantity_size, bad, COUNT_OF(bad));
}

static void test_durations(void **state)
{
    (void)state;
    static const row good[] = {
        {"0", 0},
        {"25", 25000},
        {"25s", 25000},
        {"500ms", 500},
        {"2m", 120000},
        {"1h", 3600000},
        {"18446744073709551615ms", UINT64_MAX},
        {"18446744073709551s", UINT64_C(18446744073709551) * 1000},
    };
    check_good(quantity_duration, good, COUNT_OF(good));
    static const char *const bad[] = {
        "", "s", "ms", "-1s", "1.5s", "1 s", "1S", "1d", "1mss", "18446744073709552s", "1M",
    };
    check_bad(quantity_duration, bad, COUNT_OF(bad));
}

static void test_counts(void **state)
{
    (void)state;
    static const row good[] = {{"0", 0}, {"7", 7}, {"18446744073709551615", UINT64_MAX}};
    check_good(quantity_count, good, COUNT_OF(good));
    static const char *const bad[] = {"", "-1", "1s", "1K", " 1", "18446744073709551616"};
    check_bad(quantity_count, bad, COUNT_OF(bad));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
