/* SPDX-License-Identifier: MIT */
#include "wire/http_chunks.h"

#include "lib/vectors.h"

static hws_status tell_piece(story *told, hws_http_chunks *chunks, hws_span *piece, bool *done)
{
    hws_span data = {NULL, 0};
    do {
        const hws_status status = hws_http_chunks_parse(chunks, piece, &data, done);
        if (status != HWS_OK) return status;
        if (data.size > 0) story_add(told, (const char *)data.data, data.size);
    } while (data.size > 0);
    assert_true(*done || piece->size == 0);
    return HWS_OK;
}

static void tell_chunks(story *told, hws_text bytes, size_t first, size_t step, const vector *it)
{
    (void)it;
    hws_http_chunks chunks = {0};
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
        status = tell_piece(told, &chunks, &input, &done);
        if (status == HWS_OK) left += input.size;
        free(piece);
    }
    if (status != HWS_OK) {
        story_add_string(told, "|");
        story_add_string(told, status_name(status));
        hws_span input = {NULL, 0};
        assert_int_equal(tell_piece(told, &chunks, &input, &done), status);
    } else {
        story_add_string(told, done ? "|done" : "|more");
    }
    if (left > 0) story_add_string(told, "+");
    if (left > 0) story_add_number(told, left);
}

static void check(const vector *it)
{
    vector_expect_story(it, tell_chunks);
}

static void test_vectors(void **state)
{
    (void)state;
    vectors_run("tests/vectors/http_chunks.txt", check);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
