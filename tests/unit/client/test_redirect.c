/* SPDX-License-Identifier: MIT */
#include "client/redirect.h"

#include <stdio.h>

#include "base/text.h"
#include "hawser/url.h"
#include "lib/test_memory.h"

static test_memory counter;
static hws_memory memory;

static int set_up(void **state)
{
    (void)state;
    memory = test_memory_hook(&counter);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    assert_int_equal(counter.bytes_out, 0);
    return 0;
}

/* `location` from a place of its own, where reading past its end is noticed. */
static hws_status follow(hws_redirect *redirect, const char *from, const char *location,
                         uint32_t count_max)
{
    const size_t size = strlen(location);
    char *copy = malloc(size > 0 ? size : 1);
    assert_non_null(copy);
    if (size > 0) memcpy(copy, location, size);
    const hws_status status =
        hws_redirect_follow(redirect, from, (hws_text){copy, size}, count_max, &memory);
    free(copy);
    return status;
}

static void the_statuses_that_send_on(void **state)
{
    (void)state;
    for (int status = 100; status <= 999; status++) {
        const bool want =
            status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
        assert_int_equal(hws_redirect_is_one(status, hws_text_of("/")), want);
        assert_false(hws_redirect_is_one(status, hws_text_of("")));
        assert_false(hws_redirect_is_one(status, hws_text_of(NULL)));
    }
}

typedef struct good_case {
    const char *from;
    const char *location;
    const char *want;
    bool is_elsewhere;
} good_case;

