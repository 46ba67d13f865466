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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_last_one_frees),
        cmocka_unit_test(test_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
