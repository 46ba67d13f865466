/* SPDX-License-Identifier: MIT */
#include "cmd/bench_histogram.h"

#include <string.h>

#include "lib/cmocka.h"

static bench_histogram it;
static bench_histogram other;

static int set_up(void **state)
{
    (void)state;
    memset(&it, 0, sizeof it);
    memset(&other, 0, sizeof other);
    return 0;
}

static void test_empty(void **state)
{
    (void)state;
    assert_int_equal(bench_histogram_at(&it, 0.5), 0);
    assert_int_equal(bench_histogram_at(&it, 1), 0);
    assert_true(bench_histogram_mean(&it) == 0);
    assert_int_equal(bench_histogram_between(&it, 0, UINT64_MAX), 0);
}

/* The small ones have a bucket each. */
static void test_small_values_are_exact(void **state)
{
    (void)state;
    for (uint64_t value = 0; value < 128; value++) bench_histogram_add(&it, value);
    assert_int_equal(it.count, 128);
    for (uint64_t value = 0; value < 128; value++) {
        assert_int_equal(bench_histogram_between(&it, value, value + 1), 1);
        assert_int_equal(bench_histogram_at(&it, ((double)value + 1) / 128), value);
    }
}

static void check_one(uint64_t value)
{
    set_up(NULL);
    bench_histogram_add(&it, value);
    bench_histogram_add(&it, UINT64_C(1) << 41);
    const uint64_t found = bench_histogram_at(&it, 0.5);
    if (found < value || found - value > value / 64)
        fail_msg("%llu is told as %llu", (unsigned long long)value, (unsigned long long)found);
}

static void test_every_value_is_kept_to_within_a_64th(void **state)
{
    (void)state;
    for (uint64_t power = 1; power < UINT64_C(1) << 40; power *= 2) {
        check_one(power - 1);
        check_one(power);
        check_one(power + 1);
        check_one(power + power / 3);
    }
}

static void test_what_is_too_large_counts_as_the_largest(void **state)
{
    (void)state;
    bench_histogram_add(&it, UINT64_C(1) << 42);
    bench_histogram_add(&it, UINT64_MAX);
    assert_int_equal(it.count, 2);
    assert_int_equal(it.max, UINT64_MAX);
    assert_int_equal(it.counts[BENCH_HISTOGRAM_BUCKET_COUNT - 1], 2);
    bench_histogram_add(&it, (UINT64_C(1) << 42) - 1);
    assert_int_equal(it.counts[BENCH_HISTOGRAM_BUCKET_COUNT - 1], 3);
}

static void test_shares(void **state)
{
    (void)state;
    for (int i = 0; i < 99; i++) bench_histogram_add(&it, 10);
    bench_histogram_add(&it, 50);
    assert_int_equal(bench_histogram_at(&it, 0), 10);
    assert_int_equal(bench_histogram_at(&it, 0.5), 10);
    assert_int_equal(bench_histogram_at(&it, 0.99), 10);
    assert_int_equal(bench_histogram_at(&it, 0.991), 50);
    assert_int_equal(bench_histogram_at(&it, 1), 50);
    assert_true(bench_histogram_mean(&it) > 10.39 && bench_histogram_mean(&it) < 10.41);
}

static void test_none_is_told_above_the_greatest(void **state)
{
    (void)state;
    bench_histogram_add(&it, 1000000);
    assert_int_equal(bench_histogram_at(&it, 0.5), 1000000);
}

static void test_merge(void **state)
{
    (void)state;
    bench_histogram_add(&it, 5);
    bench_histogram_add(&other, 7);
    bench_histogram_add(&other, 9);
    bench_histogram_merge(&it, &other);
    assert_int_equal(it.count, 3);
    assert_int_equal(it.max, 9);
    assert_true(bench_histogram_mean(&it) == 7);
    bench_histogram_add(&it, 20);
    bench_histogram_merge(&it, &other);
    assert_int_equal(it.max, 20);
}

static void test_between(void **state)
{
    (void)state;
    for (uint64_t value = 10; value < 20; value++) bench_histogram_add(&it, value);
    assert_int_equal(bench_histogram_between(&it, 0, 10), 0);
    assert_int_equal(bench_histogram_between(&it, 0, 11), 1);
    assert_int_equal(bench_histogram_between(&it, 12, 15), 3);
    assert_int_equal(bench_histogram_between(&it, 15, 15), 0);
    assert_int_equal(bench_histogram_between(&it, 15, 12), 0);
    assert_int_equal(bench_histogram_between(&it, 19, 30), 1);
    assert_int_equal(bench_histogram_between(&it, 20, 30), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_empty, set_up),
        cmocka_unit_test_setup(test_small_values_are_exact, set_up),
        cmocka_unit_test_setup(test_every_value_is_kept_to_within_a_64th, set_up),
        cmocka_unit_test_setup(test_what_is_too_large_counts_as_the_largest, set_up),
        cmocka_unit_test_setup(test_shares, set_up),
        cmocka_unit_test_setup(test_none_is_told_above_the_greatest, set_up),
        cmocka_unit_test_setup(test_merge, set_up),
        cmocka_unit_test_setup(test_between, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
