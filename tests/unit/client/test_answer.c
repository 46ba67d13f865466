/* SPDX-License-Identifier: MIT */
#include "client/answer.h"

#include "base/text.h"
#include "lib/test_memory.h"
#include "lib/vectors.h"
#include "websocket/cause.h"

enum { CUT_MAX = 200 }; /* bytes of an input that is cut at every pair of places */

static test_memory counter;
static hws_memory memory;

/* A piece from a place of its own, where reading past its end is noticed.  Answers how much of it
 * was left. */
static size_t feed(hws_answer *answer, hws_text piece, hws_status *status, bool *done)
{
    uint8_t *copy = malloc(piece.size > 0 ? piece.size : 1);
    assert_non_null(copy);
    if (piece.size > 0) memcpy(copy, piece.data, piece.size);
    hws_span input = {copy, piece.size};
    *status = hws_answer_receive(answer, &input, done);
    assert_true(*status != HWS_OK || *done || input.size == 0);
    free(copy);
    return input.size;
}

/* Whatever comes later, nothing changes any more. */
static void expect_final(hws_answer *answer, hws_status status, bool done)
{
    static const char MORE[] = "HTTP/1.1 101 X\r\n\r\n";
    const size_t size = answer->bytes.size;
    for (int i = 0; i < 300; i++) {
        hws_status again;
        bool again_done = done;
        const size_t left = feed(answer, hws_text_of(MORE), &again, &again_done);
        assert_int_equal(again, status);
        assert_int_equal(again_done, done);
        if (done) assert_int_equal(left, strlen(MORE));
    }
    assert_int_equal(answer->bytes.size, size);
}

static void tell_answer(story *told, const hws_answer *answer)
{
    char words[HWS_CAUSE_SIZE_MAX];
    if (answer->interim_count > 0) {
        story_add_number(told, answer->interim_count);
        story_add_string(told, " interim, ");
    }
    if (answer->head.status == 101) {
        story_add_string(told, "101");
        return;
    }
    hws_answer_describe(answer, words);
    story_add_string(told, words);
}

/* The bytes of the head are those of the input, wherever that was cut. */
static void expect_bytes(const hws_answer *answer, hws_text input)
{
    char start[32];
    const hws_text bytes = {(const char *)answer->bytes.data, answer->head_size};
    snprintf(start, sizeof start, "HTTP/1.%d %d", answer->head.version_minor, answer->head.status);
    assert_true(bytes.size > strlen(start) + 4);
    assert_memory_equal(bytes.data, start, strlen(start));
    assert_memory_equal(bytes.data + bytes.size - 4, "\r\n\r\n", 4);
    assert_non_null(memmem(input.data, input.size, bytes.data, bytes.size));
}

static void tell_end(story *told, const hws_answer *answer, bool done, size_t left)
{
    story_add_string(told, done ? "|done" : "|more");
    /* How much of what breaks the chunks is consumed is nobody's business. */
    if (answer->chunks.failure != HWS_OK) {
        story_add_string(told, "?");
    } else if (left > 0) {
        story_add_string(told, "+");
        story_add_number(told, left);
    }
}

/* In pieces that end at `first`, at `second`, and from then on every `step` bytes. */
static void tell_cut(story *told, hws_text bytes, size_t first, size_t second, size_t step,
                     const vector *it)
{
    hws_answer answer;
    hws_status status = HWS_OK;
    bool done = false;
    size_t left = 0;
    hws_answer_init(&answer, &memory);
    for (size_t at = 0, end = first; at < bytes.size && status == HWS_OK && !done;) {
        if (end > bytes.size) end = bytes.size;
        left = feed(&answer, (hws_text){bytes.data + at, end - at}, &status, &done);
        left += bytes.size - end;
        at = end;
        end = end < second ? second : end + step;
    }
    if (status != HWS_OK) {
        story_add_string(told, status_name(status));
        assert_false(answer.has_head);
        expect_final(&answer, status, false);
    } else {
        if (answer.has_head) {
            expect_bytes(&answer, bytes);
            tell_answer(told, &answer);
            const hws_text all = hws_answer_bytes(&answer);
            vector_expect(it, "body", all.data + answer.head_size, all.size - answer.head_size);
        }
        tell_end(told, &answer, done, left);
        if (done) expect_final(&answer, HWS_OK, true);
    }
    hws_answer_release(&answer);
}

