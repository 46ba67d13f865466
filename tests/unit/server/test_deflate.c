/* SPDX-License-Identifier: MIT */
/* permessage-deflate between a server and clients of ours, in one loop: what is agreed on, what a
 * broadcast costs, and the memory of it all. */
#include "deflate/zlib.h"
#include "hawser/client.h"
#include "lib/server_fixture.h"
#include "server/connection.h"
#include "server/worker.h"

enum { TEXT_SIZE = 1000, MANY = 200 };

static char text[TEXT_SIZE + 1];
static size_t compressions;
static const hws_codec *codec_below;

static size_t count_deflate(hws_codec_pool *pool, uint8_t window_bits, hws_span input,
                            uint8_t *output, size_t size_max)
{
    compressions++;
    return codec_below->deflate_alone(pool, window_bits, input, output, size_max);
}

static hws_codec counting;

/* After start(): every compression of the server is counted. */
static void count_compressions(void)
{
    codec_below = hws_codec_zlib();
    counting = *codec_below;
    counting.deflate_alone = count_deflate;
    compressions = 0;
    it.server->workers[0]->deflate.codec = &counting;
}

static void make_text(void)
{
    static const char RECORD[] = "{\"symbol\":\"ABC\",\"price\":1234.5,\"size\":100},";
    for (size_t i = 0; i < TEXT_SIZE; i++) text[i] = RECORD[i % (sizeof RECORD - 1)];
}

static void echo(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    const hws_status status = hws_websocket_send(ws, message);
    assert_true(status == HWS_OK || (status == HWS_ERR_NO_MEMORY && it.counter.fail_after == 0));
}

static void subscribe(hws_websocket ws, void *user)
{
    note_open(ws, user);
    assert_int_equal(hws_websocket_subscribe(ws, "all"), HWS_OK);
}

static void start_deflating(hws_deflate_options options)
{
    make_text();
    options.enabled = true;
    it.options.deflate = options;
    it.options.route[0].on_message = echo;
    start();
}

/* A client that offers so; `head` is the answer. */
static raw_client *offer(const char *offers, char head[2048])
{
    char line[512];
    raw_client *client = raw_connect(it.loop, raw_port(it.server));
    snprintf(line, sizeof line, "Sec-WebSocket-Extensions: %s\r\n", offers);
    raw_ask(client, "/", offers ? line : "");
    raw_read_head(client, head, 2048);
    assert_non_null(strstr(head, "HTTP/1.1 101 "));
    return client;
}

static raw_client *offer_plainly(void)
{
    char head[2048];
    raw_client *client = offer("permessage-deflate", head);
    assert_non_null(strstr(head, "\r\nSec-WebSocket-Extensions: permessage-deflate; "
                                 "server_no_context_takeover; client_no_context_takeover\r\n"));
    return client;
}

/* A server and a client of ours. */

static struct {
    hws_websocket ws;
    int opened;
    int closed;
    int received;
    hws_status status;
} peer;

static void peer_open(hws_websocket ws, void *user)
{
    (void)user;
    peer.ws = ws;
    peer.opened++;
}

static void peer_message(hws_websocket ws, const hws_message *message, void *user)
{
    (void)ws;
    (void)user;
    assert_int_equal(message->size, TEXT_SIZE);
    assert_memory_equal(message->data, text, TEXT_SIZE);
    peer.received++;
}

static void peer_close(hws_websocket ws, const hws_close *close, void *user)
{
    (void)ws;
    (void)user;
    peer.status = close->status;
    peer.closed++;
}

static void await(const int *number, int wanted)
{
    for (int i = 0; i < 10000 && *number < wanted; i++)
        assert_int_equal(hws_loop_step(it.loop, 10), HWS_OK);
    assert_int_equal(*number, wanted);
}

static void open_peer(hws_deflate_options deflate)
{
    char url[64];
    hws_websocket ws;
    snprintf(url, sizeof url, "ws://127.0.0.1:%u/", raw_port(it.server));
    const hws_client_options options = {
        .url = url,
        .proxy = "none",
        .on_open = peer_open,
        .on_message = peer_message,
        .on_close = peer_close,
        .deflate = deflate,
    };
    memset(&peer, 0, sizeof peer);
    assert_int_equal(hws_websocket_open(it.loop, &options, &ws), HWS_OK);
    await(&peer.opened, 1);
}

