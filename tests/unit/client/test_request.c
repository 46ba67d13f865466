/* SPDX-License-Identifier: MIT */
#include "client/request.h"

#include "base/text.h"
#include "lib/cmocka.h"

#define KEY "AAECAwQFBgcICQoLDA0ODw==" /* of the bytes 0 to 15 */
#define START                                                                                      \
    "GET /chat?room=1 HTTP/1.1\r\n"                                                                \
    "Host: example.com:8080\r\n"                                                                   \
    "Upgrade: websocket\r\n"                                                                       \
    "Connection: Upgrade\r\n"                                                                      \
    "Sec-WebSocket-Key: " KEY "\r\n"                                                               \
    "Sec-WebSocket-Version: 13\r\n"

static hws_client_options options;
static hws_destination destination;
static hws_url url;
static hws_handshake_question question;
static char text[2 * HWS_REQUEST_SIZE_MAX];
static size_t size;

static int set_up(void **state)
{
    (void)state;
    options = (hws_client_options){0};
    destination = (hws_destination){.url = "ws://example.com:8080/chat?room=1"};
    question = (hws_handshake_question){.url = &url};
    for (uint8_t i = 0; i < HWS_HANDSHAKE_NONCE_SIZE; i++) question.nonce[i] = i;
    return hws_url_parse(hws_text_of(destination.url), &url) == HWS_OK ? 0 : -1;
}

static hws_status write_within(size_t size_max, bool is_own_origin)
{
    size = 77;
    return hws_request_write(&options, &destination, is_own_origin, &question, text, size_max,
                             &size);
}

static void expect_request(bool is_own_origin, const char *want)
{
    assert_int_equal(write_within(sizeof text - 1, is_own_origin), HWS_OK);
    text[size] = 0;
    assert_string_equal(text, want);
    assert_null(question.headers); /* they were valid during the call */
    assert_int_equal(question.header_count, 0);
}

static void expect_refused(hws_status want)
{
    assert_int_equal(write_within(sizeof text, true), want);
    assert_int_equal(size, 77);
    assert_null(question.headers);
    assert_int_equal(hws_request_check(&options, &destination), want);
}

static void the_least_is_what_the_rfc_wants(void **state)
{
    (void)state;
    expect_request(true, START "\r\n");
    expect_request(false, START "\r\n");
    assert_true(question.protocol_required);
    assert_int_equal(hws_request_check(&options, &destination), HWS_OK);
}

static void everything_stands_in_its_place(void **state)
{
    (void)state;
    static const hws_header headers[] = {{"User-Agent", "x/1"}, {"X-Empty", ""}};
    static const char *const protocols[] = {"chat", "superchat", NULL};
    destination.headers = headers;
    destination.header_count = COUNT_OF(headers);
    destination.bearer = "abc.def-_~+/==";
    options.cookies = "a=b; c=d";
    options.origin = "https://example.com";
    options.protocols = protocols;
    options.protocol_optional = true;
    expect_request(true, START "Origin: https://example.com\r\n"
                               "Sec-WebSocket-Protocol: chat, superchat\r\n"
                               "User-Agent: x/1\r\n"
                               "X-Empty: \r\n"
                               "Cookie: a=b; c=d\r\n"
                               "Authorization: Bearer abc.def-_~+/==\r\n"
                               "\r\n");
    assert_ptr_equal(question.protocols, protocols);
    assert_false(question.protocol_required);
    assert_int_equal(hws_request_check(&options, &destination), HWS_OK);

    /* Row E003: to another origin goes nothing that identifies the user. */
    expect_request(false, START "Origin: https://example.com\r\n"
                                "Sec-WebSocket-Protocol: chat, superchat\r\n"
                                "\r\n");
}

/* RFC 7617 §2 and §2.1. */
static void a_user_and_a_password_are_basic(void **state)
{
    (void)state;
    options.user_password = "Aladdin:open sesame";
    expect_request(true, START "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n");
    expect_request(false, START "\r\n");
    options.user_password = "test:123\xc2\xa3";
    expect_request(true, START "Authorization: Basic dGVzdDoxMjPCow==\r\n\r\n");
    options.user_password = ":";
    expect_request(true, START "Authorization: Basic Og==\r\n\r\n");
    options.user_password = "a:b:c~";
    expect_request(true, START "Authorization: Basic YTpiOmN+\r\n\r\n");
}

static void the_token_of_an_attempt_goes_before_a_password(void **state)
{
    (void)state;
    options.user_password = "a:b";
    destination.bearer = "token";
    expect_request(true, START "Authorization: Bearer token\r\n\r\n");
}

