/* SPDX-License-Identifier: MIT */
/* What the vectors of deflate.txt cannot say: bombs and what they cost, each allocation that fails,
 * the frames of a broadcast; two endpoints that talk to each other. */
#include <stdlib.h>
#include <zlib.h>

#include "base/span.h"
#include "deflate/zlib.h"
#include "lib/test_memory.h"
#include "wire/deflate_offer.h"
#include "wire/endpoint.h"

enum { SIZE_BIG = 1 << 20 };

/* One end: an endpoint with an engine of its own. */
typedef struct end {
    test_memory counter;
    hws_memory memory;
    hws_deflate_options deflate_options;
    hws_deflate_budget budget;
    hws_deflate deflate;
    hws_endpoint_options options;
    hws_endpoint *endpoint;
} end;

static bool fixed_key(void *user, uint8_t *bytes, size_t size)
{
    (void)user;
    memset(bytes, 0x5C, size);
    return true;
}

static void open_end(end *it, hws_role role, hws_deflate_terms terms,
                     const hws_endpoint_options *options)
{
    it->memory = test_memory_hook(&it->counter);
    it->deflate_options = (hws_deflate_options){.size_min = 1};
    assert_int_equal(hws_deflate_options_complete(&it->deflate_options), HWS_OK);
    it->budget = (hws_deflate_budget){.size_max = SIZE_MAX};
    it->deflate = (hws_deflate){.codec = hws_codec_zlib(), .budget = &it->budget, .size_min = 1};
    assert_int_equal(
        hws_codec_pool_new(&it->memory, &it->deflate_options, &it->budget, &it->deflate.pool),
        HWS_OK);
    it->options = options ? *options : (hws_endpoint_options){0};
    it->options.role = role;
    it->options.memory = &it->memory;
    it->options.random = fixed_key;
    it->options.deflate = &it->deflate;
    hws_endpoint_options_complete(&it->options);
    assert_true(hws_deflate_enter(&it->deflate, terms));
    assert_int_equal(hws_endpoint_new(&it->options, 0, &it->endpoint), HWS_OK);
    hws_endpoint_set_deflate(it->endpoint, terms);
}

static void close_end(end *it)
{
    it->counter.fail_after = SIZE_MAX;
    hws_endpoint_free(it->endpoint);
    hws_codec_pool_free(it->deflate.pool);
    assert_int_equal(it->counter.bytes_out, 0);
    assert_int_equal(it->budget.used, 0);
}

static hws_event receive(end *it, hws_span *input)
{
    hws_event event;
    hws_endpoint_receive(it->endpoint, 0, input, &event);
    return event;
}

/* A frame of a client with that key, and that payload, from a block of its own. */
static hws_span frame(uint8_t first, const uint8_t *payload, size_t size)
{
    static const uint8_t KEY[4] = {1, 2, 3, 4};
    const hws_frame_header header = {.payload_size = size,
                                     .mask_key = {1, 2, 3, 4},
                                     .opcode = first & 0xF,
                                     .rsv = (first >> 4) & 7,
                                     .fin = (first & 0x80) != 0,
                                     .masked = true};
    uint8_t *bytes = malloc(HWS_FRAME_HEADER_MAX + size);
    assert_non_null(bytes);
    const size_t head = hws_frame_header_write(&header, bytes);
    for (size_t i = 0; i < size; i++) bytes[head + i] = payload[i] ^ KEY[i % 4];
    return (hws_span){bytes, head + size};
}

/* So many zeros as zlib makes them at its best. */
static size_t make_bomb(uint8_t *bomb, size_t room, size_t size)
{
    uint8_t *zeros = calloc(1, size);
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = zeros;
    stream.avail_in = (uInt)size;
    stream.next_out = bomb;
    stream.avail_out = (uInt)room;
    assert_int_equal(deflate(&stream, Z_SYNC_FLUSH), Z_OK);
    const size_t made = room - stream.avail_out - HWS_DEFLATE_TAIL_SIZE;
    (void)deflateEnd(&stream); /* which complains of a stream that has no end */
    free(zeros);
    return made;
}

