/* SPDX-License-Identifier: MIT */
#include "http/h1.h"

#include "base/text.h"
#include "lib/h1_fixture.h"

/* The application: the path says what it does. */

static bool path_is(hws_request *request, const char *path)
{
    return hws_text_equal(hws_request_path(request), hws_text_of(path));
}

static hws_stream *taken;
static uint8_t early[65536];
static size_t early_size;
static hws_status second_answer;

static void new_owner_receives(void *owner, hws_span bytes)
{
    (void)owner;
    (void)bytes;
}

static void new_owner_ends(void *owner, hws_status why)
{
    (void)owner;
    (void)why;
}

static void new_owner_sent(void *owner)
{
    (void)owner;
}

static void take_stream(hws_h1 *h1)
{
    static const hws_stream_owner NEW_OWNER = {.on_receive = new_owner_receives,
                                               .on_end = new_owner_ends,
                                               .on_sent = new_owner_sent,
                                               .on_ready = NULL};
    hws_span bytes;
    assert_int_equal(hws_queue_append(&hws_h1_stream(h1)->queue, "101", 3), HWS_OK);
    hws_stream_flush(hws_h1_stream(h1));
    taken = hws_h1_take_stream(h1, &bytes);
    assert_true(bytes.size <= sizeof early);
    if (bytes.size > 0) memcpy(early, bytes.data, bytes.size);
    early_size = bytes.size;
    hws_stream_own(taken, &NEW_OWNER, NULL);
    it.h1 = NULL;
}

static hws_status echo(hws_request *request)
{
    static char body[70000];
    const hws_text method = hws_request_method(request);
    const hws_text path = hws_request_path(request);
    const hws_text content = hws_request_body(request);
    const int size = snprintf(body, sizeof body, "%.*s %.*s %.*s", (int)method.size, method.data,
                              (int)path.size, path.data, (int)content.size, content.data);
    return hws_request_respond(request, &(hws_response){.body = body, .body_size = (size_t)size});
}

static uint8_t big_body[100 * 1024];

static void respond_big(hws_request *request)
{
    const hws_response response = {.body = big_body, .body_size = sizeof big_body};
    assert_int_equal(hws_request_respond(request, &response), HWS_OK);
}

static void on_request(hws_request *request)
{
    hws_h1 *h1 = hws_request_h1(request);
    assert_ptr_equal(hws_h1_request(h1), request);
    if (path_is(request, "/hold")) {
        hws_h1_hold(h1);
    } else if (path_is(request, "/take")) {
        take_stream(h1);
    } else if (path_is(request, "/hold-and-take")) {
        hws_h1_hold(h1);
        take_stream(h1);
    } else if (path_is(request, "/hold-and-close")) {
        hws_h1_hold(h1);
        hws_h1_close(h1);
        assert_true(path_is(request, "/hold-and-close"));
        it.h1 = NULL;
    } else if (path_is(request, "/hold-and-answer")) {
        hws_h1_hold(h1);
        second_answer = echo(request);
    } else if (path_is(request, "/close-and-answer")) {
        hws_h1_close(h1);
        it.h1 = NULL;
        second_answer = echo(request);
    } else if (path_is(request, "/close-and-forget")) {
        hws_h1_close(h1);
        it.h1 = NULL;
    } else if (path_is(request, "/twice")) {
        second_answer = echo(request);
        second_answer = echo(request);
    } else if (path_is(request, "/big")) {
        respond_big(request);
    } else if (path_is(request, "/refuse")) {
        hws_request_refuse(request, HWS_ERR_HANDSHAKE_VERSION);
    } else if (!path_is(request, "/forget")) {
        second_answer = echo(request);
    }
}

