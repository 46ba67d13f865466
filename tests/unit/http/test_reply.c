/* SPDX-License-Identifier: MIT */
/* Answers: whole, cut at every byte, too large, wrong, and with each allocation failing. */
#include "http/reply.h"
#include "lib/test_memory.h"

enum { SIZE_MAX_OF_TESTS = 10 };

static test_memory counter;
static hws_memory memory;

typedef struct sample {
    const char *bytes;
    hws_status status; /* HWS_OK: it is done */
    int http_status;
    const char *body;
    bool keeps;
    bool ends; /* only with the connection */
} sample;

#define OK "HTTP/1.1 200 OK\r\n"

static const sample SAMPLES[] = {
    {OK "Content-Length: 2\r\n\r\n{}", HWS_OK, 200, "{}", true, false},
    {OK "Content-Length: 10\r\n\r\n0123456789", HWS_OK, 200, "0123456789", true, false},
    {OK "Content-Length: 0\r\n\r\n", HWS_OK, 200, "", true, false},
    {OK "Content-Length: 2\r\nConnection: close\r\n\r\n{}", HWS_OK, 200, "{}", false, false},
    {OK "Content-Length: 2\r\nConnection: x, Close\r\n\r\n{}", HWS_OK, 200, "{}", false, false},
    {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", HWS_OK, 200, "{}", false, false},
    {OK "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", HWS_OK, 200, "{}", true,
     false},
    {OK "\r\n{}", HWS_OK, 200, "{}", false, true},
    {OK "\r\n", HWS_OK, 200, "", false, true},
    {"HTTP/1.1 204 No Content\r\n\r\n", HWS_OK, 204, "", true, false},
    {"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", HWS_OK, 302, "", true,
     false},
    {"HTTP/1.1 500 \r\nContent-Length: 1\r\n\r\nx", HWS_OK, 500, "x", true, false},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 \r\nLink: x\r\n\r\n" OK
     "Content-Length: 1\r\n\r\n5",
     HWS_OK, 200, "5", true, false},
    {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", HWS_OK, 101,
     "", false, false},
    {OK "Content-Length: 11\r\n\r\n", HWS_ERR_HTTP_BODY_TOO_BIG, 0, "", false, false},
    {OK "Content-Length: 1073741824\r\n\r\n", HWS_ERR_HTTP_BODY_TOO_BIG, 0, "", false, false},
    {OK "Transfer-Encoding: chunked\r\n\r\nb\r\n0123456789a\r\n", HWS_ERR_HTTP_BODY_TOO_BIG, 0, "",
     false, false},
    {OK "\r\n0123456789a", HWS_ERR_HTTP_BODY_TOO_BIG, 0, "", false, false},
    {OK "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", HWS_ERR_HTTP_FRAMING, 0, "",
     false, false},
    {OK "Content-Length: +2\r\n\r\n", HWS_ERR_HTTP_FRAMING, 0, "", false, false},
    {OK "Transfer-Encoding: gzip\r\n\r\n", HWS_ERR_HTTP_TRANSFER_CODING, 0, "", false, false},
    {OK "Transfer-Encoding: chunked\r\n\r\nx\r\n", HWS_ERR_HTTP_SYNTAX, 0, "", false, false},
    {"GET / HTTP/1.1\r\n\r\n", HWS_ERR_HTTP_SYNTAX, 0, "", false, false},
    {"HTTP/1.1 99 x\r\n\r\n", HWS_ERR_HTTP_SYNTAX, 0, "", false, false},
};

/* Gives the bytes in two pieces; what it comes to. */
static hws_status give(hws_reply *reply, const char *bytes, size_t cut, bool *done)
{
    const size_t size = strlen(bytes);
    hws_status status = HWS_OK;
    *done = false;
    for (size_t at = 0; at < size && status == HWS_OK;) {
        const size_t end = at < cut ? cut : size;
        hws_span input = {(uint8_t *)(uintptr_t)(bytes + at), end - at};
        status = hws_reply_receive(reply, &input, done);
        if (status == HWS_OK) assert_int_equal(input.size, 0);
        at = end;
    }
    return status;
}