/* Row M001: a KiB that would be a MiB takes no more than the limit and 16 KiB. */
static void test_bomb(void **state)
{
    (void)state;
    static const size_t LIMITS[] = {1, 1000, 65536, 100000, SIZE_BIG - 1};
    uint8_t bomb[2048];
    const size_t size = make_bomb(bomb, sizeof bomb, SIZE_BIG);
    assert_true(size < 1100);
    for (size_t i = 0; i < sizeof LIMITS / sizeof *LIMITS; i++) {
        end it;
        const hws_endpoint_options options = {.message_size_max = LIMITS[i]};
        open_end(&it, HWS_ROLE_SERVER, (hws_deflate_terms){15, 15, false, false}, &options);

        /* The loop's inflater is there: a message before has needed it. */
        hws_span first = frame(0xC2, (const uint8_t *)"\x4a\x04\x00", 3); /* "a" */
        hws_span input = first;
        assert_int_equal(receive(&it, &input).type, HWS_EVENT_MESSAGE);
        assert_int_equal(receive(&it, &input).type, HWS_EVENT_NEED_INPUT);
        free(first.data);

        const size_t before = it.counter.bytes_out;
        it.counter.bytes_peak = before;
        hws_span all = frame(0xC2, bomb, size);
        input = all;
        const hws_event event = receive(&it, &input);
        assert_int_equal(event.type, HWS_EVENT_CLOSE);
        assert_int_equal(event.close.status, HWS_ERR_MESSAGE_TOO_BIG);
        assert_true(it.counter.bytes_peak - before <= LIMITS[i] + 16384);
        free(all.data);
        close_end(&it);
    }
}

/* The same as a message that is allowed, to the byte. */
static void test_large_message(void **state)
{
    (void)state;
    uint8_t bomb[2048];
    const size_t size = make_bomb(bomb, sizeof bomb, SIZE_BIG);
    end it;
    open_end(&it, HWS_ROLE_SERVER, (hws_deflate_terms){15, 15, false, false},
             &(hws_endpoint_options){.message_size_max = SIZE_BIG});
    hws_span all = frame(0xC2, bomb, size);
    hws_span input = all;
    const hws_event event = receive(&it, &input);
    assert_int_equal(event.type, HWS_EVENT_MESSAGE);
    assert_int_equal(event.message.size, SIZE_BIG);
    for (size_t i = 0; i < SIZE_BIG; i++) assert_int_equal(event.message.data[i], 0);
    assert_int_equal(receive(&it, &input).type, HWS_EVENT_NEED_INPUT);
    assert_null(it.endpoint->incoming); /* nothing is held between messages */
    assert_int_equal(hws_counter_read(&it.deflate.received), SIZE_BIG);
    assert_int_equal(hws_counter_read(&it.deflate.received_deflated), size);
    free(all.data);
    close_end(&it);
}

/* Row M002: input that inflates to nothing has an end, too. */
static void test_endless_nothing(void **state)
{
    (void)state;
    static const uint8_t NOTHING[] = {0x00, 0x00, 0x00, 0xFF, 0xFF};
    static uint8_t blocks[10000 * sizeof NOTHING];
    for (size_t i = 0; i < sizeof blocks; i++) blocks[i] = NOTHING[i % sizeof NOTHING];
    end it;
    open_end(&it, HWS_ROLE_SERVER, (hws_deflate_terms){15, 15, false, false},
             &(hws_endpoint_options){.message_size_max = 1000});
    size_t sent = 0;
    hws_event event = {0};
    for (int i = 0; i < 100 && event.type == HWS_EVENT_NEED_INPUT; i++) {
        hws_span all = frame(i == 0 ? 0x42 : 0x00, blocks, sizeof blocks);
        hws_span input = all;
        event = receive(&it, &input);
        sent += sizeof blocks;
        free(all.data);
    }
    assert_int_equal(event.type, HWS_EVENT_CLOSE);
    assert_int_equal(event.close.status, HWS_ERR_MESSAGE_TOO_BIG);
    assert_true(sent <= 3 * sizeof blocks);
    close_end(&it);
}