static int set_up(void **state)
{
    (void)state;
    it.options = (hws_h1_options){.body_size_max = 64, .request_count_max = 5};
    it.on_request = on_request;
    taken = NULL;
    early_size = 0;
    h1_fixture_loop();
    assert_int_equal(h1_fixture_connect(), HWS_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    if (taken) {
        hws_stream_close(taken, 0);
        h1_fixture_settle();
    } else {
        h1_fixture_disconnect();
    }
    h1_fixture_free();
    return 0;
}

/* Transcripts: these bytes in, those bytes out, however they are cut. */

#define OK_ANSWER(size, body) "HTTP/1.1 200 OK\r\nContent-Length: " size "\r\n\r\n" body
#define LAST_ANSWER(size, body)                                                                    \
    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " size "\r\n\r\n" body
#define REFUSAL(status, size, text)                                                                \
    "HTTP/1.1 " status "\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\n"      \
    "Content-Length: " size "\r\n\r\n" text "\n"
#define BAD_REQUEST REFUSAL("400 Bad Request", "15", "malformed HTTP")
#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"
#define POST(fields) "POST /p HTTP/1.1\r\nHost: a\r\n" fields "\r\n"

typedef struct transcript {
    const char *in;
    const char *out;
    bool closes;
} transcript;

static const transcript TRANSCRIPTS[] = {
    {GET("/a"), OK_ANSWER("7", "GET /a "), false},
    {"\r\n\r\n" GET("/a"), OK_ANSWER("7", "GET /a "), false},
    {GET("/a?b=c"), OK_ANSWER("7", "GET /a "), false},
    {GET("/%61/../b/./c//d"), OK_ANSWER("11", "GET /b/c/d "), false},
    {"HEAD /a HTTP/1.1\r\nHost: a\r\n\r\n", OK_ANSWER("8", ""), false},
    {"DELETE /a HTTP/1.1\r\nHost: a\r\n\r\n", OK_ANSWER("10", "DELETE /a "), false},
    {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", OK_ANSWER("10", "OPTIONS * "), false},

    /* One after the other, and all at once; the last one's wish is the connection's. */
    {GET("/a") GET("/b") GET("/c"),
     OK_ANSWER("7", "GET /a ") OK_ANSWER("7", "GET /b ") OK_ANSWER("7", "GET /c "), false},
    {GET("/a") "GET /b HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n" GET("/c"),
     OK_ANSWER("7", "GET /a ") LAST_ANSWER("7", "GET /b "), true},
    {GET("/1") GET("/2") GET("/3") GET("/4") GET("/5") GET("/6"),
     OK_ANSWER("7", "GET /1 ") OK_ANSWER("7", "GET /2 ") OK_ANSWER("7", "GET /3 ")
         OK_ANSWER("7", "GET /4 ") LAST_ANSWER("7", "GET /5 "),
     true},

    /* HTTP/1.0: one request. */
    {"GET /a HTTP/1.0\r\n\r\n", LAST_ANSWER("7", "GET /a "), true},
    {"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" GET("/b"), LAST_ANSWER("7", "GET /a "),
     true},

    /* Bodies of either framing. */
    {POST("Content-Length: 5\r\n") "hello" GET("/a"),
     OK_ANSWER("13", "POST /p hello") OK_ANSWER("7", "GET /a "), false},
    {POST("Content-Length: 0\r\n") GET("/a"), OK_ANSWER("8", "POST /p ") OK_ANSWER("7", "GET /a "),
     false},
    {POST("Transfer-Encoding: chunked\r\n") "3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nTr: ailer\r\n\r\n" GET(
         "/a"),
     OK_ANSWER("13", "POST /p hello") OK_ANSWER("7", "GET /a "), false},
    {POST("Transfer-Encoding: chunked\r\n") "0\r\n\r\n", OK_ANSWER("8", "POST /p "), false},
    {POST("Content-Length: 64\r\n") "01234567890123456789012345678901234567890123456789012345678901"
                                    "23",
     OK_ANSWER("72", "POST /p 0123456789012345678901234567890123456789012345678901234567890123"),
     false},

    /* Waiting for leave to send the body (RFC 9110 §10.1.1). */
    {POST("Content-Length: 2\r\nExpect: 100-Continue\r\n") "ab",
     "HTTP/1.1 100 Continue\r\n\r\n" OK_ANSWER("10", "POST /p ab"), false},
    {POST("Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n") "0\r\n\r\n",
     "HTTP/1.1 100 Continue\r\n\r\n" OK_ANSWER("8", "POST /p "), false},
    {POST("Content-Length: 0\r\nExpect: 100-continue\r\n"), OK_ANSWER("8", "POST /p "), false},
    {"POST /p HTTP/1.0\r\nContent-Length: 2\r\nExpect: anything\r\n\r\nab",
     LAST_ANSWER("10", "POST /p ab"), true},
    {POST("Content-Length: 2\r\nExpect: 200-ok\r\n") "ab" GET("/a"),
     REFUSAL("417 Expectation Failed", "36", "HTTP expectation that cannot be met"), true},
    {POST("Content-Length: 65\r\nExpect: 100-continue\r\n"),
     REFUSAL("413 Content Too Large", "25", "HTTP body over the limit"), true},

    /* Refused: nothing behind it is looked at (C037), nothing of it is repeated (C050). */
    {"GET /<script> HTTP/1.1\r\nHost : a\r\n\r\n" GET("/a"), BAD_REQUEST, true},
    {"GET /a HTTP/1.1\nHost: a\n\n" GET("/a"), BAD_REQUEST, true},
    {"GET /a HTTP/1.1\r\n\r\n" GET("/a"),
     REFUSAL("400 Bad Request", "39", "HTTP Host missing, repeated or invalid"), true},
    {"GET /a HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
     REFUSAL("400 Bad Request", "40", "HTTP field repeated that may stand once"), true},
    {"GET /a%2Fb HTTP/1.1\r\nHost: a\r\n\r\n" GET("/a"), BAD_REQUEST, true},
    {"GET /a HTTP/2.0\r\nHost: a\r\n\r\n",
     REFUSAL("505 HTTP Version Not Supported", "27", "HTTP version not supported"), true},
    {"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
     REFUSAL("501 Not Implemented", "28", "HTTP method not implemented"), true},
    {POST("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n") "0\r\n\r\n" GET("/a"),
     REFUSAL("400 Bad Request", "33", "HTTP body of an ambiguous length"), true},
    {POST("Content-Length: 1\r\nContent-Length: 2\r\n") "ab",
     REFUSAL("400 Bad Request", "40", "HTTP field repeated that may stand once"), true},
    {POST("Transfer-Encoding: gzip, chunked\r\n"),
     REFUSAL("501 Not Implemented", "37", "HTTP transfer coding not implemented"), true},
    {POST("Content-Length: 65\r\n"),
     REFUSAL("413 Content Too Large", "25", "HTTP body over the limit"), true},
    {POST("Transfer-Encoding: chunked\r\n") "41\r\n"
                                            "012345678901234567890123456789012345678901234567890123"
                                            "45678901234\r\n0\r\n\r\n",
     REFUSAL("413 Content Too Large", "25", "HTTP body over the limit"), true},
    {POST("Transfer-Encoding: chunked\r\n") "x\r\n" GET("/a"), BAD_REQUEST, true},
    {GET("/a") "nonsense\r\n\r\n" GET("/a"), OK_ANSWER("7", "GET /a ") BAD_REQUEST, true},
    {GET("/refuse") GET("/a"),
     "HTTP/1.1 426 Upgrade Required\r\nConnection: close, Upgrade\r\n"
     "Content-Type: text/plain; charset=utf-8\r\nUpgrade: websocket\r\n"
     "Sec-WebSocket-Version: 13\r\nContent-Length: 32\r\n\r\nSec-WebSocket-Version is not 13\n",
     true},

    /* What an application may do. */
    {GET("/forget") GET("/a"),
     REFUSAL("500 Internal Server Error", "29", "the request was not answered"), true},
    {GET("/twice") GET("/a"), OK_ANSWER("11", "GET /twice ") OK_ANSWER("7", "GET /a "), false},
    {GET("/hold-and-answer") GET("/a"),
     OK_ANSWER("21", "GET /hold-and-answer ") OK_ANSWER("7", "GET /a "), false},
    {GET("/hold-and-close") GET("/a"),
     "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n"
     "Content-Type: text/plain; charset=utf-8\r\nRetry-After: n\r\nContent-Length: 11\r\n\r\n"
     "going away\n",
     true},
    {GET("/close-and-answer") GET("/a"), LAST_ANSWER("22", "GET /close-and-answer "), true},
    {GET("/close-and-forget") GET("/a"),
     "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n"
     "Content-Type: text/plain; charset=utf-8\r\nRetry-After: n\r\nContent-Length: 11\r\n\r\n"
     "going away\n",
     true},
};

static void check_transcript(const transcript *expected)
{
    assert_string_equal(h1_fixture_output(), expected->out);
    assert_int_equal(it.peer.closed, expected->closes);
    if (expected->closes) assert_int_equal(it.peer.linger_ms, 1000);
    h1_fixture_disconnect();
    assert_string_equal(h1_fixture_output(), expected->out);
    assert_int_equal(h1_fixture_connect(), HWS_OK);
}

static void test_transcripts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(TRANSCRIPTS); i++) {
        const transcript *each = &TRANSCRIPTS[i];
        const size_t size = strlen(each->in);
        h1_fixture_feed(each->in, size, 1);
        check_transcript(each);
        for (size_t cut = 1; cut <= size; cut++) {
            h1_fixture_feed(each->in, cut, SIZE_MAX);
            if (cut < size) h1_fixture_feed(each->in + cut, size - cut, SIZE_MAX);
            check_transcript(each);
        }
    }
}

