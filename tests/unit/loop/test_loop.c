/* SPDX-License-Identifier: MIT */
#include "hawser/loop.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "lib/backend.h"
#include "lib/descriptors.h"
#include "lib/test_memory.h"
#include "loop/state.h"

static hws_loop *loop;
static char told[256]; /* what was called, a word each */
static int descriptors_before;

static void tell(const char *word)
{
    const size_t size = strlen(told);
    snprintf(told + size, sizeof told - size, "%s%s", size > 0 ? " " : "", word);
}

static int set_up(void **state)
{
    told[0] = '\0';
    descriptors_before = descriptors_open();
    assert_int_equal(hws_loop_new(NULL, &loop), HWS_OK);
    *state = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hws_loop_free(loop);
    assert_int_equal(descriptors_open(), descriptors_before);
    return 0;
}

/* The order of the steps: one of everything, all of it ready at once. */

static hws_io io;
static hws_alarm bell;
static hws_deferred deferred;

static void tell_post(void *user)
{
    tell(user);
}

static void on_receive(hws_io *each, hws_span bytes, int error)
{
    (void)each;
    (void)error;
    tell(bytes.size > 0 ? "receive" : "end");
    hws_loop_defer(loop, &deferred);
    hws_loop_defer(loop, &deferred); /* twice is once */
}

static void on_send(hws_io *each, int64_t sent)
{
    assert_int_equal(sent, 5);
    tell("sent");
    hws_io_close(each, false);
}

static void on_close(hws_io *each)
{
    (void)each;
    tell("closed");
    hws_loop_defer(loop, &deferred); /* of the next turn */
}

static void on_ring(hws_alarm *each, hws_loop *of)
{
    (void)each;
    assert_ptr_equal(of, loop);
    tell("alarm");
}

static void on_deferred(hws_deferred *each)
{
    assert_null(each->next);
    tell("deferred");
    static uint8_t bytes[] = "hello";
    if (!hws_io_is(&io, HWS_IO_CLOSES)) hws_io_send(&io, &(hws_span){bytes, 5}, 1);
    tell("returned"); /* nothing is called from inside a request */
}

static const hws_io_handler handler = {
    .on_receive = on_receive, .on_send = on_send, .on_close = on_close};

static void test_the_order_of_the_steps(void **state)
{
    (void)state;
    int pair[2];
    unix_pair(pair);
    bell = (hws_alarm){.on_ring = on_ring};
    deferred = (hws_deferred){.call = on_deferred};
    assert_int_equal(hws_alarm_set(&bell, loop, 0), HWS_OK);
    assert_int_equal(hws_loop_post(loop, tell_post, (char[]){"post"}), HWS_OK);
    assert_int_equal(hws_io_open(&io, loop, pair[0], &handler), HWS_OK);
    hws_io_receive(&io, true);
    assert_int_equal(write(pair[1], "x", 1), 1);

    assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
    if (on_io_uring(loop)) {
        /* What was submitted completes in the next turn, and what is under way ends first. */
        assert_string_equal(told, "receive post alarm deferred returned");
        while (!strstr(told, "closed")) assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
    }
    assert_string_equal(told, "receive post alarm deferred returned sent closed");
    told[0] = '\0';
    assert_int_equal(hws_loop_timeout_ms(loop), 0);
    assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
    assert_string_equal(told, "deferred returned");
    close(pair[1]);
}

/* Deferring. */

static hws_deferred chain[4];

static void chain_tell(hws_deferred *each)
{
    const char name[] = {(char)('0' + (each - chain)), '\0'};
    tell(name);
}

static void chain_call(hws_deferred *each)
{
    chain_tell(each);
    if (each == &chain[0]) {
        hws_loop_undefer(loop, &chain[1]); /* of those that are running */
        hws_loop_undefer(loop, &chain[1]);
        hws_loop_defer(loop, &chain[0]); /* again, next turn */
        hws_loop_defer(loop, &chain[3]);
    }
    if (each == &chain[2]) hws_loop_undefer(loop, &chain[3]); /* of those for the next turn */
}

