/* SPDX-License-Identifier: MIT */
/* Calls over fake streams: the test stands in for the dialer, the server and the clock. */
#include <stdio.h>

#include "base/text.h"
#include "http/caller_state.h"
#include "lib/fake_stream.h"
#include "lib/test_memory.h"
#include "loop/state.h"

enum { DIAL_MAX = 8, CALL_MAX = 8, TIMEOUT_MS = 1000 };

static const char ANSWER[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

/* One that was begun, and what became of it. */
struct hws_dial {
    const hws_dial_owner *calls;
    void *owner;
    bool is_cancelled;
    bool is_over;
};

typedef struct told {
    hws_call *call;
    int count;
    hws_status status;
    int http_status;
    char body[64];
    char text[256];
} told;

static test_memory counter;
static hws_memory memory;
static hws_loop *loop;
static hws_caller *caller;
static struct hws_dial dials[DIAL_MAX];
static size_t dial_count;
static hws_status dial_status;
static fake_stream *streams[DIAL_MAX]; /* of the dials of the same number */
static told tolds[CALL_MAX];

/* In place of the dialer's. */
hws_status hws_dial_new(hws_loop *in, const hws_dial_target *target, const hws_dial_owner *calls,
                        void *owner, hws_dial **dial)
{
    assert_ptr_equal(in, loop);
    assert_string_equal(target->host, "backend.example");
    assert_int_equal(target->port, 8080);
    if (dial_status != HWS_OK) return dial_status;
    assert_true(dial_count < DIAL_MAX);
    dials[dial_count] = (struct hws_dial){.calls = calls, .owner = owner};
    *dial = &dials[dial_count++];
    return HWS_OK;
}

void hws_dial_cancel(hws_dial *dial)
{
    assert_false(dial->is_cancelled || dial->is_over);
    dial->is_cancelled = true;
}

static void run_deferred(void)
{
    hws_deferred *deferred;
    while ((deferred = loop->deferred.first)) {
        hws_loop_undefer(loop, deferred);
        deferred->call(deferred);
    }
}

static void pass(uint64_t ms)
{
    loop->now_ms += ms;
    hws_alarms_ring(loop);
    run_deferred();
}

static void connect_dial(size_t number)
{
    assert_true(number < dial_count && !dials[number].is_cancelled && !dials[number].is_over);
    dials[number].is_over = true;
    if (!streams[number]) streams[number] = malloc(sizeof *streams[number]);
    assert_non_null(streams[number]);
    fake_stream_init(streams[number], loop);
    dials[number].calls->on_connected(dials[number].owner, &streams[number]->stream);
    run_deferred();
}

/* What the server has got since it was asked last. */
static const char *taken(size_t number)
{
    static char text[256];
    fake_stream *stream = streams[number];
    fake_stream_take(stream, SIZE_MAX);
    assert_true(stream->output_size < sizeof text);
    memcpy(text, stream->output, stream->output_size);
    text[stream->output_size] = '\0';
    stream->output_size = 0;
    return text;
}

static void give(size_t number, const char *bytes)
{
    assert_true(fake_stream_give(streams[number], bytes, strlen(bytes)));
    run_deferred();
}

static void end_stream(size_t number, hws_status why)
{
    fake_stream_end(streams[number], why);
    run_deferred();
}

static void done(void *user, const hws_call_result *result)
{
    told *it = user;
    it->call = NULL;
    it->count++;
    it->status = result->status;
    it->http_status = result->http_status;
    snprintf(it->body, sizeof it->body, "%.*s", (int)result->body.size,
             result->body.data ? result->body.data : "");
    snprintf(it->text, sizeof it->text, "%s", result->text);
}

static hws_status call_as(size_t number, const char *request, bool is_repeatable)
{
    return hws_call_new(caller, hws_text_of(request), TIMEOUT_MS, is_repeatable, done,
                        &tolds[number], &tolds[number].call);
}

static void call(size_t number, const char *request)
{
    assert_int_equal(call_as(number, request, true), HWS_OK);
}

static void expect(size_t number, hws_status status, const char *part)
{
    assert_int_equal(tolds[number].count, 1);
    assert_int_equal(tolds[number].status, status);
    if (status != HWS_OK) assert_non_null(strstr(tolds[number].text, part));
    if (status == HWS_OK) assert_string_equal(tolds[number].body, part);
}

static void make_caller(uint32_t links, uint32_t waiting)
{
    const hws_caller_options options = {
        .host = "backend.example",
        .port = 8080,
        .link_count_max = links,
        .waiting_count_max = waiting,
        .idle_ms = 5000,
        .answer_size_max = 16,
    };
    assert_int_equal(hws_caller_new(loop, &options, &caller), HWS_OK);
}

static int setup(void **state)
{
    (void)state;
    memory = test_memory_hook(&counter);
    assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &memory}, &loop), HWS_OK);
    loop->in_turn = true;
    loop->now_ms = 1000000;
    dial_count = 0;
    dial_status = HWS_OK;
    memset(tolds, 0, sizeof tolds);
    make_caller(2, 2);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    counter.fail_after = SIZE_MAX;
    hws_caller_free(caller);
    run_deferred();
    assert_int_equal(hws_alarms_next_ms(loop), UINT64_MAX);
    for (size_t i = 0; i < DIAL_MAX; i++) {
        if (i < dial_count) assert_true(dials[i].is_over || dials[i].is_cancelled);
        if (i < dial_count && dials[i].is_over && streams[i]) assert_true(streams[i]->closed);
        free(streams[i]);
        streams[i] = NULL;
    }
    loop->in_turn = false;
    hws_loop_free(loop);
    assert_int_equal(counter.bytes_out, 0);
    return 0;
}