/* Whatever runs out of memory: the connection ends, or answers 503; nothing stays behind. */
static void test_every_failing_allocation(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(TRANSCRIPTS); i++) {
        const char *in = TRANSCRIPTS[i].in;
        h1_fixture_disconnect();
        for (size_t n = 0;; n++) {
            /* What the loop keeps for itself is made anew each time. */
            h1_fixture_free();
            h1_fixture_loop();
            it.counter.calls = 0;
            it.counter.fail_after = n;
            if (h1_fixture_connect() == HWS_OK) {
                h1_fixture_feed(in, strlen(in), SIZE_MAX);
                h1_fixture_disconnect();
            } else {
                assert_true(it.peer.closed);
            }
            if (it.counter.calls <= n) break;
        }
        it.counter.fail_after = SIZE_MAX;
        assert_int_equal(h1_fixture_connect(), HWS_OK);
    }
}

/* Limits of the head. */

static void send_head_of(size_t size)
{
    static char head[40000];
    const size_t line_max = 8000;
    size_t at = (size_t)snprintf(head, sizeof head, "GET /a HTTP/1.1\r\nHost: a\r\n");
    while (at < size - 2) {
        size_t line = size - 2 - at;
        if (line > line_max) line = line - line_max < 8 ? line - 8 : line_max;
        memset(head + at, 'x', line);
        memcpy(head + at, "x:", 2);
        memcpy(head + at + line - 2, "\r\n", 2);
        at += line;
    }
    memcpy(head + at, "\r\n", 2);
    h1_fixture_feed(head, size, SIZE_MAX);
}

