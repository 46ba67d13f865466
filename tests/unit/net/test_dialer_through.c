/* SPDX-License-Identifier: MIT */
/* Through proxies. */
#include "lib/dial_fixture.h"

static void test_connect(void **state)
{
    (void)state;
    const hws_proxy proxy = proxy_of(HWS_PROXY_HTTP, "127.0.0.1");
    ANSWER("\r\n\r\n", OPENED);
    dial_to_the_end(&(hws_dial_target){.host = "chat.example", .port = 443, .proxy = &proxy});
    assert_memory_equal(there.got, "CONNECT chat.example:443 HTTP/1.1\r\n", 35);
    char line[128];
    snprintf(line, sizeof line, "proxy 127.0.0.1 port %u opened the way, by CONNECT\n", there.port);
    assert_non_null(strstr(it.steps, line));
    assert_null(strstr(it.steps, "resolve"));
    assert_connected(false);
}

static void test_connect_and_tls(void **state)
{
    (void)state;
    const hws_proxy proxy = proxy_of(HWS_PROXY_HTTP, "127.0.0.1");
    ANSWER("\r\n\r\n", OPENED);
    there.secures = 1;
    dial_to_the_end(
        &(hws_dial_target){.host = "chat.example", .port = 443, .proxy = &proxy, .tls = trusting});
    assert_true(it.saw_tls);
    assert_connected(true);
}

static void test_a_proxy_in_tls(void **state)
{
    (void)state;
    for (int inner = 0; inner < 2; inner++) {
        const hws_proxy proxy = proxy_of(HWS_PROXY_HTTPS, "127.0.0.1");
        ANSWER("\r\n\r\n", OPENED);
        there.secures = 1 + inner;
        there.talks_in_tls = true;
        dial_to_the_end(&(hws_dial_target){.host = "chat.example",
                                           .port = 443,
                                           .proxy = &proxy,
                                           .proxy_tls = trusting,
                                           .tls = inner ? trusting : NULL});
        char line[128];
        snprintf(line, sizeof line, "\ntls the proxy 127.0.0.1 port %u\nproxy 127.0.0.1",
                 there.port);
        assert_non_null(strstr(it.steps, line));
        assert_int_equal(strstr(it.steps, "\ntls\n") != NULL, inner);
        assert_connected(true);
        peer_close();
        peer_listen();
    }
}

static void test_a_proxy_in_tls_untrusted(void **state)
{
    (void)state;
    const hws_proxy proxy = proxy_of(HWS_PROXY_HTTPS, "127.0.0.1");
    there.secures = 1;
    dial_to_the_end(&(hws_dial_target){
        .host = "chat.example", .port = 443, .proxy = &proxy, .proxy_tls = strict});
    assert_int_equal(it.status, HWS_ERR_TLS_UNTRUSTED);
    char start[64];
    snprintf(start, sizeof start, "TLS with the proxy 127.0.0.1 port %u: ", there.port);
    assert_memory_equal(it.text, start, strlen(start));
}

/* E026, and what else a proxy may say. */
static void test_proxy_failures(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        hws_status status;
        const char *text; /* behind the proxy's name */
    } cases[] = {
        {"HTTP/1.1 403 Forbidden\r\n\r\n", HWS_ERR_PROXY, " answered 403 Forbidden"},
        {"HTTP/1.1 407 Who are you\r\n\r\n", HWS_ERR_PROXY_AUTHENTICATION,
         " answered 407 Who are you"},
        {"SSH-2.0-OpenSSH_9.2\r\n", HWS_ERR_PROXY_PROTOCOL, " does not answer in HTTP"},
        {OPENED "x", HWS_ERR_PROXY_PROTOCOL, " sent more than its answer"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const hws_proxy proxy = proxy_of(HWS_PROXY_HTTP, "127.0.0.1");
        there.expected = "\r\n\r\n";
        there.answer = cases[i].answer;
        there.answer_size = strlen(cases[i].answer);
        dial_to_the_end(&(hws_dial_target){.host = "chat.example", .port = 443, .proxy = &proxy});
        assert_failed(cases[i].status, "the proxy 127.0.0.1 port %u%s", there.port, cases[i].text);
        assert_non_null(strstr(it.steps, "\nproxy failed the proxy 127.0.0.1"));
        peer_close();
        peer_listen();
    }
}