static const good_case GOOD[] = {
    /* Whole URLs, and the four schemes. */
    {"ws://a/", "ws://b/x?y", "ws://b/x?y", true},
    {"ws://a/", "http://a/x", "http://a/x", false},
    {"http://a/", "ws://a/x", "ws://a/x", false},
    {"ws://a/", "wss://a/", "wss://a/", true}, /* another port, and safer */
    {"ws://a/", "https://a/", "https://a/", true},
    {"wss://a/", "https://a/x", "https://a/x", false},
    {"https://a/", "wss://a/x", "wss://a/x", false},
    {"ws://a/", "WS://A/x", "WS://A/x", false},
    {"ws://a", "ws://a", "ws://a", false},
    {"ws://a/x", "ws://a?y", "ws://a?y", false},
    {"ws://a/", "ws://a./", "ws://a./", true},

    /* Ports. */
    {"ws://a/", "ws://a:80/", "ws://a:80/", false},
    {"ws://a:80/", "/", "ws://a/", false},
    {"ws://a/", "ws://a:81/", "ws://a:81/", true},
    {"ws://a:81/x", "y", "ws://a:81/y", false},
    {"wss://a:443/", "wss://a/", "wss://a/", false},
    {"wss://a/", "wss://a:80/", "wss://a:80/", true},
    {"ws://a:443/", "wss://a/", "wss://a/", true}, /* the same port, another scheme */
    {"ws://a/", "ws://a:65535/", "ws://a:65535/", true},

    /* IPv6. */
    {"ws://[::1]/x/y", "z", "ws://[::1]/x/z", false},
    {"ws://[::1]:8080/x", "/z", "ws://[::1]:8080/z", false},
    {"ws://[::1]/", "//[::2]/", "ws://[::2]/", true},
    {"ws://[fe80::A]/", "ws://[FE80::a]/", "ws://[FE80::a]/", false},

    /* Without a scheme; without an authority. */
    {"ws://a/x", "//b/y", "ws://b/y", true},
    {"wss://a/x", "//b", "wss://b", true},
    {"https://a:8443/x", "//a:8443/y", "https://a:8443/y", false},
    {"ws://a/x/y", "/z", "ws://a/z", false},
    {"ws://a/x?y", "/z", "ws://a/z", false},
    {"ws://a", "/z?1", "ws://a/z?1", false},

    /* In place of the last segment; RFC 3986 §5.4. */
    {"http://a/b/c/d;p?q", "g", "http://a/b/c/g", false},
    {"http://a/b/c/d;p?q", "./g", "http://a/b/c/g", false},
    {"http://a/b/c/d;p?q", "g/", "http://a/b/c/g/", false},
    {"http://a/b/c/d;p?q", "/g", "http://a/g", false},
    {"http://a/b/c/d;p?q", "//g", "http://g", true},
    {"http://a/b/c/d;p?q", "?y", "http://a/b/c/d;p?y", false},
    {"http://a/b/c/d;p?q", "g?y", "http://a/b/c/g?y", false},
    {"http://a/b/c/d;p?q", "#s", "http://a/b/c/d;p?q", false},
    {"http://a/b/c/d;p?q", "g#s", "http://a/b/c/g", false},
    {"http://a/b/c/d;p?q", "g?y#s", "http://a/b/c/g?y", false},
    {"http://a/b/c/d;p?q", ";x", "http://a/b/c/;x", false},
    {"http://a/b/c/d;p?q", "g;x", "http://a/b/c/g;x", false},
    {"http://a/b/c/d;p?q", "", "http://a/b/c/d;p?q", false},
    {"http://a/b/c/d;p?q", ".", "http://a/b/c/", false},
    {"http://a/b/c/d;p?q", "./", "http://a/b/c/", false},
    {"http://a/b/c/d;p?q", "..", "http://a/b/", false},
    {"http://a/b/c/d;p?q", "../", "http://a/b/", false},
    {"http://a/b/c/d;p?q", "../g", "http://a/b/g", false},
    {"http://a/b/c/d;p?q", "../..", "http://a/", false},
    {"http://a/b/c/d;p?q", "../../", "http://a/", false},
    {"http://a/b/c/d;p?q", "../../g", "http://a/g", false},
    {"http://a/b/c/d;p?q", "../../../g", "http://a/g", false},
    {"http://a/b/c/d;p?q", "../../../../g", "http://a/g", false},
    {"http://a/b/c/d;p?q", "/./g", "http://a/g", false},
    {"http://a/b/c/d;p?q", "/../g", "http://a/g", false},
    {"http://a/b/c/d;p?q", "g.", "http://a/b/c/g.", false},
    {"http://a/b/c/d;p?q", ".g", "http://a/b/c/.g", false},
    {"http://a/b/c/d;p?q", "g..", "http://a/b/c/g..", false},
    {"http://a/b/c/d;p?q", "..g", "http://a/b/c/..g", false},
    {"http://a/b/c/d;p?q", "...", "http://a/b/c/...", false},
    {"http://a/b/c/d;p?q", "./../g", "http://a/b/g", false},
    {"http://a/b/c/d;p?q", "./g/.", "http://a/b/c/g/", false},
    {"http://a/b/c/d;p?q", "g/./h", "http://a/b/c/g/h", false},
    {"http://a/b/c/d;p?q", "g/../h", "http://a/b/c/h", false},
    {"http://a/b/c/d;p?q", "g;x=1/./y", "http://a/b/c/g;x=1/y", false},
    {"http://a/b/c/d;p?q", "g;x=1/../y", "http://a/b/c/y", false},
    {"http://a/b/c/d;p?q", "g?y/./x", "http://a/b/c/g?y/./x", false},
    {"http://a/b/c/d;p?q", "g?y/../x", "http://a/b/c/g?y/../x", false},
    {"http://a/b/c/d;p?q", "g#s/../x", "http://a/b/c/g", false},
    {"http://a", "g", "http://a/g", false},
    {"http://a?q", "?y", "http://a/?y", false},
    {"http://a/x", "http://a/..//../b/", "http://a/b/", false},
    {"http://a/x", "http://b/.?../q", "http://b/?../q", true},
    {"http://a/x", "http://b?/../q", "http://b?/../q", true},

    /* A colon is no scheme behind a slash or a question mark. */
    {"ws://a/x", "/y:z", "ws://a/y:z", false},
    {"ws://a/x", "./y:z", "ws://a/y:z", false},
    {"ws://a/x", "?to=://b", "ws://a/x?to=://b", false},
    {"ws://a/x", "y?to=ws://b", "ws://a/y?to=ws://b", false},
    {"ws://a/x", "/http://b", "ws://a/http://b", false},

    /* What stands behind a fragment does not matter, not even what no URL may hold. */
    {"ws://a/x", "/y#\x01 <", "ws://a/y", false},
    {"ws://a/x", "ws://b/y#", "ws://b/y", true},
};

