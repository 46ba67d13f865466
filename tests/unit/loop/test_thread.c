/* SPDX-License-Identifier: MIT */
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

#include "lib/cmocka.h"
#include "loop/loop.h"

static hws_loop *loop;
static atomic_int calls;
static atomic_bool is_elsewhere;
static atomic_bool is_open_to_signals;

static void on_post(void *user)
{
    (void)user;
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    atomic_store(&is_open_to_signals, sigismember(&blocked, SIGINT) == 0);
    atomic_store(&is_elsewhere, hws_loop_is_current(loop) && hws_loop_is_turning(loop));
    atomic_fetch_add(&calls, 1);
}

static void wait_for_calls(int count)
{
    while (atomic_load(&calls) < count) sched_yield();
}

static void a_started_loop_turns_elsewhere(void **state)
{
    (void)state;
    atomic_store(&calls, 0);
    assert_int_equal(hws_loop_new(NULL, &loop), HWS_OK);
    assert_true(hws_loop_is_current(loop));
    assert_int_equal(hws_loop_start(loop), HWS_OK);
    assert_false(hws_loop_is_current(loop));
    assert_int_equal(hws_loop_start(loop), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_loop_post(loop, on_post, NULL), HWS_OK);
    wait_for_calls(1);
    assert_true(atomic_load(&is_elsewhere));
    assert_false(atomic_load(&is_open_to_signals));
    hws_loop_free(loop);
}

static void a_stopped_loop_can_still_be_freed(void **state)
{
    (void)state;
    assert_int_equal(hws_loop_new(NULL, &loop), HWS_OK);
    assert_int_equal(hws_loop_start(loop), HWS_OK);
    hws_loop_stop(loop);
    hws_loop_free(loop);
}

static void the_caller_is_the_loops_thread_again_in_the_end(void **state)
{
    (void)state;
    atomic_store(&calls, 0);
    assert_int_equal(hws_loop_new(NULL, &loop), HWS_OK);
    assert_int_equal(hws_loop_start(loop), HWS_OK);
    for (int i = 0; i < 100; i++) assert_int_equal(hws_loop_post(loop, on_post, NULL), HWS_OK);
    hws_loop_free(loop); /* runs what is left */
    assert_int_equal(atomic_load(&calls), 100);
}

typedef struct tenant {
    hws_resident resident;
    int ended;
} tenant;

static int ended;

static void on_end(hws_resident *resident)
{
    tenant *it = (tenant *)resident;
    assert_int_equal(hws_loop_post(loop, on_post, NULL), HWS_ERR_SHUTTING_DOWN);
    it->ended = ++ended;
}

static void residents_end_with_the_loop(void **state)
{
    (void)state;
    static const char one_kind;
    static const char another_kind;
    tenant one = {.resident = {.kind = &one_kind, .end = on_end}};
    tenant another = {.resident = {.kind = &another_kind, .end = on_end}};
    ended = 0;
    assert_int_equal(hws_loop_new(NULL, &loop), HWS_OK);
    assert_null(hws_loop_resident(loop, &one_kind));
    hws_loop_settle(loop, &one.resident);
    assert_null(hws_loop_resident(loop, &another_kind));
    hws_loop_settle(loop, &another.resident);
    assert_ptr_equal(hws_loop_resident(loop, &one_kind), &one);
    assert_ptr_equal(hws_loop_resident(loop, &another_kind), &another);
    hws_loop_free(loop);
    assert_int_equal(another.ended, 1);
    assert_int_equal(one.ended, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_started_loop_turns_elsewhere),
        cmocka_unit_test(a_stopped_loop_can_still_be_freed),
        cmocka_unit_test(the_caller_is_the_loops_thread_again_in_the_end),
        cmocka_unit_test(residents_end_with_the_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
