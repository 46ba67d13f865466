/* SPDX-License-Identifier: MIT */
#include "hawser/handshake.h"

#include "base/text.h"
#include "lib/heads.h"
#include "lib/vectors.h"

/* The nonce of RFC 6455 §1.3. */
#define NONCE                                                                                      \
    {                                                                                              \
        't', 'h', 'e', ' ', 's', 'a', 'm', 'p', 'l', 'e', ' ', 'n', 'o', 'n', 'c', 'e'             \
    }
#define KEYS                                                                                       \
    "Upgrade: websocket\r\nConnection: Upgrade\r\n"                                                \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"

static test_memory counter;
static hws_memory memory;

static void check(const vector *it)
{
    static story told;
    static const char *const PROTOCOLS[] = {"chat", "v1", NULL};
    hws_url url;
    assert_int_equal(hws_url_parse(hws_text_of("ws://a/"), &url), HWS_OK);
    const hws_handshake_question question = {
        .url = &url,
        .nonce = NONCE,
        .protocols = vector_get(it, "protocols").data ? PROTOCOLS : NULL,
        .protocol_required = vector_get(it, "required").data != NULL,
        .extensions = vector_get(it, "extensions"),
    };
    memory = test_memory_hook(&counter);
    hws_http_head head;
    hws_text protocol = {"untouched", 9};
    hws_status status = head_open(&head, HWS_HTTP_RESPONSE, vector_get(it, "response"), &memory);
    if (status == HWS_OK) status = hws_handshake_verify(&question, &head, &protocol);
    told.size = 0;
    story_add_string(&told, status_name(status));
    if (status == HWS_OK && protocol.data) story_add_string(&told, " ");
    if (status == HWS_OK && protocol.data) story_add(&told, protocol.data, protocol.size);
    if (status != HWS_OK) assert_int_equal(protocol.size, 9);
    assert_non_null(vector_get(it, "want").data);
    vector_expect(it, "want", told.text, told.size);
    hws_http_head_release(&head);
    assert_int_equal(counter.bytes_out, 0);
}

static void test_vectors(void **state)
{
    (void)state;
    vectors_run("tests/vectors/handshake_client.txt", check);
}

static hws_status ask(const char *address, hws_handshake_question question, const char *want)
{
    hws_url url;
    char text[1024];
    size_t size = 7;
    const uint8_t nonce[] = NONCE;
    assert_int_equal(hws_url_parse(hws_text_of(address), &url), HWS_OK);
    question.url = &url;
    memcpy(question.nonce, nonce, sizeof nonce);
    const hws_status status = hws_handshake_ask(&question, text, sizeof text, &size);
    if (status != HWS_OK) {
        assert_int_equal(size, 7);
        return status;
    }
    assert_int_equal(size, strlen(want));
    assert_memory_equal(text, want, size);
    const size_t whole = size;
    for (size_t room = 0; room < whole; room++)
        assert_int_equal(hws_handshake_ask(&question, text, room, &size), HWS_ERR_LIMIT);
    assert_int_equal(hws_handshake_ask(&question, text, whole, &size), HWS_OK);
    return status;
}

