/* SPDX-License-Identifier: MIT */
#include "http/location.h"

#include "base/text.h"
#include "lib/test_memory.h"

static void check(const char *path, const char *query, const char *want)
{
    test_memory counter;
    const hws_memory memory = test_memory_hook(&counter);
    hws_buffer location = {0};
    assert_int_equal(hws_location_write(&location, &memory, hws_text_of(path), hws_text_of(query)),
                     HWS_OK);
    assert_string_equal((const char *)location.data, want);
    assert_int_equal(location.size, strlen(want) + 1);
    hws_buffer_release(&location, &memory);
    assert_int_equal(counter.bytes_out, 0);
}

static void test_references(void **state)
{
    (void)state;
    check("/a", NULL, "/a/");
    check("/a", "", "/a/?");
    check("/a/b", "x=%0A&y=/?", "/a/b/?x=%0A&y=/?");
    check("/-._~!$&'()*+,;=:@azAZ09", NULL, "/-._~!$&'()*+,;=:@azAZ09/");
    check("/\\evil.com", NULL, "/%5Cevil.com/");
    check("/a?b#c%d e\"<>", NULL, "/a%3Fb%23c%25d%20e%22%3C%3E/");
    check("/\x01\x7F\xC3\xA4\xFF", NULL, "/%01%7F%C3%A4%FF/");
    check("/\r\nSet-Cookie: a", NULL, "/%0D%0ASet-Cookie:%20a/");
}

/* "//host/" would be somebody else's. */
static void test_no_other_host(void **state)
{
    (void)state;
    test_memory counter;
    const hws_memory memory = test_memory_hook(&counter);
    static const char *const PATHS[] = {"//evil.com", "///", "", "evil"};
    hws_buffer location = {0};
    for (size_t i = 0; i < COUNT_OF(PATHS); i++)
        assert_int_equal(
            hws_location_write(&location, &memory, hws_text_of(PATHS[i]), (hws_text){0}),
            HWS_ERR_INVALID_ARGUMENT);
    counter.fail_after = 0;
    assert_int_equal(hws_location_write(&location, &memory, hws_text_of("/a"), (hws_text){0}),
                     HWS_ERR_NO_MEMORY);
    assert_int_equal(counter.bytes_out, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_references),
        cmocka_unit_test(test_no_other_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
