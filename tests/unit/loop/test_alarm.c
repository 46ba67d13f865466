/* SPDX-License-Identifier: MIT */
#include "loop/alarm.h"

#include "lib/test_memory.h"
#include "loop/state.h"

enum { MODEL_COUNT = 500 };

/* A set of alarms, and beside it what we believe of it. */
typedef struct model {
    hws_loop *loop;
    hws_alarm alarms[MODEL_COUNT];
    uint64_t at_ms[MODEL_COUNT]; /* UINT64_MAX: not set */
    uint64_t last_ms;            /* that rang */
    uint32_t random;
    size_t rung_count;
    bool meddles; /* the calls set and unset others */
} model;

static model it;

static uint32_t next_random(void)
{
    it.random = it.random * 1664525 + 1013904223;
    return it.random >> 8;
}

/* Every entry is no earlier than its parent, and every alarm knows its place. */
static void assert_is_heap(void)
{
    const hws_alarm_heap *heap = &it.loop->alarms;
    for (uint32_t i = 0; i < heap->count; i++) {
        assert_int_equal(heap->entries[i].alarm->place, i + 1);
        assert_true(heap->entries[i].at_ms >= heap->entries[i > 0 ? (i - 1) / 4 : 0].at_ms);
    }
}

static void set(size_t i, uint64_t at_ms)
{
    assert_int_equal(hws_alarm_set(&it.alarms[i], it.loop, at_ms), HWS_OK);
    it.at_ms[i] = at_ms;
    if (it.loop->ringing && at_ms <= it.loop->now_ms) it.at_ms[i] = it.loop->now_ms + 1;
    assert_true(hws_alarm_is_set(&it.alarms[i]));
}

static void unset(size_t i)
{
    hws_alarm_unset(&it.alarms[i], it.loop);
    it.at_ms[i] = UINT64_MAX;
    assert_false(hws_alarm_is_set(&it.alarms[i]));
}

static uint64_t earliest(void)
{
    uint64_t found = UINT64_MAX;
    for (size_t i = 0; i < MODEL_COUNT; i++)
        if (it.at_ms[i] < found) found = it.at_ms[i];
    return found;
}

static void on_ring(hws_alarm *alarm, hws_loop *loop)
{
    const size_t i = (size_t)(alarm - it.alarms);
    assert_ptr_equal(loop, it.loop);
    assert_false(hws_alarm_is_set(alarm));
    assert_true(it.at_ms[i] <= loop->now_ms);
    assert_int_equal(it.at_ms[i], earliest());
    assert_true(it.at_ms[i] >= it.last_ms);
    it.last_ms = it.at_ms[i];
    it.at_ms[i] = UINT64_MAX;
    it.rung_count++;
    if (!it.meddles) return;
    switch (next_random() % 4) {
    case 0:
        set(i, loop->now_ms + next_random() % 50);
        break;
    case 1:
        set(next_random() % MODEL_COUNT, loop->now_ms + next_random() % 50);
        break;
    case 2:
        unset(next_random() % MODEL_COUNT);
        break;
    default:
        break;
    }
}

static void ring_at(uint64_t now_ms)
{
    it.loop->now_ms = now_ms;
    it.last_ms = 0;
    hws_alarms_ring(it.loop);
    assert_true(earliest() > now_ms);
    assert_int_equal(hws_alarms_next_ms(it.loop), earliest());
}

static int set_up(void **state)
{
    it = (model){.random = 12345};
    assert_int_equal(hws_loop_new(NULL, &it.loop), HWS_OK);
    it.loop->in_turn = true; /* the clock is ours */
    for (size_t i = 0; i < MODEL_COUNT; i++) {
        it.alarms[i].on_ring = on_ring;
        it.at_ms[i] = UINT64_MAX;
    }
    *state = &it;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODEL_COUNT; i++) hws_alarm_unset(&it.alarms[i], it.loop);
    it.loop->in_turn = false;
    hws_loop_free(it.loop);
    return 0;
}