static void test_size_of_a_head(void **state)
{
    (void)state;
    send_head_of(16384);
    assert_string_equal(h1_fixture_output(), OK_ANSWER("7", "GET /a "));
    send_head_of(16385);
    assert_non_null(strstr(h1_fixture_output(), "HTTP/1.1 431 "));
    assert_true(it.peer.closed);
}

/* L_pre: what somebody costs who has not said all yet. */
static void test_memory_before_a_request_is_whole(void **state)
{
    (void)state;
    const size_t before = it.bytes_before;
    h1_fixture_feed("GET /a HTTP/1.1\r\nHost: a\r\n", 26, SIZE_MAX);
    for (size_t i = 0; i < 16300 / 10; i++) h1_fixture_feed("x: 345678\r\n", 11, SIZE_MAX);
    assert_true(it.counter.bytes_peak - before < 32 * 1024);
}

static void test_idle_connection_owns_one_block(void **state)
{
    (void)state;
    h1_fixture_send(GET("/warm-up"));
    h1_fixture_disconnect();
    const size_t before = it.counter.bytes_out;
    assert_int_equal(h1_fixture_connect(), HWS_OK);
    const size_t idle = it.counter.bytes_out;
    assert_int_equal(idle - before, sizeof(hws_h1));
    assert_true(idle - before < 1024);
    h1_fixture_send(POST("Content-Length: 2\r\n") "ab" GET("/a"));
    assert_int_equal(it.counter.bytes_out, idle);
    h1_fixture_disconnect();
    assert_int_equal(it.counter.bytes_out, before);
    assert_int_equal(h1_fixture_connect(), HWS_OK);
}

