/* SPDX-License-Identifier: MIT */
#include "net/resolver.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "lib/names.h"
#include "lib/test_memory.h"
#include "loop/state.h"

/* What the threads' jobs are made of, and the threads themselves, fail when told to. */
static size_t realloc_fails_in; /* calls; 0: never */
static int pthread_create_fails_in;

void *__real_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size)
{
    if (realloc_fails_in > 0 && --realloc_fails_in == 0) return NULL;
    return __real_realloc(block, size);
}

int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*run)(void *user), void *user);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*run)(void *user), void *user);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*run)(void *user), void *user)
{
    size_t stack_size = 0;
    assert_int_equal(pthread_attr_getstacksize(attributes, &stack_size), 0);
    assert_int_equal(stack_size, 256 * 1024);
    if (pthread_create_fails_in > 0 && --pthread_create_fails_in == 0) return EAGAIN;
    return __real_pthread_create(thread, attributes, run, user);
}

static hws_loop *loop;
static test_memory counter;
static hws_memory memory;

typedef struct asker {
    hws_lookup *lookup;
    int calls;
    hws_status status;
    char addresses[4096]; /* of all calls, each ended by "|" */
    size_t count;
    bool more;
    char text[512];
    bool cancels;
} asker;

static void on_told(void *user, const hws_lookup_answer *answer)
{
    asker *it = user;
    assert_non_null(it->lookup);
    assert_true(it->calls == 0 || it->more);
    it->calls++;
    it->status = answer->status;
    it->count = answer->count;
    it->more = answer->more;
    snprintf(it->text, sizeof it->text, "%s", answer->text);
    size_t used = strlen(it->addresses);
    for (size_t i = 0; i < answer->count; i++) {
        char text[HWS_ADDRESS_TEXT_MAX];
        hws_address_text(&answer->addresses[i], text);
        assert_int_equal(hws_address_port(&answer->addresses[i]), 8081);
        used += (size_t)snprintf(it->addresses + used, sizeof it->addresses - used, "%s ", text);
    }
    snprintf(it->addresses + used, sizeof it->addresses - used, "|");
    if (it->cancels) hws_lookup_cancel(it->lookup);
    if (it->cancels || !answer->more) it->lookup = NULL;
}

static asker it;

static hws_status look_up(const char *host)
{
    it = (asker){0};
    const hws_status status =
        hws_lookup_new(loop, (hws_text){host, strlen(host)}, 8081, on_told, &it, &it.lookup);
    assert_int_equal(it.calls, 0);
    return status;
}

#define STEP_UNTIL(condition)                                                                      \
    while (!(condition)) assert_int_equal(hws_loop_step(loop, 1000), HWS_OK)

static void wait_ms(long ms)
{
    nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

static int set_up(void **state)
{
    names_reset();
    realloc_fails_in = 0;
    pthread_create_fails_in = 0;
    memory = test_memory_hook(&counter);
    assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &memory}, &loop), HWS_OK);
    *state = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    names_reset();
    counter.fail_after = SIZE_MAX;
    hws_loop_free(loop);
    assert_int_equal(counter.bytes_out, 0);
    return 0;
}

static void assert_looked_up(const char *host, const char *addresses)
{
    assert_int_equal(look_up(host), HWS_OK);
    STEP_UNTIL(it.calls == 1);
    assert_int_equal(it.status, HWS_OK);
    assert_string_equal(it.addresses, addresses);
    assert_string_equal(it.text, "");
    assert_false(it.more);
    assert_null(it.lookup);
}

/* Without a thread. */
static void test_known(void **state)
{
    (void)state;
    assert_looked_up("192.0.2.1", "192.0.2.1 |");
    assert_looked_up("2001:db8::1", "2001:db8::1 |");
    assert_looked_up("localhost", "::1 127.0.0.1 |");
    assert_looked_up("LOCALHOST.", "::1 127.0.0.1 |");
    assert_looked_up("chat.localhost", "::1 127.0.0.1 |");
    assert_int_equal(names_asked(), 0);
    look_up("localhost");
    hws_lookup_cancel(it.lookup);
    assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
    assert_int_equal(it.calls, 0);
}

static void test_not_known(void **state)
{
    (void)state;
    static const char *const hosts[] = {
        "notlocalhost", "localhost.example", "ocalhost", "localhost..", ".", "fe80::1%lo",
        "[::1]",        "127.0.0.256",
    };
    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        names_reset();
        look_up(hosts[i]);
        STEP_UNTIL(it.calls == 1);
        assert_int_equal(it.status, HWS_ERR_NAME);
        assert_int_equal(names_asked(), 2);
        assert_string_equal(names_last(), hosts[i]);
    }
}

