/* SPDX-License-Identifier: MIT */
/* An HTTP/1.1 connection over a fake stream, in a loop whose time the test makes. */
#ifndef HAWSER_TESTS_H1_FIXTURE_H
#define HAWSER_TESTS_H1_FIXTURE_H

#include <stdio.h>

#include "http/h1_state.h"
#include "lib/fake_stream.h"
#include "lib/test_memory.h"
#include "loop/state.h"

typedef struct h1_fixture {
    test_memory counter;
    hws_memory memory;
    hws_loop *loop;
    size_t bytes_before; /* out before there was a connection */
    fake_stream peer;
    hws_h1_options options;
    hws_h1 *h1; /* NULL: told that it closed */
    void (*on_request)(hws_request *request);
    int request_count;
    int close_count;
    char text[sizeof((fake_stream *)0)->output + 1]; /* of h1_fixture_output */
} h1_fixture;

static h1_fixture it;

static void h1_fixture_on_request(void *owner, hws_request *request)
{
    assert_ptr_equal(owner, &it);
    it.request_count++;
    it.on_request(request);
}

static void h1_fixture_on_close(void *owner, hws_h1 *h1)
{
    assert_ptr_equal(owner, &it);
    assert_true(!it.h1 || h1 == it.h1);
    it.close_count++;
    it.h1 = NULL;
}

static inline void h1_fixture_loop(void)
{
    it.memory = test_memory_hook(&it.counter);
    assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &it.memory}, &it.loop), HWS_OK);
    it.loop->in_turn = true;
    it.loop->now_ms = 1000000;
    it.bytes_before = it.counter.bytes_out;
}

static inline hws_status h1_fixture_connect(void)
{
    static const hws_h1_owner CALLS = {.on_request = h1_fixture_on_request,
                                       .on_close = h1_fixture_on_close};
    it.request_count = 0;
    it.close_count = 0;
    fake_stream_init(&it.peer, it.loop);
    return hws_h1_new(it.loop, &it.peer.stream, &it.options, &CALLS, &it, &it.h1);
}

/* Step 6 of a turn. */
static inline void h1_fixture_run_deferred(void)
{
    hws_deferred *deferred;
    while ((deferred = it.loop->deferred.first)) {
        hws_loop_undefer(it.loop, deferred);
        deferred->call(deferred);
    }
}

/* The peer reads whatever comes, until nothing moves any more. */
static inline void h1_fixture_settle(void)
{
    do h1_fixture_run_deferred();
    while (fake_stream_take(&it.peer, SIZE_MAX) > 0);
    h1_fixture_run_deferred();
}

/* The peer sends in pieces of at most `cut`, for as long as it is listened to. */
static inline void h1_fixture_feed(const char *bytes, size_t size, size_t cut)
{
    while (size > 0) {
        const size_t piece = cut < size ? cut : size;
        if (!fake_stream_give(&it.peer, bytes, piece)) {
            h1_fixture_settle();
            if (!fake_stream_give(&it.peer, bytes, piece)) return;
        }
        h1_fixture_settle();
        bytes += piece;
        size -= piece;
    }
}

static inline void h1_fixture_send(const char *text)
{
    h1_fixture_feed(text, strlen(text), SIZE_MAX);
}

static inline void h1_fixture_pass(uint64_t ms)
{
    it.loop->now_ms += ms;
    hws_alarms_ring(it.loop);
    h1_fixture_settle();
}

/* What the peer has got, but for what changes from run to run: Date, and the number of seconds of
 * Retry-After. */
static inline const char *h1_fixture_output(void)
{
    size_t size = 0;
    it.peer.output[it.peer.output_size] = '\0';
    const char *from = (const char *)it.peer.output;
    while (*from) {
        if (strncmp(from, "Date: ", 6) == 0) {
            from = strstr(from, "\r\n") + 2;
            continue;
        }
        const char *end = strchr(from, '\n');
        const size_t line = end ? (size_t)(end - from) + 1 : strlen(from);
        memcpy(it.text + size, from, line);
        if (strncmp(from, "Retry-After: ", 13) == 0) {
            assert_in_range(from[13], '1', '5');
            it.text[size + 13] = 'n';
        }
        size += line;
        from += line;
    }
    it.text[size] = '\0';
    return it.text;
}

/* Ends the connection, if it has not ended yet, and sees that nothing of it is left. */
static inline void h1_fixture_disconnect(void)
{
    if (it.h1) hws_h1_close(it.h1);
    it.h1 = NULL;
    h1_fixture_settle();
    assert_true(it.peer.closed);
    assert_null(it.loop->deferred.first);
    assert_int_equal(hws_alarms_next_ms(it.loop), UINT64_MAX);
}

static inline void h1_fixture_free(void)
{
    it.counter.fail_after = SIZE_MAX;
    it.loop->in_turn = false;
    hws_loop_free(it.loop);
    assert_int_equal(it.counter.bytes_out, 0);
}

#endif /* HAWSER_TESTS_H1_FIXTURE_H */