static void a_connection_is_kept(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        call(i, "a request");
        assert_int_equal(tolds[i].count, 0);
        if (i == 0) connect_dial(0);
        assert_string_equal(taken(0), "a request");
        give(0, ANSWER);
        expect(i, HWS_OK, "{}");
        assert_int_equal(tolds[i].http_status, 200);
    }
    assert_int_equal(dial_count, 1);
    pass(4999);
    assert_false(streams[0]->closed);
    pass(1);
    assert_true(streams[0]->closed);
}

static void answers_cut_everywhere(void **state)
{
    (void)state;
    call(0, "x");
    connect_dial(0);
    for (size_t i = 0; i < sizeof ANSWER - 1; i++) {
        assert_int_equal(tolds[0].count, 0);
        assert_true(fake_stream_give(streams[0], ANSWER + i, 1));
    }
    expect(0, HWS_OK, "{}");
}

static void what_is_not_kept(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1",
    };
    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        call(i, "x");
        connect_dial(i);
        (void)taken(i);
        give(i, answers[i]);
        expect(i, HWS_OK, "{}");
        assert_true(streams[i]->closed);
    }
    call(3, "x"); /* answered before all of it was read */
    connect_dial(3);
    give(3, ANSWER);
    expect(3, HWS_OK, "{}");
    assert_true(streams[3]->closed);
    call(4, "x"); /* the end of the connection is that of the answer */
    connect_dial(4);
    (void)taken(4);
    give(4, "HTTP/1.1 200 OK\r\n\r\n{}");
    assert_int_equal(tolds[4].count, 0);
    end_stream(4, HWS_OK);
    expect(4, HWS_OK, "{}");
    call(5, "x"); /* of TLS without its own end that is not one */
    connect_dial(5);
    give(5, "HTTP/1.1 200 OK\r\n\r\n{}");
    end_stream(5, HWS_ERR_CONNECTION_LOST);
    expect(5, HWS_ERR_CONNECTION_LOST, "in the middle");
}

