/* SPDX-License-Identifier: MIT */
/* Large messages, there and back: received into their own memory, answered from where they lie, and
 * always the bytes that were sent. */
#include "hawser/websocket.h"

#include "lib/server_fixture.h"
#include "loop/loop.h"

enum { SIZE_MOST = 200000 };

static uint8_t source[SIZE_MOST]; /* ASCII */
static int echoes;                /* of each message */

static void fill(void)
{
    for (size_t i = 0; i < sizeof source; i++) source[i] = (uint8_t)(' ' + (i * 7 + i / 90) % 90);
}

static void echo(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    for (int i = 0; i < echoes; i++)
        if (hws_websocket_send(ws, message) < HWS_OK) (void)hws_websocket_abort(ws);
}

static raw_client *open_echo(int count)
{
    fill();
    echoes = count;
    it.options.route[0].on_message = echo;
    start();
    return raw_open(it.loop, it.server, "/");
}

static bool read_echo(raw_client *client, uint8_t want_first, size_t size)
{
    uint8_t first;
    hws_span payload;
    if (!raw_read(client, &first, &payload)) return false;
    if (first != want_first) return false;
    assert_int_equal(payload.size, size);
    assert_memory_equal(payload.data, source, size);
    return true;
}

static const size_t SIZES[] = {8191, 8192, 16384, 65535, 65536, 65537, 131072, SIZE_MOST};

static void test_whole(void **state)
{
    (void)state;
    raw_client *client = open_echo(1);
    for (size_t i = 0; i < COUNT_OF(SIZES); i++) {
        raw_send(client, i % 2 ? 0x81 : 0x82, source, SIZES[i]);
        assert_true(read_echo(client, i % 2 ? 0x81 : 0x82, SIZES[i]));
    }
    raw_free(client);
}

/* The head is written again, as it was. */
static void test_twice(void **state)
{
    (void)state;
    raw_client *client = open_echo(2);
    for (size_t i = 0; i < COUNT_OF(SIZES) - 1; i++) {
        raw_send(client, 0x82, source, SIZES[i]);
        assert_true(read_echo(client, 0x82, SIZES[i]));
        assert_true(read_echo(client, 0x82, SIZES[i]));
    }
    raw_free(client);
}

/* The frame arrives in pieces, each of which the server has before the next one is sent. */
static void send_cut(raw_client *client, uint8_t first, size_t size, size_t cut)
{
    static uint8_t frame[HWS_FRAME_HEADER_MAX + SIZE_MOST];
    const hws_frame_header header = {.payload_size = size,
                                     .opcode = first & 15,
                                     .fin = first >> 7,
                                     .masked = true,
                                     .mask_key = {1, 2, 3, 4}};
    const size_t head = hws_frame_header_write(&header, frame);
    for (size_t i = 0; i < size; i++) frame[head + i] = source[i] ^ header.mask_key[i % 4];
    raw_write(client, frame, cut);
    for (int i = 0; i < 3; i++) raw_turn(client);
    raw_write(client, frame + cut, head + size - cut);
}

/* At each cut of its head, and at some of the payload: where the head is not before the payload in
 * the input, the answer cannot be sent from there. */
static void test_cut(void **state)
{
    (void)state;
    raw_client *client = open_echo(1);
    for (size_t cut = 1; cut <= 16; cut++) {
        send_cut(client, 0x81, 20000, cut);
        assert_true(read_echo(client, 0x81, 20000));
        send_cut(client, 0x82, 100000, cut);
        assert_true(read_echo(client, 0x82, 100000));
    }
    static const size_t CUTS[] = {3000, 16384, 40000, 65536, 83615, 83616, 99990, 100010};
    for (size_t i = 0; i < COUNT_OF(CUTS); i++) {
        send_cut(client, i % 2 ? 0x81 : 0x82, 100000, CUTS[i]);
        assert_true(read_echo(client, i % 2 ? 0x81 : 0x82, 100000));
    }
    raw_free(client);
}

static void test_fragments(void **state)
{
    (void)state;
    raw_client *client = open_echo(1);
    static const size_t FIRSTS[] = {0, 1, 20000, 70000, 99999, 100000};
    for (size_t i = 0; i < COUNT_OF(FIRSTS); i++) {
        raw_send(client, 0x01, source, FIRSTS[i]);
        raw_send(client, 0x89, "between", 7);
        raw_send(client, 0x80, source + FIRSTS[i], 100000 - FIRSTS[i]);
        raw_expect(client, 0x8A, "between");
        assert_true(read_echo(client, 0x81, 100000));
    }
    raw_free(client);
}

/* What is not text at its very end is not delivered, however it came. */
static void test_bad_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(SIZES); i++) {
        raw_client *client = i == 0 ? open_echo(1) : raw_open(it.loop, it.server, "/");
        source[SIZES[i] - 1] = 0xC3;
        raw_send(client, 0x81, source, SIZES[i]);
        raw_expect_close(client, 1007);
        raw_free(client);
        fill();
    }
}

/* Answers, and then the end, all in one input: it is still theirs when the session has gone. */
static void test_a_close_behind(void **state)
{
    (void)state;
    raw_client *client = open_echo(1);
    static uint8_t frames[3 * (HWS_FRAME_HEADER_MAX + 20000)];
    size_t size = 0;
    for (int i = 0; i < 2; i++) {
        const hws_frame_header header = {
            .payload_size = 20000, .opcode = 2, .fin = true, .masked = true};
        size += hws_frame_header_write(&header, frames + size);
        memcpy(frames + size, source, 20000);
        size += 20000;
    }
    memcpy(frames + size, "\x88\x82\0\0\0\0\x03\xe8", 8);
    raw_write(client, frames, size + 8);
    assert_true(read_echo(client, 0x82, 20000));
    assert_true(read_echo(client, 0x82, 20000));
    raw_expect_close(client, 1000);
    raw_expect_end(client);
    raw_free(client);
}

