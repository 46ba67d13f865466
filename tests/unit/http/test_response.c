/* SPDX-License-Identifier: MIT */
#include "http/response.h"

#include "lib/test_memory.h"

typedef struct fixture {
    test_memory counter;
    hws_memory memory;
    hws_queue_store store;
    hws_queue queue;
} fixture;

static fixture it;

static int set_up(void **state)
{
    (void)state;
    it.memory = test_memory_hook(&it.counter);
    hws_queue_store_init(&it.store, &it.memory);
    hws_queue_init(&it.queue, &it.store);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    hws_queue_clear(&it.queue);
    hws_queue_store_release(&it.store);
    assert_int_equal(it.counter.bytes_out, 0);
    return 0;
}

/* The bytes of an answer, which leaves the queue empty. */
static const char *written(const hws_response *response, uint64_t content_size, bool to_head)
{
    static char text[4096];
    const hws_response_context context = {
        .date = "Sun, 06 Nov 1994 08:49:37 GMT", .content_size = content_size, .to_head = to_head};
    assert_int_equal(hws_response_check(response), HWS_OK);
    assert_int_equal(hws_response_queue(&it.queue, response, &context), HWS_OK);
    hws_span span;
    assert_int_equal(hws_queue_peek(&it.queue, &span, 1), 1);
    assert_int_equal(span.size, it.queue.size);
    assert_true(span.size < sizeof text);
    memcpy(text, span.data, span.size);
    text[span.size] = '\0';
    hws_queue_clear(&it.queue);
    return text;
}

#define DATE "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"

static void test_bytes(void **state)
{
    (void)state;
    assert_string_equal(written(&(hws_response){0}, 0, false),
                        "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 0\r\n\r\n");
    const hws_header headers[] = {{"A-b", "c d"}, {"E", ""}, {"F", "\xC3\xA4\xFF"}};
    const hws_response full = {
        .status = 404,
        .type = "text/html",
        .body = "abc",
        .body_size = 3,
        .headers = headers,
        .header_count = COUNT_OF(headers),
        .close = true,
    };
    assert_string_equal(written(&full, 3, false),
                        "HTTP/1.1 404 Not Found\r\n" DATE "Connection: close\r\n"
                        "Content-Type: text/html\r\nA-b: c d\r\nE: \r\nF: \xC3\xA4\xFF\r\n"
                        "Content-Length: 3\r\n\r\nabc");
}

static void test_body_is_left_out_for_head(void **state)
{
    (void)state;
    const hws_response response = {.body = "abc", .body_size = 3};
    assert_string_equal(written(&response, 3, true),
                        "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 3\r\n\r\n");
}

static void test_status_without_content(void **state)
{
    (void)state;
    const hws_response nothing = {.status = 204, .body = "abc", .body_size = 3};
    const hws_response same = {.status = 304, .body = "abc", .body_size = 3};
    assert_string_equal(written(&nothing, 3, false), "HTTP/1.1 204 No Content\r\n" DATE "\r\n");
    assert_string_equal(written(&same, 3, false), "HTTP/1.1 304 Not Modified\r\n" DATE "\r\n");
    for (int status = 200; status < 600; status++)
        assert_int_equal(hws_response_has_content(status), status != 204 && status != 304);
}

/* A content that comes from elsewhere is announced, and not there yet. */
static void test_content_from_a_source(void **state)
{
    (void)state;
    assert_string_equal(written(&(hws_response){0}, UINT64_MAX, false),
                        "HTTP/1.1 200 OK\r\n" DATE "Content-Length: 18446744073709551615\r\n\r\n");
}

static void test_connection(void **state)
{
    (void)state;
    const hws_header upgrade = {"upgrade", "websocket"};
    hws_response response = {.status = 426, .headers = &upgrade, .header_count = 1};
    assert_non_null(strstr(written(&response, 0, false), "\r\nConnection: Upgrade\r\n"));
    response.close = true;
    assert_non_null(strstr(written(&response, 0, false), "\r\nConnection: close, Upgrade\r\n"));
    response.header_count = 0;
    assert_non_null(strstr(written(&response, 0, false), "\r\nConnection: close\r\n"));
    response.close = false;
    assert_null(strstr(written(&response, 0, false), "Connection"));
}

