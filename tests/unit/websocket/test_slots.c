/* SPDX-License-Identifier: MIT */
/* Handles: found while they live, stale for ever after. */
#include "websocket/slots.h"

#include "lib/test_memory.h"

struct hws_session {
    int number;
};

static test_memory counter;
static hws_memory memory;
static hws_slots *slots;

static int set_up(void **state)
{
    (void)state;
    memory = test_memory_hook(&counter);
    return hws_slots_new(NULL, &memory, &slots) == HWS_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    hws_slots_free(slots);
    assert_int_equal(counter.bytes_out, 0);
    return 0;
}

static void test_a_stale_handle_stays_stale(void **state)
{
    (void)state;
    struct hws_session one = {1}, two = {2};
    hws_websocket first, second;
    assert_int_equal(hws_slots_enter(slots, &one, &first), HWS_OK);
    assert_ptr_equal(hws_slots_find(first), &one);
    assert_int_equal(hws_slots_ready_state(first), HWS_CONNECTING);
    hws_slots_set_ready_state(first, HWS_OPEN);
    assert_int_equal(hws_slots_ready_state(first), HWS_OPEN);
    hws_slots_leave(first);

    assert_int_equal(hws_slots_enter(slots, &two, &second), HWS_OK);
    assert_int_equal(second.slot, first.slot); /* its place was taken */
    assert_false(hws_websocket_equal(first, second));
    assert_null(hws_slots_find(first));
    assert_int_equal(hws_slots_ready_state(first), HWS_CLOSED);
    assert_ptr_equal(hws_slots_find(second), &two);
    hws_slots_leave(second);
    assert_null(hws_slots_find(second));
}

static void test_handles_that_never_were(void **state)
{
    (void)state;
    assert_null(hws_slots_find((hws_websocket){0}));
    assert_null(hws_slots_find((hws_websocket){slots, 0, 0}));
    assert_null(hws_slots_find((hws_websocket){slots, 0, 1}));
    assert_null(hws_slots_find((hws_websocket){slots, UINT32_MAX, 1}));
    assert_null(hws_slots_find((hws_websocket){slots, 1 << 24, 1}));
    assert_int_equal(hws_slots_ready_state((hws_websocket){0}), HWS_CLOSED);

    struct hws_session one = {1};
    hws_websocket ws;
    assert_int_equal(hws_slots_enter(slots, &one, &ws), HWS_OK);
    assert_null(hws_slots_find((hws_websocket){slots, ws.slot + 1, 1}));
    assert_null(hws_slots_find_here((hws_websocket){slots, ws.slot + 1, 1}));
    assert_ptr_equal(hws_slots_find_here(ws), &one);
    assert_null(hws_slots_find_here((hws_websocket){slots, ws.slot, 2}));
    hws_slots_leave(ws);
    assert_null(hws_slots_find_here(ws));
}

static void count(struct hws_session *session, void *user)
{
    *(int *)user += session->number;
}

static void leave(struct hws_session *session, void *user)
{
    hws_websocket *handles = user;
    hws_slots_leave(handles[session->number]);
}

static void test_thousands_over_many_shelves(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    static struct hws_session sessions[COUNT];
    static hws_websocket handles[COUNT];
    for (int i = 0; i < COUNT; i++) {
        sessions[i].number = i;
        assert_int_equal(hws_slots_enter(slots, &sessions[i], &handles[i]), HWS_OK);
        assert_int_equal(handles[i].slot, i);
    }
    for (int i = 0; i < COUNT; i++) assert_ptr_equal(hws_slots_find(handles[i]), &sessions[i]);
    assert_int_equal(hws_slots_count(slots), COUNT);

    int sum = 0;
    hws_slots_each(slots, count, &sum);
    assert_int_equal(sum, COUNT * (COUNT - 1) / 2);
    hws_slots_each(slots, leave, handles);
    assert_int_equal(hws_slots_count(slots), 0);
    for (int i = 0; i < COUNT; i++) assert_null(hws_slots_find(handles[i]));
}

static void test_no_memory(void **state)
{
    (void)state;
    struct hws_session one = {1};
    hws_websocket ws;
    counter.fail_after = 0;
    assert_int_equal(hws_slots_enter(slots, &one, &ws), HWS_ERR_NO_MEMORY);
    assert_int_equal(hws_slots_count(slots), 0);
    counter.fail_after = SIZE_MAX;
    assert_int_equal(hws_slots_enter(slots, &one, &ws), HWS_OK);
    hws_slots_leave(ws);
}

static void test_what_is_posted_is_bounded_and_outlives_the_table(void **state)
{
    (void)state;
    enum { MAX = 64 << 20 };
    assert_true(hws_slots_reserve_posted(slots, MAX - 10));
    assert_true(hws_slots_reserve_posted(slots, 10));
    assert_false(hws_slots_reserve_posted(slots, 1));
    assert_false(hws_slots_reserve_posted(slots, SIZE_MAX));
    hws_slots_return_posted(slots, 10);
    assert_true(hws_slots_reserve_posted(slots, 1));
    hws_slots_end_posted(slots, 1);

    hws_slots_free(slots);
    assert_true(counter.bytes_out > 0);
    assert_true(hws_slots_is_orphaned(slots));
    hws_slots_end_posted(slots, MAX - 10);
    assert_int_equal(counter.bytes_out, 0);
    slots = NULL;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_stale_handle_stays_stale),
        TEST(test_handles_that_never_were),
        TEST(test_thousands_over_many_shelves),
        TEST(test_no_memory),
        TEST(test_what_is_posted_is_bounded_and_outlives_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
