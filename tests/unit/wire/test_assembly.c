/* SPDX-License-Identifier: MIT */
#include "wire/assembly.h"

#include "base/memory.h"
#include "lib/test_memory.h"

enum { LARGE = 1 << 20 };

typedef struct fixture {
    test_memory counter;
    hws_memory memory;
    hws_assembly assembly;
} fixture;

static fixture it;
static uint8_t source[LARGE];

static int set_up(void **state)
{
    (void)state;
    it = (fixture){0};
    it.memory = test_memory_hook(&it.counter);
    for (size_t i = 0; i < sizeof source; i++) source[i] = (uint8_t)(i * 7 + i / 251);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hws_assembly_release(&it.assembly);
    assert_int_equal(it.counter.bytes_out, 0);
    return 0;
}

/* The next `size` bytes of `source`, of which `rest` are still to come in the frame. */
static hws_status append(size_t size, uint64_t rest, bool is_last)
{
    const hws_span piece = {source + it.assembly.size, size};
    return hws_assembly_append(&it.assembly, &it.memory, piece,
                               (hws_assembly_rest){.size = rest, .is_last = is_last});
}

static void expect(size_t size)
{
    assert_int_equal(it.assembly.size, size);
    assert_memory_equal(hws_assembly_data(&it.assembly), source, size);
}

/* Row G011: the memory is what has arrived and a factor, whatever is announced. */
static void test_memory_follows_what_arrived(void **state)
{
    (void)state;
    enum { BESIDES = sizeof(hws_blob) + HWS_FRAME_HEADER_MAX + 64, PAGE = 4096 };
    static const size_t PIECES[] = {1, 3, 100, 1000, 17000, 65536, 200000, 300000};
    for (size_t i = 0; i < COUNT_OF(PIECES); i++) {
        assert_int_equal(append(PIECES[i], UINT64_MAX / 2, i % 2 == 0), HWS_OK);
        const size_t most = HWS_ASSEMBLY_AHEAD * it.assembly.size + BESIDES + PAGE;
        assert_true(it.counter.bytes_out <= most);
        const hws_span room = hws_assembly_room(&it.assembly, &it.memory,
                                                (hws_assembly_rest){.size = UINT64_MAX / 2});
        assert_true(it.counter.bytes_out <= most);
        assert_true(room.size == 0 || room.size >= HWS_ASSEMBLY_ROOM_MIN);
    }
    expect(583640);
}

/* Wherever the kernel cuts them, messages of one size take blocks of few sizes, which are kept for
 * the next (loop/spare). */
static void test_blocks_of_a_few_sizes(void **state)
{
    (void)state;
    enum { POWERS = 4, STEP = 999 }; /* 64 KiB to 512 KiB */
    bool seen[POWERS] = {false};
    for (size_t first = HWS_MEMORY_LARGE / HWS_ASSEMBLY_AHEAD + 1; first < LARGE / 5;
         first += STEP) {
        assert_int_equal(append(first, LARGE - first, true), HWS_OK);
        const size_t capacity = hws_assembly_capacity(&it.assembly);
        size_t power = 0;
        while (power < POWERS && capacity >= (size_t)HWS_MEMORY_LARGE << (power + 1)) power++;
        assert_in_range(power, 0, POWERS - 1);
        assert_true(capacity < ((size_t)HWS_MEMORY_LARGE << power) + 4096);
        seen[power] = true;
        hws_assembly_release(&it.assembly);
    }
    for (size_t i = 0; i < POWERS; i++) assert_true(seen[i]);
}

/* What ends a message takes no more than a page beyond it, and is made at once. */
static void test_an_announced_end_is_the_measure(void **state)
{
    (void)state;
    assert_int_equal(append(LARGE / 5 + 1, LARGE - LARGE / 5 - 1, true), HWS_OK);
    assert_int_equal(it.counter.calls, 1);
    assert_true(hws_assembly_capacity(&it.assembly) >= LARGE);
    assert_true(hws_assembly_capacity(&it.assembly) < LARGE + 4096);
    assert_int_equal(append(LARGE - it.assembly.size, 0, true), HWS_OK);
    assert_int_equal(it.counter.calls, 1);
    expect(LARGE);
}