/* Time. */

static void test_silence_is_closed_silently(void **state)
{
    (void)state;
    h1_fixture_pass(9999);
    assert_false(it.peer.closed);
    h1_fixture_pass(1);
    assert_true(it.peer.closed);
    assert_int_equal(it.close_count, 1);
    assert_string_equal(h1_fixture_output(), "");
}

static void test_head_in_time(void **state)
{
    (void)state;
    h1_fixture_pass(5000);
    h1_fixture_send("GET /a HTTP/1.1\r\n");
    h1_fixture_pass(4999);
    h1_fixture_send("Host: a\r\n");
    assert_false(it.peer.closed);
    h1_fixture_pass(1);
    assert_string_equal(h1_fixture_output(), REFUSAL("408 Request Timeout", "37",
                                                     "HTTP request took too long to arrive"));
    assert_true(it.peer.closed);
    assert_int_equal(it.close_count, 1);
    assert_int_equal(it.request_count, 0);
}

static void test_body_in_time(void **state)
{
    (void)state;
    h1_fixture_pass(9999);
    h1_fixture_send(POST("Content-Length: 2\r\n") "a");
    h1_fixture_pass(29999);
    assert_false(it.peer.closed);
    h1_fixture_pass(1);
    assert_non_null(strstr(h1_fixture_output(), "HTTP/1.1 408 "));
    assert_true(it.peer.closed);
}

static void test_idle_between_requests(void **state)
{
    (void)state;
    h1_fixture_send(GET("/a"));
    h1_fixture_pass(59999);
    assert_false(it.peer.closed);
    h1_fixture_send(GET("/a"));
    h1_fixture_pass(59999);
    assert_false(it.peer.closed);
    h1_fixture_pass(1);
    assert_true(it.peer.closed);
    assert_string_equal(h1_fixture_output(), OK_ANSWER("7", "GET /a ") OK_ANSWER("7", "GET /a "));
}

static void test_next_head_in_time(void **state)
{
    (void)state;
    h1_fixture_send(GET("/a"));
    h1_fixture_pass(59999);
    h1_fixture_send("G");
    h1_fixture_pass(9999);
    h1_fixture_send("E");
    assert_false(it.peer.closed);
    h1_fixture_pass(1);
    assert_non_null(strstr(h1_fixture_output(), "HTTP/1.1 408 "));
    assert_true(it.peer.closed);
}

/* Ends. */

static void test_end_before_anything(void **state)
{
    (void)state;
    fake_stream_end(&it.peer, HWS_OK);
    h1_fixture_settle();
    assert_true(it.peer.closed);
    assert_int_equal(it.close_count, 1);
    assert_string_equal(h1_fixture_output(), "");
}

static void test_end_within_a_request(void **state)
{
    (void)state;
    h1_fixture_send(GET("/a") "GET /b");
    fake_stream_end(&it.peer, HWS_OK);
    h1_fixture_settle();
    assert_true(it.peer.closed);
    assert_string_equal(h1_fixture_output(), OK_ANSWER("7", "GET /a "));
}

