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
    hws_blob_unref(blob);

    uint8_t bytes[16];
    assert_int_equal(it->queue.size, 9);
    assert_int_equal(contents(&it->queue, bytes, sizeof bytes), 9);
    assert_memory_equal(bytes, "abcdefghi", 9);

    for (size_t gone = 1; gone <= 9; gone++) {
        hws_queue_drop(&it->queue, 1);
        assert_int_equal(contents(&it->queue, bytes, sizeof bytes), 9 - gone);
        assert_memory_equal(bytes, &"abcdefghi"[gone], 9 - gone);
    }
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
    assert_null(it->queue.last);
}

/* What is expected lies in one run; what is not begins with a small one. */
static void test_a_run_for_what_is_expected(void **state)
{
    fixture *it = *state;
    uint8_t piece[1000] = {0};
    hws_span spans[2];
    for (int round = 0; round < 2; round++) {
        hws_queue_expect(&it->store, round == 1 ? &it->queue : NULL, 16 * sizeof piece);
        for (int i = 0; i < 16; i++)
            assert_int_equal(hws_queue_append(&it->queue, piece, sizeof piece), HWS_OK);
        assert_int_equal(hws_queue_peek(&it->queue, spans, COUNT_OF(spans)), round == 1 ? 1 : 2);
        hws_queue_drop(&it->queue, it->queue.size);
    }
    hws_queue_expect(&it->store, NULL, 0);
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
    hws_blob_unref(blob);
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
    hws_blob_unref(blob);
    assert_null(hws_blob_new(&it->memory, SIZE_MAX));
    assert_null(hws_queue_reserve(&it->queue, SIZE_MAX));
}

/* A blob of one letter, so often. */
static hws_blob *letters(fixture *it, char letter, size_t size)
{
    hws_blob *blob = hws_blob_new(&it->memory, size);
    assert_non_null(blob);
    memset(blob->data, letter, size);
    return blob;
}

static void share_as(fixture *it, char letter, size_t size, uint64_t label)
{
    hws_blob *blob = letters(it, letter, size);
    assert_int_equal(hws_queue_share_as(&it->queue, blob, label), HWS_OK);
    hws_blob_unref(blob);
}

static size_t replace(fixture *it, char letter, size_t size, uint64_t label)
{
    hws_blob *blob = letters(it, letter, size);
    const size_t count = hws_queue_replace(&it->queue, label, blob);
    hws_blob_unref(blob);
    return count;
}

static void expect(const fixture *it, const char *want)
{
    uint8_t bytes[64];
    const size_t size = contents(&it->queue, bytes, sizeof bytes);
    assert_int_equal(size, strlen(want));
    assert_memory_equal(bytes, want, size);
    assert_int_equal(it->queue.size, size);
    assert_int_equal(hws_queue_store_waiting(&it->store), size);
}

static void test_the_oldest_of_a_label_is_withdrawn(void **state)
{
    fixture *it = *state;
    share_as(it, 'a', 2, 1);
    share_as(it, 'b', 2, 2);
    share_as(it, 'c', 2, 1);
    assert_int_equal(hws_queue_append(&it->queue, "d", 1), HWS_OK);
    share_as(it, 'e', 2, 1);
    expect(it, "aabbccdee");
    assert_true(hws_queue_withdraw(&it->queue, 1));
    expect(it, "bbccdee");
    assert_false(hws_queue_withdraw(&it->queue, 3));
    assert_true(hws_queue_withdraw(&it->queue, 1));
    assert_true(hws_queue_withdraw(&it->queue, 1)); /* the last of all: room of "d" goes on */
    assert_false(hws_queue_withdraw(&it->queue, 1));
    assert_int_equal(hws_queue_append(&it->queue, "f", 1), HWS_OK);
    expect(it, "bbdf");
    hws_queue_drop(&it->queue, 4);
    share_as(it, 'g', 1, 7);
    assert_true(hws_queue_withdraw(&it->queue, 7));
    assert_null(it->queue.last);
}