static void test_not_a_name(void **state)
{
    (void)state;
    char name[255];
    memset(name, 'a', sizeof name);
    hws_lookup *lookup = NULL;
    assert_int_equal(hws_lookup_new(loop, (hws_text){name, 254}, 1, on_told, &it, &lookup),
                     HWS_ERR_NAME);
    assert_int_equal(hws_lookup_new(loop, (hws_text){name, 0}, 1, on_told, &it, &lookup),
                     HWS_ERR_NAME);
    name[3] = 0;
    assert_int_equal(hws_lookup_new(loop, (hws_text){name, 9}, 1, on_told, &it, &lookup),
                     HWS_ERR_NAME);
    assert_null(lookup);
    name[3] = 'a';
    name[253] = 0;
    assert_int_equal(look_up(name), HWS_OK);
    STEP_UNTIL(it.calls == 1);
    assert_string_equal(names_last(), name);
}

/* The program's signals stay with the program's threads, as they were. */
static void test_signals(void **state)
{
    (void)state;
    sigset_t before = {0};
    sigset_t after = {0};
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    look_up("example.com");
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    assert_memory_equal(&before, &after, sizeof before);
    STEP_UNTIL(it.calls == 1);
    assert_true(names_signals_blocked());
}

/* RFC 8305 §4: by turns, IPv6 first, each family in getaddrinfo's order. */
static void test_order(void **state)
{
    (void)state;
    names_found(AF_INET6, "2001:db8::9 2001:db8::1 2001:db8::5");
    names_found(AF_INET, "192.0.2.9 192.0.2.1");
    assert_looked_up("example.com", "2001:db8::9 192.0.2.9 2001:db8::1 192.0.2.1 2001:db8::5 |");
    names_found(AF_INET6, "2001:db8::9");
    assert_looked_up("example.com", "2001:db8::9 192.0.2.9 192.0.2.1 |");
    names_fail(AF_INET6, EAI_AGAIN, 0);
    assert_looked_up("example.com", "192.0.2.9 192.0.2.1 |");
    names_found(AF_INET6, "2001:db8::9");
    names_fail(AF_INET, EAI_SYSTEM, EMFILE);
    assert_looked_up("example.com", "2001:db8::9 |");
}

/* E025: a hundred addresses of each family. */
static void test_a_hundred_addresses(void **state)
{
    (void)state;
    char v4[2048] = "";
    char v6[2048] = "";
    for (size_t i = 0; i < 100; i++) {
        snprintf(v4 + strlen(v4), sizeof v4 - strlen(v4), "192.0.2.%zu ", i);
        snprintf(v6 + strlen(v6), sizeof v6 - strlen(v6), "2001:db8::%zx ", i + 1);
    }
    names_found(AF_INET, v4);
    look_up("example.com");
    STEP_UNTIL(it.calls == 1);
    assert_int_equal(it.count, HWS_LOOKUP_ADDRESS_MAX);
    assert_memory_equal(it.addresses, v4, 100);
    names_found(AF_INET6, v6);
    look_up("example.com");
    STEP_UNTIL(it.calls == 1);
    assert_int_equal(it.count, HWS_LOOKUP_ADDRESS_MAX);
    assert_non_null(strstr(it.addresses, "2001:db8::10 192.0.2.15 |"));
}

/* getaddrinfo says that it found something, and gives nothing. */
static void test_none(void **state)
{
    (void)state;
    names_found(AF_INET, "");
    names_found(AF_INET6, "");
    look_up("example.com");
    STEP_UNTIL(it.calls == 1);
    assert_int_equal(it.status, HWS_ERR_NAME);
    assert_string_equal(it.text, "example.com: name not found");
}