static void bad_answers(void **state)
{
    (void)state;
    call(0, "x");
    connect_dial(0);
    give(0, "nothing of HTTP\r\n");
    assert_int_equal(tolds[0].count, 1);
    assert_true(tolds[0].status < 0);
    assert_true(streams[0]->closed);
    call(1, "x");
    connect_dial(1);
    give(1, "HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n");
    expect(1, HWS_ERR_HTTP_BODY_TOO_BIG, "limit");
    call(2, "x");
    connect_dial(2);
    give(2, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{");
    end_stream(2, HWS_OK);
    expect(2, HWS_ERR_CONNECTION_LOST, "in the middle");
    call(3, "x");
    connect_dial(3);
    end_stream(3, HWS_ERR_CONNECTION_RESET);
    expect(3, HWS_ERR_CONNECTION_RESET, "without an answer");
}

static void a_dial_that_fails(void **state)
{
    (void)state;
    call(0, "x");
    dials[0].is_over = true;
    dials[0].calls->on_failed(dials[0].owner, HWS_ERR_CONNECT_REFUSED, "nobody there");
    expect(0, HWS_ERR_CONNECT_REFUSED, "nobody there");
    dial_status = HWS_ERR_SYSTEM;
    assert_int_equal(call_as(1, "x", true), HWS_ERR_SYSTEM);
}

static void deadlines(void **state)
{
    (void)state;
    call(0, "a");
    call(1, "b");
    call(2, "c");
    connect_dial(0);
    pass(TIMEOUT_MS - 1);
    for (size_t i = 0; i < 3; i++) assert_int_equal(tolds[i].count, 0);
    pass(1);
    expect(0, HWS_ERR_TIMEOUT, "no answer");
    expect(1, HWS_ERR_TIMEOUT, "connecting");
    expect(2, HWS_ERR_TIMEOUT, "waited");
    assert_true(streams[0]->closed);
    assert_true(dials[1].is_cancelled);
}

static void those_that_wait(void **state)
{
    (void)state;
    call(0, "0");
    call(1, "1");
    call(2, "2");
    call(3, "3");
    assert_int_equal(dial_count, 2);
    assert_int_equal(call_as(4, "4", true), HWS_ERR_LIMIT);
    connect_dial(0);
    assert_string_equal(taken(0), "0");
    give(0, ANSWER);
    assert_string_equal(taken(0), "2"); /* in the order in which they came */
    hws_call_cancel(tolds[2].call);     /* its connection goes, and another may be made */
    run_deferred();
    assert_int_equal(dial_count, 3);
    connect_dial(2);
    assert_string_equal(taken(2), "3");
    hws_call_cancel(tolds[1].call); /* under way to a connection */
    run_deferred();
    assert_true(dials[1].is_cancelled);
    call(5, "5");
    call(6, "6");
    hws_call_cancel(tolds[6].call); /* while it waits */
    give(2, ANSWER);
    expect(3, HWS_OK, "{}");
    assert_int_equal(tolds[2].count + tolds[1].count + tolds[6].count, 0);
}

/* Who comes while others wait has to wait, too. */
static void nobody_overtakes(void **state)
{
    (void)state;
    call(0, "0");
    call(1, "1");
    call(2, "2");
    connect_dial(0);
    (void)taken(0);
    fake_stream_give(streams[0], ANSWER, sizeof ANSWER - 1); /* 2 is served at the turn's end */
    call(3, "3");
    run_deferred();
    assert_string_equal(taken(0), "2");
}

static void keep_one(size_t number)
{
    call(number, "x");
    connect_dial(dial_count - 1);
    (void)taken(dial_count - 1);
    give(dial_count - 1, ANSWER);
    expect(number, HWS_OK, "{}");
}

static void once_more(void **state)
{
    (void)state;
    keep_one(0);
    call(1, "again");
    assert_string_equal(taken(0), "again");
    end_stream(0, HWS_OK);
    assert_int_equal(tolds[1].count, 0);
    assert_int_equal(dial_count, 2);
    connect_dial(1);
    assert_string_equal(taken(1), "again");
    end_stream(1, HWS_OK); /* a fresh one: that is no accident */
    expect(1, HWS_ERR_CONNECTION_LOST, "without an answer");
}

static void not_once_more(void **state)
{
    (void)state;
    keep_one(0);
    call(1, "x");
    give(0, "H"); /* an answer has begun */
    end_stream(0, HWS_OK);
    expect(1, HWS_ERR_CONNECTION_LOST, "in the middle");
    keep_one(2);
    assert_int_equal(call_as(3, "x", false), HWS_OK);
    end_stream(1, HWS_ERR_CONNECTION_RESET);
    expect(3, HWS_ERR_CONNECTION_RESET, "without an answer");
    assert_int_equal(dial_count, 2);
}

/* Fresh, though there is an idle one; which goes when there may be no more. */
static void a_fresh_one_makes_room(void **state)
{
    (void)state;
    hws_caller_free(caller);
    make_caller(1, 2);
    keep_one(0);
    call(1, "1");
    call(2, "2");
    end_stream(0, HWS_OK);
    connect_dial(1);
    assert_string_equal(taken(1), "1");
    give(1, ANSWER);
    assert_string_equal(taken(1), "2");
    give(1, ANSWER);
    pass(HWS_CALLER_WARM_MS);
    assert_int_equal(call_as(3, "3", false), HWS_OK);
    assert_string_equal(taken(1), "3");
    give(1, ANSWER);
    pass(HWS_CALLER_WARM_MS + 1);
    assert_int_equal(call_as(4, "4", false), HWS_OK);
    assert_true(streams[1]->closed);
    connect_dial(2);
    assert_string_equal(taken(2), "4");
}

static void an_idle_one_that_speaks_or_ends(void **state)
{
    (void)state;
    keep_one(0);
    give(0, ANSWER);
    assert_true(streams[0]->closed);
    keep_one(1);
    end_stream(1, HWS_OK);
    assert_true(streams[1]->closed);
    call(2, "x");
    assert_int_equal(dial_count, 3);
}

static void freed_with_all_of_it(void **state)
{
    (void)state;
    keep_one(0);
    call(1, "1");
    call(2, "2");
    call(3, "3");
    call(4, "4");
    hws_caller_free(caller);
    caller = NULL;
    hws_caller_free(NULL);
    for (size_t i = 1; i < 5; i++) assert_int_equal(tolds[i].count, 0);
}

static void each_allocation_fails_once(void **state)
{
    (void)state;
    for (size_t fails = 0, failed = 1; failed > 0; fails++) {
        dial_count = 0;
        failed = 0;
        counter.fail_after = fails;
        for (size_t i = 0; i < 3; i++) {
            tolds[i] = (told){0};
            failed += call_as(i, "a request", true) != HWS_OK;
        }
        for (size_t i = 0; i < dial_count; i++) {
            if (dials[i].is_cancelled || dials[i].is_over) continue;
            connect_dial(i);
            while (!streams[i]->closed && strlen(taken(i)) > 0) give(i, ANSWER);
        }
        for (size_t i = 0; i < 3; i++) {
            failed += tolds[i].status != HWS_OK;
            if (tolds[i].call) hws_call_cancel(tolds[i].call);
        }
        counter.fail_after = SIZE_MAX;
        hws_caller_free(caller);
        run_deferred();
        make_caller(2, 2);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_connection_is_kept),
        TEST(answers_cut_everywhere),
        TEST(what_is_not_kept),
        TEST(bad_answers),
        TEST(a_dial_that_fails),
        TEST(deadlines),
        TEST(those_that_wait),
        TEST(nobody_overtakes),
        TEST(once_more),
        TEST(not_once_more),
        TEST(a_fresh_one_makes_room),
        TEST(an_idle_one_that_speaks_or_ends),
        TEST(freed_with_all_of_it),
        TEST(each_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
