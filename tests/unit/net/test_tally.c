/* SPDX-License-Identifier: MIT */
#include "net/tally.h"

#include "lib/test_memory.h"

static void test_the_last_one_frees(void **state)
{
    (void)state;
    for (int free_after = 0; free_after <= 3; free_after++) {
        test_memory counter;
        const hws_memory memory = test_memory_hook(&counter);
        hws_tally *tally;
        assert_int_equal(hws_tally_new(&memory, &tally), HWS_OK);
        for (uint32_t i = 0; i < 3; i++) {
            assert_int_equal(hws_tally_count(tally), i);
            hws_tally_add(tally);
        }
        for (int i = 0; i < 3; i++) {
            if (i == free_after) hws_tally_free(tally);
            assert_true(counter.bytes_out > 0);
            hws_tally_remove(tally);
        }
        assert_int_equal(counter.bytes_out > 0, free_after == 3);
        if (free_after == 3) hws_tally_free(tally);
        assert_int_equal(counter.bytes_out, 0);
    }
    hws_tally_free(NULL);
}

static void test_without_memory(void **state)
{
    (void)state;
    test_memory counter;
    const hws_memory memory = test_memory_hook(&counter);
    counter.fail_after = 0;
    hws_tally *tally = NULL;
    assert_int_equal(hws_tally_new(&memory, &tally), HWS_ERR_NO_MEMORY);
    assert_null(tally);
}

static void add_one(hws_tally *tally)
{
    hws_tally_add(tally);
}

static void expect_peer(const char *text)
{
    test_memory counter;
    const hws_memory memory = test_memory_hook(&counter);
    hws_tally *counted, *made;
    hws_address peer, told;
    char shown[HWS_ADDRESS_TEXT_MAX];
    assert_true(hws_address_literal((hws_text){text, strlen(text)}, 56324, &peer));
    assert_int_equal(hws_tally_new(&memory, &counted), HWS_OK);
    assert_null(counted->peer);
    add_one(counted);
    assert_int_equal(hws_tally_new_for(&memory, counted, &peer, &made), HWS_OK);
    assert_int_equal(hws_tally_count(counted), 1);
    memset(&told, 0xff, sizeof told);
    made->peer(made, &told);
    hws_address_text(&told, shown);
    assert_string_equal(shown, text);
    assert_int_equal(hws_address_port(&told), 56324);
    assert_int_equal(told.size, peer.size);

    add_one(made); /* as a stream over a stream does */
    assert_int_equal(hws_tally_count(counted), 2);
    hws_tally_remove(counted);
    hws_tally_remove(made);
    assert_int_equal(hws_tally_count(counted), 0);
    hws_tally_free(counted);
    assert_int_equal(counter.bytes_out, 0);
}

static void test_one_that_knows_the_peer(void **state)
{
    (void)state;
    expect_peer("192.0.2.1");
    expect_peer("2001:db8::1");
}

static void test_no_memory_for_the_peer(void **state)
{
    (void)state;
    test_memory counter;
    const hws_memory memory = test_memory_hook(&counter);
    hws_tally *tally;
    hws_address peer;
    assert_true(hws_address_literal((hws_text){"192.0.2.1", 9}, 1, &peer));
    assert_int_equal(hws_tally_new(&memory, &tally), HWS_OK);
    hws_tally_add(tally);
    counter.fail_after = 0;
    hws_tally *same = tally;
    assert_int_equal(hws_tally_new_for(&memory, tally, &peer, &same), HWS_ERR_NO_MEMORY);
    assert_ptr_equal(same, tally);
    assert_int_equal(hws_tally_count(tally), 1);
    hws_tally_remove(tally);
    hws_tally_free(tally);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_last_one_frees),
        cmocka_unit_test(test_without_memory),
        cmocka_unit_test(test_one_that_knows_the_peer),
        cmocka_unit_test(test_no_memory_for_the_peer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