static void test_end_within_a_body(void **state)
{
    (void)state;
    h1_fixture_send(POST("Content-Length: 2\r\n") "a");
    fake_stream_end(&it.peer, HWS_OK);
    assert_true(it.peer.closed);
    assert_int_equal(it.close_count, 1);
    assert_string_equal(h1_fixture_output(), "");
}

static void test_answer_leaves_after_the_peers_end(void **state)
{
    (void)state;
    assert_true(fake_stream_give(&it.peer, GET("/a"), strlen(GET("/a"))));
    fake_stream_end(&it.peer, HWS_OK);
    assert_false(it.peer.closed);
    assert_int_equal(it.close_count, 0);
    h1_fixture_settle();
    assert_true(it.peer.closed);
    assert_int_equal(it.close_count, 1);
    assert_string_equal(h1_fixture_output(), OK_ANSWER("7", "GET /a "));
}

static void test_reset_ends_at_once(void **state)
{
    (void)state;
    assert_true(fake_stream_give(&it.peer, GET("/a"), strlen(GET("/a"))));
    fake_stream_end(&it.peer, HWS_ERR_CONNECTION_RESET);
    assert_true(it.peer.closed);
    assert_int_equal(it.peer.linger_ms, 0);
    assert_int_equal(it.close_count, 1);
}

/* The last answer leaves before the connection does, however slowly it is read. */
static void test_close_waits_for_the_answer(void **state)
{
    (void)state;
    static const char LAST[] = "GET /a HTTP/1.0\r\n\r\n";
    assert_true(fake_stream_give(&it.peer, LAST, strlen(LAST)));
    const size_t size = it.peer.stream.queue.size;
    for (size_t i = 1; i < size; i++) {
        assert_int_equal(fake_stream_take(&it.peer, 1), 1);
        it.loop->now_ms += 5000;
        hws_alarms_ring(it.loop);
        assert_false(it.peer.closed);
    }
    assert_int_equal(fake_stream_take(&it.peer, 1), 1);
    assert_true(it.peer.closed);
    assert_int_equal(it.peer.linger_ms, 1000);
}

static void test_owner_closes_while_idle(void **state)
{
    (void)state;
    hws_h1_close(it.h1);
    it.h1 = NULL;
    assert_true(it.peer.closed);
    assert_int_equal(it.close_count, 0);
}

/* A peer that does not read cannot keep alive what nobody owns any more. */
static void test_owner_closes_while_an_answer_leaves(void **state)
{
    (void)state;
    assert_true(fake_stream_give(&it.peer, GET("/a"), strlen(GET("/a"))));
    hws_h1_close(it.h1);
    it.h1 = NULL;
    assert_false(it.peer.closed);
    it.loop->now_ms += 9999;
    hws_alarms_ring(it.loop);
    assert_false(it.peer.closed);
    it.loop->now_ms += 1;
    hws_alarms_ring(it.loop);
    assert_true(it.peer.closed);
    assert_int_equal(it.peer.linger_ms, 0);
    assert_int_equal(it.close_count, 0);
}

/* Pipelining without reading: at most the bound and one answer wait, and reading pauses. */
static void test_peer_that_does_not_read(void **state)
{
    (void)state;
    static const char THREE[] = GET("/big") GET("/b") GET("/c");
    assert_true(fake_stream_give(&it.peer, THREE, strlen(THREE)));
    assert_int_equal(it.request_count, 1);
    assert_false(it.peer.receiving);
    const size_t enough = 64 * 1024;
    while (it.peer.stream.queue.size > enough + 1) fake_stream_take(&it.peer, 1);
    assert_int_equal(it.request_count, 1);
    fake_stream_take(&it.peer, 1);
    assert_int_equal(it.request_count, 2); /* and is over the bound again */
    fake_stream_take(&it.peer, 100);
    assert_int_equal(it.request_count, 3);
    assert_true(fake_stream_take(&it.peer, 100) > 0);
    assert_true(it.peer.receiving);
    assert_false(it.peer.closed);
}