static void test_against_a_naive_model(void **state)
{
    (void)state;
    it.meddles = true;
    uint64_t now_ms = 1000;
    for (int step = 0; step < 20000; step++) {
        const size_t i = next_random() % MODEL_COUNT;
        switch (next_random() % 8) {
        case 0:
            unset(i);
            break;
        case 1:
            now_ms += next_random() % 20;
            ring_at(now_ms);
            break;
        default:
            set(i, now_ms + next_random() % 2000);
            break;
        }
        assert_is_heap();
    }
    assert_true(it.rung_count > 1000);
}

static void test_rings_at_its_time_and_not_before(void **state)
{
    (void)state;
    set(0, 100);
    ring_at(99);
    assert_int_equal(it.rung_count, 0);
    ring_at(100);
    assert_int_equal(it.rung_count, 1);
    ring_at(1000);
    assert_int_equal(it.rung_count, 1);
}

static void test_an_alarm_is_moved(void **state)
{
    (void)state;
    set(0, 100);
    set(1, 200);
    set(0, 300); /* later */
    ring_at(250);
    assert_int_equal(it.rung_count, 1);
    assert_true(hws_alarm_is_set(&it.alarms[0]));
    set(0, 260); /* earlier */
    ring_at(299);
    assert_int_equal(it.rung_count, 2);
}

/* An alarm that sets itself to a time that has passed would otherwise never let the turn end. */
static void ring_again(hws_alarm *alarm, hws_loop *loop)
{
    it.rung_count++;
    assert_int_equal(hws_alarm_set(alarm, loop, 0), HWS_OK);
}

static void test_set_while_ringing_waits_for_another_turn(void **state)
{
    (void)state;
    it.alarms[0].on_ring = ring_again;
    set(0, 100);
    it.loop->now_ms = 100;
    hws_alarms_ring(it.loop);
    assert_int_equal(it.rung_count, 1);
    it.loop->now_ms = 101;
    hws_alarms_ring(it.loop);
    assert_int_equal(it.rung_count, 2);
}

static size_t many_rung;

static void count_ring(hws_alarm *alarm, hws_loop *loop)
{
    (void)alarm;
    (void)loop;
    many_rung++;
}

static void test_a_hundred_thousand_at_once(void **state)
{
    (void)state;
    enum { COUNT = 100000 };
    hws_alarm *alarms = calloc(COUNT, sizeof *alarms);
    assert_non_null(alarms);
    for (size_t i = 0; i < COUNT; i++) {
        alarms[i].on_ring = count_ring;
        assert_int_equal(hws_alarm_set(&alarms[i], it.loop, 1 + i % 7), HWS_OK);
    }
    it.loop->now_ms = 7;
    hws_alarms_ring(it.loop);
    assert_int_equal(many_rung, COUNT);
    assert_int_equal(hws_alarms_next_ms(it.loop), UINT64_MAX);
    free(alarms);
}

static void test_no_memory(void **state)
{
    (void)state;
    test_memory counter;
    const hws_memory memory = test_memory_hook(&counter);
    hws_loop *loop;
    const hws_loop_options options = {.memory = &memory};
    assert_int_equal(hws_loop_new(&options, &loop), HWS_OK);
    hws_alarm alarms[64] = {{0}}; /* the heap begins with 64 places, one of them taken */
    counter.fail_after = 0;
    for (size_t i = 0; i < 63; i++)
        assert_int_equal(hws_alarm_set(&alarms[i], loop, UINT64_MAX), HWS_OK);
    assert_int_equal(hws_alarm_set(&alarms[63], loop, 1), HWS_ERR_NO_MEMORY);
    assert_false(hws_alarm_is_set(&alarms[63]));
    assert_int_equal(hws_alarm_set(&alarms[5], loop, UINT64_MAX - 2), HWS_OK); /* was set */
    counter.fail_after = SIZE_MAX;
    assert_int_equal(hws_alarm_set(&alarms[63], loop, UINT64_MAX), HWS_OK);
    for (size_t i = 0; i < 64; i++) hws_alarm_unset(&alarms[i], loop);
    hws_loop_free(loop);
    assert_int_equal(counter.bytes_out, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_against_a_naive_model, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rings_at_its_time_and_not_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_alarm_is_moved, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_set_while_ringing_waits_for_another_turn, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_a_hundred_thousand_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_memory, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
