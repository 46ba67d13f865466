/* SPDX-License-Identifier: MIT */
#include "server/addresses.h"

#include <pthread.h>
#include <stdio.h>

#include "lib/test_memory.h"

static struct {
    test_memory counter;
    hws_memory memory;
    hws_addresses *addresses;
} it;

static const hws_hash_key KEY = {{1, 2}};

static void start(const hws_addresses_rules *rules)
{
    it.memory = test_memory_hook(&it.counter);
    assert_int_equal(hws_addresses_new(&it.memory, &KEY, rules, &it.addresses), HWS_OK);
}

static int tear_down(void **state)
{
    (void)state;
    hws_addresses_free(it.addresses);
    it.addresses = NULL;
    assert_int_equal(it.counter.bytes_out, 0);
    return 0;
}

static const hws_addresses_rules ROOMY = {.all_count_max = UINT32_MAX, .count_max = UINT32_MAX};

static hws_address literal(const char *text)
{
    hws_address address;
    assert_true(hws_address_literal((hws_text){text, strlen(text)}, 1234, &address));
    return address;
}

static hws_status enter(const char *text, uint64_t now_ms, hws_tally **tally)
{
    const hws_address peer = literal(text);
    return hws_addresses_enter(it.addresses, &peer, now_ms, tally);
}

static void test_who_counts_as_one(void **state)
{
    (void)state;
    hws_addresses_rules rules = ROOMY;
    rules.count_max = 1;
    start(&rules);
    static const struct {
        const char *first, *second;
        bool is_same;
    } PAIRS[] = {
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.2", "192.0.2.3", false},
        {"192.0.2.4", "::ffff:192.0.2.4", true},
        {"2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true},
        {"2001:db8:0:2::1", "2001:db8:0:3::1", false},
        {"0.0.0.9", "::9", false},
        {"127.0.0.1", "127.0.0.1", true},
        {"::1", "::1", true},
    };
    for (size_t i = 0; i < sizeof PAIRS / sizeof *PAIRS; i++) {
        hws_tally *first, *second = NULL;
        assert_int_equal(enter(PAIRS[i].first, 0, &first), HWS_OK);
        const hws_status want = PAIRS[i].is_same ? HWS_ERR_ADDRESS_COUNT : HWS_OK;
        assert_int_equal(enter(PAIRS[i].second, 0, &second), want);
        assert_int_equal(hws_addresses_count(it.addresses), PAIRS[i].is_same ? 1 : 2);
        hws_tally_remove(first);
        if (second) hws_tally_remove(second);
        assert_int_equal(hws_addresses_count(it.addresses), 0);
    }
}

static void test_a_place_that_is_left_is_free(void **state)
{
    (void)state;
    hws_addresses_rules rules = ROOMY;
    rules.count_max = 3;
    rules.all_count_max = 4;
    start(&rules);
    hws_tally *tallies[4];
    for (int i = 0; i < 3; i++) assert_int_equal(enter("192.0.2.1", 0, &tallies[i]), HWS_OK);
    assert_int_equal(enter("192.0.2.1", 0, &tallies[3]), HWS_ERR_ADDRESS_COUNT);
    assert_int_equal(enter("192.0.2.2", 0, &tallies[3]), HWS_OK);
    hws_tally *none;
    assert_int_equal(enter("192.0.2.3", 0, &none), HWS_ERR_LIMIT);
    hws_tally_remove(tallies[0]);
    assert_int_equal(enter("192.0.2.1", 0, &tallies[0]), HWS_OK);
    for (int i = 0; i < 4; i++) hws_tally_remove(tallies[i]);
}

/* A stream on a stream (TLS) hands its count down, and may count once more on the way. */
static void test_a_tally_that_counts_twice(void **state)
{
    (void)state;
    start(&ROOMY);
    hws_tally *tally;
    assert_int_equal(enter("192.0.2.1", 0, &tally), HWS_OK);
    hws_tally_add(tally);
    assert_int_equal(hws_addresses_count(it.addresses), 2);
    hws_tally_remove(tally);
    hws_tally_remove(tally);
    assert_int_equal(hws_addresses_count(it.addresses), 0);
}

static void test_the_rate_outlives_the_connections(void **state)
{
    (void)state;
    hws_addresses_rules rules = ROOMY;
    rules.rate = (hws_rate){.per_second = 10, .burst = 2};
    start(&rules);
    hws_tally *tally;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(enter("192.0.2.1", 1000, &tally), HWS_OK);
        hws_tally_remove(tally);
    }
    assert_int_equal(enter("192.0.2.1", 1099, &tally), HWS_ERR_ADDRESS_RATE);
    assert_int_equal(enter("192.0.2.2", 1099, &tally), HWS_OK);
    hws_tally_remove(tally);
    assert_int_equal(enter("192.0.2.1", 1100, &tally), HWS_OK);
    hws_tally_remove(tally);
}

