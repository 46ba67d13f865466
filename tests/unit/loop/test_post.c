/* SPDX-License-Identifier: MIT */
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "lib/test_memory.h"
#include "loop/state.h"

enum { THREADS = 4, POSTS = 5000, MAX = 100 };

static hws_loop *loop;
static test_memory counter;
static hws_memory memory;

static int set_up(void **state)
{
    const hws_loop_options options = {.post_count_max = MAX};
    assert_int_equal(hws_loop_new(&options, &loop), HWS_OK);
    *state = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hws_loop_free(loop);
    return 0;
}

/* Each thread posts its numbers in order; the loop sees each thread's in order, and all of them,
 * though there is room for few at a time. */

typedef struct thread {
    pthread_t id;
    int next; /* the loop's: the number that must come */
    int refused;
} thread;

typedef struct number {
    thread *from;
    int value;
} number;

static thread threads[THREADS];
static number numbers[THREADS][POSTS];
static int received;

static void on_number(void *user)
{
    const number *it = user;
    assert_true(hws_loop_is_current(loop));
    assert_int_equal(it->value, it->from->next);
    it->from->next++;
    if (++received == THREADS * POSTS) hws_loop_stop(loop);
}

static void *post_numbers(void *user)
{
    thread *self = user;
    number *mine = numbers[self - threads];
    for (int i = 0; i < POSTS; i++) {
        mine[i] = (number){self, i};
        hws_status status;
        while ((status = hws_loop_post(loop, on_number, &mine[i])) == HWS_ERR_LIMIT) {
            self->refused++;
            sched_yield();
        }
        assert_int_equal(status, HWS_OK);
    }
    return NULL;
}

static void test_four_threads(void **state)
{
    (void)state;
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i].id, NULL, post_numbers, &threads[i]), 0);
    assert_int_equal(hws_loop_run(loop), HWS_OK);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i].id, NULL), 0);
        assert_int_equal(threads[i].next, POSTS);
    }
}

static int calls;

static void count(void *user)
{
    (void)user;
    calls++;
}

static void post_another(void *user)
{
    calls++;
    assert_int_equal(hws_loop_post(loop, count, user), HWS_OK);
}

static void test_bounded(void **state)
{
    (void)state;
    calls = 0;
    for (int i = 0; i < MAX; i++) assert_int_equal(hws_loop_post(loop, count, NULL), HWS_OK);
    assert_int_equal(hws_loop_post(loop, count, NULL), HWS_ERR_LIMIT);
    uint64_t wakes; /* one for all of them */
    assert_int_equal(read(loop->wake_fd, &wakes, sizeof wakes), sizeof wakes);
    assert_int_equal(wakes, 1);
    hws_loop_wake(loop);
    assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
    assert_int_equal(calls, MAX);
    assert_int_equal(hws_loop_post(loop, count, NULL), HWS_OK);
    assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
    assert_int_equal(calls, MAX + 1);
}

static void test_a_post_of_a_post_waits_for_the_next_turn(void **state)
{
    (void)state;
    calls = 0;
    assert_int_equal(hws_loop_post(loop, post_another, NULL), HWS_OK);
    assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
    assert_int_equal(calls, 1);
    assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
    assert_int_equal(calls, 2);
}

static void post_too_late(void *user)
{
    calls++;
    assert_int_equal(hws_loop_post(user, count, NULL), HWS_ERR_SHUTTING_DOWN);
}

static void test_what_waits_is_called_when_the_loop_is_freed(void **state)
{
    (void)state;
    calls = 0;
    hws_loop *other;
    assert_int_equal(hws_loop_new(NULL, &other), HWS_OK);
    assert_int_equal(hws_loop_post(other, count, NULL), HWS_OK);
    assert_int_equal(hws_loop_post(other, post_too_late, other), HWS_OK);
    hws_loop_free(other);
    assert_int_equal(calls, 2);
}

/* Posts in places of the caller's: in their order, over the bound when it is asked so, and taken
 * back from before and from within a batch. */

typedef struct own {
    hws_posted posted; /* first */
    hws_posted *taken_back;
} own;

static void call_own(hws_posted *posted)
{
    const own *it = (own *)posted;
    calls = calls * 10 + (int)(it->taken_back ? 2 : 1);
    if (it->taken_back) hws_loop_unpost(loop, it->taken_back);
}

static void test_places_of_the_callers(void **state)
{
    (void)state;
    own places[4] = {{{.call = call_own}, NULL},
                     {{.call = call_own}, NULL},
                     {{.call = call_own}, NULL},
                     {{.call = call_own}, NULL}};
    calls = 0;
    places[1].taken_back = &places[2].posted;
    for (int i = 0; i < 4; i++)
        assert_int_equal(hws_loop_post_own(loop, &places[i].posted, true), HWS_OK);
    hws_loop_unpost(loop, &places[3].posted);
    assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
    assert_int_equal(calls, 12);

    hws_loop_unpost(loop, &places[3].posted); /* not in */
    for (int i = 0; i < MAX; i++) assert_int_equal(hws_loop_post(loop, count, NULL), HWS_OK);
    assert_int_equal(hws_loop_post_own(loop, &places[0].posted, true), HWS_ERR_LIMIT);
    assert_int_equal(hws_loop_post_own(loop, &places[0].posted, false), HWS_OK);
    hws_loop_unpost(loop, &places[0].posted); /* the last: the list goes on from the one before */
    assert_int_equal(hws_loop_post_own(loop, &places[2].posted, false), HWS_OK);
    calls = 0;
    assert_int_equal(hws_loop_step(loop, -1), HWS_OK);
    assert_int_equal(calls, MAX * 10 + 1);
}

/* A burst is served, and its memory given back. */
static void test_memory_of_a_burst(void **state)
{
    (void)state;
    calls = 0;
    memory = test_memory_hook(&counter);
    hws_loop *other;
    assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &memory}, &other), HWS_OK);
    const size_t before = counter.bytes_out;
    counter.fail_after = 0;
    assert_int_equal(hws_loop_post(other, count, NULL), HWS_ERR_NO_MEMORY);
    counter.fail_after = SIZE_MAX;
    for (int i = 0; i < 65536; i++) assert_int_equal(hws_loop_post(other, count, NULL), HWS_OK);
    assert_int_equal(hws_loop_post(other, count, NULL), HWS_ERR_LIMIT);
    assert_true(counter.bytes_out >= before + 65536 * 16);
    assert_int_equal(hws_loop_step(other, -1), HWS_OK);
    assert_int_equal(calls, 65536);
    assert_int_equal(counter.bytes_out, before);
    assert_int_equal(hws_loop_post(other, count, NULL), HWS_OK);
    assert_int_equal(hws_loop_step(other, -1), HWS_OK);
    assert_int_equal(counter.bytes_out, before);
    assert_int_equal(hws_loop_post(other, count, NULL), HWS_OK);
    hws_loop_free(other);
    assert_int_equal(counter.bytes_out, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_four_threads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_post_of_a_post_waits_for_the_next_turn, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_places_of_the_callers, set_up, tear_down),
        cmocka_unit_test(test_what_waits_is_called_when_the_loop_is_freed),
        cmocka_unit_test(test_memory_of_a_burst),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
