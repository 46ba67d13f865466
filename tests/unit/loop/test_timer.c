/* SPDX-License-Identifier: MIT */
#include "lib/backend.h"
#include "lib/test_memory.h"
#include "loop/state.h"

/* The clock of these tests is set by hand: no test waits. */
static hws_loop *loop;
static test_memory counter;
static hws_memory memory;
static hws_timer *timer;
static int calls;

static void count_call(void *user)
{
    assert_ptr_equal(user, &calls);
    calls++;
}

static void turn_at(uint64_t now_ms)
{
    loop->now_ms = now_ms;
    hws_alarms_ring(loop);
}

static int set_up(void **state)
{
    memory = test_memory_hook(&counter);
    assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &memory}, &loop), HWS_OK);
    loop->in_turn = true;
    loop->now_ms = 1000;
    calls = 0;
    assert_int_equal(hws_timer_new(loop, count_call, &calls, &timer), HWS_OK);
    *state = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hws_timer_free(timer);
    loop->in_turn = false;
    hws_loop_free(loop);
    assert_int_equal(counter.bytes_out, 0);
    return 0;
}

static void test_rings_once(void **state)
{
    (void)state;
    assert_int_equal(hws_timer_start(timer, 5, 0), HWS_OK);
    turn_at(1004);
    assert_int_equal(calls, 0);
    turn_at(1005);
    assert_int_equal(calls, 1);
    turn_at(2000);
    assert_int_equal(calls, 1);
}

static void test_repeats_and_leaves_out_what_was_missed(void **state)
{
    (void)state;
    assert_int_equal(hws_timer_start(timer, 5, 10), HWS_OK);
    turn_at(1005);
    turn_at(1014);
    assert_int_equal(calls, 1);
    turn_at(1016); /* a little late: the beat stays at 1025 */
    assert_int_equal(calls, 2);
    turn_at(1024);
    assert_int_equal(calls, 2);
    turn_at(1025);
    assert_int_equal(calls, 3);
    turn_at(1500); /* much too late: one call, and a new beat */
    assert_int_equal(calls, 4);
    turn_at(1509);
    assert_int_equal(calls, 4);
    turn_at(1510);
    assert_int_equal(calls, 5);
}

static void test_stops_and_starts_anew(void **state)
{
    (void)state;
    assert_int_equal(hws_timer_start(timer, 5, 10), HWS_OK);
    hws_timer_stop(timer);
    turn_at(2000);
    assert_int_equal(calls, 0);
    assert_int_equal(hws_timer_start(timer, 5, 10), HWS_OK);
    assert_int_equal(hws_timer_start(timer, 50, 0), HWS_OK);
    turn_at(2049);
    assert_int_equal(calls, 0);
    turn_at(2050);
    turn_at(3000);
    assert_int_equal(calls, 1);
}

static void test_never_comes_after_never(void **state)
{
    (void)state;
    assert_int_equal(hws_timer_start(timer, UINT64_MAX, UINT64_MAX), HWS_OK);
    turn_at(UINT64_MAX - 1);
    assert_int_equal(calls, 0);
    assert_int_equal(hws_alarms_next_ms(loop), UINT64_MAX);
}

static void free_itself(void *user)
{
    hws_timer **own = user;
    hws_timer_free(*own);
    *own = NULL;
    calls++;
}

static void test_freed_in_its_own_call(void **state)
{
    (void)state;
    hws_timer *own;
    assert_int_equal(hws_timer_new(loop, free_itself, &own, &own), HWS_OK);
    assert_int_equal(hws_timer_start(own, 0, 1), HWS_OK);
    turn_at(1000);
    turn_at(1001);
    assert_int_equal(calls, 1);
    hws_timer_free(NULL);
}

static void stop_and_start(void *user)
{
    hws_timer **own = user;
    hws_timer_stop(*own);
    if (++calls < 3) assert_int_equal(hws_timer_start(*own, 0, 0), HWS_OK);
}

static void test_stopped_and_started_in_its_own_call(void **state)
{
    (void)state;
    hws_timer *own;
    assert_int_equal(hws_timer_new(loop, stop_and_start, &own, &own), HWS_OK);
    assert_int_equal(hws_timer_start(own, 0, 1), HWS_OK);
    turn_at(1000);
    assert_int_equal(calls, 1);
    for (uint64_t now_ms = 1001; now_ms < 1010; now_ms++) turn_at(now_ms);
    assert_int_equal(calls, 3);
    hws_timer_free(own);
}

static void test_no_memory(void **state)
{
    (void)state;
    hws_timer *other = NULL;
    counter.fail_after = 0;
    assert_int_equal(hws_timer_new(loop, count_call, &calls, &other), HWS_ERR_NO_MEMORY);
    assert_null(other);

    hws_alarm fillers[63] = {{0}};
    for (size_t i = 0; i < 63; i++)
        assert_int_equal(hws_alarm_set(&fillers[i], loop, UINT64_MAX), HWS_OK);
    assert_int_equal(hws_timer_start(timer, 1, 1), HWS_ERR_NO_MEMORY);
    turn_at(2000);
    assert_int_equal(calls, 0);
    for (size_t i = 0; i < 63; i++) hws_alarm_unset(&fillers[i], loop);
}

/* Between turns the clock is the real one: a delay counts from now, not from the last turn. */
static void test_started_outside_of_a_turn(void **state)
{
    (void)state;
    loop->in_turn = false;
    first_turn(loop);
    loop->now_ms = 0;
    assert_int_equal(hws_timer_start(timer, 60000, 0), HWS_OK);
    assert_true(hws_loop_timeout_ms(loop) > 50000);
    assert_int_equal(hws_timer_start(timer, 0, 0), HWS_OK);
    assert_int_equal(hws_loop_timeout_ms(loop), 0);
    assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
    assert_int_equal(calls, 1);
    assert_int_equal(hws_timer_start(timer, UINT64_MAX / 2, 0), HWS_OK);
    assert_int_equal(hws_loop_timeout_ms(loop), INT32_MAX);
    hws_timer_stop(timer);
    assert_int_equal(hws_loop_timeout_ms(loop), -1);
    loop->in_turn = true;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rings_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_repeats_and_leaves_out_what_was_missed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_stops_and_starts_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_never_comes_after_never, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_freed_in_its_own_call, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stopped_and_started_in_its_own_call, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_no_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_started_outside_of_a_turn, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
