/* SPDX-License-Identifier: MIT */
#include <time.h>

#include "lib/cmocka.h"
#include "loop/state.h"

/* The date of now, written and read again by other means. */
static void test_the_date_is_now(void **state)
{
    (void)state;
    hws_loop *loop;
    assert_int_equal(hws_loop_new(NULL, &loop), HWS_OK);
    const time_t before = time(NULL);
    const char *date = hws_loop_http_date(loop);
    const time_t after = time(NULL);

    assert_int_equal(strlen(date), 29);
    struct tm read = {0};
    const char *rest = strptime(date, "%a, %d %b %Y %H:%M:%S GMT", &read);
    assert_non_null(rest);
    assert_int_equal(*rest, '\0');
    const time_t told = timegm(&read);
    assert_true(told >= before && told <= after);

    char again[30];
    assert_int_equal(strftime(again, sizeof again, "%a, %d %b %Y %H:%M:%S GMT", &read), 29);
    assert_string_equal(date, again); /* the weekday, too */

    /* Of the same second: not made anew. */
    loop->date_second = time(NULL) + 1;
    memcpy(loop->date, "kept", 5);
    while (time(NULL) < loop->date_second) continue;
    assert_string_equal(hws_loop_http_date(loop), "kept");
    hws_loop_free(loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_the_date_is_now)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
