/* SPDX-License-Identifier: MIT */
#include "hawser/http_head.h"

#include "lib/test_memory.h"
#include "lib/vectors.h"

typedef struct fixture {
    test_memory counter;
    hws_memory memory;
    hws_http_head head;
} fixture;

static fixture it_is;

static void open_head(const vector *it)
{
    hws_http_limits limits = {0};
    const hws_text given = vector_get(it, "limits");
    if (given.data) {
        char text[32] = {0};
        memcpy(text, given.data, given.size < sizeof text - 1 ? given.size : sizeof text - 1);
        assert_int_equal(sscanf(text, "%u %u %u", &limits.line_size_max, &limits.head_size_max,
                                &limits.field_count_max),
                         3);
    }
    const bool is_response = vector_get(it, "kind").data != NULL;
    it_is.memory = test_memory_hook(&it_is.counter);
    hws_http_head_init(&it_is.head, is_response ? HWS_HTTP_RESPONSE : HWS_HTTP_REQUEST, &limits,
                       &it_is.memory);
}

static void close_head(void)
{
    hws_http_head_release(&it_is.head);
    assert_int_equal(it_is.counter.bytes_out, 0);
}

static void add_text(story *told, hws_text text)
{
    story_add(told, text.data, text.size);
}

static void add_head(story *told)
{
    const hws_http_head *head = &it_is.head;
    if (head->kind == HWS_HTTP_REQUEST) {
        add_text(told, hws_http_head_method(head));
        story_add_string(told, " ");
        add_text(told, hws_http_head_target(head));
    } else {
        story_add_number(told, head->status);
        story_add_string(told, " ");
        add_text(told, hws_http_head_reason(head));
    }
    story_add_string(told, " 1.");
    story_add_number(told, head->version_minor);

    hws_http_field field = {0};
    size_t count = 0;
    for (; hws_http_head_next(head, &field); count++) {
        story_add_string(told, "|");
        add_text(told, field.name);
        story_add_string(told, "=");
        add_text(told, field.value);
    }
    assert_int_equal(count, head->field_count);
}

/* Feeds the pieces, each from a place of its own, so that reading past its end is noticed. */
static void tell_head(story *told, hws_text bytes, size_t first, size_t step, const vector *it)
{
    open_head(it);
    bool done = false;
    hws_status status = HWS_OK;
    size_t left = 0;
    for (size_t at = 0, size = first; at < bytes.size && status == HWS_OK;
         at += size, size = step) {
        if (size > bytes.size - at) size = bytes.size - at;
        uint8_t *piece = malloc(size);
        assert_non_null(piece);
        memcpy(piece, bytes.data + at, size);
        hws_span input = {piece, size};
        status = hws_http_head_parse(&it_is.head, &input, &done);
        if (status == HWS_OK && !done) assert_int_equal(input.size, 0);
        left += input.size;
        free(piece);
    }
    if (status != HWS_OK) {
        story_add_string(told, status_name(status));
        hws_span input = {NULL, 0};
        assert_int_equal(hws_http_head_parse(&it_is.head, &input, &done), status);
    } else if (!done) {
        story_add_string(told, "more");
    } else {
        add_head(told);
        if (left > 0) story_add_string(told, "|+");
        if (left > 0) story_add_number(told, left);
    }
    close_head();
}

static void expect_answers(const vector *it)
{
    const hws_http_head *head = &it_is.head;
    char path[HWS_HTTP_LINE_SIZE_MAX];
    size_t size = 0;
    const hws_status status =
        head->kind == HWS_HTTP_REQUEST
            ? hws_http_head_path(head, path, hws_http_head_target(head).size, &size)
            : HWS_OK;
    if (status == HWS_OK) {
        vector_expect(it, "path", path, size);
    } else {
        vector_expect(it, "path", status_name(status), strlen(status_name(status)));
    }
    if (head->kind == HWS_HTTP_REQUEST) {
        const hws_text query = hws_http_head_query(head);
        const hws_text authority = hws_http_head_authority(head);
        vector_expect(it, "query", query.data ? query.data : "absent", query.data ? query.size : 6);
        vector_expect(it, "authority", authority.data ? authority.data : "absent",
                      authority.data ? authority.size : 6);
    }
    static const char *const BODIES[] = {"none", "sized", "chunked", "until close"};
    char body[64];
    hws_http_body kind = HWS_HTTP_BODY_NONE;
    uint64_t body_size = 0;
    const hws_status framing = hws_http_head_body(head, &kind, &body_size);
    snprintf(body, sizeof body, "%s", framing == HWS_OK ? BODIES[kind] : status_name(framing));
    if (kind == HWS_HTTP_BODY_SIZED)
        snprintf(body, sizeof body, "sized %llu", (unsigned long long)body_size);
    vector_expect(it, "body", body, strlen(body));
}

static void check(const vector *it)
{
    vector_expect_story(it, tell_head);

    /* What is asked of a head that is done. */
    hws_text bytes = vector_get(it, "input");
    uint8_t *copy = malloc(bytes.size);
    assert_non_null(copy);
    memcpy(copy, bytes.data, bytes.size);
    hws_span input = {copy, bytes.size};
    bool done = false;
    open_head(it);
    const hws_status status = hws_http_head_parse(&it_is.head, &input, &done);
    if (status == HWS_OK && done) {
        expect_answers(it);
    } else if (vector_get(it, "path").data || vector_get(it, "body").data) {
        VECTOR_FAIL(it, "not done, and yet asked\n");
    }
    close_head();
    free(copy);
}

static void test_vectors(void **state)
{
    (void)state;
    vectors_run("tests/vectors/http_head.txt", check);
}