static void test_the_latest_takes_the_place_of_the_others(void **state)
{
    fixture *it = *state;
    assert_int_equal(replace(it, 'x', 1, 1), 0);
    share_as(it, 'a', 2, 1);
    share_as(it, 'b', 2, 2);
    share_as(it, 'c', 2, 1);
    share_as(it, 'd', 2, 1);
    assert_int_equal(replace(it, 'e', 3, 1), 3);
    expect(it, "eeebb");
    assert_int_equal(replace(it, 'f', 1, 2), 1);
    expect(it, "eeef");
    assert_int_equal(replace(it, 'g', 1, 1), 1);
    expect(it, "gf");
    share_as(it, 'h', 1, 1);
    expect(it, "gfh");
}

/* A part of it may have left already. */
static void test_what_has_begun_or_is_lent_stays(void **state)
{
    fixture *it = *state;
    hws_span spans[2];
    for (char letter = 'a'; letter <= 'd'; letter++) share_as(it, letter, 2, 1);
    assert_int_equal(hws_queue_lend(&it->queue, spans, 2), 2);
    assert_true(hws_queue_withdraw(&it->queue, 1));
    expect(it, "aabbdd");
    assert_int_equal(replace(it, 'e', 2, 1), 1);
    expect(it, "aabbee");
    assert_memory_equal(spans[0].data, "aa", 2);
    assert_memory_equal(spans[1].data, "bb", 2);

    hws_queue_return(&it->queue);
    hws_queue_drop(&it->queue, 1);
    assert_int_equal(replace(it, 'f', 2, 1), 2);
    expect(it, "aff");
    assert_true(hws_queue_withdraw(&it->queue, 1));
    assert_false(hws_queue_withdraw(&it->queue, 1));
    expect(it, "a");
    assert_int_equal(hws_queue_lend(&it->queue, spans, 2), 1);
    hws_queue_return(&it->queue);
    hws_queue_drop(&it->queue, 1);
    hws_queue_return(&it->queue);
}

static void test_queues_have_labels_of_their_own(void **state)
{
    fixture *it = *state;
    hws_queue other;
    hws_queue_init(&other, &it->store);
    hws_blob *blob = letters(it, 'o', 3);
    assert_int_equal(hws_queue_share_as(&other, blob, 1), HWS_OK);
    assert_int_equal(hws_queue_share_as(&it->queue, blob, 1), HWS_OK);
    assert_int_equal(hws_queue_share(&it->queue, blob), HWS_OK);
    assert_int_equal(hws_queue_store_waiting(&it->store), 9);
    assert_int_equal(hws_queue_store_shared(&it->store), 3); /* once, however often it waits */
    hws_blob_unref(blob);
    assert_true(hws_queue_withdraw(&it->queue, 1));
    assert_false(hws_queue_withdraw(&it->queue, 1));
    assert_int_equal(other.size, 3);
    hws_queue_clear(&it->queue);
    assert_int_equal(hws_queue_store_shared(&it->store), 3);
    hws_queue_clear(&other);
    assert_int_equal(hws_queue_store_shared(&it->store), 0);
}

/* Many of many labels come, go from the front, are withdrawn: each as a plain list would have
 * it. */
