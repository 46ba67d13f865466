/* SPDX-License-Identifier: MIT */
#include "base/table.h"

#include "lib/test_memory.h"

typedef struct thing {
    hws_table_entry entry;
    int number;
} thing;

enum { THINGS = 1000 };

static thing things[THINGS];
static test_memory counter;
static hws_memory memory;
static hws_table table;

static int set_up(void **state)
{
    (void)state;
    memory = test_memory_hook(&counter);
    hws_table_init(&table, &memory);
    for (int i = 0; i < THINGS; i++) things[i].number = i;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hws_table_release(&table);
    assert_int_equal(counter.bytes_out, 0);
    return 0;
}

static void add(int number, uint64_t hash)
{
    assert_int_equal(hws_table_reserve(&table), HWS_OK);
    hws_table_add(&table, &things[number].entry, hash);
}

/* How often `number` is found under `hash`. */
static int find(int number, uint64_t hash)
{
    int count = 0;
    hws_table_entry *at = hws_table_find(&table, hash);
    for (; at; at = hws_table_find_next(at)) {
        assert_int_equal(at->hash, hash);
        if (((thing *)(void *)at)->number == number) count++;
    }
    return count;
}

static void test_what_is_added_is_found_until_it_is_removed(void **state)
{
    (void)state;
    assert_null(hws_table_find(&table, 1));
    for (int i = 0; i < THINGS; i++) add(i, (uint64_t)i * 7);
    assert_int_equal(table.count, THINGS);
    for (int i = 0; i < THINGS; i++) assert_int_equal(find(i, (uint64_t)i * 7), 1);
    assert_null(hws_table_find(&table, 1));
    for (int i = 0; i < THINGS; i += 2) hws_table_remove(&table, &things[i].entry);
    for (int i = 0; i < THINGS; i++) assert_int_equal(find(i, (uint64_t)i * 7), i % 2);
    for (int i = 1; i < THINGS; i += 2) hws_table_remove(&table, &things[i].entry);
    assert_int_equal(table.count, 0);
}

/* Also through growth: hashes that differ only in their upper bits. */
static void test_equal_hashes_are_all_found(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) add(i, i % 2 ? UINT64_MAX : UINT64_MAX >> 1);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(find(i, UINT64_MAX), i % 2);
        assert_int_equal(find(i, UINT64_MAX >> 1), 1 - i % 2);
    }
    for (int i = 0; i < 100; i++) hws_table_remove(&table, &things[i].entry);
}

static void test_memory_is_needed_for_the_first_buckets_alone(void **state)
{
    (void)state;
    counter.fail_after = 0;
    assert_int_equal(hws_table_reserve(&table), HWS_ERR_NO_MEMORY);
    counter.fail_after = 1;
    for (int i = 0; i < THINGS; i++) add(i, (uint64_t)i);
    for (int i = 0; i < THINGS; i++) assert_int_equal(find(i, (uint64_t)i), 1);
    for (int i = 0; i < THINGS; i++) hws_table_remove(&table, &things[i].entry);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_added_is_found_until_it_is_removed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_equal_hashes_are_all_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_memory_is_needed_for_the_first_buckets_alone, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
