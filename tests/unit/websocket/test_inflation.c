/* SPDX-License-Identifier: MIT */
/* Row M004: output without end from little input is read more slowly, and nobody is closed. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rest), TEST(test_a_row_of_bombs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