static hws_status parse(const char *text, bool *done)
{
    uint8_t bytes[1024];
    memcpy(bytes, text, strlen(text));
    hws_span input = {bytes, strlen(text)};
    return hws_http_head_parse(&it_is.head, &input, done);
}

static const vector NO_VECTOR;

static void test_fields_are_found(void **state)
{
    (void)state;
    bool done = false;
    open_head(&NO_VECTOR);
    assert_int_equal(parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive , Upgrade\r\n"
                           "X: 1\r\nx:\r\nCONNECTION:,a b,close\r\n\r\n",
                           &done),
                     HWS_OK);
    assert_true(done);
    const hws_http_head *head = &it_is.head;
    assert_int_equal(hws_http_head_field(head, "x").size, 1);
    assert_null(hws_http_head_field(head, "y").data);
    assert_int_equal(hws_http_head_count(head, "X"), 2);
    assert_int_equal(hws_http_head_count(head, "y"), 0);
    assert_int_equal(hws_http_head_count(head, ""), 0);
    assert_true(hws_http_head_has_token(head, "connection", "upgrade"));
    assert_true(hws_http_head_has_token(head, "connection", "keep-alive"));
    assert_true(hws_http_head_has_token(head, "Connection", "Close"));
    assert_false(hws_http_head_has_token(head, "Connection", "keep"));
    assert_false(hws_http_head_has_token(head, "Connection", "a"));
    assert_false(hws_http_head_has_token(head, "Upgrade", "websocket"));

    hws_http_field field = {0};
    assert_true(hws_http_head_next_named(head, "x", &field));
    assert_int_equal(field.value.size, 1);
    assert_true(hws_http_head_next_named(head, "x", &field));
    assert_int_equal(field.value.size, 0);
    assert_non_null(field.value.data);
    assert_false(hws_http_head_next_named(head, "x", &field));
    close_head();
}

static void test_a_head_is_used_again(void **state)
{
    (void)state;
    bool done = false;
    open_head(&NO_VECTOR);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(parse("\r\n\r\nGET /a HTTP/1.1\r\nHost: a\r\nOrigin: x\r\n\r\n", &done),
                         HWS_OK);
        assert_true(done);
        assert_int_equal(it_is.head.field_count, 2);
        hws_http_head_reset(&it_is.head);
    }
    assert_int_equal(it_is.counter.calls, 1);
    assert_int_equal(parse("BAD\r\n", &done), HWS_ERR_HTTP_SYNTAX);
    hws_http_head_reset(&it_is.head);
    assert_int_equal(parse("GET /a HTTP/1.1\r\nHost: a\r\n\r\n", &done), HWS_OK);
    close_head();
    assert_int_equal(parse("GET /a HTTP/1.1\r\nHost: a\r\n\r\n", &done), HWS_OK);
    close_head();
}

static void test_path_needs_room(void **state)
{
    (void)state;
    bool done = false;
    char path[8];
    size_t size = 77;
    open_head(&NO_VECTOR);
    assert_int_equal(parse("GET /a/b?q HTTP/1.1\r\nHost: a\r\n\r\n", &done), HWS_OK);
    assert_int_equal(hws_http_head_path(&it_is.head, path, 3, &size), HWS_ERR_LIMIT);
    assert_int_equal(hws_http_head_path(&it_is.head, path, 0, &size), HWS_ERR_LIMIT);
    assert_int_equal(size, 77);
    assert_int_equal(hws_http_head_path(&it_is.head, path, 4, &size), HWS_OK);
    assert_int_equal(size, 4);
    close_head();
}

/* A head of nearly 16 KiB with 90 fields, as many bytes as asked for at a time (C005). */
static size_t memory_calls(size_t step, size_t fail_after, hws_status want)
{
    static uint8_t bytes[HWS_HTTP_HEAD_SIZE_MAX];
    static char value[171];
    size_t size = (size_t)snprintf((char *)bytes, sizeof bytes, "GET / HTTP/1.1\r\nHost: a\r\n");
    memset(value, 'v', sizeof value - 1);
    for (int i = 0; i < 90; i++)
        size +=
            (size_t)snprintf((char *)bytes + size, sizeof bytes - size, "x%d: %s\r\n", i, value);
    size += (size_t)snprintf((char *)bytes + size, sizeof bytes - size, "\r\n");
    assert_true(size > 15000 && size < sizeof bytes);

    bool done = false;
    hws_status status = HWS_OK;
    open_head(&NO_VECTOR);
    it_is.counter.fail_after = fail_after;
    for (size_t at = 0; at < size && status == HWS_OK; at += step) {
        hws_span input = {bytes + at, step < size - at ? step : size - at};
        status = hws_http_head_parse(&it_is.head, &input, &done);
    }
    assert_int_equal(status, want);
    assert_int_equal(done, want == HWS_OK);
    const size_t calls = it_is.counter.calls;
    close_head();
    return calls;
}

static void test_memory_is_asked_for_rarely(void **state)
{
    (void)state;
    const size_t whole = memory_calls(1 << 20, SIZE_MAX, HWS_OK);
    assert_true(whole <= 6);
    assert_true(memory_calls(1, SIZE_MAX, HWS_OK) <= whole + 1);
}

static void test_no_memory(void **state)
{
    (void)state;
    const size_t calls = memory_calls(100, SIZE_MAX, HWS_OK);
    for (size_t i = 0; i < calls; i++) memory_calls(100, i, HWS_ERR_NO_MEMORY);
}

/* An upgrade that is under way costs its head and little else. */
static void test_heads_are_small(void **state)
{
    (void)state;
    assert_true(sizeof(hws_http_head) <= 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_fields_are_found),
        cmocka_unit_test(test_a_head_is_used_again),
        cmocka_unit_test(test_path_needs_room),
        cmocka_unit_test(test_memory_is_asked_for_rarely),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_heads_are_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
