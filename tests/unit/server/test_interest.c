/* SPDX-License-Identifier: MIT */
#include "server/interest.h"

#include <pthread.h>

#include "lib/test_memory.h"

enum { NAMES = 5000 };

static test_memory counter;
static hws_memory memory;
static hws_interest interest;
static hws_interest_name names[NAMES];

static int set_up(void **state)
{
    (void)state;
    memory = test_memory_hook(&counter);
    return hws_interest_init(&interest, &memory) == HWS_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    hws_interest_release(&interest);
    assert_int_equal(counter.bytes_out, 0);
    return 0;
}

/* As good as any hash: no two of the first thousands share their lower bits. */
static uint64_t hash_of(int number)
{
    return (uint64_t)number * UINT64_C(0x9E3779B97F4A7C15);
}

static bool is_in(int number)
{
    return hws_interest_is_in(&interest, hash_of(number), hash_of(number));
}

/* Never a no for what is there, however the cells grow. */
static void test_nothing_is_missed(void **state)
{
    (void)state;
    for (int i = 0; i < NAMES; i++) {
        assert_false(i == 0 && is_in(0));
        hws_interest_add(&interest, &names[i], hash_of(i));
        if (i % 97 == 0)
            for (int j = 0; j <= i; j++) assert_true(is_in(j));
    }
    int others = 0;
    for (int i = NAMES; i < 2 * NAMES; i++) others += is_in(i);
    assert_true(others < NAMES); /* growing kept most cells empty or so */
    for (int i = 0; i < NAMES; i += 2) hws_interest_remove(&interest, &names[i]);
    for (int i = 1; i < NAMES; i += 2) assert_true(is_in(i));
    for (int i = 1; i < NAMES; i += 2) hws_interest_remove(&interest, &names[i]);
    for (int i = 0; i < NAMES; i++) assert_false(is_in(i));
}

static void test_either_hash_is_enough(void **state)
{
    (void)state;
    hws_interest_add(&interest, &names[0], 1);
    assert_true(hws_interest_is_in(&interest, 1, 2));
    assert_true(hws_interest_is_in(&interest, 2, 1));
    assert_false(hws_interest_is_in(&interest, 2, 3));
    hws_interest_remove(&interest, &names[0]);
}

static void test_general_interest(void **state)
{
    (void)state;
    hws_interest_add_general(&interest, &names[0]);
    assert_true(is_in(7));
    hws_interest_remove(&interest, &names[0]);
    assert_false(is_in(7));
    hws_interest_expect(&interest);
    hws_interest_expect(&interest);
    hws_interest_arrived(&interest);
    assert_true(is_in(7));
    hws_interest_arrived(&interest);
    assert_false(is_in(7));
}

static void test_without_memory_cells_are_shared(void **state)
{
    (void)state;
    counter.fail_after = 0;
    for (int i = 0; i < NAMES; i++) hws_interest_add(&interest, &names[i], hash_of(i));
    for (int i = 0; i < NAMES; i++) assert_true(is_in(i));
    for (int i = 0; i < NAMES; i++) hws_interest_remove(&interest, &names[i]);
    for (int i = 0; i < NAMES; i++) assert_false(is_in(i));
    hws_interest none;
    assert_int_equal(hws_interest_init(&none, &memory), HWS_ERR_NO_MEMORY);
    hws_interest_release(&none);
}

static void *look(void *user)
{
    (void)user;
    while (is_in(0)) continue;
    return NULL;
}

/* Others look while it grows (ThreadSanitizer); the first name is always found. */
static void test_others_look_meanwhile(void **state)
{
    (void)state;
    pthread_t thread;
    hws_interest_add(&interest, &names[0], hash_of(0));
    assert_int_equal(pthread_create(&thread, NULL, look, NULL), 0);
    for (int i = 1; i < NAMES; i++) hws_interest_add(&interest, &names[i], hash_of(i));
    for (int i = 0; i < NAMES; i++) hws_interest_remove(&interest, &names[i]);
    pthread_join(thread, NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_is_missed),     TEST(test_either_hash_is_enough),
        TEST(test_general_interest),      TEST(test_without_memory_cells_are_shared),
        TEST(test_others_look_meanwhile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