static void test_too_much_ahead_of_the_answers(void **state)
{
    (void)state;
    static char request[40 + 16 * 1024 + 1];
    memset(request, 'x', sizeof request);
    const size_t size = strlen(GET("/big"));
    memcpy(request, GET("/big"), size);
    assert_true(fake_stream_give(&it.peer, request, size + 16 * 1024));
    assert_int_equal(it.h1->waiting.size, 16 * 1024);
    h1_fixture_disconnect();

    assert_int_equal(h1_fixture_connect(), HWS_OK);
    assert_true(fake_stream_give(&it.peer, request, size + 16 * 1024 + 1));
    assert_int_equal(it.h1->waiting.size, 0);
    h1_fixture_settle();
    assert_true(it.peer.closed);
    assert_int_equal(it.request_count, 1);
}

/* Held requests. */

static void test_held_and_answered(void **state)
{
    (void)state;
    h1_fixture_send(GET("/hold"));
    assert_string_equal(h1_fixture_output(), "");
    h1_fixture_send(GET("/a"));
    assert_int_equal(it.request_count, 1);
    assert_int_equal(echo(hws_h1_request(it.h1)), HWS_OK);
    assert_int_equal(echo(hws_h1_request(it.h1)), HWS_ERR_INVALID_ARGUMENT);
    assert_true(path_is(hws_h1_request(it.h1), "/hold"));
    assert_int_equal(it.request_count, 1); /* never from inside the answer */
    h1_fixture_run_deferred();
    assert_int_equal(it.request_count, 2); /* but in the same turn, whether the peer reads or not */
    h1_fixture_settle();
    assert_string_equal(h1_fixture_output(),
                        OK_ANSWER("10", "GET /hold ") OK_ANSWER("7", "GET /a "));
    assert_true(it.peer.receiving);
}

static void test_held_for_too_long(void **state)
{
    (void)state;
    h1_fixture_pass(9999);
    h1_fixture_send(GET("/hold"));
    h1_fixture_pass(9999);
    assert_int_equal(it.close_count, 0);
    h1_fixture_pass(1);
    assert_int_equal(it.close_count, 1);
    assert_string_equal(h1_fixture_output(),
                        REFUSAL("504 Gateway Timeout", "32", "opening handshake took too long"));
    assert_true(it.peer.closed);
}

static void test_peer_leaves_a_held_request(void **state)
{
    (void)state;
    static const hws_status HOW[] = {HWS_OK, HWS_ERR_CONNECTION_RESET};
    for (size_t i = 0; i < COUNT_OF(HOW); i++) {
        h1_fixture_send(GET("/hold"));
        fake_stream_end(&it.peer, HOW[i]);
        assert_int_equal(it.close_count, 1);
        assert_true(it.peer.closed);
        h1_fixture_settle();
        assert_int_equal(h1_fixture_connect(), HWS_OK);
    }
}

static void test_early_bytes_behind_a_held_request(void **state)
{
    (void)state;
    static char bytes[16 * 1024];
    h1_fixture_send(GET("/hold"));
    assert_true(fake_stream_give(&it.peer, bytes, sizeof bytes - 1));
    assert_true(it.peer.receiving);
    assert_true(fake_stream_give(&it.peer, bytes, 1));
    assert_false(it.peer.receiving);
    take_stream(it.h1);
    assert_int_equal(early_size, sizeof bytes);
    h1_fixture_run_deferred();
    assert_int_equal(it.close_count, 0);
}

/* "Connection: close" of an upgrade is a matter of HTTP: what stands behind it is not. */
static void test_early_bytes_behind_a_last_request(void **state)
{
    (void)state;
    h1_fixture_send("GET /hold HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nearly");
    take_stream(it.h1);
    assert_int_equal(early_size, 5);
    assert_memory_equal(early, "early", 5);
}

static void test_too_many_early_bytes(void **state)
{
    (void)state;
    static char bytes[16 * 1024 + 1];
    h1_fixture_send(GET("/hold"));
    h1_fixture_feed(bytes, sizeof bytes, SIZE_MAX);
    assert_int_equal(it.close_count, 1);
    assert_non_null(strstr(h1_fixture_output(), "HTTP/1.1 503 "));
    assert_true(it.peer.closed);
}

