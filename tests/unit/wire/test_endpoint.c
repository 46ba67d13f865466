/* SPDX-License-Identifier: MIT */
/* What vectors cannot say: time, memory that fails, sending, parts, and calls between events. */
#include "wire/endpoint.h"

#include "hawser/frame.h"
#include "lib/test_memory.h"
#include "wire/mask.h"

#define TEXT(literal) ((hws_text){(literal), sizeof(literal) - 1})

typedef struct fixture {
    test_memory counter;
    hws_memory memory;
    hws_endpoint_options options;
    hws_endpoint *endpoint;
    hws_event event;
    bool random_fails;
} fixture;

static fixture it;

static bool some_random(void *user, uint8_t *bytes, size_t size)
{
    (void)user;
    memset(bytes, 0x5A, size);
    return !it.random_fails;
}

static void open_at(uint64_t now_ms)
{
    it.options.memory = &it.memory;
    it.options.random = some_random;
    hws_endpoint_options_complete(&it.options);
    assert_int_equal(hws_endpoint_new(&it.options, now_ms, &it.endpoint), HWS_OK);
}

static int set_up(void **state)
{
    (void)state;
    it = (fixture){0};
    it.memory = test_memory_hook(&it.counter);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hws_endpoint_free(it.endpoint);
    assert_int_equal(it.counter.bytes_out, 0);
    return 0;
}

/* One frame as a client sends it, its key zero, so that the bytes are plain. */
static size_t put_frame(uint8_t *at, uint8_t first, const void *payload, size_t size)
{
    const hws_frame_header header = {.payload_size = size,
                                     .opcode = first & 15,
                                     .rsv = first >> 4 & 7,
                                     .fin = first >> 7,
                                     .masked = true};
    const size_t head = hws_frame_header_write(&header, at);
    memcpy(at + head, payload, size);
    return head + size;
}

static void feed(uint64_t now_ms, uint8_t first, const char *payload, size_t size)
{
    static uint8_t bytes[100000];
    hws_span input = {bytes, put_frame(bytes, first, payload, size)};
    hws_endpoint_receive(it.endpoint, now_ms, &input, &it.event);
}

/* Everything that is in the queue; answers the first byte of the last frame that begins it. */
static size_t drain(uint8_t *bytes, size_t max)
{
    size_t size = 0;
    for (hws_span run = hws_endpoint_output(it.endpoint); run.size > 0;
         run = hws_endpoint_output(it.endpoint)) {
        assert_true(size + run.size <= max);
        memcpy(bytes + size, run.data, run.size);
        size += run.size;
        hws_endpoint_sent(it.endpoint, run.size);
    }
    return size;
}

static void expect_output(const char *want, size_t want_size)
{
    static uint8_t bytes[100000];
    const size_t size = drain(bytes, sizeof bytes);
    assert_int_equal(size, want_size);
    assert_memory_equal(bytes, want, size);
}

static void expect_nothing_out(void)
{
    assert_int_equal(hws_endpoint_output(it.endpoint).size, 0);
}

static hws_status send_part(hws_message_type type, hws_message_part part, const char *text)
{
    return hws_endpoint_send(it.endpoint, &(hws_message){.type = type,
                                                         .part = part,
                                                         .data = (const uint8_t *)text,
                                                         .size = strlen(text)});
}

/* P008: each deadline one millisecond before, and on it. */

static void tick(uint64_t now_ms)
{
    hws_endpoint_tick(it.endpoint, now_ms, &it.event);
}

static void test_ping_and_pong_deadlines(void **state)
{
    (void)state;
    open_at(1000);
    assert_true(hws_endpoint_deadline(it.endpoint) == 1000 + 25000);
    tick(1000 + 24999);
    expect_nothing_out();
    tick(1000 + 25000);
    expect_output("\x89\x00", 2);

    /* H014: no sign of life. */
    assert_true(hws_endpoint_deadline(it.endpoint) == 26000 + 8000);
    tick(26000 + 7999);
    assert_int_equal(it.event.type, HWS_EVENT_NEED_INPUT);
    tick(26000 + 8000);
    assert_int_equal(it.event.type, HWS_EVENT_CLOSE);
    assert_int_equal(it.event.close.code, 1006);
    assert_int_equal(it.event.close.status, HWS_ERR_PONG_TIMEOUT);
    assert_false(it.event.close.was_clean);
    expect_nothing_out();
    assert_true(hws_endpoint_deadline(it.endpoint) == UINT64_MAX);
}

