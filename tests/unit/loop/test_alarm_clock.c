/* SPDX-License-Identifier: MIT */
/* What ends a wait when an alarm is due. */
#include "loop/alarm_clock.h"

#include <errno.h>
#include <poll.h>

#include "lib/backend.h"
#include "lib/descriptors.h"
#include "lib/syscalls.h"

static hws_loop *loop;
static hws_alarm alarms[2];
static int rings;
static int descriptors_before;

static void on_ring(hws_alarm *alarm, hws_loop *of)
{
    (void)alarm;
    assert_ptr_equal(of, loop);
    rings++;
}

static int set_up(void **state)
{
    syscalls_reset();
    descriptors_before = descriptors_open();
    assert_int_equal(hws_loop_new(NULL, &loop), HWS_OK);
    for (size_t i = 0; i < COUNT_OF(alarms); i++) alarms[i] = (hws_alarm){.on_ring = on_ring};
    rings = 0;
    whole_turn(loop);
    *state = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    syscalls_reset();
    hws_loop_free(loop);
    assert_int_equal(descriptors_open(), descriptors_before);
    return 0;
}

static void set_alarm(size_t i, uint64_t after_ms)
{
    assert_int_equal(hws_alarm_set(&alarms[i], loop, hws_clock_ms() + after_ms), HWS_OK);
}

static size_t set_count(void)
{
    return syscalls_count(SYSCALL_timerfd_settime);
}

/* A turn that waits for ever is ended by what is posted first. */
static void waiting_turn(void)
{
    hws_loop_wake(loop);
    assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
}

static void wait_for_rings(int count)
{
    while (rings < count) assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
}

/* How often it was set is asked where no alarm can have been due before: machines may be slow. */

static void test_ends_a_wait(void **state)
{
    (void)state;
    const uint64_t begun_ms = hws_clock_ms();
    set_alarm(0, 20);
    wait_for_rings(1);
    assert_true(hws_clock_ms() >= begun_ms + 20);
    set_alarm(0, 20); /* once more: it has rung, and nobody has read it */
    wait_for_rings(2);
}

static void test_is_set_once_for_many_turns(void **state)
{
    (void)state;
    set_alarm(0, 600000);
    for (int i = 0; i < 100; i++) waiting_turn();
    assert_int_equal(set_count(), 1);
    assert_int_equal(rings, 0);
}

static void test_is_set_anew_for_an_earlier_alarm_alone(void **state)
{
    (void)state;
    set_alarm(0, 600000);
    waiting_turn();
    set_alarm(1, 900000);
    waiting_turn();
    assert_int_equal(set_count(), 1);
    set_alarm(1, 300000);
    waiting_turn();
    assert_int_equal(set_count(), 2);
    hws_alarm_unset(&alarms[1], loop); /* it is left to ring too early */
    waiting_turn();
    assert_int_equal(set_count(), 2);
}

/* It rings for an alarm that is no more, and is then set for the next one. */
static void test_rings_too_early(void **state)
{
    (void)state;
    do {
        syscalls_reset();
        set_alarm(0, 20);
        waiting_turn();
    } while (set_count() == 0);
    hws_alarm_unset(&alarms[0], loop);
    rings = 0;
    set_alarm(1, 600000);
    while (set_count() < 2) waiting_turn();
    assert_int_equal(rings, 0);
    hws_alarm_unset(&alarms[1], loop);
    assert_int_equal(hws_loop_timeout_ms(loop), -1);
}

static void test_a_shorter_timeout_does_not_set_it(void **state)
{
    (void)state;
    set_alarm(0, 600000);
    assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
    assert_int_equal(hws_loop_step(loop, 1), HWS_OK);
    assert_int_equal(set_count(), 0);
    assert_in_range(hws_loop_timeout_ms(loop), 300000, 600000);
}

static void test_a_longer_timeout_does(void **state)
{
    (void)state;
    set_alarm(0, 300000);
    hws_loop_wake(loop);
    assert_int_equal(hws_loop_step(loop, 900000), HWS_OK);
    assert_int_equal(set_count(), 1);
    set_alarm(0, 5);
    while (rings == 0) assert_int_equal(hws_loop_step(loop, 900000), HWS_OK);
}

/* The kernel may have no memory for it, or a filter may not allow it. */
static void test_the_wait_has_a_timeout_when_it_cannot_be_set(void **state)
{
    (void)state;
    syscalls_fail(SYSCALL_timerfd_settime, 1, SIZE_MAX / 2, ENOMEM);
    set_alarm(0, 600000);
    waiting_turn();
    waiting_turn();
    assert_int_equal(set_count(), 2); /* it was not taken for set */
    set_alarm(0, 20);
    wait_for_rings(1);
    syscalls_reset();
    set_alarm(0, 600000);
    waiting_turn();
    waiting_turn();
    assert_int_equal(set_count(), 1);
}

static void test_an_alarm_in_the_past_does_not_need_it(void **state)
{
    (void)state;
    assert_int_equal(hws_alarm_set(&alarms[0], loop, 0), HWS_OK);
    assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
    assert_int_equal(rings, 1);
    assert_int_equal(set_count(), 0);
}

static void test_an_alarm_that_is_almost_never(void **state)
{
    (void)state;
    static const uint64_t far_ms[] = {UINT64_MAX - 1, INT64_MAX, (uint64_t)1 << 50,
                                      (uint64_t)UINT32_MAX * 1000};
    for (size_t i = 0; i < COUNT_OF(far_ms); i++) {
        assert_int_equal(hws_alarm_set(&alarms[0], loop, far_ms[i]), HWS_OK);
        waiting_turn();
        assert_int_equal(set_count(), i + 1);
    }
    assert_int_equal(rings, 0);
    struct pollfd clock = {.fd = loop->alarm_clock.fd, .events = POLLIN};
    assert_int_equal(poll(&clock, 1, 0), 0);
}

/* Whoever polls the loop's descriptor hears of it, too, where a turn has set the clock. */
static void test_the_descriptor_of_the_loop_tells(void **state)
{
    (void)state;
    struct pollfd whole = {.fd = hws_loop_fd(loop), .events = POLLIN};
    set_alarm(0, 20);
    waiting_turn();
    while (rings == 0) {
        assert_int_equal(poll(&whole, 1, 60000), 1);
        assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
    }
    whole_turn(loop);
    assert_int_equal(poll(&whole, 1, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ends_a_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_is_set_once_for_many_turns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_is_set_anew_for_an_earlier_alarm_alone, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_rings_too_early, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_shorter_timeout_does_not_set_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_longer_timeout_does, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_wait_has_a_timeout_when_it_cannot_be_set, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_an_alarm_in_the_past_does_not_need_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_an_alarm_that_is_almost_never, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_descriptor_of_the_loop_tells, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