static void tokens_that_cannot_be_sent_are_refused(void **state)
{
    (void)state;
    static const char *const CASES[] = {"",    "=",    "a b",      "a=b",  "a\r\nb", "a,b",
                                        "a\"", "a\tb", "\xc3\xa9", "a==b", " a",     "a:b"};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        destination.bearer = CASES[i];
        expect_refused(HWS_ERR_INVALID_ARGUMENT);
        assert_int_equal(write_within(sizeof text, false), HWS_OK);
    }
    for (int byte = 1; byte < 256; byte++) {
        const char token[] = {'a', (char)byte, 'b', 0};
        const bool is_good = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                             (byte >= 'a' && byte <= 'z') || strchr("-._~+/", byte);
        destination.bearer = token;
        assert_int_equal(hws_request_check(&options, &destination),
                         is_good ? HWS_OK : HWS_ERR_INVALID_ARGUMENT);
    }
}

static void passwords_that_cannot_be_sent_are_refused(void **state)
{
    (void)state;
    static const char *const CASES[] = {"", "user", "a:b\n", "a\x1f:b", "a:\x7f", "\t:"};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        options.user_password = CASES[i];
        expect_refused(HWS_ERR_INVALID_ARGUMENT);
    }
    options.user_password = " :~";
    assert_int_equal(hws_request_check(&options, &destination), HWS_OK);
}

static char *repeat(char character, size_t count)
{
    static char made[HWS_REQUEST_SIZE_MAX + 1];
    assert_true(count < sizeof made);
    memset(made, character, count);
    made[count] = 0;
    return made;
}

static void credentials_have_their_sizes(void **state)
{
    (void)state;
    enum { BEARER_MAX = 8184 }; /* and "Bearer " and a zero are 8192 */
    destination.bearer = repeat('x', BEARER_MAX);
    assert_int_equal(write_within(sizeof text, true), HWS_OK);
    assert_non_null(memmem(text, size, "x\r\n\r\n", 5));
    destination.bearer = repeat('x', BEARER_MAX + 1);
    expect_refused(HWS_ERR_INVALID_ARGUMENT);

    destination.bearer = NULL;
    options.user_password = repeat(':', 4096);
    assert_int_equal(hws_request_check(&options, &destination), HWS_OK);
    assert_int_equal(write_within(sizeof text, true), HWS_OK);
    assert_non_null(memmem(text, size, "Og==\r\n\r\n", 8));
    options.user_password = repeat(':', 4097);
    expect_refused(HWS_ERR_INVALID_ARGUMENT);
}

/* Row E024. */
static void headers_that_would_say_something_else_are_refused(void **state)
{
    (void)state;
    static const hws_header CASES[] = {
        {"X", "a\r\nHost: b"},
        {"X", "a\rb"},
        {"X", "a\nb"},
        {"X", " a"},
        {"X", "a "},
        {"X", "\x7f"},
        {"X\r\nY", "a"},
        {"X:", "a"},
        {"X Y", "a"},
        {"", "a"},
        {"\xc3\xa9", "a"},
        {"Host", "b"},
        {"host", "b"},
        {"Upgrade", "h2c"},
        {"Connection", "close"},
        {"Content-Length", "5"},
        {"Transfer-Encoding", "chunked"},
        {"Expect", "100-continue"},
        {"Origin", "https://b"},
        {"Sec-WebSocket-Key", KEY},
        {"sec-websocket-anything", "x"},
        {NULL, "a"},
        {"X", NULL},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        const hws_header headers[] = {{"Good", "1"}, CASES[i]};
        destination.headers = headers;
        destination.header_count = 1;
        assert_int_equal(hws_request_check(&options, &destination), HWS_OK);
        destination.header_count = 2;
        expect_refused(HWS_ERR_INVALID_ARGUMENT);
        assert_int_equal(write_within(sizeof text, false), HWS_OK);
    }
}

/* Cookies and origins are fields, too. */
static void other_fields_stay_one_line(void **state)
{
    (void)state;
    static const char *const CASES[] = {"a\r\nb", "a\n", "\r", "\x01", "a\x7f", " a", "a\t"};
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        options.cookies = CASES[i];
        expect_refused(HWS_ERR_INVALID_ARGUMENT);
        options.cookies = NULL;
        options.origin = CASES[i];
        expect_refused(HWS_ERR_INVALID_ARGUMENT);
        options.origin = NULL;
    }
}

