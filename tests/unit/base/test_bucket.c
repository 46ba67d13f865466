/* SPDX-License-Identifier: MIT */
#include "base/bucket.h"

#include "lib/cmocka.h"

static void test_a_burst_and_then_the_rate(void **state)
{
    (void)state;
    const hws_rate rate = {.per_second = 10, .burst = 3};
    hws_bucket bucket = {0};
    for (int i = 0; i < 3; i++) assert_true(hws_bucket_take(&bucket, &rate, 5000, 1));
    assert_false(hws_bucket_take(&bucket, &rate, 5000, 1));
    assert_false(hws_bucket_take(&bucket, &rate, 5099, 1));
    assert_true(hws_bucket_take(&bucket, &rate, 5100, 1));
    assert_false(hws_bucket_take(&bucket, &rate, 5199, 1));
    assert_true(hws_bucket_take(&bucket, &rate, 5200, 1));
}

static void test_it_fills_up_to_the_burst_alone(void **state)
{
    (void)state;
    const hws_rate rate = {.per_second = 1000, .burst = 50};
    hws_bucket bucket = {0};
    assert_true(hws_bucket_take(&bucket, &rate, 0, 50));
    assert_false(hws_bucket_is_full(&bucket, 49));
    assert_true(hws_bucket_is_full(&bucket, 50));
    assert_false(hws_bucket_take(&bucket, &rate, 1000000, 51));
    assert_true(hws_bucket_take(&bucket, &rate, 1000000, 50));
}

static void test_a_refusal_takes_nothing(void **state)
{
    (void)state;
    const hws_rate rate = {.per_second = 100, .burst = 10};
    hws_bucket bucket = {0};
    assert_true(hws_bucket_take(&bucket, &rate, 7, 4));
    for (int i = 0; i < 100; i++) assert_false(hws_bucket_take(&bucket, &rate, 7, 7));
    assert_true(hws_bucket_take(&bucket, &rate, 7, 6));
    assert_false(hws_bucket_take(&bucket, &rate, 7, 1));
}

static void test_no_limit(void **state)
{
    (void)state;
    hws_bucket bucket = {0};
    assert_true(hws_bucket_take(&bucket, &(hws_rate){0}, 1, UINT64_MAX));
    assert_true(hws_bucket_is_full(&bucket, 0));
}

/* Rates of bytes are large: nothing may wrap, and what is taken in one go is what is taken one by
 * one. */
static void test_large_numbers(void **state)
{
    (void)state;
    const hws_rate gigabit = {.per_second = 125000000, .burst = 250000000};
    hws_bucket bucket = {0};
    for (int i = 0; i < 250; i++) assert_true(hws_bucket_take(&bucket, &gigabit, 9, 1000000));
    assert_false(hws_bucket_take(&bucket, &gigabit, 9, 1));
    assert_true(hws_bucket_take(&bucket, &gigabit, 1009, 125000000));
    assert_false(hws_bucket_take(&bucket, &gigabit, 1009, 1));

    const hws_rate most = {.per_second = UINT64_MAX, .burst = UINT64_MAX};
    hws_bucket other = {0};
    assert_true(hws_bucket_take(&other, &most, 1, UINT64_MAX - 1));
    assert_false(hws_bucket_take(&other, &most, 1, UINT64_MAX));
    const hws_rate least = {.per_second = 1, .burst = 1};
    assert_false(hws_bucket_take(&(hws_bucket){0}, &least, 0, UINT64_MAX));
    assert_false(hws_bucket_take(&(hws_bucket){0}, &least, 0, 2));
    assert_true(hws_bucket_take(&(hws_bucket){0}, &least, 0, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_burst_and_then_the_rate),
        cmocka_unit_test(test_it_fills_up_to_the_burst_alone),
        cmocka_unit_test(test_a_refusal_takes_nothing),
        cmocka_unit_test(test_no_limit),
        cmocka_unit_test(test_large_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