static void talk(int count)
{
    for (int i = 1; i <= count; i++) {
        assert_int_equal(hws_websocket_send_text(peer.ws, text), HWS_OK);
        await(&peer.received, i);
    }
}

static void close_peer(void)
{
    hws_websocket_close(peer.ws, 1000, NULL);
    await(&peer.closed, 1);
    await(&it.closed, it.opened);
    assert_string_equal(hws_websocket_extensions(peer.ws), "");
    hws_deflate_info info;
    assert_int_equal(hws_websocket_deflate(peer.ws, &info), HWS_ERR_NOT_OPEN);
}

static void test_both_ends(void **state)
{
    (void)state;
    static const struct {
        hws_deflate_options server;
        hws_deflate_options client;
        const char *extensions;
    } CASES[] = {
        {{0}, {.enabled = true}, "; server_no_context_takeover; client_no_context_takeover"},
        {{.send_takeover = true, .receive_takeover = true},
         {.enabled = true, .send_takeover = true, .receive_takeover = true},
         ""},
        {{.send_takeover = true, .send_window_bits = 10},
         {.enabled = true, .send_takeover = true, .receive_takeover = true, .send_window_bits = 9},
         "; client_no_context_takeover; server_max_window_bits=10; client_max_window_bits=9"},
        {{.receive_window_bits = 8},
         {.enabled = true},
         "; server_no_context_takeover; client_no_context_takeover; client_max_window_bits=8"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        char want[256];
        snprintf(want, sizeof want, "permessage-deflate%s", CASES[i].extensions);
        start_deflating(CASES[i].server);
        open_peer(CASES[i].client);
        assert_string_equal(hws_websocket_extensions(peer.ws), want);
        assert_string_equal(hws_websocket_extensions(it.last), want);
        talk(3);

        hws_deflate_info info;
        hws_deflate_info mirrored;
        hws_metrics metrics;
        assert_int_equal(hws_websocket_deflate(peer.ws, &info), HWS_OK);
        assert_int_equal(hws_websocket_deflate(it.last, &mirrored), HWS_OK);
        assert_true(info.agreed && mirrored.agreed);
        assert_int_equal(info.send_takeover, mirrored.receive_takeover);
        assert_int_equal(info.receive_window_bits, mirrored.send_window_bits);
        assert_int_equal(info.sent_deflated_size, mirrored.received_deflated_size);
        assert_int_equal(info.received_size, 3 * TEXT_SIZE);
        assert_true(info.received_deflated_size < info.received_size / 2);
        hws_server_metrics(it.server, &metrics);
        assert_int_equal(metrics.deflate_websocket_total, 1);
        assert_int_equal(metrics.deflate_sent_size, 3 * TEXT_SIZE);
        assert_int_equal(metrics.deflate_sent_deflated_size, mirrored.sent_deflated_size);
        close_peer();
        hws_server_free(it.server);
        it.server = NULL;
        it.opened = it.closed = 0;
    }
}

static void test_not_agreed(void **state)
{
    (void)state;
    start_deflating((hws_deflate_options){0});
    open_peer((hws_deflate_options){0});
    assert_string_equal(hws_websocket_extensions(peer.ws), "");
    hws_deflate_info info;
    assert_int_equal(hws_websocket_deflate(peer.ws, &info), HWS_OK);
    assert_false(info.agreed);
    talk(2);
    close_peer();
    const char *const OFFERS[] = {"permessage-deflate; server_max_window_bits=8", "x-other"};
    for (size_t i = 0; i < 2; i++) {
        char head[2048];
        raw_client *client = offer(OFFERS[i], head);
        assert_null(strstr(head, "Extensions"));
        raw_send(client, 0xC1, "\xF2\x48\xCD\xC9\xC9\x07\x00", 7);
        raw_expect_close(client, 1002);
        raw_free(client);
    }
}

static void test_bad_options(void **state)
{
    (void)state;
    char explain[256];
    hws_server *server;
    it.options.deflate = (hws_deflate_options){.enabled = true, .send_window_bits = 8};
    assert_int_equal(hws_server_new(it.loop, &it.options, explain, sizeof explain, &server),
                     HWS_ERR_INVALID_ARGUMENT);
    assert_non_null(strstr(explain, "windows of 9 to 15 bits"));
    hws_websocket ws;
    const hws_client_options options = {.url = "ws://127.0.0.1:1/",
                                        .deflate = {.receive_window_bits = 7}};
    assert_int_equal(hws_websocket_open(it.loop, &options, &ws), HWS_ERR_INVALID_ARGUMENT);
}

/* One message to many is one compression for all of a window. */
static void test_broadcast(void **state)
{
    (void)state;
    it.options.route[0].on_open = subscribe;
    start_deflating((hws_deflate_options){0});
    count_compressions();
    raw_client *clients[MANY];
    for (size_t i = 0; i < MANY; i++) {
        char head[2048];
        clients[i] = i % 4 == 0   ? offer("permessage-deflate; server_max_window_bits=9", head)
                     : i % 4 == 1 ? raw_open(it.loop, it.server, "/")
                                  : offer_plainly();
    }
    hws_message message = {.type = HWS_TEXT, .data = (const uint8_t *)text, .size = TEXT_SIZE};
    assert_int_equal(hws_server_publish(it.server, "all", &message), HWS_OK);
    assert_int_equal(compressions, 2);
    for (size_t i = 0; i < MANY; i++) {
        uint8_t first;
        hws_span payload;
        assert_true(raw_read(clients[i], &first, &payload));
        assert_int_equal(first, i % 4 == 1 ? 0x81 : 0xC1);
        assert_true(i % 4 == 1 ? payload.size == TEXT_SIZE : payload.size < TEXT_SIZE / 4);
    }
    message.compress = HWS_COMPRESS_NEVER;
    assert_int_equal(hws_server_publish(it.server, "all", &message), HWS_OK);
    assert_int_equal(compressions, 2);
    for (size_t i = 0; i < MANY; i++) {
        raw_expect(clients[i], 0x81, text);
        raw_free(clients[i]);
    }
}

/* So many connections that have heard and said a word, and are idle. */
static size_t memory_of_many(bool deflated)
{
    raw_client *clients[MANY];
    const size_t before = it.counter.bytes_out;
    for (size_t i = 0; i < MANY; i++) {
        clients[i] = deflated ? offer_plainly() : raw_open(it.loop, it.server, "/");
        if (deflated)
            raw_send(clients[i], 0xC1, "\xF2\x48\xCD\xC9\xC9\x07\x00", 7);
        else
            raw_send_text(clients[i], "Hello");
        raw_expect(clients[i], 0x81, "Hello");
    }
    for (int i = 0; i < 5; i++) assert_int_equal(hws_loop_step(it.loop, 0), HWS_OK);
    const size_t cost = it.counter.bytes_out - before;
    for (size_t i = 0; i < MANY; i++) raw_free(clients[i]);
    await(&it.closed, it.opened);
    return cost;
}

/* Without takeover it costs an idle connection nothing. */
static void test_idle(void **state)
{
    (void)state;
    start_deflating((hws_deflate_options){0});
    memory_of_many(true); /* tables have grown, and contexts are there */
    const size_t plain = memory_of_many(false);
    assert_int_equal(memory_of_many(true), plain);
}

static size_t memory_of_one(const char *offers)
{
    const size_t before = it.counter.bytes_out;
    raw_client *client;
    char head[2048];
    client = offer(offers, head);
    assert_null(strstr(head, "no_context_takeover"));
    uint8_t first;
    hws_span payload;
    raw_send(client, 0xC1, "\x4a\x4c\x1c\x05\xc4\x86\x00\x00", 8); /* 300 times "a" */
    assert_true(raw_read(client, &first, &payload));
    assert_int_equal(first, 0xC1);
    for (int i = 0; i < 5; i++) assert_int_equal(hws_loop_step(it.loop, 0), HWS_OK);
    const size_t cost = it.counter.bytes_out - before;
    raw_free(client);
    await(&it.closed, it.opened);
    return cost;
}

/* The formula of hawser/deflate.h, and that nothing of it stays. */
static void test_takeover(void **state)
{
    (void)state;
    start_deflating((hws_deflate_options){.send_takeover = true, .receive_takeover = true});
    char head[2048];
    raw_free(offer("permessage-deflate", head));
    await(&it.closed, it.opened);
    const size_t before = it.counter.bytes_out;
    const size_t large = memory_of_one("permessage-deflate");
    const size_t small = memory_of_one("permessage-deflate; server_max_window_bits=9; "
                                       "client_max_window_bits=9");
    const hws_deflate_options *options = &it.server->options.deflate;
    const size_t slack = 2048; /* of the connection itself, and a cell block */
    assert_in_range(large,
                    hws_codec_deflater_cost(options, 15) + hws_codec_inflater_cost(15) - 2048,
                    hws_codec_deflater_cost(options, 15) + hws_codec_inflater_cost(15) + slack);
    assert_in_range(small, hws_codec_deflater_cost(options, 9) + hws_codec_inflater_cost(9) - 2048,
                    hws_codec_deflater_cost(options, 9) + hws_codec_inflater_cost(9) + slack);
    assert_int_equal(it.counter.bytes_out, before);
    assert_int_equal(it.server->deflate_budget.used, 0);
}

/* Where there is no room to keep windows none are kept; when the budget is overdrawn, new ones do
 * without. */
static void test_budget(void **state)
{
    (void)state;
    static const char ALONE[] = "no_context_takeover";
    start_deflating((hws_deflate_options){
        .send_takeover = true, .receive_takeover = true, .memory_max = 200000});
    char head[2048];
    raw_client *first = offer("permessage-deflate", head);
    assert_null(strstr(head, ALONE));
    raw_client *second = offer("permessage-deflate", head);
    assert_non_null(strstr(head, ALONE));

    /* The second begins a message: its inflater is more than was left. */
    raw_send(second, 0x41, "\xF2\x48\xCD", 3);
    raw_send(second, 0x89, "", 0);
    raw_expect(second, 0x8A, "");
    raw_client *third = offer("permessage-deflate", head);
    assert_null(strstr(head, "permessage-deflate"));
    raw_send(second, 0x80, "\xC9\xC9\x07\x00", 4);
    raw_expect(second, 0x81, "Hello");
    raw_free(first);
    raw_free(second);
    raw_free(third);
    await(&it.closed, it.opened);
    first = offer("permessage-deflate", head); /* what was reserved is free again */
    assert_non_null(strstr(head, "permessage-deflate"));
    raw_free(first);
}

/* Whichever allocation fails while one opens and talks: what was reserved is given back. */
static void test_no_memory(void **state)
{
    (void)state;
    start_deflating((hws_deflate_options){.send_takeover = true, .receive_takeover = true});
    char head[2048];
    raw_free(offer("permessage-deflate", head)); /* tables have grown */
    await(&it.closed, it.opened);
    bool is_done = false;
    for (size_t after = 0; !is_done; after++) {
        assert_true(after < 200);
        raw_client *client = raw_connect(it.loop, raw_port(it.server));
        raw_ask(client, "/", "Sec-WebSocket-Extensions: permessage-deflate\r\n");
        raw_send(client, 0xC1, "\x4a\x4c\x1c\x05\xc4\x86\x00\x00", 8);
        it.counter.fail_after = after;
        for (int turn = 0; turn < 20; turn++) (void)!hws_loop_step(it.loop, 0);
        is_done = it.counter.fail_after > 0;
        it.counter.fail_after = SIZE_MAX;
        raw_free(client);
        for (int turn = 0; turn < 20; turn++) assert_int_equal(hws_loop_step(it.loop, 0), HWS_OK);
        await(&it.closed, it.opened);
        assert_int_equal(it.server->deflate_budget.used, 0);
    }
}

/* Whoever is paused in the middle of it all holds no context. */
static void pause_and_note(hws_websocket ws, const hws_message *message, void *user)
{
    (void)user;
    assert_int_equal(message->size, 5);
    assert_int_equal(hws_websocket_pause(ws), HWS_OK);
}

static void test_paused(void **state)
{
    (void)state;
    start_deflating((hws_deflate_options){0});
    hws_server_free(it.server);
    it.options.route[0].on_message = pause_and_note;
    start();
    raw_client *client = offer_plainly();
    raw_send(client, 0xC1, "\xF2\x48\xCD\xC9\xC9\x07\x00", 7);
    raw_expect_silence(client);
    const hws_connection *connection = hws_connection_find(it.last);
    assert_true(connection->session.paused);
    const hws_incoming *incoming = connection->session.endpoint.incoming;
    assert_true(!incoming || !incoming->inflater);
    raw_free(client);
    hws_websocket_resume(it.last);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_both_ends), TEST(test_not_agreed), TEST(test_bad_options),
        TEST(test_broadcast), TEST(test_idle),       TEST(test_takeover),
        TEST(test_budget),    TEST(test_no_memory),  TEST(test_paused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
