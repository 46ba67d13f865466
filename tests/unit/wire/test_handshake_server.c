/* SPDX-License-Identifier: MIT */
#include "hawser/handshake.h"

#include "lib/heads.h"
#include "lib/vectors.h"

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define REQUEST                                                                                    \
    "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                   \
    "Sec-WebSocket-Key: " KEY "\r\nSec-WebSocket-Version: 13\r\n"
#define ANSWER                                                                                     \
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"            \
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"

static test_memory counter;
static hws_memory memory;

static void open_request(hws_http_head *head, const char *text)
{
    memory = test_memory_hook(&counter);
    assert_int_equal(head_open(head, HWS_HTTP_REQUEST, (hws_text){text, strlen(text)}, &memory),
                     HWS_OK);
}

/* The status and what HTTP makes of it, or the answer up to its empty line. */
static void tell(story *told, const hws_http_head *head, hws_status status)
{
    if (status != HWS_OK) {
        story_add_string(told, status_name(status));
        story_add_string(told, " ");
        story_add_number(told, (unsigned)hws_status_http(status));
        return;
    }
    story_add_string(told, "101");
    hws_handshake_protocols protocols = {0};
    hws_text protocol;
    for (int i = 0; hws_handshake_next_protocol(head, &protocols, &protocol); i++) {
        story_add_string(told, i == 0 ? " protocols " : ",");
        story_add(told, protocol.data, protocol.size);
    }
}

static void check(const vector *it)
{
    static story told;
    hws_http_head head;
    memory = test_memory_hook(&counter);
    hws_status status = head_open(&head, HWS_HTTP_REQUEST, vector_get(it, "request"), &memory);
    if (status == HWS_OK) status = hws_handshake_check(&head);
    told.size = 0;
    tell(&told, &head, status);
    assert_non_null(vector_get(it, "want").data);
    vector_expect(it, "want", told.text, told.size);
    hws_http_head_release(&head);
    assert_int_equal(counter.bytes_out, 0);
}

static void test_vectors(void **state)
{
    (void)state;
    vectors_run("tests/vectors/handshake_server.txt", check);
}

static void expect_key(const char *key, const char *want)
{
    char accept[HWS_HANDSHAKE_ACCEPT_SIZE];
    hws_handshake_accept_key((hws_text){key, strlen(key)}, accept);
    assert_memory_equal(accept, want, sizeof accept);
}

static void test_keys_are_answered(void **state)
{
    (void)state;
    expect_key(KEY, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="); /* RFC 6455 §1.3 */
    expect_key("x3JJHMbDL1EzLkh9GBhXDw==", "HSmrc0sMlYUkAGmm5OPpG2HaGWk=");
}

static void test_who_asks(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_asked;
    } CASES[] = {
        {"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x, WebSocket\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocketx\r\n\r\n", false},
        {"POST / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n", false},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        hws_http_head head;
        open_request(&head, CASES[i].text);
        assert_int_equal(hws_handshake_is_asked(&head), CASES[i].is_asked);
        hws_http_head_release(&head);
    }
}

static void expect_choice(const hws_http_head *head, const char *const *protocols, const char *want)
{
    const hws_text got = hws_handshake_choose(head, protocols);
    assert_int_equal(got.data == NULL, want == NULL);
    if (!want) return;
    assert_int_equal(got.size, strlen(want));
    assert_memory_equal(got.data, want, got.size);
}

static void test_the_server_chooses(void **state)
{
    (void)state;
    hws_http_head head;
    open_request(&head,
                 REQUEST "Sec-WebSocket-Protocol: chat, v1\r\nSec-WebSocket-Protocol: v2\r\n\r\n");
    assert_int_equal(hws_handshake_check(&head), HWS_OK);
    expect_choice(&head, (const char *[]){"v2", "chat", NULL}, "v2");
    expect_choice(&head, (const char *[]){"x", "v1", "chat", NULL}, "v1");
    expect_choice(&head, (const char *[]){"Chat", "v", "v11", NULL}, NULL);
    expect_choice(&head, (const char *[]){NULL}, NULL);
    expect_choice(&head, NULL, NULL);
    hws_http_head_release(&head);
}

