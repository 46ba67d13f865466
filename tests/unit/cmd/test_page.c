/* SPDX-License-Identifier: MIT */
#include "cmd/page.h"

#include "lib/cmocka.h"

static void check(bool expected, const char *header, const char *etag)
{
    const hws_text text = {header, header ? strlen(header) : 0};
    assert_int_equal(page_etag_matches(text, etag), expected);
}

static void test_etags(void **state)
{
    (void)state;
    check(true, "\"ab\"", "\"ab\"");
    check(true, "*", "\"ab\"");
    check(true, "W/\"ab\"", "\"ab\"");
    check(true, "\"x\", \"ab\"", "\"ab\"");
    check(true, "\"x\",\t\"ab\" ,\"y\"", "\"ab\"");
    check(true, ",,\"ab\"", "\"ab\"");
    check(false, NULL, "\"ab\"");
    check(false, "", "\"ab\"");
    check(false, "ab", "\"ab\"");
    check(false, "\"ab", "\"ab\"");
    check(false, "\"abc\"", "\"ab\"");
    check(false, "w/\"ab\"", "\"ab\"");
    check(false, "W/", "\"ab\"");
    check(false, "W/W/\"ab\"", "\"ab\"");
    check(false, "\"x\", ", "\"ab\"");
    check(false, " , ", "\"ab\"");
    check(false, "**", "\"ab\"");
}

static void test_table(void **state)
{
    (void)state;
    assert_non_null(page_find("/", 1));
    const page *chat = page_find("/chat", 5);
    assert_non_null(chat);
    assert_string_equal(chat->type, "text/html; charset=utf-8");
    assert_memory_equal(chat->data, "<!doctype html>", 15);
    assert_null(page_find("/chat", 4));
    assert_null(page_find("/chatter", 8));
    assert_null(page_find("", 0));
    for (size_t i = 0; i < page_count; i++) {
        const page *it = &page_table[i];
        assert_ptr_equal(page_find(it->path, strlen(it->path)), it);
        assert_int_equal(it->etag[0], '"');
        assert_int_equal(strlen(it->etag), 34);
        assert_true(it->size > 0);
    }
}

/* Routes are few: what pages load shares one. */
static void test_routes(void **state)
{
    (void)state;
    size_t count = 0;
    for (size_t i = 0; i < page_count; i++) count += page_has_route(&page_table[i]);
    assert_true(page_has_route(page_find("/chat", 5)));
    assert_false(page_has_route(page_find("/hawser/chat.js", 15)));
    assert_true(count < HWS_ROUTE_MAX - 8);
    assert_string_equal(page_loaded_route().path, "/hawser/*");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_routes),
        cmocka_unit_test(test_etags),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