static void check(const sample *it, size_t cut)
{
    bool done;
    hws_reply reply;
    hws_reply_init(&reply, &memory, SIZE_MAX_OF_TESTS);
    assert_false(reply.has_begun);
    const hws_status status = give(&reply, it->bytes, cut, &done);
    assert_true(reply.has_begun);
    assert_int_equal(status, it->status);
    if (status == HWS_OK) {
        assert_int_equal(done, !it->ends);
        assert_true(hws_reply_end(&reply));
        assert_int_equal(reply.head.status, it->http_status);
        assert_int_equal(hws_reply_body(&reply).size, strlen(it->body));
        assert_memory_equal(hws_reply_body(&reply).data ? hws_reply_body(&reply).data : "",
                            it->body, strlen(it->body));
        assert_int_equal(hws_reply_keeps_connection(&reply), it->keeps);
    } else {
        hws_span more = {(uint8_t *)(uintptr_t) "x", 1};
        assert_int_equal(hws_reply_receive(&reply, &more, &done), status);
        assert_false(hws_reply_end(&reply));
    }
    hws_reply_release(&reply);
    assert_int_equal(counter.bytes_out, 0);
}

static void whole_and_cut_at_every_byte(void **state)
{
    (void)state;
    memory = test_memory_hook(&counter);
    for (size_t i = 0; i < COUNT_OF(SAMPLES); i++)
        for (size_t cut = 0; cut < strlen(SAMPLES[i].bytes); cut++) check(&SAMPLES[i], cut);
}

/* What lacks its last byte is not done, and no answer when the connection ends there. */
static void an_early_end(void **state)
{
    (void)state;
    memory = test_memory_hook(&counter);
    for (size_t i = 0; i < COUNT_OF(SAMPLES); i++) {
        const sample *it = &SAMPLES[i];
        if (it->status != HWS_OK || it->ends) continue;
        for (size_t size = 0; size < strlen(it->bytes); size++) {
            bool done = false;
            hws_reply reply;
            hws_reply_init(&reply, &memory, SIZE_MAX_OF_TESTS);
            hws_span input = {(uint8_t *)(uintptr_t)it->bytes, size};
            assert_int_equal(hws_reply_receive(&reply, &input, &done), HWS_OK);
            assert_int_equal(reply.has_begun, size > 0);
            assert_false(done);
            assert_false(hws_reply_end(&reply));
            hws_reply_release(&reply);
        }
    }
}

static void what_stands_behind_is_left(void **state)
{
    (void)state;
    memory = test_memory_hook(&counter);
    static const char bytes[] = OK "Content-Length: 2\r\n\r\n{}" OK;
    bool done = false;
    hws_reply reply;
    hws_reply_init(&reply, &memory, SIZE_MAX_OF_TESTS);
    hws_span input = {(uint8_t *)(uintptr_t)bytes, sizeof bytes - 1};
    assert_int_equal(hws_reply_receive(&reply, &input, &done), HWS_OK);
    assert_true(done);
    assert_int_equal(input.size, strlen(OK));
    assert_int_equal(hws_reply_receive(&reply, &input, &done), HWS_OK);
    assert_int_equal(input.size, strlen(OK));
    hws_reply_release(&reply);
}

static void interim_answers_without_end(void **state)
{
    (void)state;
    memory = test_memory_hook(&counter);
    static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
    bool done = false;
    hws_reply reply;
    hws_reply_init(&reply, &memory, SIZE_MAX_OF_TESTS);
    for (int i = 0; i <= HWS_REPLY_INTERIM_MAX; i++) {
        hws_span input = {(uint8_t *)(uintptr_t)interim, sizeof interim - 1};
        assert_int_equal(hws_reply_receive(&reply, &input, &done),
                         i < HWS_REPLY_INTERIM_MAX ? HWS_OK : HWS_ERR_HTTP_SYNTAX);
    }
    hws_reply_release(&reply);
}

static void each_allocation_fails_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(SAMPLES); i++) {
        if (SAMPLES[i].status != HWS_OK) continue;
        for (size_t fails = 0;; fails++) {
            bool done;
            hws_reply reply;
            memory = test_memory_hook(&counter);
            counter.fail_after = fails;
            hws_reply_init(&reply, &memory, SIZE_MAX_OF_TESTS);
            const hws_status status = give(&reply, SAMPLES[i].bytes, 0, &done);
            hws_reply_release(&reply);
            assert_int_equal(counter.bytes_out, 0);
            if (status == HWS_OK) break;
            assert_int_equal(status, HWS_ERR_NO_MEMORY);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_and_cut_at_every_byte),
        cmocka_unit_test(an_early_end),
        cmocka_unit_test(what_stands_behind_is_left),
        cmocka_unit_test(interim_answers_without_end),
        cmocka_unit_test(each_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
