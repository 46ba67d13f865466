/* SPDX-License-Identifier: MIT */
#include "hawser/url.h"

#include "base/text.h"
#include "lib/vectors.h"

static void tell_url(story *told, hws_status status, const hws_url *url)
{
    static const char *const KINDS[] = {"name", "ipv4", "ipv6", "any"};
    if (status != HWS_OK) {
        story_add_string(told, status_name(status));
        return;
    }
    story_add_string(told, hws_scheme_name(url->scheme));
    story_add_string(told, " ");
    story_add_string(told, KINDS[url->host_kind]);
    story_add_string(told, " ");
    story_add(told, url->host.data, url->host.size);
    story_add_string(told, " ");
    story_add_number(told, url->port);
    story_add_string(told, " ");
    story_add(told, url->path.data, url->path.size);
    if (!url->query.data) return;
    story_add_string(told, " ");
    story_add(told, url->query.data, url->query.size);
}

/* The text, copied to where reading past its end is noticed. */
static hws_text copy_of(hws_text text, char **copy)
{
    *copy = malloc(text.size + (text.size == 0));
    assert_non_null(*copy);
    if (text.size > 0) memcpy(*copy, text.data, text.size);
    return (hws_text){*copy, text.size};
}

static void expect_written(const vector *it, const hws_url *url)
{
    char text[HWS_URL_SIZE_MAX + 16];
    size_t size = 0;
    assert_int_equal(hws_url_write(url, text, sizeof text, &size), HWS_OK);
    vector_expect(it, "written", text, size);
    memset(text, 0, size);
    assert_int_equal(hws_url_write(url, text, size, &size), HWS_OK);
    vector_expect(it, "written", text, size);
    const size_t whole = size;
    assert_int_equal(hws_url_write(url, text, size - 1, &size), HWS_ERR_LIMIT);
    assert_int_equal(size, whole);
    assert_int_equal(hws_url_write_authority(url, text, sizeof text, &size), HWS_OK);
    vector_expect(it, "authority", text, size);
}

static void check_url(const vector *it)
{
    static story told;
    char *copy;
    const hws_text input = copy_of(vector_get(it, "url"), &copy);
    const bool for_listening = vector_get(it, "listen").data != NULL;
    hws_url url = {0};
    const hws_status status =
        for_listening ? hws_url_parse_listen(input, &url) : hws_url_parse(input, &url);
    told.size = 0;
    tell_url(&told, status, &url);
    vector_expect(it, "want", told.text, told.size);
    assert_non_null(vector_get(it, "want").data);
    if (status == HWS_OK) {
        expect_written(it, &url);
    } else {
        assert_null(url.host.data); /* untouched */
        assert_null(vector_get(it, "written").data);
    }
    free(copy);
}

static void test_urls(void **state)
{
    (void)state;
    vectors_run("tests/vectors/url.txt", check_url);
}

static void test_absent_text_is_no_url(void **state)
{
    (void)state;
    hws_url url;
    assert_int_equal(hws_url_parse((hws_text){NULL, 0}, &url), HWS_ERR_URL_SCHEME);
    assert_int_equal(hws_url_parse_listen((hws_text){NULL, 0}, &url), HWS_ERR_URL_SCHEME);
}

static void test_schemes(void **state)
{
    (void)state;
    assert_string_equal(hws_scheme_name(HWS_SCHEME_WSS), "wss");
    assert_true(hws_scheme_is_secure(HWS_SCHEME_WSS) && hws_scheme_is_secure(HWS_SCHEME_HTTPS));
    assert_false(hws_scheme_is_secure(HWS_SCHEME_WS) || hws_scheme_is_secure(HWS_SCHEME_HTTP));
    assert_int_equal(hws_scheme_port(HWS_SCHEME_WS), 80);
    assert_int_equal(hws_scheme_port(HWS_SCHEME_HTTPS), 443);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_absent_text_is_no_url),
        cmocka_unit_test(test_schemes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