static void test_reasons(void **state)
{
    (void)state;
    assert_string_equal(hws_response_reason(200), "OK");
    assert_string_equal(hws_response_reason(426), "Upgrade Required");
    assert_string_equal(hws_response_reason(505), "HTTP Version Not Supported");
    assert_string_equal(hws_response_reason(299), "");
    assert_string_equal(hws_response_reason(599), "");
    assert_non_null(strstr(written(&(hws_response){.status = 599}, 0, false), "HTTP/1.1 599 \r\n"));

    /* Every failure has an answer, and every answer a name. */
#define CHECK_REASON(name, value, close_code, http_status, text)                                   \
    assert_true(hws_response_reason(http_status)[0] != '\0');
    HWS_STATUS_MAP(CHECK_REASON)
#undef CHECK_REASON
}

static hws_status check_header(const char *name, const char *value)
{
    const hws_header header = {name, value};
    return hws_response_check(&(hws_response){.headers = &header, .header_count = 1});
}

/* C049: nothing that is set makes a line of its own. */
static void test_headers_stay_one_line(void **state)
{
    (void)state;
    for (int c = 1; c < 256; c++) {
        const char value[] = {'a', (char)c, 'b', '\0'};
        const bool good = c >= 0x20 && c != 0x7F;
        assert_int_equal(check_header("N", value), good ? HWS_OK : HWS_ERR_INVALID_ARGUMENT);
        const hws_response typed = {.type = value};
        assert_int_equal(hws_response_check(&typed), good ? HWS_OK : HWS_ERR_INVALID_ARGUMENT);
        const char name[] = {'a', (char)c, '\0'};
        const bool token = (c < 128 && c > 0x20 && c != 0x7F && !strchr("\"(),/:;<=>?@[\\]{}", c));
        assert_int_equal(check_header(name, ""), token ? HWS_OK : HWS_ERR_INVALID_ARGUMENT);
    }
    assert_int_equal(check_header("", "x"), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(check_header(NULL, "x"), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(check_header("x", NULL), HWS_ERR_INVALID_ARGUMENT);
}

static void test_headers_of_the_library(void **state)
{
    (void)state;
    assert_int_equal(check_header("Content-length", "3"), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(check_header("TRANSFER-ENCODING", "chunked"), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(check_header("connection", "close"), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(check_header("date", "x"), HWS_ERR_INVALID_ARGUMENT);
    assert_int_equal(check_header("Content-Lengt", "3"), HWS_OK);
}

static void test_status_in_range(void **state)
{
    (void)state;
    static const struct {
        int status;
        hws_status want;
    } CASES[] = {{-1, HWS_ERR_INVALID_ARGUMENT},  {0, HWS_OK},   {1, HWS_ERR_INVALID_ARGUMENT},
                 {199, HWS_ERR_INVALID_ARGUMENT}, {200, HWS_OK}, {599, HWS_OK},
                 {600, HWS_ERR_INVALID_ARGUMENT}};
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        assert_int_equal(hws_response_check(&(hws_response){.status = CASES[i].status}),
                         CASES[i].want);
    assert_int_equal(hws_response_check(&(hws_response){.body_size = 1}), HWS_ERR_INVALID_ARGUMENT);
}

static void test_no_memory_changes_nothing(void **state)
{
    (void)state;
    const hws_response_context context = {.date = ""};
    it.counter.fail_after = 0;
    assert_int_equal(hws_response_queue(&it.queue, &(hws_response){0}, &context),
                     HWS_ERR_NO_MEMORY);
    assert_int_equal(it.queue.size, 0);
    const hws_response huge = {.body = "", .body_size = SIZE_MAX};
    assert_int_equal(hws_response_queue(&it.queue, &huge, &context), HWS_ERR_NO_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)
        TEST(bytes),
        TEST(body_is_left_out_for_head),
        TEST(status_without_content),
        TEST(content_from_a_source),
        TEST(connection),
        TEST(reasons),
        TEST(headers_stay_one_line),
        TEST(headers_of_the_library),
        TEST(status_in_range),
        TEST(no_memory_changes_nothing),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