static void test_owner_closes_a_held_request(void **state)
{
    (void)state;
    h1_fixture_send(GET("/hold"));
    hws_h1_close(it.h1);
    it.h1 = NULL;
    h1_fixture_settle();
    assert_non_null(strstr(h1_fixture_output(), "HTTP/1.1 503 "));
    assert_true(it.peer.closed);
    assert_int_equal(it.close_count, 0);
}

/* Upgrades. */

/* Whatever stands behind the request, and however it is cut: the new owner gets it, once. */
static void test_stream_is_taken(void **state)
{
    (void)state;
    static const char *const REQUESTS[] = {GET("/take"), GET("/a") GET("/take"),
                                           GET("/hold-and-take")};
    for (size_t i = 0; i < COUNT_OF(REQUESTS); i++) {
        char bytes[256];
        const size_t head = strlen(REQUESTS[i]);
        const size_t size = (size_t)snprintf(bytes, sizeof bytes, "%searly", REQUESTS[i]);
        for (size_t cut = 1; cut <= size; cut++) {
            taken = NULL;
            h1_fixture_feed(bytes, cut < head ? cut : head, SIZE_MAX);
            if (cut < head) h1_fixture_feed(bytes + cut, head - cut, SIZE_MAX);
            assert_ptr_equal(taken, &it.peer.stream);
            assert_int_equal(early_size, 0);
            assert_true(it.peer.receiving);
            hws_stream_close(taken, 0);
            h1_fixture_settle();
            assert_int_equal(h1_fixture_connect(), HWS_OK);

            taken = NULL;
            assert_true(fake_stream_give(&it.peer, bytes, size));
            assert_int_equal(early_size, 5);
            assert_memory_equal(early, "early", 5);
            assert_int_equal(it.close_count, 0);
            hws_stream_close(taken, 0);
            h1_fixture_settle();
            assert_int_equal(h1_fixture_connect(), HWS_OK);
        }
    }
    taken = NULL;
}

/* Behind an answer that has not left yet, the upgrade waits with what follows it. */
static void test_upgrade_waits_its_turn(void **state)
{
    (void)state;
    static const char BYTES[] = GET("/big") GET("/a") GET("/take") "early";
    assert_true(fake_stream_give(&it.peer, BYTES, strlen(BYTES)));
    assert_int_equal(it.request_count, 1);
    while (!taken) assert_true(fake_stream_take(&it.peer, 1000) > 0);
    assert_int_equal(early_size, 5);
    assert_memory_equal(early, "early", 5);
    assert_int_equal(it.request_count, 3);
    assert_true(it.peer.stream.queue.size > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)
        TEST(transcripts),
        TEST(every_failing_allocation),
        TEST(size_of_a_head),
        TEST(memory_before_a_request_is_whole),
        TEST(idle_connection_owns_one_block),
        TEST(silence_is_closed_silently),
        TEST(head_in_time),
        TEST(body_in_time),
        TEST(idle_between_requests),
        TEST(next_head_in_time),
        TEST(end_before_anything),
        TEST(end_within_a_request),
        TEST(end_within_a_body),
        TEST(answer_leaves_after_the_peers_end),
        TEST(reset_ends_at_once),
        TEST(close_waits_for_the_answer),
        TEST(owner_closes_while_idle),
        TEST(owner_closes_while_an_answer_leaves),
        TEST(peer_that_does_not_read),
        TEST(too_much_ahead_of_the_answers),
        TEST(held_and_answered),
        TEST(held_for_too_long),
        TEST(peer_leaves_a_held_request),
        TEST(early_bytes_behind_a_held_request),
        TEST(early_bytes_behind_a_last_request),
        TEST(too_many_early_bytes),
        TEST(owner_closes_a_held_request),
        TEST(stream_is_taken),
        TEST(upgrade_waits_its_turn),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
