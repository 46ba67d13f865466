/* SPDX-License-Identifier: MIT */
#include "base/text.h"
#include "lib/test_memory.h"
#include "lib/vectors.h"
#include "net/proxy.h"

typedef struct fixture {
    test_memory counter;
    hws_memory memory;
    hws_proxy proxy;
    hws_proxy_talk talk;
    hws_buffer output;
} fixture;

static fixture it_is;

static hws_status open_talk(hws_text url, hws_text host, uint16_t port)
{
    it_is = (fixture){0};
    it_is.memory = test_memory_hook(&it_is.counter);
    assert_int_equal(hws_proxy_parse(url, &it_is.proxy), HWS_OK);
    return hws_proxy_talk_init(&it_is.talk, &it_is.proxy, host, port, &it_is.memory, &it_is.output);
}

static void close_talk(void)
{
    hws_proxy_talk_release(&it_is.talk);
    hws_buffer_release(&it_is.output, &it_is.memory);
    assert_int_equal(it_is.counter.bytes_out, 0);
}

static uint16_t port_of(const vector *it)
{
    uint64_t port = 0;
    assert_true(hws_text_parse_number(vector_get(it, "port"), UINT16_MAX, &port));
    return (uint16_t)port;
}

static void tell_end(story *told, hws_status status, bool done)
{
    if (status != HWS_OK) {
        story_add_string(told, status_name(status));
        if (it_is.talk.text[0]) story_add_string(told, ": ");
        story_add_string(told, it_is.talk.text);
        hws_span none = {NULL, 0};
        const hws_status again = hws_proxy_talk_receive(&it_is.talk, &none, &it_is.output, &done);
        assert_int_equal(again, status);
    } else if (!done) {
        story_add_string(told, "more");
    }
}

/* Feeds a piece from a place of its own, so that reading past its end is noticed. */
static hws_status feed(story *told, hws_text bytes, bool *done)
{
    uint8_t *piece = malloc(bytes.size);
    assert_non_null(piece);
    memcpy(piece, bytes.data, bytes.size);
    hws_span input = {piece, bytes.size};
    const bool was_done = *done;
    const hws_status status = hws_proxy_talk_receive(&it_is.talk, &input, &it_is.output, done);

    if (was_done) assert_true(*done && input.size == bytes.size);
    if (status == HWS_OK && !*done) assert_int_equal(input.size, 0);
    if (*done && !was_done) story_add_string(told, "open|");
    if (*done) story_add(told, (const char *)input.data, input.size);
    free(piece);
    return status;
}

static void tell_talk(story *told, hws_text bytes, size_t first, size_t step, const vector *it)
{
    hws_status status = open_talk(vector_get(it, "url"), vector_get(it, "host"), port_of(it));
    bool done = false;
    if (status != HWS_OK) {
        story_add_string(told, "at once ");
        bytes.size = 0;
    }
    for (size_t at = 0, size = first; at < bytes.size && status == HWS_OK;
         at += size, size = step) {
        if (size > bytes.size - at) size = bytes.size - at;
        status = feed(told, (hws_text){bytes.data + at, size}, &done);
    }
    tell_end(told, status, done);
    vector_expect(it, "sent", (const char *)it_is.output.data, it_is.output.size);
    close_talk();
}

static void check(const vector *it)
{
    vector_expect_story(it, tell_talk);
}

static void test_vectors(void **state)
{
    (void)state;
    vectors_run("tests/vectors/proxy_talk.txt", check);
}

/* E026: what never ends is not kept. */
static void test_a_head_without_end(void **state)
{
    (void)state;
    static uint8_t bytes[4096];
    memset(bytes, 'a', sizeof bytes);
    memcpy(bytes, "HTTP/1.1 200 OK\r\na: ", 20);
    assert_int_equal(open_talk(hws_text_of("http://p"), hws_text_of("a"), 443), HWS_OK);
    bool done = false;
    hws_status status = HWS_OK;
    size_t sent = 0;
    for (; status == HWS_OK && sent < 1 << 30; sent += sizeof bytes) {
        hws_span input = {bytes, sizeof bytes};
        status = hws_proxy_talk_receive(&it_is.talk, &input, &it_is.output, &done);
        memset(bytes, 'a', sizeof bytes);
    }
    assert_int_equal(status, HWS_ERR_PROXY_PROTOCOL);
    assert_true(sent <= 5 * sizeof bytes);
    assert_true(it_is.counter.bytes_peak < 40000);
    assert_false(done);
    close_talk();
}

