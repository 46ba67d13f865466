/* SPDX-License-Identifier: MIT */
/* When a back end is asked, and when it is not. */
#include "webhook/breaker.h"

#include <pthread.h>

#include "lib/cmocka.h"

enum { FAILURES = 3, PAUSE_MS = 100, THREADS = 4, ROUNDS = 20000 };

static hws_breaker breaker;

static bool admits(uint64_t now_ms)
{
    bool is_probe;
    const bool may = hws_breaker_admit(&breaker, now_ms, &is_probe);
    assert_false(is_probe);
    return may;
}

static bool probes(uint64_t now_ms)
{
    bool is_probe;
    const bool may = hws_breaker_admit(&breaker, now_ms, &is_probe);
    assert_int_equal(may, is_probe);
    return may;
}

static bool fail_at(uint64_t now_ms, bool is_probe)
{
    return hws_breaker_fail(&breaker, now_ms, FAILURES, PAUSE_MS, is_probe);
}

static void open_at(uint64_t now_ms)
{
    breaker = (hws_breaker){0};
    assert_false(fail_at(now_ms, false));
    assert_false(fail_at(now_ms, false));
    assert_true(fail_at(now_ms, false));
    assert_true(hws_breaker_is_open(&breaker));
}

static void so_many_in_a_row_open_it(void **state)
{
    (void)state;
    breaker = (hws_breaker){0};
    for (int i = 0; i < 5; i++) { /* not in a row */
        assert_false(fail_at(1000, false));
        assert_false(fail_at(1000, false));
        assert_true(admits(1000));
        assert_false(hws_breaker_succeed(&breaker, false));
    }
    open_at(1000);
    assert_false(fail_at(1050, false)); /* one that was on its way: nothing is longer for it */
    assert_false(admits(1000));
    assert_false(admits(1099));
    assert_true(probes(1100));
}

static void one_probe_decides(void **state)
{
    (void)state;
    open_at(1000);
    assert_true(probes(1100));
    assert_false(admits(1100));
    assert_false(fail_at(1150, true));
    assert_false(admits(1249));
    assert_true(probes(1250));
    assert_false(probes(9999));
    assert_true(hws_breaker_succeed(&breaker, true));
    assert_false(hws_breaker_is_open(&breaker));
    assert_true(admits(1250));
    assert_false(fail_at(1250, false)); /* and it takes as many again */
    assert_false(fail_at(1250, false));
    assert_true(fail_at(1250, false));
}

static void a_probe_that_nobody_waits_for(void **state)
{
    (void)state;
    open_at(1000);
    assert_true(probes(1100));
    hws_breaker_forget(&breaker, false); /* another's question */
    assert_false(probes(1100));
    hws_breaker_forget(&breaker, true);
    assert_true(probes(1100));
}

static void a_late_answer_closes_it(void **state)
{
    (void)state;
    open_at(1000);
    assert_true(hws_breaker_succeed(&breaker, false));
    assert_true(admits(1001));
}

/* Asks as if it were late enough; of the probes, one at a time is on its way. */
static atomic_int under_way;
static atomic_bool were_two;

static void *ask_often(void *user)
{
    (void)user;
    for (int i = 0; i < ROUNDS; i++) {
        bool is_probe;
        if (!hws_breaker_admit(&breaker, 5000, &is_probe) || !is_probe) continue;
        if (atomic_fetch_add(&under_way, 1) > 0) atomic_store(&were_two, true);
        atomic_fetch_sub(&under_way, 1);
        hws_breaker_forget(&breaker, true);
    }
    return NULL;
}

static void one_probe_of_many_threads(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    open_at(1000);
    atomic_store(&were_two, false);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, NULL), 0);
    for (int i = 0; i < THREADS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_false(atomic_load(&were_two));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_in_a_row_open_it),      cmocka_unit_test(one_probe_decides),
        cmocka_unit_test(a_probe_that_nobody_waits_for), cmocka_unit_test(a_late_answer_closes_it),
        cmocka_unit_test(one_probe_of_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