static void test_deferred_once_in_order_and_taken_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(chain); i++) chain[i] = (hws_deferred){.call = chain_call};
    for (size_t i = 0; i < 3; i++) hws_loop_defer(loop, &chain[i]);
    assert_int_equal(hws_loop_step(loop, 1000000), HWS_OK); /* does not wait */
    assert_string_equal(told, "0 2");
    assert_null(chain[1].next);
    assert_null(chain[3].next);
    assert_non_null(chain[0].next);
    assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
    assert_string_equal(told, "0 2 0");
    hws_loop_undefer(loop, &chain[0]);

    /* First, middle and last of three. */
    for (size_t i = 0; i < COUNT_OF(chain); i++) chain[i].call = chain_tell;
    for (size_t gone = 0; gone < 3; gone++) {
        told[0] = '\0';
        hws_loop_undefer(loop, &chain[3]);
        for (size_t i = 1; i < 4; i++) hws_loop_defer(loop, &chain[i]);
        hws_loop_undefer(loop, &chain[1 + gone]);
        assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
        assert_string_equal(told, gone == 0 ? "2 3" : gone == 1 ? "1 3" : "1 2");
    }
}

/* Running and stopping. */

static void stop_loop(void *user)
{
    (void)user;
    hws_loop_stop(loop);
    tell("stop");
}

static void test_run_until_stopped(void **state)
{
    (void)state;
    assert_int_equal(hws_loop_post(loop, stop_loop, NULL), HWS_OK);
    assert_int_equal(hws_loop_post(loop, tell_post, (char[]){"rest of the turn"}), HWS_OK);
    assert_int_equal(hws_loop_run(loop), HWS_OK);
    assert_string_equal(told, "stop rest of the turn");

    hws_loop_stop(loop); /* before it runs: one turn */
    assert_int_equal(hws_loop_run(loop), HWS_OK);

    assert_int_equal(hws_loop_post(loop, stop_loop, NULL), HWS_OK);
    assert_int_equal(hws_loop_run(loop), HWS_OK); /* and it can run again */
}

static void *stop_from_thread(void *user)
{
    (void)user;
    assert_false(hws_loop_is_current(loop));
    hws_loop_stop(loop);
    return NULL;
}

static void test_stopped_by_another_thread(void **state)
{
    (void)state;
    pthread_t thread;
    assert_true(hws_loop_is_current(loop));
    assert_int_equal(pthread_create(&thread, NULL, stop_from_thread, NULL), 0);
    assert_int_equal(hws_loop_run(loop), HWS_OK);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void *step_from_thread(void *user)
{
    (void)user;
    assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
    assert_true(hws_loop_is_current(loop));
    return NULL;
}

static void test_belongs_to_the_thread_that_steps_it(void **state)
{
    (void)state;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, step_from_thread, NULL), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_false(hws_loop_is_current(loop));
    /* A ring belongs to the thread that turned it first. */
    const hws_status expected = on_io_uring(loop) ? HWS_ERR_INVALID_ARGUMENT : HWS_OK;
    assert_int_equal(hws_loop_step(loop, 0), expected);
    assert_true(hws_loop_is_current(loop));
}

static void on_alarm_signal(int signal)
{
    (void)signal;
    hws_loop_stop(loop);
}

static void test_stopped_by_a_signal_handler(void **state)
{
    (void)state;
    struct sigaction action = {.sa_handler = on_alarm_signal};
    struct sigaction before;
    sigaction(SIGALRM, &action, &before);
    ualarm(2000, 0);
    assert_int_equal(hws_loop_run(loop), HWS_OK);
    sigaction(SIGALRM, &before, NULL);
}

static void step_within(void *user)
{
    hws_status *status = user;
    *status = hws_loop_step(loop, 0);
}

static void test_a_step_within_a_step_is_refused(void **state)
{
    (void)state;
    hws_status status = HWS_OK;
    assert_int_equal(hws_loop_post(loop, step_within, &status), HWS_OK);
    assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
    assert_int_equal(status, HWS_ERR_INVALID_ARGUMENT);
}

static void test_a_loop_within_a_loop(void **state)
{
    (void)state;
    struct pollfd watched = {.fd = hws_loop_fd(loop), .events = POLLIN};
    first_turn(loop);
    assert_int_equal(hws_loop_timeout_ms(loop), -1);
    assert_int_equal(poll(&watched, 1, 0), 0);

    assert_int_equal(hws_loop_post(loop, tell_post, (char[]){"post"}), HWS_OK);
    assert_int_equal(poll(&watched, 1, -1), 1);
    assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
    assert_string_equal(told, "post");
    assert_int_equal(poll(&watched, 1, 0), 0);

    bell = (hws_alarm){.on_ring = on_ring};
    assert_int_equal(hws_alarm_set(&bell, loop, hws_loop_now_ms(loop) + 3), HWS_OK);
    while (hws_alarm_is_set(&bell)) {
        poll(&watched, 1, hws_loop_timeout_ms(loop));
        assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
    }
    assert_string_equal(told, "post alarm");
}