/* Talking. */

static void fill(uint8_t *bytes, size_t size, unsigned seed, bool is_random)
{
    for (size_t i = 0; i < size; i++) {
        seed = seed * 1103515245U + 12345U;
        bytes[i] =
            is_random ? (uint8_t)(seed >> 16) : (uint8_t)("abc {}\":0123"[(seed >> 16) % 12]);
    }
}

static void carry(end *from, end *to, const hws_message *want, size_t *message_count)
{
    for (;;) {
        const hws_span output = hws_endpoint_output(from->endpoint);
        if (output.size == 0) return;
        hws_span input = output;
        for (hws_event event; (event = receive(to, &input)).type != HWS_EVENT_NEED_INPUT;) {
            if (event.type != HWS_EVENT_MESSAGE) fail_msg("%d", event.close.status);
            assert_int_equal(event.message.type, want->type);
            assert_int_equal(event.message.size, want->size);
            if (want->size > 0) assert_memory_equal(event.message.data, want->data, want->size);
            ++*message_count;
        }
        hws_endpoint_sent(from->endpoint, output.size);
    }
}

static void send_in_parts(end *it, hws_message message, size_t step)
{
    const uint8_t *data = message.data;
    const size_t size = message.size;
    for (size_t at = 0;; at += step) {
        const bool last = at + step >= size;
        message.part = at == 0 ? HWS_FIRST : last ? HWS_LAST : HWS_MIDDLE;
        message.data = data + at;
        message.size = last ? size - at : step;
        if (at == 0 && last) message.part = HWS_WHOLE;
        assert_int_equal(hws_endpoint_send(it->endpoint, &message), HWS_OK);
        if (last) return;
    }
}

/* Rows M012, M013, M016, M017, M021: every size, window and kind, compressed or not, in turn. */
static void test_talk(void **state)
{
    (void)state;
    static const size_t SIZES[] = {0,    1,    100,   125,   126,   300,
                                   1000, 4000, 40000, 65535, 65536, 200000};
    static uint8_t bytes[200000];
    for (unsigned bits = 8; bits <= 15; bits++) {
        for (unsigned kept = 0; kept < 4; kept++) {
            const hws_deflate_terms up = {(uint8_t)bits, (uint8_t)(23 - bits), kept & 1 && bits > 8,
                                          kept & 2 && bits < 15};
            const hws_deflate_terms down = {up.receive_bits, up.send_bits, up.receive_takeover,
                                            up.send_takeover};
            static end client;
            static end server;
            open_end(&client, HWS_ROLE_CLIENT, up, NULL);
            open_end(&server, HWS_ROLE_SERVER, down, NULL);
            size_t count = 0;
            size_t sent = 0;
            for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
                for (unsigned kind = 0; kind < 8; kind++) {
                    fill(bytes, SIZES[i], bits + kind, kind & 1);
                    const hws_message message = {.type = kind & 1 ? HWS_BINARY : HWS_TEXT,
                                                 .data = bytes,
                                                 .size = SIZES[i],
                                                 .compress = kind == 4 ? HWS_COMPRESS_NEVER
                                                                       : HWS_COMPRESS_AUTO};
                    end *from = kind & 2 ? &client : &server;
                    send_in_parts(from, message, kind & 4 ? SIZES[i] / 3 + 1 : SIZE_MAX / 2);
                    carry(from, kind & 2 ? &server : &client, &message, &count);
                    sent++;
                }
            }
            assert_int_equal(count, sent);
            assert_true(!down.send_takeover ==
                        !(server.endpoint->incoming && server.endpoint->incoming->deflater));
            close_end(&client);
            close_end(&server);
        }
    }
}

static size_t form_count(const hws_blob *frame)
{
    size_t count = 0;
    for (const hws_blob *form = frame->next_form; form; form = form->next_form) count++;
    return count;
}