static void good_locations_are_followed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(GOOD); i++) {
        hws_redirect redirect = {0};
        const hws_status status = follow(&redirect, GOOD[i].from, GOOD[i].location, 1);
        if (status != HWS_OK || strcmp(redirect.url, GOOD[i].want) != 0 ||
            redirect.is_elsewhere != GOOD[i].is_elsewhere)
            fail_msg("%s -> %s: %s, elsewhere %d, not %s", GOOD[i].from, GOOD[i].location,
                     redirect.url ? redirect.url : hws_status_text(status), redirect.is_elsewhere,
                     GOOD[i].want);
        assert_int_equal(redirect.count, 1);
        hws_url url;
        assert_int_equal(hws_url_parse(hws_text_of(redirect.url), &url), HWS_OK);
        hws_redirect_release(&redirect, &memory);
        assert_null(redirect.url);
    }
}

static void bad_locations_are_refused_and_change_nothing(void **state)
{
    (void)state;
    static const char *const CASES[][2] = {
        {"wss://a/", "ws://a/"},
        {"wss://a/", "http://a/"},
        {"https://a/", "ws://a/"},
        {"wss://a:80/", "ws://a:80/"},
        {"ws://a/", "ftp://a/"},
        {"ws://a/", "javascript:alert(1)"},
        {"ws://a/", "mailto:a"},
        {"ws://a/", "data:,x"},
        {"ws://a/", "ws:/a"},
        {"ws://a/", "ws:a"},
        {"ws://a/", "y:80/z"},
        {"ws://a/", ":"},
        {"ws://a/", "://b"},
        {"ws://a/", "ws://"},
        {"ws://a/", "ws:///x"},
        {"ws://a/", "//"},
        {"ws://a/", "///x"},
        {"ws://a/", "//user@b/"},
        {"ws://a/", "ws://user:password@b/"},
        {"ws://a/", "ws://b:0/"},
        {"ws://a/", "ws://b:65536/"},
        {"ws://a/", "ws://b:x/"},
        {"ws://a/", "ws://[::1/"},
        {"ws://a/", "ws://[fe80::1%25eth0]/"},
        {"ws://a/", "/x y"},
        {"ws://a/", "/\x01"},
        {"ws://a/", "/\x7f"},
        {"ws://a/", "/\xc3\xa9"},
        {"ws://a/", "//\xc3\xa9/"},
        {"ws://a/", "/%zz"},
        {"ws://a/", "/%"},
        {"ws://a/", "/\\b"},
        {"ws://a/", "\\\\b"},
        {"ws://a/", "/<x>"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        char url[] = "ws://before/";
        hws_redirect redirect = {.url = url, .count = 1};
        if (follow(&redirect, CASES[i][0], CASES[i][1], 5) != HWS_ERR_REDIRECT)
            fail_msg("%s -> %s", CASES[i][0], CASES[i][1]);
        assert_ptr_equal(redirect.url, url);
        assert_int_equal(redirect.count, 1);
        assert_false(redirect.is_elsewhere);
    }
}

static void a_zero_byte_is_no_end(void **state)
{
    (void)state;
    hws_redirect redirect = {0};
    static const char *const CASES[] = {"/a\0b", "\0\0\0\0", "//a\0b", "ws:\0"};
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        assert_int_equal(
            hws_redirect_follow(&redirect, "ws://a/", (hws_text){CASES[i], 4}, 5, &memory),
            HWS_ERR_REDIRECT);
}

static void as_many_are_followed_as_are_allowed(void **state)
{
    (void)state;
    for (uint32_t max = 0; max <= 5; max++) {
        hws_redirect redirect = {0};
        for (uint32_t i = 0; i < max; i++) {
            assert_int_equal(follow(&redirect, "ws://a/", "/x", max), HWS_OK);
            assert_int_equal(redirect.count, i + 1);
        }
        assert_int_equal(follow(&redirect, "ws://a/", "/x", max), HWS_ERR_REDIRECT);
        assert_int_equal(redirect.count, max);
        hws_redirect_release(&redirect, &memory);
        assert_int_equal(redirect.count, 0);
    }
}

/* Row E003: what identifies the user does not come back to it either. */
static void there_is_no_way_back_from_elsewhere(void **state)
{
    (void)state;
    hws_redirect redirect = {0};
    assert_int_equal(follow(&redirect, "wss://a/", "/x", 5), HWS_OK);
    assert_false(redirect.is_elsewhere);
    assert_int_equal(follow(&redirect, redirect.url, "//b/", 5), HWS_OK);
    assert_true(redirect.is_elsewhere);
    assert_int_equal(follow(&redirect, redirect.url, "wss://a/", 5), HWS_OK);
    assert_true(redirect.is_elsewhere);
    assert_int_equal(follow(&redirect, redirect.url, "/y", 5), HWS_OK);
    assert_true(redirect.is_elsewhere);
    assert_string_equal(redirect.url, "wss://a/y");
    hws_redirect_release(&redirect, &memory);
    assert_false(redirect.is_elsewhere);
}

static void a_url_may_be_as_long_as_any(void **state)
{
    (void)state;
    static char location[HWS_URL_SIZE_MAX + 2];
    static const char HEAD[] = "ws://a";
    memset(location, 'x', sizeof location - 1);
    location[0] = '/';

    hws_redirect redirect = {0};
    location[HWS_URL_SIZE_MAX - strlen(HEAD)] = 0;
    assert_int_equal(follow(&redirect, "ws://a/", location, 1), HWS_OK);
    assert_int_equal(strlen(redirect.url), HWS_URL_SIZE_MAX);
    hws_redirect_release(&redirect, &memory);

    location[HWS_URL_SIZE_MAX - strlen(HEAD)] = 'x';
    location[HWS_URL_SIZE_MAX - strlen(HEAD) + 1] = 0;
    assert_int_equal(follow(&redirect, "ws://a/", location, 1), HWS_ERR_REDIRECT);
    location[HWS_URL_SIZE_MAX - strlen(HEAD) + 1] = 'x';
    assert_int_equal(follow(&redirect, "ws://a/", location, 1), HWS_ERR_REDIRECT);
}

static void a_place_that_has_no_memory_is_not_gone_to(void **state)
{
    (void)state;
    hws_redirect redirect = {0};
    counter.fail_after = 0;
    assert_int_equal(follow(&redirect, "ws://a/", "//b/", 5), HWS_ERR_NO_MEMORY);
    assert_null(redirect.url);
    assert_int_equal(redirect.count, 0);
    assert_false(redirect.is_elsewhere);

    counter.fail_after = 1;
    assert_int_equal(follow(&redirect, "ws://a/", "/x", 5), HWS_OK);
    assert_int_equal(follow(&redirect, redirect.url, "//b/", 5), HWS_ERR_NO_MEMORY);
    assert_string_equal(redirect.url, "ws://a/x");
    assert_int_equal(redirect.count, 1);
    assert_false(redirect.is_elsewhere);
    hws_redirect_release(&redirect, &memory);
    hws_redirect_release(&redirect, &memory);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_statuses_that_send_on),
        TEST(good_locations_are_followed),
        TEST(bad_locations_are_refused_and_change_nothing),
        TEST(a_zero_byte_is_no_end),
        TEST(as_many_are_followed_as_are_allowed),
        TEST(there_is_no_way_back_from_elsewhere),
        TEST(a_url_may_be_as_long_as_any),
        TEST(a_place_that_has_no_memory_is_not_gone_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