/* A peer that reads nothing: what the kernel does not take is kept, and is right when he does. */
static void test_a_peer_that_waits(void **state)
{
    (void)state;
    enum { COUNT = 60 };
    it.options.send_queue_max = 1 << 24;
    raw_client *client = open_echo(1);
    for (size_t i = 0; i < COUNT; i++) {
        raw_send(client, 0x82, source, SIZES[i % COUNT_OF(SIZES)]);
        assert_int_equal(hws_loop_step(it.loop, 0), HWS_OK);
    }
    for (size_t i = 0; i < COUNT; i++)
        assert_true(read_echo(client, 0x82, SIZES[i % COUNT_OF(SIZES)]));
    raw_free(client);
}

/* An answer that is not the message: a part of it, or another type. */
static void send_others(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    hws_message other = *message;
    other.size -= 1;
    assert_int_equal(hws_websocket_send(ws, &other), HWS_OK);
    other = *message;
    other.data = (const uint8_t *)message->data + 1;
    other.size -= 1;
    assert_int_equal(hws_websocket_send(ws, &other), HWS_OK);
    other = *message;
    other.type = HWS_TEXT;
    assert_int_equal(hws_websocket_send(ws, &other), HWS_OK);
    assert_int_equal(hws_websocket_send(ws, message), HWS_OK);
}

static void expect_others(raw_client *client, size_t size)
{
    uint8_t first;
    hws_span payload;
    assert_true(read_echo(client, 0x82, size - 1));
    assert_true(raw_read(client, &first, &payload));
    assert_int_equal(payload.size, size - 1);
    assert_memory_equal(payload.data, source + 1, size - 1);
    assert_true(read_echo(client, 0x81, size));
    assert_true(read_echo(client, 0x82, size));
}

static void test_others(void **state)
{
    (void)state;
    raw_client *client = open_echo(0);
    it.options.route[0].on_message = send_others;
    hws_server_free(it.server);
    start();
    raw_free(client);
    client = raw_open(it.loop, it.server, "/");
    for (size_t i = 0; i < COUNT_OF(SIZES) - 1; i++) {
        raw_send(client, 0x82, source, SIZES[i]);
        expect_others(client, SIZES[i]);
    }
    raw_free(client);
}

/* Paused while it is told; aborted while it is told. */
static void echo_and_pause(hws_websocket ws, const hws_message *message, void *user)
{
    echo(ws, message, user);
    assert_int_equal(hws_websocket_pause(ws), HWS_OK);
}

static void test_paused(void **state)
{
    (void)state;
    fill();
    echoes = 1;
    it.options.route[0].on_message = echo_and_pause;
    start();
    raw_client *client = raw_open(it.loop, it.server, "/");
    for (int i = 0; i < 4; i++) raw_send(client, 0x82, source, 20000);
    for (int i = 0; i < 4; i++) {
        assert_true(read_echo(client, 0x82, 20000));
        raw_expect_silence(client);
        assert_int_equal(hws_websocket_resume(it.last), HWS_OK);
    }
    raw_free(client);
}

static void echo_and_abort(hws_websocket ws, const hws_message *message, void *user)
{
    echo(ws, message, user);
    assert_int_equal(hws_websocket_abort(ws), HWS_OK);
}

static void test_aborted(void **state)
{
    (void)state;
    fill();
    echoes = 1;
    it.options.route[0].on_message = echo_and_abort;
    start();
    for (size_t i = 0; i < COUNT_OF(SIZES); i++) {
        raw_client *client = raw_open(it.loop, it.server, "/");
        raw_send(client, 0x82, source, SIZES[i]);
        while (it.closed == (int)i) raw_turn(client);
        raw_free(client);
    }
}

/* O001: each allocation fails in turn; what comes back is right, or the connection ends. */
static void test_no_memory(void **state)
{
    (void)state;
    raw_client *client = open_echo(2);
    raw_free(client);
    for (size_t after = 0; after < 40; after++) {
        client = raw_open(it.loop, it.server, "/");
        it.counter.fail_after = after;
        send_cut(client, 0x82, 150000, 5000);
        if (read_echo(client, 0x82, 150000) && read_echo(client, 0x82, 150000)) {
            send_cut(client, 0x82, 20000, 14);
            if (read_echo(client, 0x82, 20000)) (void)read_echo(client, 0x82, 20000);
        }
        it.counter.fail_after = SIZE_MAX;
        raw_free(client);
    }
}

/* Memory that waits is counted, and goes: the same bytes are out before and after. */
static void test_nothing_stays(void **state)
{
    (void)state;
    raw_client *client = open_echo(1);
    raw_send(client, 0x82, source, SIZE_MOST);
    assert_true(read_echo(client, 0x82, SIZE_MOST));
    raw_send(client, 0x82, "x", 1);
    raw_expect(client, 0x82, "x");
    const size_t before = hws_loop_memory_used(it.loop);
    for (int i = 0; i < 10; i++) {
        raw_send(client, 0x82, source, SIZE_MOST);
        assert_true(read_echo(client, 0x82, SIZE_MOST));
    }
    raw_send(client, 0x82, "x", 1);
    raw_expect(client, 0x82, "x");
    assert_int_equal(hws_loop_memory_used(it.loop), before);
    raw_free(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_whole),
        TEST(test_twice),
        TEST(test_cut),
        TEST(test_fragments),
        TEST(test_bad_text),
        TEST(test_a_close_behind),
        TEST(test_a_peer_that_waits),
        TEST(test_others),
        TEST(test_paused),
        TEST(test_aborted),
        TEST(test_no_memory),
        TEST(test_nothing_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