static void expect_answer(const hws_handshake_reply *reply, const char *want)
{
    hws_http_head head;
    char text[512];
    size_t size = 7;
    open_request(&head, REQUEST "Sec-WebSocket-Protocol: chat, v1\r\n\r\n");
    assert_int_equal(hws_handshake_accept(&head, reply, text, sizeof text, &size), HWS_OK);
    assert_int_equal(size, strlen(want));
    assert_memory_equal(text, want, size);

    for (size_t room = 0; room <= strlen(want); room++) {
        char *exact = malloc(room + 1);
        assert_non_null(exact);
        exact[room] = '#';
        const hws_status status = hws_handshake_accept(&head, reply, exact, room, &size);
        assert_int_equal(status, room == strlen(want) ? HWS_OK : HWS_ERR_LIMIT);
        if (status == HWS_OK) assert_memory_equal(exact, want, size);
        assert_int_equal(exact[room], '#');
        free(exact);
    }
    hws_http_head_release(&head);
}

static void test_the_answer(void **state)
{
    (void)state;
    const hws_http_field headers[] = {
        {{"Set-Cookie", 10}, {"a=b; c", 6}},
        {{"X", 1}, {"", 0}},
        {{"Y", 1}, {"\t\xe9", 2}},
    };
    expect_answer(&(hws_handshake_reply){0}, ANSWER "\r\n");
    expect_answer(&(hws_handshake_reply){.protocol = {"v1", 2}},
                  ANSWER "Sec-WebSocket-Protocol: v1\r\n\r\n");
    expect_answer(&(hws_handshake_reply){.extensions = {"a; b", 4}},
                  ANSWER "Sec-WebSocket-Extensions: a; b\r\n\r\n");
    expect_answer(&(hws_handshake_reply){.headers = headers, .header_count = 2},
                  ANSWER "Set-Cookie: a=b; c\r\nX: \r\n\r\n");
}

static void expect_refused(const hws_handshake_reply *reply)
{
    hws_http_head head;
    char text[512];
    size_t size = 7;
    open_request(&head, REQUEST "Sec-WebSocket-Protocol: chat, v1\r\n\r\n");
    assert_int_equal(hws_handshake_accept(&head, reply, text, sizeof text, &size),
                     HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(size, 7);
    hws_http_head_release(&head);
}

/* C049, D019, D020 */
static void test_what_no_answer_may_say(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *value;
    } HEADERS[] = {
        {"X", "a\r\nY: b"},
        {"X", "a\nb"},
        {"X", "a\rb"},
        {"X", "\x7f"},
        {"X", "\x1f"},
        {"X", " a"},
        {"X", "a "},
        {"X", "a\t"},
        {"X:", "a"},
        {"X\r\nY", "a"},
        {"", "a"},
        {"X Y", "a"},
        {"upgrade", "a"},
        {"CONNECTION", "a"},
        {"Content-Length", "0"},
        {"Host", "a"},
        {"Keep-Alive", "1"},
        {"Transfer-Encoding", "chunked"},
        {"Trailer", "a"},
        {"Expect", "a"},
        {"Origin", "a"},
        {"sec-websocket-accept", "a"},
        {"Sec-WebSocket-", "a"},
        {"Sec-WebSocket-Protocol", "chat"},
    };
    for (size_t i = 0; i < COUNT_OF(HEADERS); i++) {
        const hws_http_field header = {
            {HEADERS[i].name, strlen(HEADERS[i].name)},
            {HEADERS[i].value, strlen(HEADERS[i].value)},
        };
        expect_refused(&(hws_handshake_reply){.headers = &header, .header_count = 1});
    }
    const hws_http_field zero = {{"X", 1}, {"a\0b", 3}};
    expect_refused(&(hws_handshake_reply){.headers = &zero, .header_count = 1});
    expect_refused(&(hws_handshake_reply){.protocol = {"v2", 2}});
    expect_refused(&(hws_handshake_reply){.protocol = {"V1", 2}});
    expect_refused(&(hws_handshake_reply){.protocol = {"chat, v1", 8}});
    expect_refused(&(hws_handshake_reply){.protocol = {"", 0}});
    expect_refused(&(hws_handshake_reply){.extensions = {"a\r\nX: y", 7}});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),    cmocka_unit_test(test_keys_are_answered),
        cmocka_unit_test(test_who_asks),   cmocka_unit_test(test_the_server_chooses),
        cmocka_unit_test(test_the_answer), cmocka_unit_test(test_what_no_answer_may_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
