/* SPDX-License-Identifier: MIT */
#include "http/date.h"

#include "base/text.h"
#include "lib/cmocka.h"
#include "loop/loop.h"

enum { SPECIMEN = 784111777 };         /* the date of RFC 9110 §5.6.7 */
static const int64_t NOW = 1790000000; /* 2026 */

static void test_three_forms(void **state)
{
    (void)state;
    static const char *const FORMS[] = {"Sun, 06 Nov 1994 08:49:37 GMT",
                                        "Sunday, 06-Nov-94 08:49:37 GMT",
                                        "Sun Nov  6 08:49:37 1994"};
    for (size_t i = 0; i < COUNT_OF(FORMS); i++) {
        int64_t second = 0;
        assert_true(hws_http_date_read(hws_text_of(FORMS[i]), NOW, &second));
        assert_int_equal(second, SPECIMEN);

        /* Neither a piece of one nor more than one is one. */
        const size_t size = strlen(FORMS[i]);
        for (size_t cut = 0; cut < size; cut++)
            assert_false(hws_http_date_read((hws_text){FORMS[i], cut}, NOW, &second));
        char longer[64] = "";
        memcpy(longer, FORMS[i], size);
        longer[size] = ' ';
        assert_false(hws_http_date_read(hws_text_of(longer), NOW, &second));
        assert_int_equal(second, SPECIMEN);
    }
}

static void test_what_is_written_is_read(void **state)
{
    (void)state;
    static const int64_t SECONDS[] = {0,        1,          951782399,  951782400,
                                      SPECIMEN, 4102444799, 4102444800, 253402300799};
    for (size_t i = 0; i < COUNT_OF(SECONDS); i++) {
        char text[HWS_HTTP_DATE_SIZE + 1];
        int64_t second = -1;
        hws_http_date_write(SECONDS[i], text);
        assert_int_equal(strlen(text), HWS_HTTP_DATE_SIZE);
        assert_true(hws_http_date_read(hws_text_of(text), NOW, &second));
        assert_int_equal(second, SECONDS[i]);
    }
}

/* Two digits of a year: at most 50 years ahead of 2026. */
static void test_short_years(void **state)
{
    (void)state;
    static const struct {
        const char *date;
        int64_t second;
    } CASES[] = {
        {"Wednesday, 01-Jan-76 00:00:00 GMT", 3345062400}, /* 2076 */
        {"Saturday, 01-Jan-77 00:00:00 GMT", 220924800},   /* 1977 */
        {"Saturday, 01-Jan-00 00:00:00 GMT", 946684800},   /* 2000 */
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        int64_t second = 0;
        assert_true(hws_http_date_read(hws_text_of(CASES[i].date), NOW, &second));
        assert_int_equal(second, CASES[i].second);
    }
}

static void test_garbage(void **state)
{
    (void)state;
    static const char *const DATES[] = {
        "",
        "0",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC",
        "sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT",
        "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov -994 08:49:37 GMT",
        "Sun, 06-Nov-94 08:49:37 GMT",
        "Sunday, 06 Nov 1994 08:49:37 GMT",
        "Sun Nov 6 08:49:37 1994",
    };
    int64_t second = 7;
    for (size_t i = 0; i < COUNT_OF(DATES); i++)
        assert_false(hws_http_date_read(hws_text_of(DATES[i]), NOW, &second));
    assert_int_equal(second, 7);
}

static void test_edges_of_parts(void **state)
{
    (void)state;
    int64_t second = 0;
    assert_true(hws_http_date_read(hws_text_of("Thu, 31 Dec 1998 23:59:60 GMT"), NOW, &second));
    assert_int_equal(second, 915148800); /* the leap second is the second after */
    assert_true(hws_http_date_read(hws_text_of("Fri, 01 Jan 1999 00:00:00 GMT"), NOW, &second));
    assert_int_equal(second, 915148800);
    assert_true(hws_http_date_read(hws_text_of("Sun Nov 13 08:49:37 1994"), NOW, &second));
    assert_int_equal(second, SPECIMEN + 7 * 86400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_three_forms),    cmocka_unit_test(test_what_is_written_is_read),
        cmocka_unit_test(test_short_years),    cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_edges_of_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
