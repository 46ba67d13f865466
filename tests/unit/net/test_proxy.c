/* SPDX-License-Identifier: MIT */
#include "net/proxy.h"

#include "base/text.h"
#include "lib/vectors.h"
#include "net/credentials.h"

static void tell_text(story *told, hws_text text)
{
    story_add_string(told, " [");
    story_add(told, text.data, text.size);
    story_add_string(told, "]");
}

static void tell_proxy(story *told, hws_status status, const hws_proxy *proxy)
{
    static const char *const KINDS[] = {"none", "http", "https", "socks5", "socks5h"};
    told->size = 0;
    if (status != HWS_OK) {
        story_add_string(told, status_name(status));
        return;
    }
    story_add_string(told, KINDS[proxy->kind]);
    tell_text(told, proxy->host);
    story_add_string(told, " ");
    story_add_number(told, proxy->port);
    if (proxy->user.data) tell_text(told, proxy->user);
    if (proxy->password.data) tell_text(told, proxy->password);
}

static void check_proxy(const vector *it)
{
    static story told;
    const hws_text url = vector_get(it, "url");
    assert_true(url.size > 0);
    char *copy = malloc(url.size); /* where reading past its end is noticed */
    assert_non_null(copy);
    memcpy(copy, url.data, url.size);

    hws_proxy proxy = {.port = 7};
    const hws_status status = hws_proxy_parse((hws_text){copy, url.size}, &proxy);
    tell_proxy(&told, status, &proxy);
    assert_non_null(vector_get(it, "want").data);
    vector_expect(it, "want", told.text, told.size);
    if (status != HWS_OK) assert_int_equal(proxy.port, 7); /* untouched */
    free(copy);
}

static void test_urls(void **state)
{
    (void)state;
    vectors_run("tests/vectors/proxy.txt", check_proxy);
}

static void test_absent_and_empty_texts_are_no_proxies(void **state)
{
    (void)state;
    hws_proxy proxy;
    assert_int_equal(hws_proxy_parse((hws_text){NULL, 0}, &proxy), HWS_ERR_URL_HOST);
    assert_int_equal(hws_proxy_parse(hws_text_of(""), &proxy), HWS_ERR_URL_HOST);
}

static void test_every_byte_of_credentials(void **state)
{
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        char escaped[4];
        snprintf(escaped, sizeof escaped, "%%%02X", (unsigned)byte);
        hws_text text = hws_text_of(escaped);
        const bool is_control = byte < 0x20 || byte == 0x7F;
        assert_int_equal(hws_credentials_take(&text), is_control ? -1 : byte);
        assert_int_equal(text.size, is_control ? 3 : 0);

        const char plain[] = {(char)byte, 0};
        text = (hws_text){plain, 1};
        const bool is_plain = byte > 0x20 && byte < 0x7F && byte != '%';
        assert_int_equal(hws_credentials_take(&text), is_plain ? byte : -1);
        assert_int_equal(text.size, is_plain ? 0 : 1);
    }
}

static void test_credentials_are_taken_one_by_one(void **state)
{
    (void)state;
    hws_text text = hws_text_of("a%2fB%C3");
    assert_int_equal(hws_credentials_take(&text), 'a');
    assert_int_equal(hws_credentials_take(&text), '/');
    assert_int_equal(hws_credentials_take(&text), 'B');
    assert_int_equal(hws_credentials_take(&text), 0xC3);
    assert_int_equal(text.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_urls),
        cmocka_unit_test(test_absent_and_empty_texts_are_no_proxies),
        cmocka_unit_test(test_every_byte_of_credentials),
        cmocka_unit_test(test_credentials_are_taken_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