static void test_small_messages_to_measure(void **state)
{
    (void)state;
    assert_int_equal(append(900, 124, true), HWS_OK);
    assert_int_equal(hws_assembly_capacity(&it.assembly), 1024);
}

static void test_copies_are_linear(void **state)
{
    (void)state;
    for (size_t i = 0; i < 1 << 16; i++) assert_int_equal(append(1, 0, false), HWS_OK);
    assert_true(it.counter.calls <= 12);
    expect(1 << 16);
}

/* In rooms of any size: what lies there is taken in without a copy. */
static void test_received_in_place(void **state)
{
    (void)state;
    static const size_t FIRSTS[] = {3300, 16384, 100000, 262144};
    static const size_t MOSTS[] = {1, 16383, 16384, 65537, LARGE};
    for (size_t i = 0; i < COUNT_OF(FIRSTS) * COUNT_OF(MOSTS); i++) {
        const size_t most = MOSTS[i % COUNT_OF(MOSTS)];
        size_t left = LARGE - FIRSTS[i / COUNT_OF(MOSTS)];
        assert_int_equal(append(LARGE - left, left, true), HWS_OK);
        while (left > 0) {
            hws_span room = hws_assembly_room(&it.assembly, &it.memory,
                                              (hws_assembly_rest){.size = left, .is_last = true});
            assert_true(room.size <= left);
            if (room.size == 0) { /* too little left, or come: by the way of all */
                const size_t size = left < 20000 ? left : 20000;
                left -= size;
                assert_int_equal(append(size, left, true), HWS_OK);
                continue;
            }
            if (room.size > most) room.size = most;
            memcpy(room.data, source + it.assembly.size, room.size);
            left -= room.size;
            const size_t calls = it.counter.calls;
            assert_int_equal(
                hws_assembly_append(&it.assembly, &it.memory, room,
                                    (hws_assembly_rest){.size = left, .is_last = true}),
                HWS_OK);
            assert_int_equal(it.counter.calls, calls);
            if (most == 1 && it.assembly.size > 300000) break; /* enough of these */
        }
        expect(it.assembly.size);
        hws_assembly_release(&it.assembly);
    }
}

/* A room is worth a receive, or there is none. */
static void test_no_room_for_little(void **state)
{
    (void)state;
    const hws_assembly_rest much = {.size = LARGE, .is_last = true};
    assert_int_equal(hws_assembly_room(&it.assembly, &it.memory, much).size, 0);
    assert_int_equal(it.counter.calls, 0); /* nothing has arrived */
    assert_int_equal(append(4000, LARGE, true), HWS_OK);
    assert_int_equal(hws_assembly_room(&it.assembly, &it.memory, much).size, 0);
    assert_int_equal(append(60000, LARGE, true), HWS_OK);
    assert_true(hws_assembly_room(&it.assembly, &it.memory, much).size > 0);
    const hws_assembly_rest little = {.size = HWS_ASSEMBLY_ROOM_MIN - 1, .is_last = true};
    assert_int_equal(hws_assembly_room(&it.assembly, &it.memory, little).size, 0);
    const hws_assembly_rest enough = {.size = HWS_ASSEMBLY_ROOM_MIN, .is_last = true};
    assert_int_equal(hws_assembly_room(&it.assembly, &it.memory, enough).size,
                     HWS_ASSEMBLY_ROOM_MIN);
}

