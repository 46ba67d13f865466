/* SPDX-License-Identifier: MIT */
/* Who may come in: origins, and the names that a server answers to. */
#include "server/access.h"

#include "lib/echo_fixture.h"

static void expect_status(const char *path, const char *more, const char *status)
{
    raw_client *client = raw_connect(it.loop, raw_port(it.server));
    char head[2048];
    raw_ask(client, path, more);
    raw_read_head(client, head, sizeof head);
    if (!strstr(head, status)) fail_msg("%s%s gives %s", path, more, head);
    raw_free(client);
}

/* D013 to D016, Q001. */
static void test_origins(void **state)
{
    (void)state;
    it.options.origins = "https://good.example http://good.example:81";
    start();
    expect_status("/echo", "Origin: http://localhost\r\n", " 101 "); /* the Host of raw_ask */
    expect_status("/echo", "Origin: https://good.example\r\n", " 101 ");
    expect_status("/echo", "Origin: https://GOOD.example:443\r\n", " 101 ");
    expect_status("/echo", "Origin: http://good.example:81\r\n", " 101 ");
    expect_status("/echo", "", " 101 ");
    expect_status("/echo", "Cookie: a=b\r\n", " 403 ");
    expect_status("/echo", "Origin: http://good.example\r\n", " 403 ");
    expect_status("/echo", "Origin: https://localhost\r\n", " 403 ");
    expect_status("/echo", "Origin: http://localhost:8080\r\n", " 403 ");
    expect_status("/echo", "Origin: https://evil.example\r\n", " 403 ");
    expect_status("/echo", "Origin: https://evilgood.example\r\n", " 403 ");
    expect_status("/echo", "Origin: https://good.example.evil.com\r\n", " 403 ");
    expect_status("/echo", "Origin: https://good.example@evil.com\r\n", " 403 ");
    expect_status("/echo", "Origin: null\r\n", " 403 ");
    expect_status("/echo", "Origin: file://\r\n", " 403 ");
    expect_status("/echo", "Origin: https://good.example https://evil.com\r\n", " 403 ");
    expect_status("/nowhere", "", " 404 ");
}

/* C019, Q002: a name that is not ours, while only this machine can reach us. */
static void test_hosts(void **state)
{
    (void)state;
    start();
    static const struct {
        const char *host;
        const char *status;
    } CASES[] = {
        {"localhost:1234", " 426 "}, {"127.0.0.1", " 426 "},
        {"[::1]:80", " 426 "},       {"app.localhost", " 426 "},
        {"192.0.2.1", " 421 "},      {"[::2]", " 421 "},
        {"evil.example", " 421 "},   {"localhost.evil.example", " 421 "},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        raw_client *client = raw_connect(it.loop, raw_port(it.server));
        char text[256], head[2048];
        snprintf(text, sizeof text, "GET /echo HTTP/1.1\r\nHost: %s\r\n\r\n", CASES[i].host);
        raw_print(client, text);
        raw_read_head(client, head, sizeof head);
        if (!strstr(head, CASES[i].status)) fail_msg("%s gives %s", CASES[i].host, head);
        raw_free(client);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_origins),
        TEST(test_hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