static void test_any_frame_is_a_sign_of_life(void **state)
{
    (void)state;
    open_at(0);
    tick(25000);
    expect_output("\x89\x00", 2);
    feed(32999, 0x81, "x", 1);
    assert_true(hws_endpoint_deadline(it.endpoint) == 32999 + 25000);
    tick(33000);
    assert_int_equal(it.event.type, HWS_EVENT_NEED_INPUT);
}

static void test_no_pings_when_switched_off(void **state)
{
    (void)state;
    it.options.ping_interval_ms = UINT32_MAX;
    open_at(0);
    assert_true(hws_endpoint_deadline(it.endpoint) == UINT64_MAX);
}

/* N020: a process that was stopped must not blame its peers. */
static void test_a_tick_far_too_late_asks_again(void **state)
{
    (void)state;
    open_at(0);
    tick(25000);
    expect_output("\x89\x00", 2);
    tick(33000 + 25001);
    assert_int_equal(it.event.type, HWS_EVENT_NEED_INPUT);
    expect_output("\x89\x00", 2);
    tick(58001 + 8000);
    assert_int_equal(it.event.type, HWS_EVENT_CLOSE);
}

/* I012. */
static void test_close_deadline(void **state)
{
    (void)state;
    open_at(0);
    assert_int_equal(hws_endpoint_close(it.endpoint, 100, 1000, TEXT("bye")), HWS_OK);
    assert_int_equal(hws_endpoint_ready_state(it.endpoint), HWS_CLOSING);
    expect_output("\x88\x05\x03\xe8"
                  "bye",
                  7);
    tick(100 + 4999);
    assert_int_equal(it.event.type, HWS_EVENT_NEED_INPUT);
    tick(100 + 5000);
    assert_int_equal(it.event.type, HWS_EVENT_CLOSE);
    assert_int_equal(it.event.close.status, HWS_ERR_CLOSE_TIMEOUT);
    assert_int_equal(it.event.close.code, 1000);
    assert_false(it.event.close.was_clean);
    assert_int_equal(hws_endpoint_ready_state(it.endpoint), HWS_CLOSED);
}

/* J009, G015, H011: begun, and never finished. */
static void check_stalls(const char *bytes, size_t size)
{
    open_at(0);
    uint8_t copy[64];
    memcpy(copy, bytes, size);
    hws_span input = {copy, size};
    hws_endpoint_receive(it.endpoint, 500, &input, &it.event);
    assert_int_equal(it.event.type, HWS_EVENT_NEED_INPUT);
    it.endpoint->since_ms = 29000; /* alive otherwise */
    tick(500 + 29999);
    assert_int_equal(it.event.type, HWS_EVENT_NEED_INPUT);
    tick(500 + 30000);
    assert_int_equal(it.event.type, HWS_EVENT_CLOSE);
    assert_int_equal(it.event.close.status, HWS_ERR_MESSAGE_TIMEOUT);
    assert_int_equal(it.event.close.code, 1008);
    hws_endpoint_free(it.endpoint);
    it.endpoint = NULL;
}

static void test_message_deadline(void **state)
{
    (void)state;
    check_stalls("\x01\x81\0\0\0\0a", 7);  /* a fragment */
    check_stalls("\x81\xfe\x01", 3);       /* a header that is cut */
    check_stalls("\x81\x85\0\0\0\0ab", 8); /* a payload that is cut */
    check_stalls("\x89\x85\0\0\0\0ab", 8); /* a ping that is cut */
}

static void test_a_steady_sender_earns_time(void **state)
{
    (void)state;
    it.options.message_rate_min = 4;
    open_at(0);
    feed(0, 0x02, "12345678", 8);
    assert_int_equal(it.event.type, HWS_EVENT_NEED_INPUT);
    it.endpoint->since_ms = 31000;
    tick(31999);
    assert_int_equal(it.event.type, HWS_EVENT_NEED_INPUT);
    tick(32000);
    assert_int_equal(it.event.close.status, HWS_ERR_MESSAGE_TIMEOUT);
}