static void test_a_rate_of_all(void **state)
{
    (void)state;
    hws_addresses_rules rules = ROOMY;
    rules.all_rate = (hws_rate){.per_second = 1000, .burst = 2};
    start(&rules);
    hws_tally *tallies[3];
    assert_int_equal(enter("192.0.2.1", 0, &tallies[0]), HWS_OK);
    assert_int_equal(enter("192.0.2.2", 0, &tallies[1]), HWS_OK);
    assert_int_equal(enter("192.0.2.3", 0, &tallies[2]), HWS_ERR_CONNECTION_RATE);
    assert_int_equal(enter("192.0.2.3", 1, &tallies[2]), HWS_OK);
    for (int i = 0; i < 3; i++) hws_tally_remove(tallies[i]);
}

static void test_this_machine_may_be_spared(void **state)
{
    (void)state;
    hws_addresses_rules rules = ROOMY;
    rules.count_max = 1;
    rules.rate = (hws_rate){.per_second = 1, .burst = 1};
    rules.count_spares_local = rules.rate_spares_local = true;
    start(&rules);
    static const char *const LOCAL[] = {"127.0.0.1", "127.8.8.8", "::1"};
    hws_tally *tallies[8];
    size_t count = 0;
    for (size_t i = 0; i < 3; i++)
        for (int k = 0; k < 2; k++) assert_int_equal(enter(LOCAL[i], 0, &tallies[count++]), HWS_OK);
    hws_address unix_socket;
    assert_int_equal(hws_address_local((hws_text){"/a", 2}, &unix_socket), HWS_OK);
    for (int k = 0; k < 2; k++)
        assert_int_equal(hws_addresses_enter(it.addresses, &unix_socket, 0, &tallies[count++]),
                         HWS_OK);
    while (count > 0) hws_tally_remove(tallies[--count]);
}

/* Row A015 at its worst: a network of endless addresses.  What is remembered stays bounded. */
static void test_the_table_is_bounded(void **state)
{
    (void)state;
    hws_addresses_rules rules = ROOMY;
    rules.rate = (hws_rate){.per_second = 1, .burst = 1};
    start(&rules);
    for (unsigned i = 0; i < 20000; i++) {
        char text[32];
        snprintf(text, sizeof text, "10.%u.%u.%u", i >> 16, (i >> 8) & 255, i & 255);
        hws_tally *tally;
        assert_int_equal(enter(text, 0, &tally), HWS_OK);
        hws_tally_remove(tally);
    }
    assert_true(it.counter.bytes_out < 4097 * 128 + 8192 * sizeof(void *));
    /* And after a while it is empty: entries that recovered go first. */
    hws_tally *tally;
    assert_int_equal(enter("10.0.0.1", 10000, &tally), HWS_OK);
    hws_tally_remove(tally);
}

static void test_many_at_once(void **state)
{
    (void)state;
    enum { MANY = 3000 };
    start(&ROOMY);
    static hws_tally *tallies[MANY];
    for (unsigned i = 0; i < MANY; i++) {
        char text[32];
        snprintf(text, sizeof text, "2001:db8:%x:%x::1", i >> 8, i & 255);
        assert_int_equal(enter(text, 0, &tallies[i]), HWS_OK);
    }
    assert_int_equal(hws_addresses_count(it.addresses), MANY);
    for (unsigned i = 0; i < MANY; i++) hws_tally_remove(tallies[i]);
}

static void test_the_last_connection_frees(void **state)
{
    (void)state;
    start(&ROOMY);
    hws_tally *tallies[2];
    for (int i = 0; i < 2; i++) assert_int_equal(enter("192.0.2.1", 0, &tallies[i]), HWS_OK);
    hws_addresses_free(it.addresses);
    it.addresses = NULL;
    hws_tally_remove(tallies[0]);
    assert_true(it.counter.bytes_out > 0);
    hws_tally_remove(tallies[1]);
    assert_int_equal(it.counter.bytes_out, 0);
}

