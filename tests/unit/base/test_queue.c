/* SPDX-License-Identifier: MIT */
#include "base/queue.h"

#include "lib/test_memory.h"

typedef struct fixture {
    test_memory counter;
    hws_memory memory;
    hws_queue_store store;
    hws_queue queue;
} fixture;

static int set_up(void **state)
{
    static fixture shared;
    shared.memory = test_memory_hook(&shared.counter);
    hws_queue_store_init(&shared.store, &shared.memory);
    hws_queue_init(&shared.queue, &shared.store);
    *state = &shared;
    return 0;
}

static int tear_down(void **state)
{
    fixture *it = *state;
    hws_queue_clear(&it->queue);
    hws_queue_store_release(&it->store);
    assert_int_equal(it->counter.bytes_out, 0);
    return 0;
}

/* Everything in the queue, as one string. */
static size_t contents(const hws_queue *queue, uint8_t *bytes, size_t max)
{
    hws_span spans[64];
    const size_t count = hws_queue_peek(queue, spans, COUNT_OF(spans));
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        assert_true(size + spans[i].size <= max);
        memcpy(bytes + size, spans[i].data, spans[i].size);
        size += spans[i].size;
    }
    return size;
}

static void test_order_is_kept(void **state)
{
    fixture *it = *state;
    hws_blob *blob = hws_blob_new(&it->memory, 3);
    memcpy(blob->data, "def", 3);

    assert_int_equal(hws_queue_append(&it->queue, "abc", 3), HWS_OK);
    assert_int_equal(hws_queue_share(&it->queue, blob), HWS_OK);
    assert_int_equal(hws_queue_append(&it->queue, "ghi", 3), HWS_OK);
    hws_blob_unref(blob, &it->memory);

    uint8_t bytes[16];
    assert_int_equal(it->queue.size, 9);
    assert_int_equal(contents(&it->queue, bytes, sizeof bytes), 9);
    assert_memory_equal(bytes, "abcdefghi", 9);

    for (size_t gone = 1; gone <= 9; gone++) {
        hws_queue_drop(&it->queue, 1);
        assert_int_equal(contents(&it->queue, bytes, sizeof bytes), 9 - gone);
        assert_memory_equal(bytes, &"abcdefghi"[gone], 9 - gone);
    }
    assert_null(it->queue.first);
    assert_null(it->queue.last);
}

/* What was peeked at stays in place while more is added: a send may be under way. */
static void test_peeked_bytes_do_not_move(void **state)
{
    fixture *it = *state;
    assert_int_equal(hws_queue_append(&it->queue, "first", 5), HWS_OK);
    hws_span before;
    assert_int_equal(hws_queue_peek(&it->queue, &before, 1), 1);

    static const uint8_t big[100000];
    assert_int_equal(hws_queue_append(&it->queue, big, sizeof big), HWS_OK);
    assert_int_equal(hws_queue_append(&it->queue, "x", 1), HWS_OK);
    hws_span after[8];
    assert_true(hws_queue_peek(&it->queue, after, COUNT_OF(after)) >= 2);
    assert_ptr_equal(before.data, after[0].data);
    assert_memory_equal(before.data, "first", 5);
    assert_int_equal(it->queue.size, 5 + sizeof big + 1);
}

static void test_reserved_room_that_is_not_used(void **state)
{
    fixture *it = *state;
    assert_non_null(hws_queue_reserve(&it->queue, 10));
    hws_queue_commit(&it->queue, 0);
    hws_span span;
    assert_int_equal(hws_queue_peek(&it->queue, &span, 1), 0);
    assert_int_equal(hws_queue_append(&it->queue, "a", 1), HWS_OK);
    hws_queue_drop(&it->queue, 1);
    assert_null(it->queue.first);
}

static void test_blob_is_counted(void **state)
{
    fixture *it = *state;
    hws_blob *blob = hws_blob_new(&it->memory, 10);
    memset(blob->data, 'b', 10);
    hws_queue other;
    hws_queue_init(&other, &it->store);
    assert_int_equal(hws_queue_share(&it->queue, blob), HWS_OK);
    assert_int_equal(hws_queue_share(&other, blob), HWS_OK);
    assert_int_equal(blob->reference_count, 3);
    hws_queue_drop(&other, 10);
    assert_int_equal(blob->reference_count, 2);
    hws_queue_clear(&it->queue);
    assert_int_equal(blob->reference_count, 1);
    hws_blob_unref(blob, &it->memory);
}

static void test_no_memory_changes_nothing(void **state)
{
    fixture *it = *state;
    hws_blob *blob = hws_blob_new(&it->memory, 10);
    it->counter.fail_after = 0;
    assert_null(hws_queue_reserve(&it->queue, 1));
    assert_int_equal(hws_queue_append(&it->queue, "a", 1), HWS_ERR_NO_MEMORY);
    assert_int_equal(hws_queue_share(&it->queue, blob), HWS_ERR_NO_MEMORY);
    assert_int_equal(it->queue.size, 0);
    assert_int_equal(blob->reference_count, 1);
    hws_blob_unref(blob, &it->memory);
    assert_null(hws_blob_new(&it->memory, SIZE_MAX));
    assert_null(hws_queue_reserve(&it->queue, SIZE_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order_is_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_peeked_bytes_do_not_move, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reserved_room_that_is_not_used, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_blob_is_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_memory_changes_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