static void test_the_clock_of_a_message_starts_anew(void **state)
{
    (void)state;
    open_at(0);
    feed(0, 0x01, "a", 1);
    feed(20000, 0x80, "b", 1);
    assert_int_equal(it.event.type, HWS_EVENT_MESSAGE);
    hws_span nothing = {0};
    hws_endpoint_receive(it.endpoint, 20000, &nothing, &it.event);
    feed(20000, 0x01, "c", 1);
    tick(45000); /* a ping */
    it.endpoint->since_ms = 49000;
    it.endpoint->pinged = false;
    tick(49999);
    assert_int_equal(it.event.type, HWS_EVENT_NEED_INPUT);
    tick(50000);
    assert_int_equal(it.event.close.status, HWS_ERR_MESSAGE_TIMEOUT);
}

/* Credit for control frames comes back with time: 100 in 10 s is one in 100 ms. */
static void test_control_credit_is_refilled(void **state)
{
    (void)state;
    it.options.control_burst_max = 1;
    open_at(0);
    feed(0, 0x8a, "", 0);
    assert_int_equal(it.event.type, HWS_EVENT_PONG);
    feed(100, 0x8a, "", 0);
    assert_int_equal(it.event.type, HWS_EVENT_PONG);
    feed(199, 0x8a, "", 0);
    assert_int_equal(it.event.type, HWS_EVENT_CLOSE);
    assert_int_equal(it.event.close.code, 1008);
}

/* Sending. */

static void test_sending_lengths(void **state)
{
    (void)state;
    open_at(0);
    static const size_t SIZES[] = {0, 1, 125, 126, 65535, 65536};
    static uint8_t bytes[70000], payload[65536];
    for (size_t i = 0; i < COUNT_OF(SIZES); i++) {
        const hws_message message = {.type = HWS_BINARY, .data = payload, .size = SIZES[i]};
        assert_int_equal(hws_endpoint_send(it.endpoint, &message), HWS_OK);
        const size_t size = drain(bytes, sizeof bytes);
        const hws_frame_rules rules = {0};
        hws_frame_header header;
        size_t head;
        assert_int_equal(hws_frame_header_read(bytes, size, &rules, &header, &head), HWS_OK);
        assert_int_equal(header.payload_size, SIZES[i]);
        assert_int_equal(size, head + SIZES[i]);
    }
}

