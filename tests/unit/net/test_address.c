/* SPDX-License-Identifier: MIT */
#include "net/address.h"

#include "lib/descriptors.h"

#define TEXT(literal) ((hws_text){(literal), sizeof(literal) - 1})

static void assert_shown(const hws_address *address, const char *host, uint16_t port)
{
    char text[HWS_ADDRESS_TEXT_MAX];
    hws_address_text(address, text);
    assert_string_equal(text, host);
    assert_int_equal(hws_address_port(address), port);
}

static void test_listen_addresses(void **state)
{
    (void)state;
    static const struct {
        hws_text host;
        const char *shown[2];
    } cases[] = {
        {{"127.0.0.1", 9}, {"127.0.0.1"}},
        {{"0.0.0.0", 7}, {"0.0.0.0"}},
        {{"192.0.2.1", 9}, {"192.0.2.1"}},
        {{"::1", 3}, {"::1"}},
        {{"2001:db8::1", 11}, {"2001:db8::1"}},
        {{"::ffff:192.0.2.1", 16}, {"192.0.2.1"}},
        {{"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", 45},
         {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}},
        {{"localhost", 9}, {"127.0.0.1", "::1"}},
        {{"*", 1}, {"::"}},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        hws_address addresses[2];
        const size_t count = hws_address_listen(cases[i].host, 8080, addresses);
        assert_int_equal(count, cases[i].shown[1] ? 2 : 1);
        for (size_t k = 0; k < count; k++) assert_shown(&addresses[k], cases[i].shown[k], 8080);
    }
}

static void test_literals(void **state)
{
    (void)state;
    hws_address address = {.size = 1};
    assert_false(hws_address_literal(TEXT("*"), 443, &address));
    assert_false(hws_address_literal(TEXT("localhost"), 443, &address));
    assert_false(hws_address_literal(TEXT("fe80::1%lo"), 443, &address));
    assert_int_equal(address.size, 1);
    assert_true(hws_address_literal(TEXT("192.0.2.1"), 443, &address));
    assert_shown(&address, "192.0.2.1", 443);
    assert_true(hws_address_literal(TEXT("2001:db8::1"), 443, &address));
    assert_shown(&address, "2001:db8::1", 443);
}

static void test_names(void **state)
{
    (void)state;
    char name[HWS_ADDRESS_NAME_MAX];
    hws_address address;
    assert_true(hws_address_literal(TEXT("192.0.2.1"), 443, &address));
    hws_address_name(&address, name);
    assert_string_equal(name, "192.0.2.1 port 443");
    assert_true(hws_address_literal(TEXT("2001:db8::1"), 65535, &address));
    hws_address_name(&address, name);
    assert_string_equal(name, "[2001:db8::1] port 65535");
    char path[107];
    memset(path, '/', sizeof path);
    assert_int_equal(hws_address_local((hws_text){path, sizeof path}, &address), HWS_OK);
    hws_address_name(&address, name);
    assert_int_equal(strlen(name), sizeof path);
}

static void test_not_addresses(void **state)
{
    (void)state;
    static const hws_text cases[] = {
        {"", 0},
        {NULL, 0},
        {"example.com", 11},
        {"127.0.0.256", 11},
        {"127.0.0.1\0", 10},
        {"[::1]", 5},
        {":::", 3},
        {"**", 2},
        {"LOCALHOST", 9},
        {"localhost ", 10},
        {"127.1", 5},
        {"ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2555", 46},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        hws_address addresses[2];
        assert_int_equal(hws_address_listen(cases[i], 1, addresses), 0);
    }
}

static void test_paths(void **state)
{
    (void)state;
    char path[109];
    memset(path, 'p', sizeof path);
    hws_address address = {.size = 77};
    assert_int_equal(hws_address_local((hws_text){path, 108}, &address), HWS_ERR_ADDRESS);
    assert_int_equal(hws_address_local((hws_text){path, 0}, &address), HWS_ERR_ADDRESS);
    assert_int_equal(hws_address_local(TEXT("/tmp/a\0b"), &address), HWS_ERR_ADDRESS);
    assert_int_equal(hws_address_local(TEXT("\0abstract"), &address), HWS_ERR_ADDRESS);
    assert_int_equal(address.size, 77);
    assert_int_equal(hws_address_local((hws_text){path, 107}, &address), HWS_OK);
    assert_int_equal(strlen(address.local.sun_path), 107);
    assert_shown(&address, "unix", 0);
    assert_int_equal(hws_address_local(TEXT("/tmp/socket"), &address), HWS_OK);
    assert_string_equal(address.local.sun_path, "/tmp/socket");
    assert_int_equal(address.size, offsetof(struct sockaddr_un, sun_path) + 12);
}

static void test_of_sockets(void **state)
{
    (void)state;
    int pair[2];
    hws_address mine;
    hws_address peers;
    tcp_pair(pair);
    hws_address_of_socket(pair[0], &mine);
    hws_address_of_peer(pair[1], &peers);
    assert_shown(&peers, "127.0.0.1", hws_address_port(&mine));
    assert_true(hws_address_port(&mine) > 0);
    close(pair[0]);
    close(pair[1]);
    hws_address_of_peer(pair[0], &peers); /* closed */
    assert_int_equal(peers.size, 0);
    assert_shown(&peers, "unknown", 0);
    hws_address_of_socket(pair[0], &mine);
    assert_int_equal(mine.size, 0);

    unix_pair(pair);
    hws_address_of_peer(pair[0], &peers);
    assert_shown(&peers, "unix", 0);
    close(pair[0]);
    close(pair[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_listen_addresses),
        cmocka_unit_test(test_literals),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_not_addresses),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_of_sockets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