static uint64_t seen_now_ms[2];

static void note_now(void *user)
{
    *(uint64_t *)user = hws_loop_now_ms(loop);
    if (user == &seen_now_ms[0]) nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL);
}

static void test_the_clock_stands_still_within_a_turn(void **state)
{
    (void)state;
    const uint64_t before_ms = hws_loop_now_ms(loop);
    assert_int_equal(hws_loop_post(loop, note_now, &seen_now_ms[0]), HWS_OK);
    assert_int_equal(hws_loop_post(loop, note_now, &seen_now_ms[1]), HWS_OK);
    assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
    assert_true(seen_now_ms[0] >= before_ms);
    assert_int_equal(seen_now_ms[0], seen_now_ms[1]);
    assert_true(hws_loop_now_ms(loop) > seen_now_ms[1]);
}

static void test_every_failing_allocation(void **state)
{
    (void)state;
    test_memory counter;
    const hws_memory memory = test_memory_hook(&counter);
    const hws_loop_options options = {.memory = &memory, .receive_size = 1};
    const int before = descriptors_open();
    hws_loop *made = NULL;
    size_t n = 0;
    for (;; n++) {
        counter.fail_after = n;
        const hws_status status = hws_loop_new(&options, &made);
        if (status == HWS_OK) break;
        assert_int_equal(status, HWS_ERR_NO_MEMORY);
        assert_null(made);
        assert_int_equal(counter.bytes_out, 0);
        assert_int_equal(descriptors_open(), before);
    }
    assert_int_equal(n, 4); /* the loop, the backend, its buffer or buffers, the heap of alarms */
    hws_loop_free(made);
    assert_int_equal(counter.bytes_out, 0);
    hws_loop_free(NULL);
}

/* A daemon has closed its standard input: 0 is a descriptor like any other. */
static void test_descriptor_zero(void **state)
{
    (void)state;
    const int kept = dup(0);
    close(0);
    const int before = descriptors_open();
    hws_loop *made;
    assert_int_equal(hws_loop_new(NULL, &made), HWS_OK);
    assert_int_equal(made->wake_fd, 0);
    hws_loop_free(made);
    assert_int_equal(descriptors_open(), before);
    if (kept >= 0) {
        assert_int_equal(dup2(kept, 0), 0);
        close(kept);
    }
}

static void test_scratch(void **state)
{
    (void)state;
    test_memory counter;
    const hws_memory memory = test_memory_hook(&counter);
    hws_loop *made;
    assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &memory}, &made), HWS_OK);
    const size_t before = counter.bytes_out;
    counter.fail_after = 0;
    assert_int_equal(hws_loop_scratch(made).size, 0);
    counter.fail_after = SIZE_MAX;
    const hws_span scratch = hws_loop_scratch(made);
    assert_int_equal(scratch.size, HWS_SCRATCH_SIZE);
    memset(scratch.data, 1, scratch.size);
    assert_int_equal(counter.bytes_out - before,
                     HWS_SCRATCH_SIZE); /* not before it was asked for */
    assert_ptr_equal(hws_loop_scratch(made).data, scratch.data);
    assert_int_equal(counter.bytes_out - before, HWS_SCRATCH_SIZE);
    hws_loop_free(made);
    assert_int_equal(counter.bytes_out, 0);
}

/* What a connection costs is counted in bytes. */
static void test_sizes(void **state)
{
    (void)state;
    assert_true(sizeof(hws_io) <= 40);
    assert_true(sizeof(hws_alarm) <= 24);
    assert_true(sizeof(hws_deferred) <= 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_order_of_the_steps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_deferred_once_in_order_and_taken_back, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_run_until_stopped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stopped_by_another_thread, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_belongs_to_the_thread_that_steps_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_stopped_by_a_signal_handler, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_step_within_a_step_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_loop_within_a_loop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_the_clock_stands_still_within_a_turn, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_every_failing_allocation, set_up, tear_down),
        cmocka_unit_test(test_descriptor_zero),
        cmocka_unit_test(test_scratch),
        cmocka_unit_test(test_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
