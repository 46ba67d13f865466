/* SPDX-License-Identifier: MIT */
#include "http/mime.h"

#include "base/text.h"
#include "lib/cmocka.h"

static void test_types(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"/index.html", "text/html; charset=utf-8"},
        {"/a.b/c.JS", "text/javascript; charset=utf-8"},
        {"/x.min.css", "text/css; charset=utf-8"},
        {"/x.jPeG", "image/jpeg"},
        {"/x.wasm", "application/wasm"},
        {"/x.woff2", "font/woff2"},
        {"html", "application/octet-stream"},
        {"/html", "application/octet-stream"},
        {"/.html", "text/html; charset=utf-8"},
        {"/a.html/b", "application/octet-stream"},
        {"/a.", "application/octet-stream"},
        {"/a.htmlx", "application/octet-stream"},
        {"", "application/octet-stream"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        assert_string_equal(hws_mime_type(hws_text_of(CASES[i][0])), CASES[i][1]);
    assert_string_equal(hws_mime_type((hws_text){0}), "application/octet-stream");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_types)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