static void nothing_is_said_twice(void **state)
{
    (void)state;
    static const hws_header authorization[] = {{"X", "y"}, {"AUTHORIZATION", "Digest x"}};
    static const hws_header cookie[] = {{"cookie", "a=b"}};
    destination.headers = authorization;
    destination.header_count = 2;
    expect_request(true, START "X: y\r\nAUTHORIZATION: Digest x\r\n\r\n");
    destination.bearer = "t";
    expect_refused(HWS_ERR_INVALID_ARGUMENT);
    destination.bearer = NULL;
    options.user_password = "a:b";
    expect_refused(HWS_ERR_INVALID_ARGUMENT);
    options.user_password = NULL;
    options.cookies = "c=d";
    assert_int_equal(hws_request_check(&options, &destination), HWS_OK);

    destination.headers = cookie;
    destination.header_count = 1;
    expect_refused(HWS_ERR_INVALID_ARGUMENT);
    options.cookies = NULL;
    destination.bearer = "t";
    expect_request(true, START "cookie: a=b\r\nAuthorization: Bearer t\r\n\r\n");
}

static void subprotocols_are_tokens_and_each_named_once(void **state)
{
    (void)state;
    static const char *const none[] = {NULL};
    static const char *const twice[] = {"a", "b", "a", NULL};
    static const char *const spaced[] = {"a b", NULL};
    static const char *const cases[] = {"a", "A", NULL};
    options.protocols = none;
    expect_request(true, START "\r\n");
    options.protocols = cases;
    assert_int_equal(hws_request_check(&options, &destination), HWS_OK);
    options.protocols = twice;
    expect_refused(HWS_ERR_HANDSHAKE_PROTOCOL);
    options.protocols = spaced;
    expect_refused(HWS_ERR_HANDSHAKE_PROTOCOL);
}

static void as_many_headers_are_sent_as_may_be_added(void **state)
{
    (void)state;
    hws_header headers[HWS_CLIENT_HEADER_MAX];
    for (size_t i = 0; i < COUNT_OF(headers); i++) headers[i] = (hws_header){"X", "y"};
    destination.headers = headers;
    destination.header_count = HWS_CLIENT_HEADER_MAX;
    destination.bearer = "t";
    options.cookies = "a=b";
    assert_int_equal(write_within(sizeof text - 1, true), HWS_OK);
    text[size] = 0;
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, "\r\nX: y")); at++) count++;
    assert_int_equal(count, HWS_CLIENT_HEADER_MAX);
    assert_non_null(strstr(text, "\r\nCookie: a=b\r\nAuthorization: Bearer t\r\n\r\n"));
}

static void a_request_has_its_size(void **state)
{
    (void)state;
    const size_t least = strlen(START "\r\n");
    assert_int_equal(write_within(least, true), HWS_OK);
    assert_int_equal(size, least);
    assert_int_equal(write_within(least - 1, true), HWS_ERR_LIMIT);
    assert_int_equal(size, 77);

    const size_t field = strlen("Cookie: \r\n");
    options.cookies = repeat('c', HWS_REQUEST_SIZE_MAX - least - field);
    assert_int_equal(hws_request_check(&options, &destination), HWS_OK);
    options.cookies = repeat('c', HWS_REQUEST_SIZE_MAX - least - field + 1);
    assert_int_equal(hws_request_check(&options, &destination), HWS_ERR_INVALID_ARGUMENT);
}

/* Row E023. */
static void urls_that_are_none_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        hws_status want;
    } CASES[] = {
        {"ws://a/#", HWS_ERR_URL_FRAGMENT},
        {"ws://u@a/", HWS_ERR_URL_USERINFO},
        {"ws:///", HWS_ERR_URL_HOST},
        {"ws://[fe80::1%25eth0]/", HWS_ERR_URL_HOST},
        {"ws://a:0/", HWS_ERR_URL_PORT},
        {"ws://a:65536/", HWS_ERR_URL_PORT},
        {"ws://\xc3\xa9/", HWS_ERR_URL_HOST},
        {"ftp://a/", HWS_ERR_URL_SCHEME},
        {"", HWS_ERR_URL_SCHEME},
        {"ws://a/\r\nX: y", HWS_ERR_URL_PATH},
        {"https://a:65535/x?y", HWS_OK},
        {"wss://[::1]", HWS_OK},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        destination.url = CASES[i].url;
        assert_int_equal(hws_request_check(&options, &destination), CASES[i].want);
    }
}

#define TEST(function) cmocka_unit_test_setup(function, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_least_is_what_the_rfc_wants),
        TEST(everything_stands_in_its_place),
        TEST(a_user_and_a_password_are_basic),
        TEST(the_token_of_an_attempt_goes_before_a_password),
        TEST(tokens_that_cannot_be_sent_are_refused),
        TEST(passwords_that_cannot_be_sent_are_refused),
        TEST(credentials_have_their_sizes),
        TEST(headers_that_would_say_something_else_are_refused),
        TEST(other_fields_stay_one_line),
        TEST(nothing_is_said_twice),
        TEST(subprotocols_are_tokens_and_each_named_once),
        TEST(as_many_headers_are_sent_as_may_be_added),
        TEST(a_request_has_its_size),
        TEST(urls_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
