/* SPDX-License-Identifier: MIT */
#include "cmd/connect_pipe.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/cmocka.h"

/* What was sent: messages between brackets, cut where parts met, "T" or "B" before each. */
static char sent[4 * CONNECT_PIPE_SIZE];
static size_t sent_size;
static hws_status answers[8]; /* to the next sends; then HWS_OK */
static size_t answer_count;
static connect_pipe it;
static int writer;

hws_status __wrap_hws_websocket_send(hws_websocket ws, const hws_message *message);
hws_status __wrap_hws_websocket_send(hws_websocket ws, const hws_message *message)
{
    (void)ws;
    hws_status status = HWS_OK;
    if (answer_count > 0) {
        status = answers[0];
        memmove(answers, answers + 1, --answer_count * sizeof *answers);
    }
    if (status < HWS_OK) return status;
    const bool begins = message->part == HWS_WHOLE || message->part == HWS_FIRST;
    const bool ends = message->part == HWS_WHOLE || message->part == HWS_LAST;
    if (begins) sent[sent_size++] = message->type == HWS_TEXT ? 'T' : 'B';
    sent[sent_size++] = begins ? '[' : '|';
    memcpy(sent + sent_size, message->data, message->size);
    sent_size += message->size;
    if (ends) sent[sent_size++] = ']';
    sent[sent_size] = '\0';
    return status;
}

static int set_up(void **state)
{
    (void)state;
    int fds[2];
    if (pipe(fds) != 0) return -1;
    it = (connect_pipe){.fd = fds[0]};
    writer = fds[1];
    sent_size = 0;
    sent[0] = '\0';
    answer_count = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close(it.fd);
    if (writer >= 0) close(writer);
    return 0;
}

static void answer_next(hws_status status)
{
    answers[answer_count++] = status;
}

/* One write, one read. */
static void give(const char *text)
{
    assert_int_equal(write(writer, text, strlen(text)), strlen(text));
    assert_true(connect_pipe_wants_input(&it));
    assert_int_equal(connect_pipe_read(&it, (hws_websocket){0}), HWS_OK);
}

static void end(void)
{
    close(writer);
    writer = -1;
    assert_int_equal(connect_pipe_read(&it, (hws_websocket){0}), HWS_OK);
    assert_true(it.has_ended);
    assert_false(connect_pipe_wants_input(&it));
}

static void test_lines(void **state)
{
    (void)state;
    give("one\ntwo\n\nthr");
    assert_string_equal(sent, "T[one]T[two]T[]");
    give("ee\r\nfour");
    assert_string_equal(sent, "T[one]T[two]T[]T[three\r]");
    assert_false(it.is_done);
    end();
    assert_string_equal(sent, "T[one]T[two]T[]T[three\r]T[four]");
    assert_true(it.is_done);
    assert_int_equal(it.message_count, 5);
}

static void test_no_line_at_all(void **state)
{
    (void)state;
    end();
    assert_string_equal(sent, "");
    assert_true(it.is_done);
}

static void test_a_newline_at_the_end(void **state)
{
    (void)state;
    give("one\n");
    end();
    assert_string_equal(sent, "T[one]");
    assert_true(it.is_done);
}

static void test_one_binary_message(void **state)
{
    (void)state;
    it.is_binary = true;
    give("one\ntwo\n");
    assert_string_equal(sent, "");
    end();
    assert_string_equal(sent, "B[one\ntwo\n]");
    assert_true(it.is_done);
}

static void test_an_empty_binary_message(void **state)
{
    (void)state;
    it.is_binary = true;
    end();
    assert_string_equal(sent, "B[]");
    assert_true(it.is_done);
    assert_int_equal(connect_pipe_resume(&it, (hws_websocket){0}), HWS_OK);
    assert_string_equal(sent, "B[]");
}

