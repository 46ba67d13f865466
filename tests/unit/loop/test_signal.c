/* SPDX-License-Identifier: MIT */
#include "loop/signal.h"

#include <signal.h>
#include <sys/wait.h>

#include "lib/descriptors.h"
#include "lib/test_memory.h"
#include "loop/loop.h"

static hws_loop *loop;
static test_memory counter;
static hws_memory memory;
static hws_signals *signals;
static int heard[8];
static size_t heard_count;
static bool closes; /* on_signal closes */

static void on_signal(int signal, void *user)
{
    assert_ptr_equal(user, &heard);
    heard[heard_count++] = signal;
    if (closes) hws_signals_close(signals);
}

static int set_up(void **state)
{
    memory = test_memory_hook(&counter);
    assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &memory}, &loop), HWS_OK);
    heard_count = 0;
    closes = false;
    *state = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hws_loop_free(loop);
    assert_int_equal(counter.bytes_out, 0);
    return 0;
}

static uintptr_t disposition(int signal)
{
    struct sigaction action;
    sigaction(signal, NULL, &action);
    return (uintptr_t)action.sa_handler;
}

static void test_heard_in_a_turn(void **state)
{
    (void)state;
    assert_int_equal(hws_signals_open(loop, on_signal, &heard, &signals), HWS_OK);
    raise(SIGTERM);
    raise(SIGINT);
    raise(SIGPIPE); /* ignored */
    assert_int_equal(heard_count, 0);
    assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
    assert_int_equal(heard_count, 2);
    assert_int_equal(heard[0], SIGTERM);
    assert_int_equal(heard[1], SIGINT);
    hws_signals_close(signals);
}

static void test_one_at_a_time_and_restored(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_DFL);
    signal(SIGINT, SIG_IGN);
    const uintptr_t before = disposition(SIGTERM);
    const int descriptors = descriptors_open();
    for (int i = 0; i < 2; i++) {
        hws_signals *other = NULL;
        assert_int_equal(hws_signals_open(loop, on_signal, &heard, &signals), HWS_OK);
        assert_int_equal(hws_signals_open(loop, on_signal, &heard, &other),
                         HWS_ERR_INVALID_ARGUMENT);
        assert_null(other);
        assert_int_equal(disposition(SIGPIPE), (uintptr_t)SIG_IGN);
        hws_signals_close(signals);
        assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
    }
    assert_int_equal(descriptors_open(), descriptors);
    assert_int_equal(disposition(SIGPIPE), (uintptr_t)SIG_DFL);
    assert_int_equal(disposition(SIGINT), (uintptr_t)SIG_IGN);
    assert_int_equal(disposition(SIGTERM), before);
    signal(SIGINT, SIG_DFL);
}

static void test_closed_in_the_call(void **state)
{
    (void)state;
    closes = true;
    assert_int_equal(hws_signals_open(loop, on_signal, &heard, &signals), HWS_OK);
    raise(SIGTERM);
    raise(SIGTERM);
    assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
    assert_int_equal(heard_count, 1);
}

/* A forked child has the handler and the socket, but its signals are its own. */
static void test_a_childs_signal_is_not_ours(void **state)
{
    (void)state;
    assert_int_equal(hws_signals_open(loop, on_signal, &heard, &signals), HWS_OK);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        raise(SIGTERM);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
    assert_int_equal(heard_count, 0);
    hws_signals_close(signals);
}

static void test_no_memory(void **state)
{
    (void)state;
    counter.fail_after = 0;
    signals = NULL;
    assert_int_equal(hws_signals_open(loop, on_signal, &heard, &signals), HWS_ERR_NO_MEMORY);
    assert_null(signals);
    counter.fail_after = SIZE_MAX;
    assert_int_equal(hws_signals_open(loop, on_signal, &heard, &signals), HWS_OK);
    hws_signals_close(signals);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_heard_in_a_turn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_one_at_a_time_and_restored, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_closed_in_the_call, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_childs_signal_is_not_ours, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_memory, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
