/* SPDX-License-Identifier: MIT */
#include "loop/spare.h"

#include "base/memory.h"
#include "lib/test_memory.h"

typedef struct fixture {
    test_memory counter;
    hws_memory memory;
    hws_spare spare;
} fixture;

static fixture it;

static int set_up(void **state)
{
    (void)state;
    it = (fixture){0};
    it.memory = test_memory_hook(&it.counter);
    hws_spare_init(&it.spare, &it.memory);
    it.spare.count_max = HWS_SPARE_COUNT_MAX; /* for the sanitizer's builds, too */
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hws_spare_release(&it.spare);
    assert_int_equal(it.counter.bytes_out, 0);
    return 0;
}

static void *make(size_t size)
{
    return hws_spare_resize(&it.spare, NULL, 0, size);
}

static void give(void *block, size_t size)
{
    assert_null(hws_spare_resize(&it.spare, block, size, 0));
}

static void test_a_block_serves_again(void **state)
{
    (void)state;
    void *first = make(65536);
    void *second = make(65536);
    assert_int_equal(it.counter.calls, 2);
    give(first, 65536);
    give(second, 65536);
    assert_int_equal(it.counter.bytes_out, 2 * 65536);
    assert_ptr_equal(make(65536), second); /* the last is the first */
    assert_ptr_equal(make(65536), first);
    assert_int_equal(it.counter.calls, 2);
    give(first, 65536);
    give(second, 65536);
}

/* Of another size, of none that is round, or too small, are the hook's. */
static void test_others_go_through(void **state)
{
    (void)state;
    static const size_t SIZES[] = {1, 4096, 65535, 65537, 61440, HWS_SPARE_SIZE_MAX + 4096};
    for (size_t i = 0; i < COUNT_OF(SIZES); i++) {
        give(make(SIZES[i]), SIZES[i]);
        assert_int_equal(it.counter.bytes_out, 0);
    }
    give(make(65536), 65536);
    const size_t calls = it.counter.calls;
    void *other = make(69632);
    assert_int_equal(it.counter.calls, calls + 1);
    give(other, 69632);
    give(make(HWS_SPARE_SIZE_MAX), HWS_SPARE_SIZE_MAX); /* the largest, which lets the others go */
    assert_int_equal(it.counter.bytes_out, HWS_SPARE_SIZE_MAX);
}

static void test_no_more_than_the_bounds(void **state)
{
    (void)state;
    void *blocks[100];
    for (size_t i = 0; i < COUNT_OF(blocks); i++) blocks[i] = make(65536 + i % 2 * 4096);
    for (size_t i = 0; i < COUNT_OF(blocks); i++) {
        give(blocks[i], 65536 + i % 2 * 4096);
        assert_true(it.spare.count <= HWS_SPARE_COUNT_MAX);
        assert_true(it.spare.size <= HWS_SPARE_SIZE_MAX);
    }
    assert_int_equal(it.counter.bytes_out, it.spare.size);
    assert_int_equal(it.spare.count, HWS_SPARE_COUNT_MAX);
    for (size_t i = 0; i < 8; i++) blocks[i] = make(1 << 20);
    for (size_t i = 0; i < 8; i++) give(blocks[i], 1 << 20);
    assert_int_equal(it.spare.size, HWS_SPARE_SIZE_MAX); /* four of these, and none of the others */
    assert_int_equal(it.spare.count, 4);
}

static void test_growing_moves_what_is_there(void **state)
{
    (void)state;
    uint8_t *large = make(131072);
    give(large, 131072);
    uint8_t *block = make(65536);
    memset(block, 'x', 65536);
    uint8_t *grown = hws_spare_resize(&it.spare, block, 65536, 131072);
    assert_ptr_equal(grown, large);
    for (size_t i = 0; i < 65536; i++) assert_int_equal(grown[i], 'x');
    assert_ptr_equal(make(65536), block);                      /* which was given back */
    grown = hws_spare_resize(&it.spare, grown, 131072, 70000); /* by the hook */
    for (size_t i = 0; i < 65536; i++) assert_int_equal(grown[i], 'x');
    give(grown, 70000);
    give(block, 65536);
}

static void test_no_memory(void **state)
{
    (void)state;
    uint8_t *block = make(65536);
    it.counter.fail_after = 0;
    assert_null(make(65536));
    assert_null(hws_spare_resize(&it.spare, block, 65536, 131072));
    give(block, 65536);
    assert_ptr_equal(make(65536), block); /* what is kept is there all the same */
    give(block, 65536);
}

/* A thread that finds another one at it asks the hook. */
static void test_busy(void **state)
{
    (void)state;
    give(make(65536), 65536);
    assert_false(atomic_flag_test_and_set(&it.spare.busy));
    void *block = make(65536);
    assert_int_equal(it.counter.calls, 2);
    give(block, 65536);
    assert_int_equal(it.spare.count, 1);
    atomic_flag_clear(&it.spare.busy);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_block_serves_again),
        TEST(test_others_go_through),
        TEST(test_no_more_than_the_bounds),
        TEST(test_growing_moves_what_is_there),
        TEST(test_no_memory),
        TEST(test_busy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