/* A broadcast is compressed once for all whose windows are alike; those who keep one begin anew
 * behind it. */
static void test_shared_frames(void **state)
{
    (void)state;
    static uint8_t bytes[3000];
    fill(bytes, sizeof bytes, 1, false);
    hws_message message = {.type = HWS_TEXT, .data = bytes, .size = sizeof bytes};
    static end server;
    static end client;
    open_end(&server, HWS_ROLE_SERVER, (hws_deflate_terms){9, 15, true, false}, NULL);
    open_end(&client, HWS_ROLE_CLIENT, (hws_deflate_terms){15, 9, false, true}, NULL);
    size_t count = 0;
    hws_blob *frame_once = hws_endpoint_frame(&server.memory, &message);
    message.compress = HWS_COMPRESS_NEVER;
    hws_blob *plain = hws_endpoint_frame(&server.memory, &message);
    message.compress = HWS_COMPRESS_AUTO;
    const uint64_t label = 1;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(hws_endpoint_send(server.endpoint, &message), HWS_OK);
        assert_int_equal(hws_endpoint_share(server.endpoint, frame_once, NULL), HWS_OK);
        assert_int_equal(hws_endpoint_share(server.endpoint, plain, NULL), HWS_OK);
        assert_int_equal(hws_endpoint_share(server.endpoint, plain, &label), HWS_OK);
    }
    assert_int_equal(form_count(frame_once), 1);
    assert_int_equal(form_count(plain), 0);
    assert_true(hws_endpoint_form(server.endpoint, frame_once)->size < frame_once->size / 2);
    assert_ptr_equal(hws_endpoint_form(client.endpoint, plain), plain);

    /* A form that waits in a queue outlives the frame that it was made of. */
    hws_blob_unref(frame_once);
    carry(&server, &client, &message, &count);
    assert_int_equal(count, 12);
    hws_blob_unref(plain);

    /* Of what would grow there is no form, and no second attempt at one. */
    fill(bytes, sizeof bytes, 1, true);
    message.type = HWS_BINARY;
    frame_once = hws_endpoint_frame(&server.memory, &message);
    assert_ptr_equal(hws_endpoint_form(server.endpoint, frame_once), frame_once);
    const size_t calls = server.counter.calls;
    assert_ptr_equal(hws_endpoint_form(server.endpoint, frame_once), frame_once);
    assert_int_equal(server.counter.calls, calls);
    hws_blob_unref(frame_once);
    close_end(&server);
    close_end(&client);
}

/* While a labelled frame waits it may be replaced, whatever was sent behind it. */
static void test_replaced_frames(void **state)
{
    (void)state;
    static uint8_t bytes[3000];
    fill(bytes, sizeof bytes, 1, false);
    hws_message message = {.type = HWS_TEXT, .data = bytes, .size = sizeof bytes};
    static end server;
    static end client;
    open_end(&server, HWS_ROLE_SERVER, (hws_deflate_terms){15, 15, true, false}, NULL);
    open_end(&client, HWS_ROLE_CLIENT, (hws_deflate_terms){15, 15, false, true}, NULL);
    hws_blob *frame_once = hws_endpoint_frame(&server.memory, &message);
    message.compress = HWS_COMPRESS_NEVER;
    hws_blob *plain = hws_endpoint_frame(&server.memory, &message);
    message.compress = HWS_COMPRESS_AUTO;
    const uint64_t label = 1;
    size_t count = 0;
    assert_int_equal(hws_endpoint_send(server.endpoint, &message), HWS_OK);
    assert_int_equal(hws_endpoint_share(server.endpoint, plain, &label), HWS_OK);
    assert_int_equal(hws_endpoint_send(server.endpoint, &message), HWS_OK);
    assert_int_equal(hws_queue_replace(server.endpoint->queue, label,
                                       hws_endpoint_form(server.endpoint, frame_once)),
                     1);
    carry(&server, &client, &message, &count);
    assert_int_equal(count, 3);
    hws_blob_unref(frame_once);
    hws_blob_unref(plain);
    close_end(&server);
    close_end(&client);
}