static void test_labels_against_a_list(void **state)
{
    fixture *it = *state;
    struct {
        char letter;
        uint64_t label;
    } list[64];
    size_t count = 0;
    uint32_t random = 7;
    for (int round = 0; round < 20000; round++) {
        random = random * 1664525 + 1013904223;
        const uint64_t label = (random >> 12) % 5;
        const unsigned what = (random >> 20) % 4;
        size_t at = 0;
        while (at < count && list[at].label != label) at++;
        if (what < 2 && count < COUNT_OF(list) - 1) {
            list[count].letter = (char)('a' + round % 26);
            list[count].label = label;
            share_as(it, list[count++].letter, 1, label);
        } else if (what == 2 && count > 0) {
            hws_queue_drop(&it->queue, 1);
            memmove(list, list + 1, --count * sizeof *list);
        } else if (what == 3) {
            assert_int_equal(hws_queue_withdraw(&it->queue, label), at < count);
            if (at < count) memmove(list + at, list + at + 1, (--count - at) * sizeof *list);
        }
        char want[COUNT_OF(list) + 1];
        for (size_t i = 0; i < count; i++) want[i] = list[i].letter;
        want[count] = 0;
        expect(it, want);
    }
}

static void test_labels_without_memory(void **state)
{
    fixture *it = *state;
    hws_blob *blob = letters(it, 'x', 2);
    for (size_t calls = 0;; calls++) {
        it->counter.fail_after = calls;
        if (hws_queue_share_as(&it->queue, blob, 1) == HWS_OK) break;
        assert_int_equal(it->queue.size, 0);
        assert_int_equal(blob->reference_count, 1);
    }
    it->counter.fail_after = 0;
    assert_int_equal(hws_queue_replace(&it->queue, 1, blob), 1); /* needs none */
    assert_true(hws_queue_withdraw(&it->queue, 1));
    it->counter.fail_after = SIZE_MAX;
    hws_blob_unref(blob);
}

/* Bytes of one receiver alone: a reference, but none of what is shared. */
static void test_a_part_is_taken(void **state)
{
    fixture *it = *state;
    hws_blob *blob = letters(it, 'a', 8);
    memcpy(blob->data, "..head..", 8);
    assert_int_equal(hws_queue_append(&it->queue, "<", 1), HWS_OK);
    assert_int_equal(hws_queue_take(&it->queue, blob, (hws_span){blob->data + 2, 4}), HWS_OK);
    assert_int_equal(hws_queue_take(&it->queue, blob, (hws_span){blob->data, 0}), HWS_OK);
    assert_int_equal(hws_queue_append(&it->queue, ">", 1), HWS_OK);
    assert_int_equal(blob->reference_count, 2);
    assert_int_equal(hws_queue_store_shared(&it->store), 0);
    hws_blob_unref(blob);
    expect(it, "<head>");
    hws_queue_drop(&it->queue, 3);
    expect(it, "ad>");
    hws_queue_drop(&it->queue, 3);
    expect(it, "");
}

/* The test's own bytes, which it spoils when they are kept. */
static void test_what_is_borrowed_is_kept(void **state)
{
    fixture *it = *state;
    uint8_t lent[] = "abcdefghi";
    assert_int_equal(hws_queue_keep(&it->queue), HWS_OK);
    assert_int_equal(hws_queue_borrow(&it->queue, (hws_span){lent, 3}), HWS_OK);
    assert_int_equal(hws_queue_append(&it->queue, "-", 1), HWS_OK);
    assert_int_equal(hws_queue_borrow(&it->queue, (hws_span){lent + 3, 3}), HWS_OK);
    assert_int_equal(hws_queue_borrow(&it->queue, (hws_span){lent + 6, 3}), HWS_OK);
    assert_int_equal(hws_queue_borrow(&it->queue, (hws_span){lent, 0}), HWS_OK);
    expect(it, "abc-defghi");
    hws_queue_drop(&it->queue, 1);
    assert_int_equal(it->store.borrowed_count, 3);
    assert_int_equal(hws_queue_keep(&it->queue), HWS_OK);
    assert_int_equal(it->store.borrowed_count, 0);
    memset(lent, '?', sizeof lent);
    expect(it, "bc-defghi");
    assert_int_equal(hws_queue_append(&it->queue, "!", 1), HWS_OK);
    share_as(it, 'z', 2, 1);
    expect(it, "bc-defghi!zz");
    for (size_t left = 12; left > 0; left--) hws_queue_drop(&it->queue, 1);
    assert_null(it->queue.last);
}

