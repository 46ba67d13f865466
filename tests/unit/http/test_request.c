/* SPDX-License-Identifier: MIT */
#include "hawser/request.h"

#include "base/text.h"
#include "lib/h1_fixture.h"

static hws_status refusal;

static void check_text(hws_text got, const char *want)
{
    if (!want) {
        assert_null(got.data);
        return;
    }
    assert_int_equal(got.size, strlen(want));
    if (got.size > 0) assert_memory_equal(got.data, want, got.size);
}

static int set_up(void **state)
{
    (void)state;
    it.options = (hws_h1_options){0};
    h1_fixture_loop();
    assert_int_equal(h1_fixture_connect(), HWS_OK);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    h1_fixture_disconnect();
    h1_fixture_free();
    return 0;
}

static void answer_nothing(hws_request *request)
{
    assert_int_equal(hws_request_respond(request, &(hws_response){.status = 204}), HWS_OK);
}

static void check_whole(hws_request *request)
{
    check_text(hws_request_method(request), "POST");
    check_text(hws_request_target(request), "/a/%41/../b?c=%64?e");
    check_text(hws_request_path(request), "/a/b");
    check_text(hws_request_query(request), "c=%64?e");
    check_text(hws_request_header(request, "x-FIELD"), "first");
    check_text(hws_request_header(request, "X-Empty"), "");
    check_text(hws_request_header(request, "X-None"), NULL);
    check_text(hws_request_body(request), "body");
    assert_string_equal(hws_request_address(request), "unknown");
    assert_string_equal(hws_request_address(request), "unknown");
    assert_false(hws_request_is_secure(request));
    it.peer.stream.secure = true;
    assert_true(hws_request_is_secure(request));
    assert_ptr_equal(hws_request_h1(request), it.h1);
    assert_int_equal(hws_request_head(request)->version_minor, 1);
    answer_nothing(request);
    check_text(hws_request_body(request), "body");
    check_text(hws_request_path(request), "/a/b");
}

static void check_bare(hws_request *request)
{
    check_text(hws_request_method(request), "GET");
    check_text(hws_request_path(request), "/");
    check_text(hws_request_query(request), NULL);
    assert_int_equal(hws_request_body(request).size, 0);
    answer_nothing(request);
}

static void test_asking(void **state)
{
    (void)state;
    it.on_request = check_whole;
    h1_fixture_send("POST /a/%41/../b?c=%64?e HTTP/1.1\r\nHost: a\r\nX-Field: first\r\n"
                    "x-field: second\r\nX-Empty:\r\nContent-Length: 4\r\n\r\nbody");
    it.on_request = check_bare;
    h1_fixture_send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(it.request_count, 2);
}

/* What is refused leaves the request to be answered still. */
static void answer_after_mistakes(hws_request *request)
{
    const hws_header splitting = {"Location", "/\r\nSet-Cookie: a"};
    const hws_response bad[] = {
        {.status = 101},
        {.status = 600},
        {.type = "a\nb"},
        {.headers = &splitting, .header_count = 1},
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(hws_request_respond(request, &bad[i]), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(it.peer.stream.queue.size, 0);
    assert_int_equal(hws_request_respond(request, &(hws_response){.status = 204, .close = true}),
                     HWS_OK);
    assert_int_equal(hws_request_respond(request, &(hws_response){.status = 204}),
                     HWS_ERR_INVALID_ARGUMENT);
}

static void test_mistakes(void **state)
{
    (void)state;
    it.on_request = answer_after_mistakes;
    h1_fixture_send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_string_equal(h1_fixture_output(),
                        "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    assert_true(it.peer.closed);
}

static void refuse(hws_request *request)
{
    hws_request_refuse(request, refusal);
}

static const char *refused(hws_status why, const char *method)
{
    char request[128];
    h1_fixture_disconnect();
    assert_int_equal(h1_fixture_connect(), HWS_OK);
    refusal = why;
    it.on_request = refuse;
    snprintf(request, sizeof request, "%s /x HTTP/1.1\r\nHost: a\r\nX: <y>\r\n\r\n", method);
    h1_fixture_send(request);
    assert_true(it.peer.closed);
    return h1_fixture_output();
}

#define CLOSE_TEXT "Connection: close\r\nContent-Type: text/plain; charset=utf-8\r\n"

static void test_refusals(void **state)
{
    (void)state;
    assert_string_equal(refused(HWS_ERR_NOT_FOUND, "GET"), "HTTP/1.1 404 Not Found\r\n" CLOSE_TEXT
                                                           "Content-Length: 10\r\n\r\nnot found\n");
    assert_string_equal(refused(HWS_ERR_NOT_FOUND, "HEAD"),
                        "HTTP/1.1 404 Not Found\r\n" CLOSE_TEXT "Content-Length: 10\r\n\r\n");
    assert_string_equal(refused(HWS_ERR_HTTP_METHOD_NOT_ALLOWED, "GET"),
                        "HTTP/1.1 405 Method Not Allowed\r\n" CLOSE_TEXT
                        "Allow: GET, HEAD\r\nContent-Length: 29\r\n\r\n"
                        "HTTP method not allowed here\n");
    assert_string_equal(refused(HWS_ERR_HANDSHAKE_UPGRADE, "GET"),
                        "HTTP/1.1 426 Upgrade Required\r\nConnection: close, Upgrade\r\n"
                        "Content-Type: text/plain; charset=utf-8\r\nUpgrade: websocket\r\n"
                        "Content-Length: 24\r\n\r\nno Upgrade to websocket\n");
    assert_string_equal(refused(HWS_ERR_LIMIT, "GET"),
                        "HTTP/1.1 503 Service Unavailable\r\n" CLOSE_TEXT
                        "Retry-After: n\r\nContent-Length: 34\r\n\r\n"
                        "a limit of this server is reached\n");
}

/* Those who are sent away together shall not come back together. */
static void test_retry_after_is_spread(void **state)
{
    (void)state;
    bool seen[6] = {false};
    for (int i = 0; i < 200; i++) {
        refused(HWS_ERR_LIMIT, "GET");
        it.peer.output[it.peer.output_size] = '\0';
        const char *at = strstr((const char *)it.peer.output, "Retry-After: ");
        assert_non_null(at);
        seen[at[13] - '0'] = true;
    }
    for (int second = 1; second <= 5; second++) assert_true(seen[second]);
}

/* Every failure can be told, in one line of its own text and nothing of the request's. */
static void test_every_status_refuses(void **state)
{
    (void)state;
#define CHECK_REFUSAL(name, value, close_code, http_status, text)                                  \
    {                                                                                              \
        char start[32];                                                                            \
        snprintf(start, sizeof start, "HTTP/1.1 %d ", http_status);                                \
        const char *got = refused(HWS_##name, "GET");                                              \
        assert_memory_equal(got, start, strlen(start));                                            \
        assert_non_null(strstr(got, "\r\n\r\n" text "\n"));                                        \
        assert_null(strstr(got, "<y>"));                                                           \
    }
    HWS_STATUS_MAP(CHECK_REFUSAL)
#undef CHECK_REFUSAL
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)
        TEST(asking),
        TEST(mistakes),
        TEST(refusals),
        TEST(retry_after_is_spread),
        TEST(every_status_refuses),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