/* V007. */
static void test_parts_in_sequence(void **state)
{
    (void)state;
    open_at(0);
    assert_int_equal(send_part(HWS_TEXT, HWS_MIDDLE, "x"), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(send_part(HWS_TEXT, HWS_LAST, "x"), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(send_part((hws_message_type)0, HWS_WHOLE, "x"), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(send_part((hws_message_type)9, HWS_WHOLE, "x"), HWS_ERR_INVALID_ARGUMENT);
    expect_nothing_out();

    assert_int_equal(send_part(HWS_TEXT, HWS_FIRST, "a\xe4"), HWS_OK);
    assert_int_equal(send_part(HWS_TEXT, HWS_FIRST, "x"), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(send_part(HWS_TEXT, HWS_WHOLE, "x"), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(send_part(HWS_BINARY, HWS_MIDDLE, "x"), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_endpoint_ping(it.endpoint, "p", 1), HWS_OK); /* control frames may */
    assert_int_equal(send_part(HWS_TEXT, HWS_MIDDLE, "\xb8"), HWS_OK);
    assert_int_equal(send_part(HWS_TEXT, HWS_LAST, "b"), HWS_ERR_UTF8);
    assert_int_equal(send_part(HWS_TEXT, HWS_LAST, "\xad"), HWS_OK);
    assert_int_equal(send_part(HWS_TEXT, HWS_WHOLE, "z"), HWS_OK);
    expect_output("\x01\x02"
                  "a\xe4"
                  "\x89\x01p"
                  "\x00\x01\xb8"
                  "\x80\x01\xad"
                  "\x81\x01z",
                  4 + 3 + 3 + 3 + 3);
}

/* V006. */
static void test_text_that_is_not_utf8_is_not_sent(void **state)
{
    (void)state;
    open_at(0);
    assert_int_equal(send_part(HWS_TEXT, HWS_WHOLE, "\xff"), HWS_ERR_UTF8);
    assert_int_equal(send_part(HWS_TEXT, HWS_WHOLE, "\xe4\xb8"), HWS_ERR_UTF8);
    expect_nothing_out();
    assert_int_equal(send_part(HWS_BINARY, HWS_WHOLE, "\xff"), HWS_OK);
}

static void test_nothing_is_sent_after_close(void **state)
{
    (void)state;
    open_at(0);
    assert_int_equal(hws_endpoint_close(it.endpoint, 0, 1005, (hws_text){0}),
                     HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(hws_endpoint_close(it.endpoint, 0, 0, (hws_text){0}), HWS_OK);
    expect_output("\x88\x00", 2);
    assert_int_equal(hws_endpoint_close(it.endpoint, 0, 1000, (hws_text){0}), HWS_ERR_NOT_OPEN);
    assert_int_equal(send_part(HWS_TEXT, HWS_WHOLE, "x"), HWS_ERR_NOT_OPEN);
    assert_int_equal(hws_endpoint_ping(it.endpoint, "", 0), HWS_ERR_NOT_OPEN);
    hws_blob *frame = hws_endpoint_frame(&it.memory, &(hws_message){.type = HWS_TEXT});
    assert_int_equal(hws_endpoint_share(it.endpoint, frame, NULL), HWS_ERR_NOT_OPEN);
    hws_blob_unref(frame);
    expect_nothing_out();
}

static void test_a_broadcast_is_framed_once(void **state)
{
    (void)state;
    open_at(0);
    const hws_message message = {.type = HWS_TEXT, .data = (const uint8_t *)"all", .size = 3};
    hws_blob *frame = hws_endpoint_frame(&it.memory, &message);
    assert_int_equal(hws_endpoint_share(it.endpoint, frame, NULL), HWS_OK);
    assert_int_equal(send_part(HWS_BINARY, HWS_FIRST, "1"), HWS_OK);
    assert_int_equal(hws_endpoint_share(it.endpoint, frame, NULL), HWS_ERR_INVALID_ARGUMENT);
    hws_blob_unref(frame);
    expect_output("\x81\x03"
                  "all\x02\x01"
                  "1",
                  5 + 3);
}

/* §5.3, E028. */
static void test_a_client_masks(void **state)
{
    (void)state;
    it.options.role = HWS_ROLE_CLIENT;
    open_at(0);
    assert_int_equal(send_part(HWS_TEXT, HWS_WHOLE, "abc"), HWS_OK);
    expect_output("\x81\x83\x5a\x5a\x5a\x5a\x3b\x38\x39", 9);
    it.random_fails = true;
    assert_int_equal(send_part(HWS_TEXT, HWS_WHOLE, "abc"), HWS_ERR_RANDOM);
    expect_nothing_out();
    hws_blob *frame = hws_endpoint_frame(&it.memory, &(hws_message){.type = HWS_TEXT});
    assert_int_equal(hws_endpoint_share(it.endpoint, frame, NULL), HWS_ERR_INVALID_ARGUMENT);
    hws_blob_unref(frame);
}

/* Receiving. */

/* A message whole in the input is neither copied nor does it cost an allocation. */
static void test_a_whole_frame_is_delivered_in_place(void **state)
{
    (void)state;
    open_at(0);
    const size_t calls = it.counter.calls;
    uint8_t bytes[64];
    hws_span input = {bytes, put_frame(bytes, 0x81, "hello", 5)};
    hws_endpoint_receive(it.endpoint, 0, &input, &it.event);
    assert_int_equal(it.event.type, HWS_EVENT_MESSAGE);
    assert_ptr_equal(it.event.message.data, bytes + 6);
    assert_int_equal(it.counter.calls, calls);
}

/* J005, J011: memory is the payload and a constant, and copying is linear. */
static void test_many_tiny_fragments(void **state)
{
    (void)state;
    open_at(0);
    const size_t before = it.counter.bytes_out;
    const size_t calls = it.counter.calls;
    feed(0, 0x02, "x", 1);
    for (int i = 1; i < 100000; i++) feed(0, 0x00, "x", 1);
    assert_true(it.counter.bytes_out - before <= 2 * 100000);
    assert_true(it.counter.calls - calls <= 20);
    feed(0, 0x80, "x", 1);
    assert_int_equal(it.event.type, HWS_EVENT_MESSAGE);
    assert_int_equal(it.event.message.size, 100001);
    hws_span nothing = {0};
    hws_endpoint_receive(it.endpoint, 0, &nothing, &it.event);
    assert_int_equal(it.counter.bytes_out, before); /* idle: nothing is held */
}

/* G011: a header alone reserves nothing, however much it declares. */
static void test_a_declared_length_allocates_nothing(void **state)
{
    (void)state;
    it.options.message_size_max = UINT64_MAX;
    open_at(0);
    const size_t before = it.counter.bytes_out;
    uint8_t bytes[] = {0x82, 0xff, 0, 0, 0, 0, 0x7f, 0, 0, 0, 0, 0, 0, 0, 'a'};
    hws_span input = {bytes, sizeof bytes};
    hws_endpoint_receive(it.endpoint, 0, &input, &it.event);
    assert_int_equal(it.event.type, HWS_EVENT_NEED_INPUT);
    assert_true(it.counter.bytes_out - before <=
                64 + sizeof(hws_incoming) + sizeof(hws_blob) + HWS_FRAME_HEADER_MAX);
}

static void expect_part(hws_message_part part, const char *text)
{
    assert_int_equal(it.event.type, HWS_EVENT_MESSAGE);
    assert_int_equal(it.event.message.type, HWS_TEXT);
    assert_int_equal(it.event.message.part, part);
    assert_int_equal(it.event.message.size, strlen(text));
    assert_memory_equal(it.event.message.data, text, strlen(text));
}

static void test_parts_as_they_arrive(void **state)
{
    (void)state;
    it.options.stream_parts = true;
    open_at(0);
    feed(0, 0x81, "whole", 5);
    expect_part(HWS_WHOLE, "whole");
    feed(0, 0x01, "one \xf0\x9f", 6);
    expect_part(HWS_FIRST, "one \xf0\x9f");
    feed(0, 0x00, "\x98\x80", 2);
    expect_part(HWS_MIDDLE, "\x98\x80");
    feed(0, 0x00, "", 0);
    assert_int_equal(it.event.type, HWS_EVENT_NEED_INPUT);
    feed(0, 0x89, "", 0);
    assert_int_equal(it.event.type, HWS_EVENT_PING);
    feed(0, 0x80, "", 0);
    expect_part(HWS_LAST, "");
    feed(0, 0x01, "", 0);
    assert_int_equal(it.event.type, HWS_EVENT_NEED_INPUT);
    feed(0, 0x80, "late", 4);
    expect_part(HWS_WHOLE, "late");
    feed(0, 0x01, "\xf0", 1);
    expect_part(HWS_FIRST, "\xf0");
    feed(0, 0x80, "\x28", 1);
    assert_int_equal(it.event.close.code, 1007);
}

/* V001, V002, I018: the application acts between two events of one input. */
static void test_close_and_send_between_events(void **state)
{
    (void)state;
    open_at(0);
    uint8_t bytes[64];
    size_t size = put_frame(bytes, 0x81, "one", 3);
    size += put_frame(bytes + size, 0x81, "two", 3);
    size += put_frame(bytes + size, 0x88, "\x03\xe8", 2);
    hws_span input = {bytes, size};

    hws_endpoint_receive(it.endpoint, 0, &input, &it.event);
    assert_int_equal(send_part(HWS_TEXT, HWS_WHOLE, "1"), HWS_OK);
    assert_int_equal(hws_endpoint_close(it.endpoint, 0, 4000, (hws_text){0}), HWS_OK);
    assert_memory_equal(it.event.message.data, "one", 3);
    hws_endpoint_receive(it.endpoint, 0, &input, &it.event);
    assert_int_equal(it.event.type, HWS_EVENT_CLOSE);
    assert_true(it.event.close.was_clean);
    assert_int_equal(it.event.close.code, 1000);
    hws_endpoint_receive(it.endpoint, 0, &input, &it.event);
    assert_int_equal(it.event.type, HWS_EVENT_NEED_INPUT);
    expect_output("\x81\x01"
                  "1\x88\x02\x0f\xa0",
                  7);
}

static void test_the_end_is_told_once(void **state)
{
    (void)state;
    open_at(0);
    hws_endpoint_end(it.endpoint, HWS_ERR_CONNECTION_RESET, &it.event);
    assert_int_equal(it.event.type, HWS_EVENT_CLOSE);
    assert_int_equal(it.event.close.status, HWS_ERR_CONNECTION_RESET);
    hws_endpoint_end(it.endpoint, HWS_ERR_CONNECTION_RESET, &it.event);
    assert_int_equal(it.event.type, HWS_EVENT_NEED_INPUT);
    tick(1000000);
    assert_int_equal(it.event.type, HWS_EVENT_NEED_INPUT);
}

/* O001: a scene with everything that allocates, each allocation failing in turn. */
static bool play_scene(void)
{
    static const uint8_t key_and_text[] = {0x01, 0x83, 0, 0, 0, 0, 'a', 'b', 'c'};
    uint8_t scene[256];
    size_t size = 0;
    memcpy(scene, key_and_text, sizeof key_and_text);
    size += sizeof key_and_text;
    size += put_frame(scene + size, 0x89, "ping", 4);
    size += put_frame(scene + size, 0x80, "def", 3);
    size += put_frame(scene + size, 0x82, "\1\2\3", 3);
    size += put_frame(scene + size, 0x88,
                      "\x03\xe8"
                      "bye",
                      5);

    if (hws_endpoint_new(&it.options, 0, &it.endpoint) != HWS_OK) return false;
    bool closed = false;
    for (size_t at = 0; at < size; at++) {
        hws_span input = {scene + at, 1};
        do {
            hws_endpoint_receive(it.endpoint, 0, &input, &it.event);
            if (it.event.type == HWS_EVENT_MESSAGE)
                (void)!hws_endpoint_send(it.endpoint, &it.event.message);
            if (it.event.type != HWS_EVENT_CLOSE) continue;
            assert_false(closed);
            closed = true;
            if (!it.event.close.was_clean)
                assert_int_equal(it.event.close.status, HWS_ERR_NO_MEMORY);
        } while (it.event.type != HWS_EVENT_NEED_INPUT);
        hws_endpoint_set_blocked(it.endpoint, at % 2 == 0);
    }
    assert_true(closed);
    return true;
}

static void test_every_allocation_fails_once(void **state)
{
    (void)state;
    it.options.memory = &it.memory;
    hws_endpoint_options_complete(&it.options);
    for (size_t after = 0;; after++) {
        it.counter.fail_after = after;
        const bool opened = play_scene();
        const bool done = it.counter.fail_after > 0 && opened;
        if (opened) hws_endpoint_free(it.endpoint);
        it.endpoint = NULL;
        assert_int_equal(it.counter.bytes_out, 0);
        if (done) break;
        assert_true(after < 100);
    }
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

/* A text that is refused when its place was already taken leaves no empty place behind. */
static void test_a_refused_text_leaves_no_place(void **state)
{
    (void)state;
    open_at(0);
    assert_int_equal(send_part(HWS_TEXT, HWS_WHOLE, "not a text at its end: \xed\xa0"),
                     HWS_ERR_UTF8);
    assert_int_equal(hws_endpoint_output(it.endpoint).size, 0);
    assert_null(it.endpoint->queue->last);

    assert_int_equal(send_part(HWS_TEXT, HWS_WHOLE, "a text"), HWS_OK);
    assert_int_equal(send_part(HWS_TEXT, HWS_WHOLE, "\xe4\xb8"), HWS_ERR_UTF8);
    assert_int_equal(hws_endpoint_output(it.endpoint).size, 2 + strlen("a text"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_ping_and_pong_deadlines),
        TEST(test_any_frame_is_a_sign_of_life),
        TEST(test_no_pings_when_switched_off),
        TEST(test_a_tick_far_too_late_asks_again),
        TEST(test_close_deadline),
        TEST(test_message_deadline),
        TEST(test_a_steady_sender_earns_time),
        TEST(test_the_clock_of_a_message_starts_anew),
        TEST(test_control_credit_is_refilled),
        TEST(test_sending_lengths),
        TEST(test_parts_in_sequence),
        TEST(test_text_that_is_not_utf8_is_not_sent),
        TEST(test_nothing_is_sent_after_close),
        TEST(test_a_broadcast_is_framed_once),
        TEST(test_a_client_masks),
        TEST(test_a_whole_frame_is_delivered_in_place),
        TEST(test_many_tiny_fragments),
        TEST(test_a_declared_length_allocates_nothing),
        TEST(test_parts_as_they_arrive),
        TEST(test_close_and_send_between_events),
        TEST(test_the_end_is_told_once),
        TEST(test_every_allocation_fails_once),
        TEST(test_a_refused_text_leaves_no_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