/* Without memory all stays as it was, and what comes next goes another way. */
static void test_no_memory(void **state)
{
    (void)state;
    it.counter.fail_after = 0;
    assert_int_equal(append(10, 0, false), HWS_ERR_NO_MEMORY);
    assert_null(it.assembly.blob);
    it.counter.fail_after = 1;
    assert_int_equal(append(20000, LARGE, true), HWS_OK);
    const size_t capacity = hws_assembly_capacity(&it.assembly);
    it.assembly.size = capacity; /* full */
    memcpy(hws_assembly_data(&it.assembly), source, capacity);
    assert_int_equal(
        hws_assembly_room(&it.assembly, &it.memory, (hws_assembly_rest){.size = LARGE}).size, 0);
    assert_int_equal(append(1, LARGE, true), HWS_ERR_NO_MEMORY);
    assert_int_equal(hws_assembly_reserve(&it.assembly, &it.memory, 1, LARGE), HWS_ERR_NO_MEMORY);
    assert_int_equal(hws_assembly_reserve(&it.assembly, &it.memory, 1, capacity), HWS_ERR_LIMIT);
    expect(capacity);
}

static void test_a_limit_is_not_passed(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(hws_assembly_reserve(&it.assembly, &it.memory, 1, 100), HWS_OK);
        it.assembly.size++;
    }
    assert_int_equal(hws_assembly_capacity(&it.assembly), 100);
    assert_int_equal(hws_assembly_reserve(&it.assembly, &it.memory, 1, 100), HWS_ERR_LIMIT);
    assert_int_equal(hws_assembly_reserve(&it.assembly, &it.memory, SIZE_MAX, SIZE_MAX),
                     HWS_ERR_LIMIT);
}

/* An allocator without words of its own lays blocks side by side: what begins where ours ends is
 * not ours. */
static _Alignas(16) uint8_t arena[8192];
static size_t arena_size;

static void *arena_resize(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    if (new_size == 0) return NULL;
    uint8_t *made = arena + arena_size;
    arena_size += (new_size + 15) / 16 * 16; /* aligned for any type */
    if (block) memcpy(made, block, old_size);
    return made;
}

static void test_a_neighbour_is_not_the_room(void **state)
{
    (void)state;
    const hws_memory memory = {.resize = arena_resize};
    const size_t size = 1024;
    hws_assembly assembly = {0};
    const hws_assembly_rest last = {.is_last = true};
    assert_int_equal(hws_assembly_append(&assembly, &memory, (hws_span){source, size}, last),
                     HWS_OK);
    assert_int_equal(hws_assembly_capacity(&assembly), size);
    hws_span next = {assembly.blob->data + HWS_FRAME_HEADER_MAX + size, 16};
    arena_size += 16;
    assert_non_null(assembly.blob);
    memcpy(next.data, source + size, next.size);
    assert_int_equal(hws_assembly_append(&assembly, &memory, next, last), HWS_OK);
    assert_memory_equal(hws_assembly_data(&assembly), source, size + 16);
    assert_true(hws_assembly_capacity(&assembly) >= size + 16);
    hws_assembly_release(&assembly);
}

/* Who refers to it keeps it. */
static void test_outlived_by_a_reference(void **state)
{
    (void)state;
    assert_int_equal(append(1000, 0, true), HWS_OK);
    hws_blob *blob = hws_blob_ref(it.assembly.blob);
    hws_assembly_release(&it.assembly);
    assert_memory_equal(blob->data + HWS_FRAME_HEADER_MAX, source, 1000);
    hws_blob_unref(blob);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_memory_follows_what_arrived),
        TEST(test_blocks_of_a_few_sizes),
        TEST(test_an_announced_end_is_the_measure),
        TEST(test_small_messages_to_measure),
        TEST(test_copies_are_linear),
        TEST(test_received_in_place),
        TEST(test_no_room_for_little),
        TEST(test_no_memory),
        TEST(test_a_limit_is_not_passed),
        TEST(test_a_neighbour_is_not_the_room),
        TEST(test_outlived_by_a_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
