/* SPDX-License-Identifier: MIT */
/* Peers that read slowly, or not at all. */
#include "lib/echo_fixture.h"

static void test_a_full_queue_refuses_and_drains(void **state)
{
    (void)state;
    it.options.send_queue_max = 100000;
    start();
    raw_client *client = open_client("/echo");
    static uint8_t block[50000];
    const hws_message message = {.type = HWS_BINARY, .data = block, .size = sizeof block};
    hws_status status = HWS_OK;
    size_t sent = 0;
    for (int i = 0; i < 10000 && status != HWS_ERR_QUEUE_FULL; i++) {
        status = hws_websocket_send(it.last, &message);
        if (status >= HWS_OK) sent++;
        hws_loop_step(it.loop, 0);
    }
    assert_int_equal(status, HWS_ERR_QUEUE_FULL);
    assert_true(hws_websocket_buffered_amount(it.last) >= 100000);
    assert_true(hws_websocket_buffered_amount(it.last) < 100000 + sizeof block + 10);
    assert_int_equal(it.drained, 0);

    uint8_t first;
    hws_span payload;
    for (; sent > 0; sent--) {
        assert_true(raw_read(client, &first, &payload));
        assert_int_equal(payload.size, sizeof block);
    }
    await(client, &it.drained, 1);
    assert_int_equal(hws_websocket_send_text(it.last, "again"), HWS_OK);
    raw_expect(client, 0x81, "again");
    assert_int_equal(it.drained, 1);
    raw_free(client);
}

/* A subscriber that does not read is closed; the others miss nothing. */
static void test_a_slow_subscriber_is_given_up(void **state)
{
    (void)state;
    it.options.send_queue_max = 100000;
    it.options.close_timeout_ms = 50;
    it.options.route[0].on_open = chat_open;
    start();
    raw_client *slow = open_client("/echo");
    raw_client *quick = open_client("/echo");
    static uint8_t block[50000];
    const hws_message message = {.type = HWS_BINARY, .data = block, .size = sizeof block};
    int published = 0;
    for (; it.closed == 0; published++) {
        assert_true(published < 10000);
        assert_int_equal(hws_server_publish(it.server, "chat", &message), HWS_OK);
        uint8_t first;
        hws_span payload;
        assert_true(raw_read(quick, &first, &payload));
        assert_int_equal(payload.size, sizeof block);
    }
    assert_int_equal(it.close.status, HWS_ERR_QUEUE_FULL);
    assert_int_equal(it.close.code, 1008);
    assert_false(it.close.was_clean);
    raw_free(slow);
    raw_free(quick);
}

/* N013: an echo to a peer that writes and does not read must not grow. */
static void test_reading_pauses_while_the_queue_is_full(void **state)
{
    (void)state;
    it.options.send_queue_max = 200000;
    start();
    raw_client *client = open_client("/echo");
    static uint8_t block[10000];
    size_t most = 0, written = 0;
    uint8_t frame[HWS_FRAME_HEADER_MAX + sizeof block];
    const hws_frame_header header = {
        .payload_size = sizeof block, .opcode = 2, .fin = true, .masked = true};
    const size_t head = hws_frame_header_write(&header, frame);
    memcpy(frame + head, block, sizeof block);

    int refused = 0;
    for (size_t at = 0; refused < 200;) {
        const size_t size = head + sizeof block;
        const ssize_t sent = send(client->fd, frame + at, size - at, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent <= 0) refused++;
        at = sent > 0 ? at + (size_t)sent : at;
        if (at == size) {
            at = 0;
            written++;
        }
        hws_loop_step(it.loop, 0);
        const size_t now = hws_websocket_buffered_amount(it.last);
        if (now > most) most = now;
    }
    assert_true(most >= 100000 && most <= 100000 + 256 * 1024);
    uint8_t first;
    hws_span payload;
    for (; written > 0; written--) { /* nothing was lost */
        assert_true(raw_read(client, &first, &payload));
        assert_int_equal(payload.size, sizeof block);
    }
    raw_free(client);
}

/* I021: a Close behind more than the peer will read. */
static void test_close_to_a_peer_that_does_not_read(void **state)
{
    (void)state;
    it.options.close_timeout_ms = 50;
    it.options.send_queue_max = 8 << 20;
    start();
    raw_client *client = open_client("/echo");
    static uint8_t block[7 << 20];
    assert_int_equal(hws_websocket_send_binary(it.last, block, sizeof block), HWS_OK);
    assert_int_equal(hws_websocket_close(it.last, 1000, NULL), HWS_OK);
    for (int turns = 0; it.closed == 0; turns++) {
        assert_true(turns < 10000);
        hws_loop_step(it.loop, 10);
    }
    assert_int_equal(it.close.status, HWS_ERR_CLOSE_TIMEOUT);
    assert_int_equal(it.close.code, 1000);
    raw_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_full_queue_refuses_and_drains),
        TEST(test_a_slow_subscriber_is_given_up),
        TEST(test_reading_pauses_while_the_queue_is_full),
        TEST(test_close_to_a_peer_that_does_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
