/* SPDX-License-Identifier: MIT */
/* Row M004: output without end from little input is read more slowly; who goes on with ten times
 * that for ten seconds is closed. */
#include "websocket/inflation.h"

#include <zlib.h>

#include "lib/server_fixture.h"
#include "server/connection.h"

enum { MIB = 1 << 20 };

static uint64_t rest(uint64_t input_size, uint64_t output_size)
{
    hws_deflate deflate = {.inflated_from = 17, .inflated_to = 4711};
    const hws_inflation began = hws_inflation_begin(&deflate);
    deflate.inflated_from += input_size;
    deflate.inflated_to += output_size;
    assert_int_equal(hws_inflation_is_much(&began, &deflate), output_size >= MIB);
    return hws_inflation_rest_ms(&began, &deflate);
}

static void test_rest(void **state)
{
    (void)state;
    assert_int_equal(rest(0, 0), 0);
    assert_int_equal(rest(1000, 32000 + MIB / 4), 0); /* what compression is good for */
    assert_int_equal(rest(MIB, 32 * (uint64_t)MIB), 0);
    assert_int_equal(rest(0, MIB / 4), 0);
    assert_int_equal(rest(0, MIB / 4 + 32767), 0);
    assert_int_equal(rest(0, MIB / 4 + 32768), 1);
    assert_int_equal(rest(1024, MIB), 23);
    assert_int_equal(rest(1024, 32 * (uint64_t)MIB), 1015); /* a second for 32 MiB */

    const hws_inflation none = hws_inflation_begin(NULL);
    assert_int_equal(hws_inflation_rest_ms(&none, NULL), 0);
    assert_false(hws_inflation_is_much(&none, NULL));
}

/* A peer that wants `times` as much as it may have: for every millisecond of rest it lets so many
 * thousandths pass.  Returns the milliseconds after which it was too much; 0: it never is. */
static uint64_t patience(uint64_t rest_ms, uint64_t wait_ms)
{
    hws_inflation_debts debts = {0};
    const hws_websocket ws = {.slot = 3, .generation = 1};
    for (uint64_t now_ms = 1000; now_ms < 10000000; now_ms += rest_ms + wait_ms) {
        if (!hws_inflation_lend(&debts, ws, now_ms, rest_ms)) return now_ms - 1000;
        hws_inflation_resume(&debts, ws, now_ms + rest_ms);
    }
    return 0;
}

static void test_patience(void **state)
{
    (void)state;
    assert_int_equal(patience(100, 0), 10100); /* whatever it may have, it wants more */
    assert_int_equal(patience(24, 0), 10008);
    assert_int_equal(patience(200, 10), 101 * 210); /* twenty times */
    assert_int_equal(patience(110, 10), 1001 * 120);
    assert_int_equal(patience(100, 10), 0); /* ten times */
    assert_int_equal(patience(100, 11), 0);
    assert_int_equal(patience(100, 2000000), 0);
    assert_int_equal(patience(20000, 1), 20001); /* one large message is never too much */
}

/* What a loop is late is not the peer's waiting. */
static void test_a_late_loop(void **state)
{
    (void)state;
    hws_inflation_debts debts = {0};
    const hws_websocket ws = {.slot = 3, .generation = 1};
    assert_true(hws_inflation_lend(&debts, ws, 0, 10001));
    hws_inflation_resume(&debts, ws, 9000); /* sooner than it had to: no merit */
    hws_inflation_resume(&debts, ws, 60000);
    assert_false(hws_inflation_lend(&debts, ws, 60000, 10));
    hws_inflation_resume(&debts, ws, 60010);
    assert_false(hws_inflation_lend(&debts, ws, 60011, 0)); /* 10001 of 10011 are left */
    assert_true(hws_inflation_lend(&debts, ws, 60012, 0));
}

/* More of them than are known: the large ones stay, and each that is new takes the place of the
 * smallest. */