static void test_failures(void **state)
{
    (void)state;
    static const struct {
        int v6;
        int v4;
        hws_status status;
        const char *text;
    } cases[] = {
        {EAI_NONAME, EAI_NONAME, HWS_ERR_NAME, "h.invalid: name not found"},
        {EAI_NODATA, EAI_NONAME, HWS_ERR_NAME, "h.invalid: the name has no address"},
        {EAI_NONAME, EAI_ADDRFAMILY, HWS_ERR_NAME, "h.invalid: the name has no address"},
        {EAI_NODATA, EAI_AGAIN, HWS_ERR_NAME_TEMPORARY,
         "h.invalid: no answer from the name servers; try again later"},
        {EAI_AGAIN, EAI_NONAME, HWS_ERR_NAME_TEMPORARY,
         "h.invalid: no answer from the name servers; try again later"},
        {EAI_FAIL, EAI_NODATA, HWS_ERR_NAME_TEMPORARY,
         "h.invalid: the name servers refuse to answer"},
        {EAI_AGAIN, EAI_MEMORY, HWS_ERR_NO_MEMORY, "h.invalid: out of memory"},
        {EAI_SYSTEM, EAI_MEMORY, HWS_ERR_SYSTEM, "h.invalid: Too many open files"},
        {EAI_FAMILY, EAI_FAMILY, HWS_ERR_NAME, "h.invalid: ai_family not supported"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        names_fail(AF_INET6, cases[i].v6, EMFILE);
        names_fail(AF_INET, cases[i].v4, EMFILE);
        look_up("h.invalid");
        STEP_UNTIL(it.calls == 1);
        assert_int_equal(it.status, cases[i].status);
        assert_string_equal(it.text, cases[i].text);
        assert_int_equal(it.count, 0);
        assert_false(it.more);
    }
}

static size_t posts_waiting(void)
{
    pthread_mutex_lock(&loop->posts.lock);
    const size_t count = loop->posts.count;
    pthread_mutex_unlock(&loop->posts.lock);
    return count;
}

static void set_posts_max(uint32_t count_max)
{
    pthread_mutex_lock(&loop->posts.lock);
    loop->posts.count_max = count_max;
    pthread_mutex_unlock(&loop->posts.lock);
}

/* Beside the backend's own alarm. */
static bool delay_runs(void)
{
    return loop->alarms.count > 1;
}

/* RFC 8305 §3: 50 ms for the other family, whichever that is; what comes later is added. */
static void test_resolution_delay(void **state)
{
    (void)state;
    static const int families[] = {AF_INET6, AF_INET};
    names_found(AF_INET6, "2001:db8::1");
    names_found(AF_INET, "192.0.2.1");
    for (size_t i = 0; i < COUNT_OF(families); i++) {
        names_hold(families[i], true);
        look_up("example.com");
        STEP_UNTIL(delay_runs());
        const uint64_t begun_ms = loop->now_ms;
        STEP_UNTIL(it.calls == 1);
        assert_true(loop->now_ms - begun_ms >= 50);
        assert_true(it.more);
        assert_string_equal(it.addresses, i == 0 ? "192.0.2.1 |" : "2001:db8::1 |");
        names_hold(families[i], false);
        STEP_UNTIL(it.calls == 2);
        assert_false(it.more);
        assert_string_equal(it.addresses,
                            i == 0 ? "192.0.2.1 |2001:db8::1 |" : "2001:db8::1 |192.0.2.1 |");
    }
}

/* What comes within the 50 ms is told with the rest, and at once. */
static void test_within_the_delay(void **state)
{
    (void)state;
    names_found(AF_INET6, "2001:db8::1");
    names_found(AF_INET, "192.0.2.1");
    for (int fails = 0; fails < 2; fails++) {
        names_hold(AF_INET6, true);
        if (fails) names_fail(AF_INET6, EAI_NODATA, 0);
        look_up("example.com");
        STEP_UNTIL(delay_runs());
        assert_int_equal(it.calls, 0);
        names_hold(AF_INET6, false);
        STEP_UNTIL(it.calls == 1);
        assert_false(it.more);
        assert_false(delay_runs());
        assert_string_equal(it.addresses, fails ? "192.0.2.1 |" : "2001:db8::1 192.0.2.1 |");
    }
}

/* There is nothing to begin with: the other family is waited for, however long it takes. */
static void test_no_delay_after_a_failure(void **state)
{
    (void)state;
    names_found(AF_INET, "192.0.2.1");
    names_hold(AF_INET, true);
    look_up("example.com");
    STEP_UNTIL(names_asked() == 2 && names_waiting() == 1);
    for (int i = 0; i < 10; i++) assert_int_equal(hws_loop_step(loop, 10), HWS_OK);
    assert_false(delay_runs());
    assert_int_equal(it.calls, 0);
    names_hold(AF_INET, false);
    STEP_UNTIL(it.calls == 1);
    assert_string_equal(it.addresses, "192.0.2.1 |");
}

static void test_late_and_empty(void **state)
{
    (void)state;
    names_found(AF_INET6, "2001:db8::1");
    names_hold(AF_INET, true);
    look_up("example.com");
    STEP_UNTIL(it.calls == 1);
    assert_true(it.more);
    names_hold(AF_INET, false);
    STEP_UNTIL(it.calls == 2);
    assert_int_equal(it.status, HWS_OK);
    assert_int_equal(it.count, 0);
    assert_string_equal(it.text, "");
}

static void test_cancel(void **state)
{
    (void)state;
    names_found(AF_INET6, "2001:db8::1");
    names_hold(AF_INET6, true);
    names_hold(AF_INET, true);
    look_up("example.com");
    hws_lookup_cancel(it.lookup); /* both under way */
    names_hold(AF_INET6, false);
    look_up("example.com");
    STEP_UNTIL(delay_runs());
    hws_lookup_cancel(it.lookup); /* one under way, and the delay */
    assert_false(delay_runs());

    names_hold(AF_INET, false);
    look_up("example.com");
    while (posts_waiting() < 2) wait_ms(1);
    hws_lookup_cancel(it.lookup); /* both answers posted */
    assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
    assert_int_equal(it.calls, 0);

    names_hold(AF_INET, true);
    look_up("example.com");
    it.cancels = true;
    STEP_UNTIL(it.calls == 1); /* told, with more to come */
    assert_int_equal(it.status, HWS_OK);
    names_hold(AF_INET, false);
    for (int i = 0; i < 5; i++) assert_int_equal(hws_loop_step(loop, 5), HWS_OK);
    assert_int_equal(it.calls, 1);
}

/* The threads answer to nobody. */
static void test_threads_that_outlive_the_loop(void **state)
{
    (void)state;
    names_hold(AF_INET6, true);
    names_hold(AF_INET, true);
    for (int i = 0; i < 4; i++) {
        look_up("example.com");
        hws_lookup_cancel(it.lookup);
    }
    while (names_waiting() < 8) wait_ms(1);
    hws_loop_free(loop);
    assert_int_equal(counter.bytes_out, 0);
    names_reset();
    while (names_waiting() > 0) wait_ms(1);
    wait_ms(20);
    assert_int_equal(hws_loop_new(NULL, &loop), HWS_OK);
}

/* An answer is not lost for want of room in the loop's posts. */
static void test_no_room_for_the_answer(void **state)
{
    (void)state;
    names_found(AF_INET, "192.0.2.1");
    names_hold(AF_INET, true);
    look_up("example.com");
    STEP_UNTIL(names_waiting() == 1 && names_asked() == 2);
    assert_int_equal(hws_loop_step(loop, 20), HWS_OK);
    const uint32_t count_max = loop->posts.count_max;
    set_posts_max(0);
    names_hold(AF_INET, false);
    for (int i = 0; i < 4; i++) assert_int_equal(hws_loop_step(loop, 10), HWS_OK);
    assert_int_equal(it.calls, 0);
    set_posts_max(count_max);
    STEP_UNTIL(it.calls == 1);
    assert_string_equal(it.addresses, "192.0.2.1 |");
}

static void test_no_thread(void **state)
{
    (void)state;
    for (int n = 1; n <= 2; n++) {
        pthread_create_fails_in = n;
        errno = 0;
        assert_int_equal(look_up("example.com"), HWS_ERR_SYSTEM);
        assert_int_equal(errno, EAGAIN);
        assert_null(it.lookup);
    }
    for (size_t n = 1; n <= 2; n++) {
        realloc_fails_in = n;
        assert_int_equal(look_up("example.com"), HWS_ERR_NO_MEMORY);
        assert_null(it.lookup);
    }
    for (int i = 0; i < 5; i++) assert_int_equal(hws_loop_step(loop, 5), HWS_OK);
    assert_int_equal(it.calls, 0);
}

static void test_no_memory(void **state)
{
    (void)state;
    counter.fail_after = 0;
    assert_int_equal(look_up("localhost"), HWS_ERR_NO_MEMORY);
    assert_int_equal(look_up("example.com"), HWS_ERR_NO_MEMORY);
    assert_null(it.lookup);
    assert_int_equal(names_asked(), 0);
}

/* Without memory for the alarm nothing waits for the other family. */
static void test_no_memory_for_the_delay(void **state)
{
    (void)state;
    static hws_alarm fillers[63];
    for (size_t i = 0; i < COUNT_OF(fillers); i++)
        assert_int_equal(hws_alarm_set(&fillers[i], loop, UINT64_MAX), HWS_OK);
    assert_int_equal(loop->alarms.count, loop->alarms.capacity);
    names_found(AF_INET6, "2001:db8::1");
    names_hold(AF_INET, true);
    look_up("example.com");
    while (posts_waiting() < 1) wait_ms(1);
    counter.fail_after = 0;
    assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
    assert_int_equal(it.calls, 1);
    assert_true(it.more);
    counter.fail_after = SIZE_MAX;
    names_hold(AF_INET, false);
    STEP_UNTIL(it.calls == 2);
    for (size_t i = 0; i < COUNT_OF(fillers); i++) hws_alarm_unset(&fillers[i], loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_not_a_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_signals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_hundred_addresses, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_none, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_failures, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_resolution_delay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_within_the_delay, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_delay_after_a_failure, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_late_and_empty, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cancel, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_threads_that_outlive_the_loop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_room_for_the_answer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_thread, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_memory, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_memory_for_the_delay, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