static void test_proxy_closes(void **state)
{
    (void)state;
    const hws_proxy proxy = proxy_of(HWS_PROXY_HTTP, "127.0.0.1");
    for (int resets = 0; resets < 2; resets++) {
        assert_int_equal(
            dial(&(hws_dial_target){.host = "chat.example", .port = 443, .proxy = &proxy}), HWS_OK);
        while (there.size == 0) step();
        if (resets)
            close_with_reset(there.fd);
        else
            close(there.fd);
        there.fd = -1;
        there.size = 0;
        while (!it.is_done) step();
        if (resets)
            assert_failed(HWS_ERR_CONNECTION_RESET,
                          "the proxy 127.0.0.1 port %u: the connection was reset", there.port);
        else
            assert_failed(HWS_ERR_PROXY,
                          "the proxy 127.0.0.1 port %u closed the connection without opening the "
                          "way",
                          there.port);
    }
}

static void test_no_proxy_there(void **state)
{
    (void)state;
    hws_proxy proxy = proxy_of(HWS_PROXY_HTTP, "127.0.0.1");
    const hws_dial_target target = {.host = "chat.example", .port = 443, .proxy = &proxy};
    peer_refuse();
    dial_to_the_end(&target);
    assert_failed(HWS_ERR_CONNECT_REFUSED,
                  "connecting to the proxy 127.0.0.1 port %u: connection refused", there.port);
    proxy = proxy_of(HWS_PROXY_HTTP, "proxy.invalid");
    dial_to_the_end(&target);
    assert_failed(HWS_ERR_NAME, "the proxy proxy.invalid: name not found");
    names_found(AF_INET, "127.0.0.1");
    dial_to_the_end(&target);
    assert_failed(HWS_ERR_CONNECT_REFUSED,
                  "connecting to the proxy proxy.invalid: 127.0.0.1 port %u: connection refused",
                  there.port);
    proxy.kind = HWS_PROXY_NONE; /* and nobody asks it */
    dial_to_the_end(&(hws_dial_target){.host = "127.0.0.1", .port = there.port, .proxy = &proxy});
    assert_failed(HWS_ERR_CONNECT_REFUSED, "connecting to 127.0.0.1 port %u: connection refused",
                  there.port);
}

static void test_what_a_proxy_cannot_be_told(void **state)
{
    (void)state;
    static char user[300];
    memset(user, 'u', sizeof user - 1);
    hws_proxy proxy = proxy_of(HWS_PROXY_SOCKS5H, "127.0.0.1");
    proxy.user = (hws_text){user, sizeof user - 1};
    const hws_dial_target target = {.host = "chat.example", .port = 443, .proxy = &proxy};
    dial_to_the_end(&target);
    assert_failed(HWS_ERR_LIMIT,
                  "the proxy 127.0.0.1 port %u: the host, the user or the password is too long "
                  "for it",
                  there.port);
    close(there.fd);
    there.fd = -1;
    proxy.user = (hws_text){"%zz", 3};
    dial_to_the_end(&target);
    assert_failed(HWS_ERR_INVALID_ARGUMENT,
                  "the proxy 127.0.0.1 port %u: the host, the user or the password cannot be told "
                  "to it",
                  there.port);
}

/* SOCKS 5. */

static hws_proxy socks_of(hws_proxy_kind kind)
{
    hws_proxy proxy = proxy_of(kind, "127.0.0.1");
    proxy.user = proxy.password = (hws_text){0};
    return proxy;
}

/* Greets, and waits for the request. */
static void greet_socks(const hws_dial_target *target)
{
    ANSWER("\x05\x01", "\x05\x00");
    there.expected = NULL;
    assert_int_equal(dial(target), HWS_OK);
    while (there.size < 3) step();
    assert_memory_equal(there.got, "\x05\x01\x00", 3);
    assert_int_equal(write(there.fd, "\x05\x00", 2), 2);
    while (there.size < 13) step();
}

static void open_socks(void)
{
    assert_int_equal(write(there.fd, "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00", 10), 10);
    while (!it.is_done) step();
    assert_non_null(strstr(it.steps, " opened the way, by SOCKS 5\n"));
    assert_connected(false);
}