static void tell(story *told, hws_text bytes, size_t first, size_t step, const vector *it)
{
    tell_cut(told, bytes, first, first, step, it);
}

static void check(const vector *it)
{
    static story told;
    const hws_text input = vector_get(it, "input");
    memory = test_memory_hook(&counter);
    vector_expect_story(it, tell);
    for (size_t first = 1; first < input.size && input.size <= CUT_MAX; first++)
        for (size_t second = first + 1; second < input.size; second++) {
            told.size = 0;
            tell_cut(&told, input, first, second, input.size, it);
            vector_expect(it, "want", told.text, told.size);
        }
    assert_int_equal(counter.bytes_out, 0);
}

static void answers_come_to_the_same_however_they_are_cut(void **state)
{
    (void)state;
    vectors_run("tests/vectors/answer.txt", check);
}

/* Of what was refused the bytes tell who speaks there. */
static void the_bytes_of_what_is_no_answer_are_kept(void **state)
{
    (void)state;
    static const char BANNER[] = "SSH-2.0-OpenSSH_9.2\r\n";
    hws_answer answer;
    hws_status status;
    bool done = true;
    memory = test_memory_hook(&counter);
    hws_answer_init(&answer, &memory);
    assert_int_equal(hws_answer_bytes(&answer).size, 0);
    (void)feed(&answer, hws_text_of(BANNER), &status, &done);
    assert_int_equal(status, HWS_ERR_HTTP_SYNTAX);
    assert_true(done); /* untouched */
    assert_true(hws_text_equal(hws_answer_bytes(&answer), hws_text_of(BANNER)));
    hws_answer_release(&answer);

    static char noise[40000];
    memset(noise, 'x', sizeof noise - 1);
    hws_answer_init(&answer, &memory);
    (void)feed(&answer, hws_text_of(noise), &status, &done);
    assert_int_equal(hws_answer_bytes(&answer).size, HWS_HTTP_HEAD_SIZE_MAX);
    hws_answer_release(&answer);
    assert_int_equal(counter.bytes_out, 0);
}

static void bytes_of_an_interim_answer_are_let_fall(void **state)
{
    (void)state;
    hws_answer answer;
    hws_status status;
    bool done;
    memory = test_memory_hook(&counter);
    hws_answer_init(&answer, &memory);
    (void)feed(&answer, hws_text_of("HTTP/1.1 100 A\r\n\r\nHTTP/1.1 2"), &status, &done);
    assert_true(hws_text_equal(hws_answer_bytes(&answer), hws_text_of("HTTP/1.1 2")));
    hws_answer_release(&answer);
}

/* Each allocation fails in turn, with the input cut in the middle; that, too, is final. */
static void an_answer_without_memory_is_none(void **state)
{
    (void)state;
    static char text[6000];
    snprintf(text, sizeof text, "HTTP/1.1 100 A\r\nB: c\r\n\r\nHTTP/1.1 403 No\r\nLong: %0*d\r\n%s",
             4000, 7, "Content-Length: 2\r\n\r\nno");
    for (size_t calls = 0;; calls++) {
        hws_answer answer;
        hws_status status = HWS_OK;
        bool done = false;
        memory = test_memory_hook(&counter);
        counter.fail_after = calls;
        hws_answer_init(&answer, &memory);
        const size_t half = strlen(text) / 2;
        (void)feed(&answer, (hws_text){text, half}, &status, &done);
        if (status == HWS_OK) (void)feed(&answer, hws_text_of(text + half), &status, &done);
        counter.fail_after = SIZE_MAX;
        if (status != HWS_OK) {
            assert_int_equal(status, HWS_ERR_NO_MEMORY);
            expect_final(&answer, status, false);
        }
        hws_answer_release(&answer);
        assert_int_equal(counter.bytes_out, 0);
        if (status != HWS_OK) continue;
        assert_true(done);
        assert_true(calls >= 3);
        return;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_come_to_the_same_however_they_are_cut),
        cmocka_unit_test(the_bytes_of_what_is_no_answer_are_kept),
        cmocka_unit_test(bytes_of_an_interim_answer_are_let_fall),
        cmocka_unit_test(an_answer_without_memory_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
