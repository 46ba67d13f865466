/* SPDX-License-Identifier: MIT */
/* Two TLS streams that face each other over two fake streams; the test is the wire between them.
 *
 *     server.stream (tls)                 client.stream (tls)
 *     server.fake    ◀────── carry ──────▶ client.fake        */
#ifndef HAWSER_TESTS_TLS_STREAM_FIXTURE_H
#define HAWSER_TESTS_TLS_STREAM_FIXTURE_H

#include "lib/fake_stream.h"
#include "lib/fake_tls_context.h"
#include "lib/test_memory.h"
#include "net/stream_tls.h"

enum { IN_RECEIVE = 1, IN_END = 2, IN_SENT = 4, IN_READY = 8 };

/* One end: an owner that writes down what it hears. */
typedef struct tls_side {
    hws_stream *stream; /* NULL: closed, and nobody may be called any more */
    fake_stream fake;
    size_t carried; /* of fake.output: what the other side has been given */
    hws_tls_context *context;

    uint8_t *heard;
    size_t heard_size;
    size_t heard_max; /* NULL and 0: only counted */
    size_t largest;   /* one call's bytes */
    int receive_calls;
    int ready_calls;
    int sent_calls;
    int end_calls;
    hws_status why;
    char explanation[256];

    unsigned closes_in; /* a call of on_… above */
    uint32_t linger_ms;
    bool pauses; /* in on_receive */
    bool pauses_when_ready;
    bool echoes;      /* what it hears */
    bool leaves_junk; /* in OpenSSL's queue of errors, as others of the thread may */
} tls_side;

static hws_loop *loop;
static test_memory counter;
static hws_memory memory;
static tls_side server, client;

static inline void maybe_close(tls_side *side, unsigned in)
{
    if (side->leaves_junk) ERR_raise(ERR_LIB_USER, ERR_R_INTERNAL_ERROR);
    if (!(side->closes_in & in)) return;
    hws_stream *stream = side->stream;
    side->stream = NULL;
    hws_stream_close(stream, side->linger_ms);
}

static inline void side_receive(void *owner, hws_span bytes)
{
    tls_side *side = owner;
    assert_non_null(side->stream);
    assert_int_equal(side->end_calls, 0);
    assert_int_equal(side->ready_calls, 1);
    side->receive_calls++;
    if (bytes.size > side->largest) side->largest = bytes.size;
    if (side->heard) {
        assert_true(side->heard_size + bytes.size <= side->heard_max);
        memcpy(side->heard + side->heard_size, bytes.data, bytes.size);
    }
    side->heard_size += bytes.size;
    if (side->echoes) {
        const hws_status status = hws_queue_append(&side->stream->queue, bytes.data, bytes.size);
        if (status == HWS_OK) hws_stream_flush(side->stream);
    }
    memset(bytes.data, 0xEE, bytes.size); /* which an owner may do */
    if (side->pauses) hws_stream_receive(side->stream, false);
    maybe_close(side, IN_RECEIVE);
}

static inline void side_end(void *owner, hws_status why)
{
    tls_side *side = owner;
    assert_non_null(side->stream);
    assert_int_equal(side->end_calls, 0);
    side->end_calls++;
    side->why = why;
    hws_stream_explain(side->stream, side->explanation, sizeof side->explanation);
    maybe_close(side, IN_END);
}

static inline void side_sent(void *owner)
{
    tls_side *side = owner;
    assert_non_null(side->stream);
    side->sent_calls++;
    maybe_close(side, IN_SENT);
}

static inline void side_ready(void *owner)
{
    tls_side *side = owner;
    assert_non_null(side->stream);
    assert_int_equal(side->ready_calls, 0);
    side->ready_calls++;
    if (side->pauses_when_ready) hws_stream_receive(side->stream, false);
    maybe_close(side, IN_READY);
}

static const hws_stream_owner SIDE_CALLS = {
    .on_receive = side_receive,
    .on_end = side_end,
    .on_sent = side_sent,
    .on_ready = side_ready,
};

