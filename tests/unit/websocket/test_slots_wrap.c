/* SPDX-License-Identifier: MIT */
/* Generations that come to their end, which no test can wait for: the slots' own file, so that a
 * slot can be made old. */
#include "websocket/slots.c"

#include "lib/cmocka.h"
#include "lib/test_memory.h"

static hws_loop *loop;
static hws_slots *slots;
static test_memory counter;
static hws_memory memory;

static int set_up(void **state)
{
    (void)state;
    counter = (test_memory){0};
    memory = test_memory_hook(&counter);
    if (hws_loop_new(NULL, &loop) != HWS_OK) return -1;
    return hws_slots_new(loop, &memory, &slots) == HWS_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    hws_slots_free(slots);
    hws_loop_free(loop);
    assert_int_equal(counter.bytes_out, 0);
    return 0;
}

static struct hws_session *some_session(void)
{
    static int it;
    return (struct hws_session *)(void *)&it;
}

static hws_websocket enter(void)
{
    hws_websocket ws;
    assert_int_equal(hws_slots_enter(slots, some_session(), &ws), HWS_OK);
    return ws;
}

/* A free slot, as if it had been used until it had this generation. */
static void age(uint32_t number, uint32_t generation)
{
    slot *it = slot_at(slots, number);
    const uint64_t life = atomic_load(&it->life);
    assert_int_equal(generation_of(life) % 2, 0);
    atomic_store(&it->life, life_with(generation, state_of(life)));
}

static void test_the_last_generation_is_the_end(void **state)
{
    (void)state;
    const hws_websocket first = enter();
    hws_slots_leave(first);
    assert_int_equal(first.generation, 1);
    age(first.slot, UINT32_MAX - 3);

    const hws_websocket late = enter();
    assert_int_equal(late.slot, first.slot);
    assert_int_equal(late.generation, UINT32_MAX - 2);
    hws_slots_leave(late);
    const hws_websocket last = enter();
    assert_int_equal(last.slot, first.slot);
    assert_int_equal(last.generation, UINT32_MAX);
    assert_ptr_equal(hws_slots_find(last), some_session());
    hws_slots_leave(last);
    assert_int_equal(hws_slots_count(slots), 0);

    for (int i = 0; i < 1000; i++) { /* of the same slot there is none any more */
        const hws_websocket ws = enter();
        assert_int_not_equal(ws.slot, first.slot);
        hws_slots_leave(ws);
    }
    const hws_websocket old[] = {first, late, last, {slots, first.slot, 0}};
    for (size_t i = 0; i < COUNT_OF(old); i++) {
        assert_null(hws_slots_find(old[i]));
        assert_int_equal(hws_slots_ready_state(old[i]), HWS_CLOSED);
        assert_false(hws_slots_decide(old[i]));
    }
}

/* The places behind it in the list of free ones are not lost with it. */
static void test_the_others_stay_in_use(void **state)
{
    (void)state;
    hws_websocket all[256];
    for (size_t i = 0; i < COUNT_OF(all); i++) all[i] = enter();
    for (size_t i = COUNT_OF(all); i-- > 0;) hws_slots_leave(all[i]);
    age(0, UINT32_MAX - 1);
    hws_slots_leave(enter());
    for (size_t i = 1; i < COUNT_OF(all); i++) {
        all[i] = enter();
        assert_int_equal(all[i].slot, i);
    }
    assert_int_equal(enter().slot, 256); /* a new shelf */
    hws_slots_leave(hws_slots_handle(slots, 256));
    for (size_t i = 1; i < COUNT_OF(all); i++) hws_slots_leave(all[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_last_generation_is_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_others_stay_in_use, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
