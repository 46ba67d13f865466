/* SPDX-License-Identifier: MIT */
#include "http/body.h"

#include <stdio.h>

#include "lib/test_memory.h"

enum { SIZE_LIMIT = 8 };

static test_memory counter;
static hws_memory memory;

typedef struct body_case {
    const char *fields;
    const char *bytes;
    const char *want; /* the body; NULL: it fails */
    const char *left; /* what stands behind it */
    hws_status status;
    bool expected;
} body_case;

static const body_case CASES[] = {
    {"", "", "", "", HWS_OK, false},
    {"Content-Length: 0\r\n", "", "", "", HWS_OK, false},
    {"Content-Length: 1\r\n", "ab", "a", "b", HWS_OK, true},
    {"Content-Length: 8\r\n", "01234567", "01234567", "", HWS_OK, true},
    {"Content-Length: 9\r\n", "", NULL, "", HWS_ERR_HTTP_BODY_TOO_BIG, false},
    {"Content-Length: 9223372036854775807\r\n", "", NULL, "", HWS_ERR_HTTP_BODY_TOO_BIG, false},
    {"Transfer-Encoding: chunked\r\n", "0\r\n\r\nx", "", "x", HWS_OK, true},
    {"Transfer-Encoding: chunked\r\n", "4\r\n0123\r\n4;a=b\r\n4567\r\n0\r\nA: b\r\n\r\nx",
     "01234567", "x", HWS_OK, true},
    {"Transfer-Encoding: chunked\r\n", "4\r\n0123\r\n5\r\n45678\r\n0\r\n\r\n", NULL, "",
     HWS_ERR_HTTP_BODY_TOO_BIG, true},
    {"Transfer-Encoding: chunked\r\n", "g\r\n", NULL, "", HWS_ERR_HTTP_SYNTAX, true},
    {"Transfer-Encoding: gzip\r\n", "", NULL, "", HWS_ERR_HTTP_TRANSFER_CODING, false},
    {"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", "", NULL, "", HWS_ERR_HTTP_FRAMING,
     false},
};

static void parse_head(hws_http_head *head, const char *fields)
{
    char text[256];
    const int size = snprintf(text, sizeof text, "POST / HTTP/1.1\r\nHost: a\r\n%s\r\n", fields);
    hws_span input = {(uint8_t *)text, (size_t)size};
    bool done = false;
    hws_http_head_init(head, HWS_HTTP_REQUEST, NULL, &memory);
    assert_int_equal(hws_http_head_parse(head, &input, &done), HWS_OK);
    assert_true(done);
}

/* Gives `size` bytes, at most `cut` at once; whatever was not consumed is counted in `left`. */
static hws_status feed(hws_body *body, const char *bytes, size_t cut, bool *done, size_t *left)
{
    *left = strlen(bytes);
    while (*left > 0 && !*done) {
        char piece[64];
        const size_t size = cut < *left ? cut : *left;
        memcpy(piece, bytes, size);
        hws_span input = {(uint8_t *)piece, size};
        const hws_status status = hws_body_read(body, &memory, &input, done);
        if (status < HWS_OK) return status;
        assert_true(*done || input.size == 0);
        bytes += size - input.size;
        *left -= size - input.size;
    }
    return HWS_OK;
}

static void check(const body_case *each, size_t cut)
{
    hws_http_head head;
    parse_head(&head, each->fields);
    hws_body body = {0};
    bool done = false;
    size_t left = 0;
    hws_status status = hws_body_begin(&body, &head, SIZE_LIMIT);
    if (status == HWS_OK) {
        assert_int_equal(hws_body_is_expected(&body), each->expected);
        if (each->expected) status = feed(&body, each->bytes, cut, &done, &left);
    }
    assert_int_equal(status, each->status);
    if (each->want) {
        const hws_text text = hws_body_text(&body);
        assert_int_equal(done, each->expected);
        assert_int_equal(text.size, strlen(each->want));
        if (text.size > 0) assert_memory_equal(text.data, each->want, text.size);
        assert_int_equal(left, strlen(each->left));
    }
    hws_body_release(&body, &memory);
    assert_false(hws_body_is_expected(&body));
    hws_http_head_release(&head);
    assert_int_equal(counter.bytes_out, 0);
}

static void test_every_cut(void **state)
{
    (void)state;
    memory = test_memory_hook(&counter);
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        for (size_t cut = 1; cut <= strlen(CASES[i].bytes) + 1; cut++) check(&CASES[i], cut);
}

/* What is only announced costs nothing. */
static void test_nothing_is_allocated_for_a_promise(void **state)
{
    (void)state;
    memory = test_memory_hook(&counter);
    hws_http_head head;
    parse_head(&head, "Content-Length: 1000000\r\n");
    const size_t before = counter.bytes_out;
    hws_body body = {0};
    assert_int_equal(hws_body_begin(&body, &head, 1000000), HWS_OK);
    assert_int_equal(counter.bytes_out, before);
    bool done = false;
    size_t left = 0;
    assert_int_equal(feed(&body, "a", 1, &done, &left), HWS_OK);
    assert_false(done);
    assert_true(counter.bytes_out - before < 1024);
    counter.fail_after = 0;
    hws_status status = HWS_OK;
    for (int i = 0; i < 1024 && status == HWS_OK; i++) status = feed(&body, "a", 1, &done, &left);
    assert_int_equal(status, HWS_ERR_NO_MEMORY);
    hws_body_release(&body, &memory);
    hws_http_head_release(&head);
    assert_int_equal(counter.bytes_out, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_cut),
        cmocka_unit_test(test_nothing_is_allocated_for_a_promise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