/* One by one, and behind a front that is lent to a send. */
static void test_borrowed_behind_a_send(void **state)
{
    fixture *it = *state;
    uint8_t lent[] = "xyz";
    hws_span spans[4];
    assert_int_equal(hws_queue_append(&it->queue, "ab", 2), HWS_OK);
    assert_int_equal(hws_queue_lend(&it->queue, spans, 4), 1);
    assert_int_equal(hws_queue_borrow(&it->queue, (hws_span){lent, 3}), HWS_OK);
    assert_int_equal(hws_queue_keep(&it->queue), HWS_OK);
    memset(lent, '?', sizeof lent);
    assert_memory_equal(spans[0].data, "ab", 2); /* where it was */
    hws_queue_return(&it->queue);
    hws_queue_drop(&it->queue, 2);
    expect(it, "xyz");
    hws_queue_clear(&it->queue);
    assert_int_equal(hws_queue_borrow(&it->queue, (hws_span){lent, 3}), HWS_OK);
    hws_queue_clear(&it->queue);
    assert_int_equal(it->store.borrowed_count, 0);
}

/* Each allocation fails in turn: what is in the queue then can be sent, to the last byte. */
static void test_keeping_without_memory(void **state)
{
    fixture *it = *state;
    static uint8_t lent[100000];
    for (size_t calls = 0;; calls++) {
        assert_int_equal(hws_queue_append(&it->queue, "abc", 3), HWS_OK);
        for (size_t i = 0; i < 3; i++)
            assert_int_equal(hws_queue_borrow(&it->queue, (hws_span){lent, 50000}), HWS_OK);
        assert_int_equal(hws_queue_append(&it->queue, "abc", 3), HWS_OK);
        it->counter.fail_after = calls;
        const hws_status status = hws_queue_keep(&it->queue);
        it->counter.fail_after = SIZE_MAX;
        assert_int_equal(it->store.borrowed_count, 0);
        assert_int_equal(it->queue.size, status == HWS_OK ? 150006 : 3 + calls * 50000);
        assert_int_equal(hws_queue_store_waiting(&it->store), it->queue.size);
        hws_span spans[8];
        const size_t count = hws_queue_peek(&it->queue, spans, 8);
        for (size_t i = 0; i < count; i++)
            assert_true(spans[i].data < lent || spans[i].data >= lent + sizeof lent);
        hws_queue_drop(&it->queue, it->queue.size);
        assert_null(it->queue.last);
        if (status == HWS_OK) break;
        assert_int_equal(status, HWS_ERR_NO_MEMORY);
    }
    it->counter.fail_after = 0; /* nor a place for it */
    hws_queue_store bare;
    hws_queue queue;
    hws_queue_store_init(&bare, &it->memory);
    hws_queue_init(&queue, &bare);
    hws_blob *none = NULL;
    assert_int_equal(hws_queue_borrow(&queue, (hws_span){lent, 3}), HWS_ERR_NO_MEMORY);
    assert_int_equal(hws_queue_take(&queue, none, (hws_span){lent, 3}), HWS_ERR_NO_MEMORY);
    assert_int_equal(queue.size, 0);
    assert_int_equal(bare.borrowed_count, 0);
    hws_queue_store_release(&bare);
    it->counter.fail_after = SIZE_MAX;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order_is_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_peeked_bytes_do_not_move, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_reserved_room_that_is_not_used, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_run_for_what_is_expected, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_blob_is_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_memory_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_oldest_of_a_label_is_withdrawn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_latest_takes_the_place_of_the_others, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_what_has_begun_or_is_lent_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_queues_have_labels_of_their_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_labels_against_a_list, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_labels_without_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_part_is_taken, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_is_borrowed_is_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_borrowed_behind_a_send, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_keeping_without_memory, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
