/* SPDX-License-Identifier: MIT */
#include "net/networks.h"

#include <stdio.h>

#include "base/text.h"
#include "lib/cmocka.h"

static hws_address literal(const char *text)
{
    hws_address address;
    if (strcmp(text, "unix") == 0)
        assert_int_equal(hws_address_local(hws_text_of("/run/a"), &address), HWS_OK);
    else
        assert_true(hws_address_literal(hws_text_of(text), 1, &address));
    return address;
}

static bool has(const char *words, const char *text)
{
    hws_networks networks;
    hws_text wrong;
    const hws_address address = literal(text);
    if (hws_networks_parse(words, &networks, &wrong) != HWS_OK) fail_msg("%s", words);
    return hws_networks_have(&networks, &address);
}

static void test_who_is_meant(void **state)
{
    (void)state;
    static const struct {
        const char *words, *inside, *outside;
    } CASES[] = {
        {"192.0.2.1", "192.0.2.1", "192.0.2.0"},
        {"192.0.2.1/32", "192.0.2.1", "192.0.2.2"},
        {"192.0.2.0/31", "192.0.2.1", "192.0.2.2"},
        {"10.0.0.0/8", "10.255.255.255", "11.0.0.0"},
        {"10.0.0.0/8", "10.0.0.0", "9.255.255.255"},
        {"172.16.0.0/12", "172.31.255.255", "172.32.0.0"},
        {"0.0.0.0/0", "255.255.255.255", "::1"},
        {"0.0.0.0/0", "::ffff:192.0.2.1", "2001:db8::1"},
        {"0.0.0.0/1", "127.255.255.255", "128.0.0.0"},
        {"2001:db8::1", "2001:db8::1", "2001:db8::2"},
        {"2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"},
        {"2001:db8::8000/113", "2001:db8::ffff", "2001:db8::7fff"},
        {"::/0", "2001:db8::1", "unix"},
        {"::1/128", "::1", "::2"},
        {"192.0.2.1", "::ffff:192.0.2.1", "::192.0.2.1"},
        {"::ffff:10.0.0.0/104", "10.1.2.3", "11.0.0.0"},
        {"unix", "unix", "127.0.0.1"},
        {"unix", "unix", "::"},
        {"192.0.2.1 unix  10.0.0.0/8", "10.1.1.1", "192.0.2.2"},
        {"192.0.2.1 unix  10.0.0.0/8", "unix", "::"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        if (!has(CASES[i].words, CASES[i].inside)) fail_msg("%s", CASES[i].words);
        if (has(CASES[i].words, CASES[i].outside)) fail_msg("%s", CASES[i].words);
    }
    assert_false(has(NULL, "192.0.2.1"));
    assert_false(has("", "unix"));
    assert_true(has("::/0", "192.0.2.1")); /* which is in it, mapped */
}

/* What cannot be told is nobody's. */
static void test_no_address(void **state)
{
    (void)state;
    hws_networks networks;
    hws_text wrong;
    const hws_address none = {0};
    assert_int_equal(hws_networks_parse("0.0.0.0/0 ::/0 unix", &networks, &wrong), HWS_OK);
    assert_false(hws_networks_have(&networks, &none));
}

static void test_what_is_wrong(void **state)
{
    (void)state;
    static const char *const WORDS[] = {
        "10.0.0.1/8",     "10.0.0.0/33",    "10.0.0.0/",   "10.0.0.0/08",
        "10.0.0.0/8/8",   "10.0.0.0/-1",    "10.0.0.0/ 8", "/8",
        "2001:db8::/129", "2001:db8::1/64", "[::1]",       "localhost",
        "10.0.0.0/1000",  "unix/1",         "*",           "10.0.0.256",
        "fe80::1%lo",     "10.0.0.0/a",     "0.0.0.1/0",   "010.0.0.1",
    };
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        char words[64];
        hws_networks networks = {.count = 7};
        hws_text wrong;
        snprintf(words, sizeof words, "unix %s 192.0.2.1", WORDS[i]);
        if (hws_networks_parse(words, &networks, &wrong) != HWS_ERR_ADDRESS) fail_msg("%s", words);
        assert_int_equal(networks.count, 7);
        assert_memory_equal(wrong.data, WORDS[i], wrong.size);
    }
}

static void test_how_many(void **state)
{
    (void)state;
    char words[5 * (HWS_NETWORKS_MAX + 1) + 1];
    hws_networks networks;
    hws_text wrong;
    for (size_t i = 0; i <= HWS_NETWORKS_MAX; i++) memcpy(words + 5 * i, "unix ", 6);
    words[5 * HWS_NETWORKS_MAX] = 0;
    assert_int_equal(hws_networks_parse(words, &networks, &wrong), HWS_OK);
    assert_int_equal(networks.count, HWS_NETWORKS_MAX);
    words[5 * HWS_NETWORKS_MAX] = 'u';
    assert_int_equal(hws_networks_parse(words, &networks, &wrong), HWS_ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_is_meant),
        cmocka_unit_test(test_no_address),
        cmocka_unit_test(test_what_is_wrong),
        cmocka_unit_test(test_how_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
