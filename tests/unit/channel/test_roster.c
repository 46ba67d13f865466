/* SPDX-License-Identifier: MIT */
#include "channel/roster.h"

#include <stdio.h>

#include "base/text.h"
#include "lib/test_memory.h"

static test_memory counter;
static hws_memory memory;
static hws_roster roster;

static int setup(void **state)
{
    (void)state;
    memory = test_memory_hook(&counter);
    const hws_hash_key key = {{1, 2}};
    assert_int_equal(hws_roster_init(&roster, &memory, &key), HWS_OK);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hws_roster_release(&roster);
    assert_int_equal(counter.bytes_out, 0);
    return 0;
}

static void a_user_is_one_however_often_he_is_here(void **state)
{
    (void)state;
    static const char *const users[] = {"ada", "ben", "ada", "ad", "adam"};
    const size_t after_enter[] = {1, 2, 2, 3, 4};
    const size_t after_leave[] = {4, 3, 2, 1, 0};
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(hws_roster_enter(&roster, hws_text_of(users[i])), HWS_OK);
        assert_int_equal(hws_roster_count(&roster), after_enter[i]);
    }
    for (size_t i = 0; i < 5; i++) {
        hws_roster_leave(&roster, hws_text_of(users[i]));
        assert_int_equal(hws_roster_count(&roster), after_leave[i]);
    }
}

static void who_finds_no_memory_is_not_here(void **state)
{
    (void)state;
    size_t fails = 0;
    for (;; fails++) {
        counter.fail_after = fails;
        const hws_status status = hws_roster_enter(&roster, hws_text_of("ada"));
        counter.fail_after = SIZE_MAX;
        if (status == HWS_OK) break;
        assert_int_equal(status, HWS_ERR_NO_MEMORY);
        assert_int_equal(hws_roster_count(&roster), 0);
    }
    assert_true(fails > 0);
    counter.fail_after = 0; /* a second connection needs none */
    assert_int_equal(hws_roster_enter(&roster, hws_text_of("ada")), HWS_OK);
    counter.fail_after = SIZE_MAX;
    hws_roster_leave(&roster, hws_text_of("ada"));
    assert_int_equal(hws_roster_count(&roster), 1);
    hws_roster_leave(&roster, hws_text_of("ada"));
}

static void many(void **state)
{
    (void)state;
    char name[16];
    for (int turn = 0; turn < 2; turn++) {
        for (int i = 0; i < 2000; i++) {
            snprintf(name, sizeof name, "u%d", i);
            if (turn == 0)
                assert_int_equal(hws_roster_enter(&roster, hws_text_of(name)), HWS_OK);
            else
                hws_roster_leave(&roster, hws_text_of(name));
        }
        assert_int_equal(hws_roster_count(&roster), turn == 0 ? 2000 : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_user_is_one_however_often_he_is_here, setup, teardown),
        cmocka_unit_test_setup_teardown(who_finds_no_memory_is_not_here, setup, teardown),
        cmocka_unit_test_setup_teardown(many, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
