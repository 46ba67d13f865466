/* SPDX-License-Identifier: MIT */
/* Many who come and go in one channel: what is held is what there was before, and no more than
 * there may be meanwhile (rows N017, N018). */
#include <stdlib.h>

#include "lib/hub_fixture.h"

enum { CLIENTS = 6, COMMANDS = 64, ROUNDS = 30 };

static const char COMES[] = "{\"push\":{\"channel\":\"x\",\"join\":";
static const char GOES[] = "{\"push\":{\"channel\":\"x\",\"leave\":";

static void begin(size_t send_queue_max)
{
    static const hws_namespace namespaces[] = {{.history_size = 0}};
    memory = test_memory_hook(&counter);
    hub_fixture_begin(&(hws_hub_options){.namespaces = namespaces, .namespace_count = 1},
                      send_queue_max);
}

static raw_client *connected(void)
{
    raw_client *client = connect_client();
    assert_true(ask(client, "{\"id\":1,\"connect\":{}}", "\"connect\":{"));
    return client;
}

/* 32 times into the channel and out again, in one message. */
static void come_and_go(raw_client *client)
{
    char text[COMMANDS * 64];
    size_t size = 0;
    for (int i = 0; i < COMMANDS; i++)
        size += (size_t)snprintf(text + size, sizeof text - size,
                                 "{\"id\":%d,\"%s\":{\"channel\":\"x\"}}\n", i + 2,
                                 i % 2 == 0 ? "subscribe" : "unsubscribe");
    raw_send(client, 0x81, text, size - 1);
}

static void hear_replies(raw_client *client)
{
    for (int i = 0; i < COMMANDS; i++) {
        char part[64];
        snprintf(part, sizeof part, "{\"id\":%d,\"%s\":", i + 2,
                 i % 2 == 0 ? "subscribe" : "unsubscribe");
        assert_true(receive(client, part));
    }
}

static void settle(void)
{
    for (int i = 0; i < 5; i++) assert_int_equal(hws_loop_step(loop, 1), HWS_OK);
}

static void churn(void **state)
{
    (void)state;
    raw_client *clients[CLIENTS];
    begin(0);
    for (int i = 0; i < CLIENTS; i++) clients[i] = connected();
    size_t before = 0;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < CLIENTS; i++) come_and_go(clients[i]);
        for (int i = 0; i < CLIENTS; i++) hear_replies(clients[i]);
        settle();
        if (round == 0) before = counter.bytes_out; /* tables have grown */
        assert_int_equal(counter.bytes_out, before);
    }
    for (int i = 0; i < CLIENTS; i++) raw_free(clients[i]);
    settle();
    hub_fixture_end();
}

/* Who reads hears of each, in order. */
static void a_storm_is_heard(void **state)
{
    (void)state;
    begin(0);
    raw_client *listener = connected();
    raw_client *other = connected();
    assert_true(ask(listener, "{\"id\":2,\"subscribe\":{\"channel\":\"x\",\"join_leave\":true}}",
                    "\"subscribe\":{"));
    assert_true(receive(listener, COMES)); /* itself */
    for (int round = 0; round < ROUNDS; round++) {
        come_and_go(other);
        hear_replies(other);
        for (int i = 0; i < COMMANDS; i++)
            assert_true(receive(listener, i % 2 == 0 ? COMES : GOES));
    }
    assert_true(
        ask(listener, "{\"id\":3,\"presence_stats\":{\"channel\":\"x\"}}", "\"num_clients\":1,"));
    raw_free(other);
    raw_free(listener);
    settle();
    hub_fixture_end();
}

static void hear_end(raw_client *client)
{
    uint8_t first = 0;
    hws_span payload = {0};
    while (raw_read(client, &first, &payload) && first != 0x88) continue;
    assert_int_equal(first, 0x88);
    assert_int_equal(payload.data[0] << 8 | payload.data[1], 3008);
}

/* Who does not keep up has so much waiting for him, and then goes. */
static void a_storm_ends_who_is_slow(void **state)
{
    (void)state;
    enum { MESSAGES = 10 };
    begin(16384);
    raw_client *listener = connected();
    raw_client *other = connected();
    assert_true(ask(listener, "{\"id\":2,\"subscribe\":{\"channel\":\"x\",\"join_leave\":true}}",
                    "\"subscribe\":{"));
    assert_true(receive(listener, COMES));
    settle();
    const size_t before = counter.bytes_out;
    counter.bytes_peak = before;
    for (int i = 0; i < MESSAGES; i++) come_and_go(other); /* all in one turn */
    hear_end(listener);
    raw_free(listener);
    for (int i = 0; i < MESSAGES; i++) hear_replies(other);
    assert_true(counter.bytes_peak - before < 1 << 20);
    raw_free(other);
    settle();
    assert_int_equal(hws_hub_client_count(hub), 0);
    hub_fixture_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(churn),
        cmocka_unit_test(a_storm_is_heard),
        cmocka_unit_test(a_storm_ends_who_is_slow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
