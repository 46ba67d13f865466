/* SPDX-License-Identifier: MIT */
#include "http/condition.h"

#include <stdio.h>

#include "lib/test_memory.h"

enum { MODIFIED = 784111777 }; /* Sun, 06 Nov 1994 08:49:37 GMT */

#define BEFORE "Sun, 06 Nov 1994 08:49:36 GMT"
#define EXACTLY "Sun, 06 Nov 1994 08:49:37 GMT"
#define AFTER "Sun, 06 Nov 1994 08:49:38 GMT"

typedef struct condition_case {
    const char *fields;
    int status;
} condition_case;

static const condition_case CASES[] = {
    {"", 200},

    {"If-None-Match: \"e\"\r\n", 304},
    {"If-None-Match: W/\"e\"\r\n", 304},
    {"If-None-Match: *\r\n", 304},
    {"If-None-Match: \"x\", W/\"y,\" , ,\"e\"\r\n", 304},
    {"If-None-Match: \"x\"\r\nIf-None-Match: \"e\"\r\n", 304},
    {"If-None-Match: \"x\"\r\n", 200},
    {"If-None-Match: \"ee\"\r\n", 200},
    {"If-None-Match: \"x,e\"\r\n", 200},
    {"If-None-Match: e\r\n", 200},
    {"If-None-Match: \"e\r\n", 200},
    {"If-None-Match: \"\r\n", 200},
    {"If-None-Match: W/\r\n", 200},
    {"If-None-Match: \"x\", garbage, \"e\"\r\n", 200},
    {"If-None-Match: x\" \"e\"\r\n", 200},
    {"If-None-Match:\r\n", 200},
    {"If-None-Match: * , \"x\"\r\n", 200},

    {"If-Modified-Since: " BEFORE "\r\n", 200},
    {"If-Modified-Since: " EXACTLY "\r\n", 304},
    {"If-Modified-Since: " AFTER "\r\n", 304},
    {"If-Modified-Since: yesterday\r\n", 200},
    /* The tag, when there is one, speaks alone. */
    {"If-None-Match: \"x\"\r\nIf-Modified-Since: " AFTER "\r\n", 200},
    {"If-None-Match: \"e\"\r\nIf-Modified-Since: " BEFORE "\r\n", 304},

    {"If-Match: \"e\"\r\n", 200},
    {"If-Match: *\r\n", 200},
    {"If-Match: \"x\", \"e\"\r\n", 200},
    {"If-Match: W/\"e\"\r\n", 412},
    {"If-Match: \"x\"\r\n", 412},
    {"If-Match: garbage\r\n", 412},
    {"If-Unmodified-Since: " BEFORE "\r\n", 412},
    {"If-Unmodified-Since: " EXACTLY "\r\n", 200},
    {"If-Unmodified-Since: " AFTER "\r\n", 200},
    {"If-Unmodified-Since: yesterday\r\n", 200},
    {"If-Match: \"e\"\r\nIf-Unmodified-Since: " BEFORE "\r\n", 200},
    {"If-Match: \"x\"\r\nIf-None-Match: \"e\"\r\n", 412},
    {"If-Match: \"e\"\r\nIf-None-Match: \"e\"\r\n", 304},
};

static const condition_case RANGE_CASES[] = {
    {"", true},
    {"If-Range: \"e\"\r\n", true},
    {"If-Range: W/\"e\"\r\n", false},
    {"If-Range: \"x\"\r\n", false},
    {"If-Range: *\r\n", false},
    {"If-Range:\r\n", false},
    {"If-Range: " BEFORE "\r\n", false},
    {"If-Range: " EXACTLY "\r\n", true},
    {"If-Range: " AFTER "\r\n", false},
};

static const hws_validator VALIDATOR = {.etag = "\"e\"", .modified = MODIFIED, .now = 1790000000};

static int status_of(const hws_http_head *head)
{
    return hws_condition_status(head, &VALIDATOR);
}

static int allows_range(const hws_http_head *head)
{
    return hws_condition_allows_range(head, &VALIDATOR);
}

static void check(const condition_case *each, int (*ask)(const hws_http_head *head))
{
    test_memory counter;
    const hws_memory memory = test_memory_hook(&counter);
    char text[512];
    const int size =
        snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: a\r\n%s\r\n", each->fields);
    hws_span input = {(uint8_t *)text, (size_t)size};
    hws_http_head head;
    bool done = false;
    hws_http_head_init(&head, HWS_HTTP_REQUEST, NULL, &memory);
    assert_int_equal(hws_http_head_parse(&head, &input, &done), HWS_OK);
    assert_true(done);
    assert_int_equal(ask(&head), each->status);
    hws_http_head_release(&head);
    assert_int_equal(counter.bytes_out, 0);
}

static void test_status(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(CASES); i++) check(&CASES[i], status_of);
}

static void test_range(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(RANGE_CASES); i++) check(&RANGE_CASES[i], allows_range);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