/* Row L012: sending does without compression; who was promised that we inflate is told 1011. */
static void test_no_memory(void **state)
{
    (void)state;
    static uint8_t bytes[20000];
    fill(bytes, sizeof bytes, 1, false);
    const hws_message message = {.type = HWS_TEXT, .data = bytes, .size = sizeof bytes};
    static end server;
    static end client;
    bool is_done = false;
    for (size_t after = 0; !is_done; after++) {
        assert_true(after < 100);
        open_end(&server, HWS_ROLE_SERVER, (hws_deflate_terms){15, 15, true, false}, NULL);
        open_end(&client, HWS_ROLE_CLIENT, (hws_deflate_terms){15, 15, false, true}, NULL);
        server.counter.fail_after = after;
        const hws_status status = hws_endpoint_send(server.endpoint, &message);
        server.counter.fail_after = SIZE_MAX;
        if (status != HWS_OK) {
            assert_int_equal(status, HWS_ERR_NO_MEMORY);
            assert_int_equal(hws_endpoint_output(server.endpoint).size, 0);
        }
        assert_int_equal(hws_endpoint_send(server.endpoint, &message), HWS_OK);
        client.counter.fail_after = after;
        size_t count = 0;
        for (;;) {
            const hws_span output = hws_endpoint_output(server.endpoint);
            hws_span input = output;
            if (output.size == 0) break;
            const hws_event event = receive(&client, &input);
            hws_endpoint_sent(server.endpoint, output.size - input.size);
            if (event.type == HWS_EVENT_MESSAGE) count++;
            if (event.type != HWS_EVENT_CLOSE) continue;
            assert_int_equal(event.close.status, HWS_ERR_NO_MEMORY);
            break;
        }
        is_done = status == HWS_OK && count == 2;
        close_end(&server);
        close_end(&client);
    }
}

/* While the budget is used up, messages go out as they are. */
static void test_budget(void **state)
{
    (void)state;
    static uint8_t bytes[1000];
    fill(bytes, sizeof bytes, 1, false);
    end it;
    open_end(&it, HWS_ROLE_SERVER, (hws_deflate_terms){15, 15, false, false}, NULL);
    it.budget.size_max = 0;
    const hws_message message = {.type = HWS_TEXT, .data = bytes, .size = sizeof bytes};
    assert_int_equal(hws_endpoint_send(it.endpoint, &message), HWS_OK);
    assert_int_equal(hws_endpoint_output(it.endpoint).data[0], 0x81);
    hws_endpoint_sent(it.endpoint, hws_endpoint_output(it.endpoint).size);
    it.budget.size_max = SIZE_MAX;
    assert_int_equal(hws_endpoint_send(it.endpoint, &message), HWS_OK);
    assert_int_equal(hws_endpoint_output(it.endpoint).data[0], 0xC1);
    assert_false(hws_deflate_enter(&it.deflate, (hws_deflate_terms){15, 15, true, true}) &&
                 it.budget.used < 182000);
    hws_deflate_leave(&it.deflate, (hws_deflate_terms){15, 15, true, true});
    close_end(&it);
}

/* What is under way counts, so that the server can spare its memory. */
static void test_weight(void **state)
{
    (void)state;
    end it;
    open_end(&it, HWS_ROLE_SERVER, (hws_deflate_terms){15, 15, false, false}, NULL);
    assert_int_equal(hws_endpoint_weight(it.endpoint), 0);
    hws_span all = frame(0x42, (const uint8_t *)"\xF2\x48\xCD", 3);
    hws_span input = all;
    assert_int_equal(receive(&it, &input).type, HWS_EVENT_NEED_INPUT);
    assert_true(hws_endpoint_weight(it.endpoint) > 7000);
    free(all.data);
    close_end(&it);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bomb),
        cmocka_unit_test(test_large_message),
        cmocka_unit_test(test_talk),
        cmocka_unit_test(test_endless_nothing),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_shared_frames),
        cmocka_unit_test(test_replaced_frames),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_weight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