/* The heard bytes' memory stays; all else is as new. */
static inline void side_reset(tls_side *side)
{
    uint8_t *heard = side->heard;
    const size_t heard_max = side->heard_max;
    hws_tls_context *context = side->context;
    const size_t rest = offsetof(tls_side, carried);
    memset((uint8_t *)side + rest, 0, sizeof *side - rest);
    side->stream = NULL;
    side->heard = heard;
    side->heard_max = heard_max;
    side->context = context;
}

static inline hws_status side_open(tls_side *side)
{
    side_reset(side);
    fake_stream_init(&side->fake, loop);
    side->fake.receiving = true; /* as whoever had it before left it */
    const hws_status status =
        hws_stream_tls_new(&side->fake.stream, side->context, "localhost", 443, &side->stream);
    if (status == HWS_OK) hws_stream_own(side->stream, &SIDE_CALLS, side);
    return status;
}

static inline void open_both(void)
{
    assert_int_equal(side_open(&server), HWS_OK);
    assert_int_equal(side_open(&client), HWS_OK);
    hws_stream_receive(server.stream, true);
    hws_stream_receive(client.stream, true);
}

static inline void close_both(uint32_t linger_ms)
{
    if (server.stream) hws_stream_close(server.stream, linger_ms);
    if (client.stream) hws_stream_close(client.stream, linger_ms);
    server.stream = client.stream = NULL;
}

static inline void turn(void)
{
    assert_int_equal(hws_loop_step(loop, 0), HWS_OK);
}

static inline void say_bytes(tls_side *side, const void *bytes, size_t size)
{
    assert_int_equal(hws_queue_append(&side->stream->queue, bytes, size), HWS_OK);
    hws_stream_flush(side->stream);
}

static inline void say(tls_side *side, const char *text)
{
    say_bytes(side, text, strlen(text));
}

/* What `from` has sent reaches `to` in pieces of at most `cut`.  Returns whether any did. */
static inline bool carry(tls_side *from, tls_side *to, size_t cut)
{
    fake_stream_take(&from->fake, SIZE_MAX);
    bool moved = false;
    while (from->carried < from->fake.output_size) {
        const size_t left = from->fake.output_size - from->carried;
        const size_t size = left < cut ? left : cut;
        if (!fake_stream_give(&to->fake, from->fake.output + from->carried, size)) break;
        from->carried += size;
        moved = true;
    }
    if (from->carried == from->fake.output_size) from->carried = from->fake.output_size = 0;
    return moved;
}

/* Turns and carries until all is quiet. */
static inline void exchange_cut(size_t cut)
{
    bool moved;
    do {
        turn();
        moved = carry(&client, &server, cut);
        moved = carry(&server, &client, cut) || moved;
    } while (moved || hws_loop_timeout_ms(loop) == 0);
}

static inline void exchange(void)
{
    exchange_cut(SIZE_MAX);
}

static inline void shake_hands(void)
{
    open_both();
    exchange();
    assert_int_equal(server.ready_calls, 1);
    assert_int_equal(client.ready_calls, 1);
}

static inline void assert_heard(const tls_side *side, const char *text)
{
    assert_int_equal(side->heard_size, strlen(text));
    assert_memory_equal(side->heard, text, strlen(text));
}

static inline void set_version(int version)
{
    hws_tls_context_unref(server.context);
    hws_tls_context_unref(client.context);
    server.context = fake_tls_context_new(HWS_TLS_SERVER, version);
    client.context = fake_tls_context_new(HWS_TLS_CLIENT, version);
}

static inline int set_up(void **state)
{
    memory = test_memory_hook(&counter);
    assert_int_equal(hws_loop_new(&(hws_loop_options){.memory = &memory}, &loop), HWS_OK);
    server = client = (tls_side){0};
    set_version(TLS1_3_VERSION);
    server.heard_max = client.heard_max = 4 << 20;
    server.heard = malloc(server.heard_max);
    client.heard = malloc(client.heard_max);
    assert_true(server.heard && client.heard);
    *state = NULL;
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    close_both(0);
    hws_tls_context_unref(server.context);
    hws_tls_context_unref(client.context);
    free(server.heard);
    free(client.heard);
    hws_loop_free(loop);
    assert_int_equal(counter.bytes_out, 0);
    fake_tls_forget_certificate();
    return 0;
}

#endif /* HAWSER_TESTS_TLS_STREAM_FIXTURE_H */