/* A proxy may be made by hand, and its credentials with it. */
static void test_credentials_that_cannot_be_decoded(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"%", "%4", "%zz", "a%00", " ", "\x7f", "\xc3\xa4", "a\r\n"};
    static const hws_proxy_kind KINDS[] = {HWS_PROXY_HTTP, HWS_PROXY_HTTPS, HWS_PROXY_SOCKS5,
                                           HWS_PROXY_SOCKS5H};
    for (size_t i = 0; i < 2 * 4 * sizeof TEXTS / sizeof *TEXTS; i++) {
        const hws_text bad = hws_text_of(TEXTS[i / 8]);
        const bool in_user = i % 2 == 0;
        it_is = (fixture){0};
        it_is.memory = test_memory_hook(&it_is.counter);
        it_is.proxy = (hws_proxy){.kind = KINDS[i / 2 % 4],
                                  .user = in_user ? bad : hws_text_of("user"),
                                  .password = in_user ? hws_text_of("password") : bad};
        assert_int_equal(hws_proxy_talk_init(&it_is.talk, &it_is.proxy, hws_text_of("a"), 443,
                                             &it_is.memory, &it_is.output),
                         HWS_ERR_INVALID_ARGUMENT);
        assert_int_equal(it_is.output.size, 0);
        close_talk();
    }
}

/* Whoever sends several things to a proxy keeps what was there. */
static void test_output_is_added_to(void **state)
{
    (void)state;
    it_is = (fixture){0};
    it_is.memory = test_memory_hook(&it_is.counter);
    assert_int_equal(hws_proxy_parse(hws_text_of("socks5://u:p@a"), &it_is.proxy), HWS_OK);
    assert_int_equal(hws_buffer_append(&it_is.output, &it_is.memory, "before", 6, 100), HWS_OK);
    assert_int_equal(hws_proxy_talk_init(&it_is.talk, &it_is.proxy, (hws_text){NULL, 0}, 443,
                                         &it_is.memory, &it_is.output),
                     HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(it_is.output.size, 6);
    assert_int_equal(hws_proxy_talk_init(&it_is.talk, &it_is.proxy, hws_text_of("b"), 443,
                                         &it_is.memory, &it_is.output),
                     HWS_OK);
    assert_int_equal(it_is.output.size, 10);
    assert_memory_equal(it_is.output.data, "before\x05\x02\x00\x02", 10);
    close_talk();
}

/* Receives `answer`, with memory for `fail_after` allocations.  Returns how many there were. */
static size_t memory_calls(const char *url, hws_text answer, size_t fail_after, hws_status want)
{
    uint8_t bytes[256];
    memcpy(bytes, answer.data, answer.size);
    it_is = (fixture){0};
    it_is.memory = test_memory_hook(&it_is.counter);
    it_is.counter.fail_after = fail_after;
    assert_int_equal(hws_proxy_parse(hws_text_of(url), &it_is.proxy), HWS_OK);

    bool done = false;
    hws_status status = hws_proxy_talk_init(&it_is.talk, &it_is.proxy, hws_text_of("example.com"),
                                            443, &it_is.memory, &it_is.output);
    if (status != HWS_OK) assert_int_equal(it_is.output.size, 0);
    for (size_t at = 0; at < answer.size && status == HWS_OK; at++) {
        hws_buffer_release(&it_is.output, &it_is.memory); /* it was sent */
        hws_span input = {bytes + at, 1};
        status = hws_proxy_talk_receive(&it_is.talk, &input, &it_is.output, &done);
    }
    assert_int_equal(status, want);
    assert_int_equal(done, want == HWS_OK);
    const size_t calls = it_is.counter.calls;
    it_is.counter.fail_after = SIZE_MAX;
    hws_span none = {NULL, 0};
    assert_int_equal(hws_proxy_talk_receive(&it_is.talk, &none, &it_is.output, &done), want);
    close_talk();
    return calls;
}

static void test_no_memory(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        hws_text answer;
    } TALKS[] = {
        {"http://user:password@a", {"HTTP/1.1 200 OK\r\nA: b\r\n\r\n", 25}},
        {"socks5://u:p@a", {"\5\2\1\0\5\0\0\1abcdpp", 14}},
    };
    for (size_t t = 0; t < 2; t++) {
        const size_t calls = memory_calls(TALKS[t].url, TALKS[t].answer, SIZE_MAX, HWS_OK);
        assert_true(calls >= 3);
        for (size_t i = 0; i < calls; i++)
            memory_calls(TALKS[t].url, TALKS[t].answer, i, HWS_ERR_NO_MEMORY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_a_head_without_end),
        cmocka_unit_test(test_credentials_that_cannot_be_decoded),
        cmocka_unit_test(test_output_is_added_to),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