/* Row O001. */
static void test_without_memory(void **state)
{
    (void)state;
    for (size_t n = 0;; n++) {
        it.memory = test_memory_hook(&it.counter);
        it.counter.fail_after = n;
        it.addresses = NULL;
        hws_tally *tally;
        if (hws_addresses_new(&it.memory, &KEY, &ROOMY, &it.addresses) != HWS_OK) {
            assert_null(it.addresses);
            assert_int_equal(it.counter.bytes_out, 0);
            continue;
        }
        const hws_status status = enter("192.0.2.1", 0, &tally);
        assert_int_equal(hws_addresses_count(it.addresses), status == HWS_OK);
        if (status == HWS_OK) {
            hws_tally_remove(tally);
            assert_int_equal(n, 3);
            return;
        }
        assert_int_equal(status, HWS_ERR_NO_MEMORY);
        hws_addresses_free(it.addresses);
    }
}

static hws_status settle(const char *text, hws_tally **tally)
{
    const hws_address peer = literal(text);
    return hws_addresses_settle(it.addresses, &peer, 0, tally);
}

/* Row A021: a proxy's connections are counted before it is known whose they are. */
static void test_an_address_that_is_told_later(void **state)
{
    (void)state;
    hws_addresses_rules rules = ROOMY;
    rules.count_max = 1;
    rules.all_count_max = 4;
    start(&rules);
    hws_tally *tallies[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(hws_addresses_enter(it.addresses, NULL, 0, &tallies[i]), HWS_OK);
    hws_tally *fifth;
    assert_int_equal(hws_addresses_enter(it.addresses, NULL, 0, &fifth), HWS_ERR_LIMIT);
    assert_int_equal(settle("192.0.2.1", &tallies[0]), HWS_OK);
    assert_int_equal(settle("192.0.2.1", &tallies[1]), HWS_ERR_ADDRESS_COUNT);
    assert_int_equal(settle("192.0.2.2", &tallies[1]), HWS_OK);
    assert_int_equal(settle("2001:db8::1", &tallies[2]), HWS_OK);
    assert_int_equal(hws_addresses_count(it.addresses), 4);
    hws_tally_remove(tallies[0]);
    assert_int_equal(settle("192.0.2.1", &tallies[3]), HWS_OK);
    assert_int_equal(hws_addresses_count(it.addresses), 3);
    for (int i = 1; i < 4; i++) hws_tally_remove(tallies[i]);
    assert_int_equal(hws_addresses_count(it.addresses), 0);
}

static void test_an_address_that_is_never_told(void **state)
{
    (void)state;
    start(&ROOMY);
    hws_tally *tallies[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(hws_addresses_enter(it.addresses, NULL, 0, &tallies[i]), HWS_OK);
    hws_tally_remove(tallies[0]);
    hws_addresses_free(it.addresses);
    it.addresses = NULL;
    assert_true(it.counter.bytes_out > 0);
    hws_tally_remove(tallies[1]);
    assert_int_equal(it.counter.bytes_out, 0);
}

static void test_no_memory_for_an_address(void **state)
{
    (void)state;
    start(&ROOMY);
    hws_tally *tally;
    assert_int_equal(hws_addresses_enter(it.addresses, NULL, 0, &tally), HWS_OK);
    it.counter.fail_after = 0;
    assert_int_equal(settle("192.0.2.1", &tally), HWS_ERR_NO_MEMORY);
    assert_int_equal(hws_addresses_count(it.addresses), 1);
    it.counter.fail_after = SIZE_MAX;
    assert_int_equal(settle("192.0.2.1", &tally), HWS_OK);
    assert_int_equal(hws_addresses_count(it.addresses), 1);
    hws_tally_remove(tally);
}

static void *come_and_go(void *text)
{
    for (int i = 0; i < 5000; i++) {
        hws_tally *tally;
        if (enter(text, 0, &tally) == HWS_OK) hws_tally_remove(tally);
    }
    return NULL;
}

static void test_several_threads(void **state)
{
    (void)state;
    hws_addresses_rules rules = ROOMY;
    rules.count_max = 2;
    start(&rules);
    static char texts[3][16] = {"192.0.2.1", "192.0.2.1", "192.0.2.2"};
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, come_and_go, texts[i]), 0);
    for (int i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    assert_int_equal(hws_addresses_count(it.addresses), 0);
}

#define TEST(function) cmocka_unit_test_teardown(function, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_who_counts_as_one),
        TEST(test_a_place_that_is_left_is_free),
        TEST(test_a_tally_that_counts_twice),
        TEST(test_the_rate_outlives_the_connections),
        TEST(test_a_rate_of_all),
        TEST(test_this_machine_may_be_spared),
        TEST(test_the_table_is_bounded),
        TEST(test_many_at_once),
        TEST(test_the_last_connection_frees),
        TEST(test_without_memory),
        TEST(test_an_address_that_is_told_later),
        TEST(test_an_address_that_is_never_told),
        TEST(test_no_memory_for_an_address),
        TEST(test_several_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