/* A line of a size around that of the buffer, and one behind it. */
static void check_long_line(size_t size, const char *expected_cuts)
{
    char *text = malloc(size + 8);
    memset(text, 'x', size);
    memcpy(text + size, "\nrest", 6);
    size_t done = 0;
    while (done < size + 5) {
        const ssize_t taken =
            write(writer, text + done, 4096 < size + 5 - done ? 4096 : size + 5 - done);
        assert_true(taken > 0);
        done += (size_t)taken;
        assert_int_equal(connect_pipe_read(&it, (hws_websocket){0}), HWS_OK);
    }
    end();
    char cuts[64];
    size_t cut_count = 0;
    size_t letters = 0;
    for (size_t i = 0; i < sent_size; i++) {
        if (sent[i] == 'x')
            letters++;
        else
            cuts[cut_count++] = sent[i];
    }
    cuts[cut_count] = '\0';
    assert_int_equal(letters, size);
    assert_string_equal(cuts, expected_cuts);
    assert_true(it.is_done);
    free(text);
}

static void test_a_line_that_just_fits(void **state)
{
    (void)state;
    check_long_line(CONNECT_PIPE_SIZE - 1, "T[]T[rest]");
}

static void test_a_line_that_fits_without_its_end(void **state)
{
    (void)state;
    check_long_line(CONNECT_PIPE_SIZE, "T[|]T[rest]");
}

static void test_a_line_over_two_buffers(void **state)
{
    (void)state;
    check_long_line(2 * CONNECT_PIPE_SIZE + 1, "T[||]T[rest]");
}

static void test_a_long_line_without_end(void **state)
{
    (void)state;
    static char text[CONNECT_PIPE_SIZE + 1];
    memset(text, 'x', CONNECT_PIPE_SIZE);
    give(text);
    assert_true(it.is_within);
    end();
    assert_int_equal(sent_size, 2 + CONNECT_PIPE_SIZE + 2);
    assert_string_equal(sent + sent_size - 3, "x|]");
    assert_true(it.is_done);
}

/* What waits holds back what comes; what was refused is sent again. */
static void test_full_queues(void **state)
{
    (void)state;
    answer_next(HWS_BUFFERED);
    answer_next(HWS_ERR_QUEUE_FULL);
    give("one\ntwo\nthree");
    assert_string_equal(sent, "T[one]");
    assert_false(connect_pipe_wants_input(&it));
    assert_int_equal(connect_pipe_resume(&it, (hws_websocket){0}), HWS_OK);
    assert_string_equal(sent, "T[one]");
    assert_false(connect_pipe_wants_input(&it));
    assert_int_equal(connect_pipe_resume(&it, (hws_websocket){0}), HWS_OK);
    assert_string_equal(sent, "T[one]T[two]");
    assert_true(connect_pipe_wants_input(&it));
    answer_next(HWS_ERR_QUEUE_FULL);
    end();
    assert_false(it.is_done);
    assert_int_equal(connect_pipe_resume(&it, (hws_websocket){0}), HWS_OK);
    assert_string_equal(sent, "T[one]T[two]T[three]");
    assert_true(it.is_done);
}

static void test_a_full_queue_before_the_binary_message(void **state)
{
    (void)state;
    it.is_binary = true;
    answer_next(HWS_ERR_QUEUE_FULL);
    end();
    assert_false(it.is_done);
    assert_int_equal(connect_pipe_resume(&it, (hws_websocket){0}), HWS_OK);
    assert_string_equal(sent, "B[]");
    assert_true(it.is_done);
}

static void test_failures(void **state)
{
    (void)state;
    answer_next(HWS_OK);
    answer_next(HWS_ERR_UTF8);
    assert_int_equal(write(writer, "a\n\xff\nb\n", 6), 6);
    assert_int_equal(connect_pipe_read(&it, (hws_websocket){0}), HWS_ERR_UTF8);
    assert_string_equal(sent, "T[a]");
    assert_int_equal(it.message_count, 1);

    connect_pipe no_file = {.fd = -1};
    assert_int_equal(connect_pipe_read(&no_file, (hws_websocket){0}), HWS_ERR_SYSTEM);
    assert_int_equal(errno, EBADF);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_lines),
        TEST(test_no_line_at_all),
        TEST(test_a_newline_at_the_end),
        TEST(test_one_binary_message),
        TEST(test_an_empty_binary_message),
        TEST(test_a_line_that_just_fits),
        TEST(test_a_line_that_fits_without_its_end),
        TEST(test_a_line_over_two_buffers),
        TEST(test_a_long_line_without_end),
        TEST(test_full_queues),
        TEST(test_a_full_queue_before_the_binary_message),
        TEST(test_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