static void test_many_debtors(void **state)
{
    (void)state;
    hws_inflation_debts debts = {0};
    hws_websocket ws = {.generation = 1};
    for (ws.slot = 0; ws.slot < HWS_INFLATION_DEBTOR_MAX; ws.slot++)
        assert_true(hws_inflation_lend(&debts, ws, 0, 20000 - ws.slot));
    for (ws.slot = 100; ws.slot < 200; ws.slot++)
        assert_true(hws_inflation_lend(&debts, ws, 0, 15000));
    ws.slot--;
    assert_false(hws_inflation_lend(&debts, ws, 0, 1));
    for (ws.slot = 0; ws.slot < HWS_INFLATION_DEBTOR_MAX - 1; ws.slot++)
        assert_false(hws_inflation_lend(&debts, ws, 0, 1));
    ws = (hws_websocket){.generation = 3}; /* the next who has the slot owes nothing */
    assert_true(hws_inflation_lend(&debts, ws, 0, 20000));
}

static int received;

static void count_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)ws;
    (void)user;
    assert_int_equal(message->size, MIB);
    received++;
}

static size_t make_bomb(uint8_t *bomb, size_t room)
{
    static uint8_t zeros[MIB];
    z_stream stream = {
        .next_in = zeros, .avail_in = MIB, .next_out = bomb, .avail_out = (uInt)room};
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&stream, Z_SYNC_FLUSH), Z_OK);
    (void)deflateEnd(&stream);
    return room - stream.avail_out - HWS_DEFLATE_TAIL_SIZE;
}

/* They come together, and are taken one in a go, with a rest between them; an echo to another
 * connection fits in between. */
static void test_a_row_of_bombs(void **state)
{
    (void)state;
    enum { BOMBS = 8 };
    uint8_t bomb[2048];
    const size_t size = make_bomb(bomb, sizeof bomb);
    it.options.deflate.enabled = true;
    it.options.route[0].on_message = count_message;
    start();
    raw_client *client = raw_connect(it.loop, raw_port(it.server));
    char head[2048];
    raw_ask(client, "/", "Sec-WebSocket-Extensions: permessage-deflate\r\n");
    raw_read_head(client, head, sizeof head);
    received = 0;
    for (int i = 0; i < BOMBS; i++) raw_send(client, 0xC2, bomb, size);
    raw_send(client, 0x89, "", 0);

    const hws_connection *connection = hws_connection_find(it.last);
    int rests = 0;
    for (int turn = 0; received < BOMBS; turn++) {
        const int before = received;
        assert_true(turn < 100000);
        assert_int_equal(hws_loop_step(it.loop, 100), HWS_OK);
        assert_true(received <= before + 1);
        if (received == before) continue;
        assert_true(connection->session.paused && connection->session.yields);
        rests++;
    }
    assert_int_equal(rests, BOMBS);
    raw_expect(client, 0x8A, "");
    assert_int_equal(it.closed, 0);
    raw_free(client);
}

/* One who did so for almost ten seconds, as the books say. */
static void test_one_bomb_too_many(void **state)
{
    (void)state;
    uint8_t bomb[2048];
    const size_t size = make_bomb(bomb, sizeof bomb);
    it.options.deflate.enabled = true;
    it.options.route[0].on_message = count_message;
    start();
    raw_client *client = raw_connect(it.loop, raw_port(it.server));
    char head[2048];
    raw_ask(client, "/", "Sec-WebSocket-Extensions: permessage-deflate\r\n");
    raw_read_head(client, head, sizeof head);
    received = 0;
    assert_true(hws_inflation_lend(hws_slots_debts(it.last.slots), it.last,
                                   hws_loop_now_ms(it.loop) + 3600000,
                                   HWS_INFLATION_DEBT_MAX_MS + 1));
    raw_send(client, 0xC2, bomb, size);
    raw_expect(client, 0x88,
               "\x03\xf0"
               "compressed data that is far too much, for too long");
    raw_send(client, 0x88, "\x03\xf0", 2);
    raw_expect_end(client);
    assert_int_equal(received, 1);
    assert_int_equal(it.closed, 1);
    assert_int_equal(it.close.status, HWS_ERR_INFLATION);
    raw_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rest),        cmocka_unit_test(test_patience),
        cmocka_unit_test(test_a_late_loop), cmocka_unit_test(test_many_debtors),
        TEST(test_a_row_of_bombs),          TEST(test_one_bomb_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
