/* SPDX-License-Identifier: MIT */
/* A small message, there and back, takes no memory from the hook. */
#include "hawser/websocket.h"

#include "lib/server_fixture.h"

enum { IN_FLIGHT = 16, ROUNDS = 50 };

static void echo(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    assert_int_equal(hws_websocket_send(ws, message), HWS_OK);
}

static void echo_round(raw_client *client, const char *text)
{
    for (size_t i = 0; i < IN_FLIGHT; i++) raw_send_text(client, text);
    for (size_t i = 0; i < IN_FLIGHT; i++) raw_expect(client, 0x81, text);
}

/* The first round fills what is kept for the next ones: chunks of queues. */
static void test_an_echo_takes_no_memory(void **state)
{
    (void)state;
#if defined(__SANITIZE_ADDRESS__)
    return; /* where pools keep nothing; a skip is a failure to cmocka's TAP */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
    return;
#endif
#endif
    static const char *const TEXTS[] = {
        "twenty bytes, or so.",
        "h\xc3\xb6rt ihr Leut und la\xc3\x9ft euch sagen",
        ("A text that is longer than what is looked at in a few words, and so goes through the "
         "kernels of this processor one after the other."),
    };
    it.options.route[0].on_message = echo;
    start();
    raw_client *client = raw_open(it.loop, it.server, "/");
    for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
        echo_round(client, TEXTS[i]);
        const size_t calls = it.counter.calls;
        for (size_t round = 0; round < ROUNDS; round++) echo_round(client, TEXTS[i]);
        assert_int_equal(it.counter.calls, calls);
    }
    raw_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_an_echo_takes_no_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
