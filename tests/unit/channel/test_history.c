/* SPDX-License-Identifier: MIT */
#include "channel/history.h"
#include "lib/test_memory.h"

static test_memory counter;
static hws_memory memory;
static hws_history history;

static int setup(void **state)
{
    (void)state;
    memory = test_memory_hook(&counter);
    history = (hws_history){0};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hws_history_clear(&history, &memory);
    assert_int_equal(counter.bytes_out, 0);
    return 0;
}

/* A publication of one byte. */
static hws_blob *make(uint8_t byte)
{
    hws_blob *blob = hws_blob_new(&memory, 1);
    assert_non_null(blob);
    blob->data[0] = byte;
    return blob;
}

static void add(uint8_t byte, uint32_t size_max, uint64_t expires_ms)
{
    assert_int_equal(hws_history_add(&history, &memory, make(byte), size_max, expires_ms), HWS_OK);
}

static void keeps_the_last(void **state)
{
    (void)state;
    for (uint8_t i = 1; i <= 100; i++) {
        add(i, 7, 1000);
        assert_int_equal(history.top, i);
        assert_int_equal(history.count, i < 7 ? i : 7);
        for (uint64_t offset = hws_history_bottom(&history); offset <= history.top; offset++)
            assert_int_equal(hws_history_at(&history, offset)->data[0], offset);
    }
    assert_int_equal(hws_history_bottom(&history), 94);
    assert_true(history.capacity <= 7);
}

static void one_is_enough(void **state)
{
    (void)state;
    for (uint8_t i = 1; i <= 3; i++) add(i, 1, 1000);
    assert_int_equal(hws_history_at(&history, 3)->data[0], 3);
    assert_int_equal(hws_history_bottom(&history), 3);
}

static void lets_go_what_is_old(void **state)
{
    (void)state;
    for (uint8_t i = 1; i <= 5; i++) add(i, 10, 100U * i);
    hws_history_expire(&history, &memory, 99);
    assert_int_equal(history.count, 5);
    hws_history_expire(&history, &memory, 100);
    assert_int_equal(hws_history_bottom(&history), 2);
    hws_history_expire(&history, &memory, 1000);
    assert_int_equal(history.count, 0);
    assert_int_equal(history.top, 5);
    assert_int_equal(hws_history_bottom(&history), 6);
    assert_int_equal(counter.bytes_out, 0);
    add(6, 10, 2000);
    assert_int_equal(hws_history_at(&history, 6)->data[0], 6);
}

static void shrinks_when_its_size_does(void **state)
{
    (void)state;
    for (uint8_t i = 1; i <= 9; i++) add(i, 9, 1000);
    hws_history_clear(&history, &memory);
    add(10, 2, 1000);
    add(11, 2, 1000);
    add(12, 2, 1000);
    assert_int_equal(hws_history_bottom(&history), 11);
}

static void without_memory_nothing_changes(void **state)
{
    (void)state;
    hws_blob *blob = make(1);
    counter.fail_after = 0;
    assert_int_equal(hws_history_add(&history, &memory, blob, 5, 1000), HWS_ERR_NO_MEMORY);
    assert_int_equal(history.top, 0);
    counter.fail_after = SIZE_MAX;
    hws_blob_unref(blob);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keeps_the_last, setup, teardown),
        cmocka_unit_test_setup_teardown(one_is_enough, setup, teardown),
        cmocka_unit_test_setup_teardown(lets_go_what_is_old, setup, teardown),
        cmocka_unit_test_setup_teardown(shrinks_when_its_size_does, setup, teardown),
        cmocka_unit_test_setup_teardown(without_memory_nothing_changes, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