static void test_socks_looks_up_there(void **state)
{
    (void)state;
    const hws_proxy proxy = socks_of(HWS_PROXY_SOCKS5H);
    greet_socks(&(hws_dial_target){.host = "chat.example", .port = 443, .proxy = &proxy});
    assert_memory_equal(there.got + 3,
                        "\x05\x01\x00\x03\x0c"
                        "chat.example"
                        "\x01\xbb",
                        19);
    assert_int_equal(names_asked(), 0);
    open_socks();
}

/* The proxy may have no IPv6: it is told an IPv4 address where there is one. */
static void test_socks_looks_up_here(void **state)
{
    (void)state;
    const hws_proxy proxy = socks_of(HWS_PROXY_SOCKS5);
    const hws_dial_target target = {.host = "chat.example", .port = 443, .proxy = &proxy};
    names_found(AF_INET6, "2001:db8::1");
    names_found(AF_INET, "192.0.2.1 192.0.2.2");
    greet_socks(&target);
    assert_memory_equal(there.got + 3, "\x05\x01\x00\x01\xc0\x00\x02\x01\x01\xbb", 10);
    open_socks();
    /* The two families are asked at once, and may be heard of one after the other. */
    assert_non_null(strstr(it.steps, "resolve chat.example\nresolved "));
    assert_non_null(strstr(it.steps, "192.0.2.1 192.0.2.2\n"));
}

static void test_socks_looks_up_here_late(void **state)
{
    (void)state;
    const hws_proxy proxy = socks_of(HWS_PROXY_SOCKS5);
    const hws_dial_target target = {.host = "chat.example", .port = 443, .proxy = &proxy};
    names_found(AF_INET6, "2001:db8::1");
    names_hold(AF_INET, true);
    assert_int_equal(dial(&target), HWS_OK);
    while (!strstr(it.steps, "resolved 2001:db8::1\n")) step();
    for (int i = 0; i < 5; i++) step();
    assert_null(strstr(it.steps, "connect")); /* an IPv4 address may yet come */
    names_hold(AF_INET, false);
    while (there.size < 3) step();
    assert_int_equal(write(there.fd, "\x05\x00", 2), 2);
    while (there.size < 3 + 22) step();
    assert_int_equal(there.got[6], 4);
    open_socks();
    peer_close();
    peer_listen();

    const hws_proxy again = socks_of(HWS_PROXY_SOCKS5);
    names_found(AF_INET, "192.0.2.1");
    names_hold(AF_INET6, true); /* which nobody needs */
    greet_socks(&(hws_dial_target){.host = "chat.example", .port = 443, .proxy = &again});
    assert_int_equal(there.got[6], 1);
    names_hold(AF_INET6, false);
    open_socks();
}

static void test_socks_cannot_look_up(void **state)
{
    (void)state;
    const hws_proxy proxy = socks_of(HWS_PROXY_SOCKS5);
    dial_to_the_end(&(hws_dial_target){.host = "chat.invalid", .port = 443, .proxy = &proxy});
    assert_failed(HWS_ERR_NAME, "chat.invalid: name not found");
}

static void test_socks_refused(void **state)
{
    (void)state;
    const hws_proxy proxy = socks_of(HWS_PROXY_SOCKS5H);
    greet_socks(&(hws_dial_target){.host = "chat.example", .port = 443, .proxy = &proxy});
    assert_int_equal(write(there.fd, "\x05\x05\x00\x01\x00\x00\x00\x00\x00\x00", 10), 10);
    while (!it.is_done) step();
    assert_failed(HWS_ERR_PROXY,
                  "the proxy 127.0.0.1 port %u answered 5: the host refused the connection",
                  there.port);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_connect),
        TEST(test_connect_and_tls),
        TEST(test_a_proxy_in_tls),
        TEST(test_a_proxy_in_tls_untrusted),
        TEST(test_proxy_failures),
        TEST(test_proxy_closes),
        TEST(test_no_proxy_there),
        TEST(test_what_a_proxy_cannot_be_told),
        TEST(test_socks_looks_up_there),
        TEST(test_socks_looks_up_here),
        TEST(test_socks_looks_up_here_late),
        TEST(test_socks_cannot_look_up),
        TEST(test_socks_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