static void test_questions(void **state)
{
    (void)state;
    const hws_handshake_question bare = {0};
    assert_int_equal(ask("ws://a", bare, "GET / HTTP/1.1\r\nHost: a\r\n" KEYS "\r\n"), HWS_OK);
    assert_int_equal(ask("ws://a:80/b?c", bare, "GET /b?c HTTP/1.1\r\nHost: a\r\n" KEYS "\r\n"),
                     HWS_OK);
    assert_int_equal(ask("ws://a?", bare, "GET /? HTTP/1.1\r\nHost: a\r\n" KEYS "\r\n"), HWS_OK);
    assert_int_equal(
        ask("wss://[::1]:80/", bare, "GET / HTTP/1.1\r\nHost: [::1]:80\r\n" KEYS "\r\n"), HWS_OK);

    const hws_http_field headers[] = {{{"Cookie", 6}, {"a=b", 3}}, {{"X", 1}, {"", 0}}};
    const hws_handshake_question full = {
        .protocols = (const char *[]){"chat", "v1", NULL},
        .extensions = {"permessage-deflate; client_max_window_bits", 42},
        .origin = {"http://a", 8},
        .headers = headers,
        .header_count = 2,
    };
    assert_int_equal(ask("ws://a/", full,
                         "GET / HTTP/1.1\r\nHost: a\r\n" KEYS "Origin: http://a\r\n"
                         "Sec-WebSocket-Protocol: chat, v1\r\n"
                         "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
                         "Cookie: a=b\r\nX: \r\n\r\n"),
                     HWS_OK);
    assert_int_equal(ask("ws://a", (hws_handshake_question){.protocols = (const char *[]){NULL}},
                         "GET / HTTP/1.1\r\nHost: a\r\n" KEYS "\r\n"),
                     HWS_OK);
}

/* E024 */
static void test_what_no_question_may_say(void **state)
{
    (void)state;
    static const char *const NAMES[] = {
        "Host",
        "upgrade",
        "Connection",
        "Sec-WebSocket-Key",
        "sec-websocket-x",
        "Origin",
        "Content-Length",
        "Transfer-Encoding",
        "Expect",
        "",
        "a b",
        "a:",
        "a\r\nb",
    };
    for (size_t i = 0; i < COUNT_OF(NAMES); i++) {
        const hws_http_field header = {hws_text_of(NAMES[i]), hws_text_of("x")};
        const hws_handshake_question question = {.headers = &header, .header_count = 1};
        assert_int_equal(ask("ws://a", question, ""), HWS_ERR_INVALID_ARGUMENT);
    }
    const hws_http_field split = {hws_text_of("X"), hws_text_of("a\r\nHost: b")};
    assert_int_equal(
        ask("ws://a", (hws_handshake_question){.headers = &split, .header_count = 1}, ""),
        HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(ask("ws://a", (hws_handshake_question){.origin = hws_text_of("a\nb")}, ""),
                     HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(ask("ws://a", (hws_handshake_question){.extensions = hws_text_of("a;;")}, ""),
                     HWS_ERR_HANDSHAKE_EXTENSION);
    assert_int_equal(ask("ws://a", (hws_handshake_question){.extensions = hws_text_of("")}, ""),
                     HWS_ERR_HANDSHAKE_EXTENSION);
}

static void test_protocols_are_tokens(void **state)
{
    (void)state;
    static const char *const BAD[][3] = {{"a b"}, {""}, {"a", "a"}, {"a,b"}, {"a", "\xc3\xa9"}};
    for (size_t i = 0; i < COUNT_OF(BAD); i++)
        assert_int_equal(ask("ws://a", (hws_handshake_question){.protocols = BAD[i]}, ""),
                         HWS_ERR_HANDSHAKE_PROTOCOL);

    static char names[HWS_HANDSHAKE_PROTOCOL_MAX + 1][8];
    const char *many[HWS_HANDSHAKE_PROTOCOL_MAX + 2] = {NULL};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        snprintf(names[i], sizeof names[i], "p%zu", i);
        many[i] = names[i];
    }
    assert_int_equal(ask("ws://a", (hws_handshake_question){.protocols = many}, ""),
                     HWS_ERR_HANDSHAKE_PROTOCOL);
    many[HWS_HANDSHAKE_PROTOCOL_MAX] = NULL;
    hws_url url;
    char text[1024];
    size_t size;
    assert_int_equal(hws_url_parse(hws_text_of("ws://a"), &url), HWS_OK);
    assert_int_equal(hws_handshake_ask(&(hws_handshake_question){.url = &url, .protocols = many},
                                       text, sizeof text, &size),
                     HWS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_what_no_question_may_say),
        cmocka_unit_test(test_protocols_are_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
