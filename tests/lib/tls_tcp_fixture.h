/* SPDX-License-Identifier: MIT */
/* Two TLS streams that face each other over TCP, on the loop of tls_stream_fixture.h. */
#ifndef HAWSER_TESTS_TLS_TCP_FIXTURE_H
#define HAWSER_TESTS_TLS_TCP_FIXTURE_H

#include "lib/descriptors.h"
#include "lib/tls_stream_fixture.h"

typedef struct tls_tcp_side {
    hws_stream *stream; /* tls */
    hws_stream *lower;  /* tcp */
    size_t heard_size;
    uint8_t next; /* what pattern_fill would continue with, when it is checked */
    bool checks;
    bool ended;
    hws_status why;
    int sent_calls;
    size_t lower_most; /* the longest that the lower queue has been */
} tls_tcp_side;

static inline uint8_t pattern_next(uint8_t byte)
{
    return (uint8_t)(byte == 250 ? 0 : byte + 1);
}

static inline void tls_tcp_receive(void *owner, hws_span bytes)
{
    tls_tcp_side *side = owner;
    side->heard_size += bytes.size;
    for (size_t i = 0; side->checks && i < bytes.size; i++) {
        assert_int_equal(bytes.data[i], side->next);
        side->next = pattern_next(side->next);
    }
}

static inline void tls_tcp_end(void *owner, hws_status why)
{
    tls_tcp_side *side = owner;
    assert_false(side->ended);
    side->ended = true;
    side->why = why;
}

static inline void tls_tcp_sent(void *owner)
{
    tls_tcp_side *side = owner;
    side->sent_calls++;
    if (side->lower->queue.size > side->lower_most) side->lower_most = side->lower->queue.size;
}

static const hws_stream_owner TLS_TCP_CALLS = {
    .on_receive = tls_tcp_receive, .on_end = tls_tcp_end, .on_sent = tls_tcp_sent};

static inline void tls_tcp_make(tls_tcp_side *side, int fd, hws_tls_context *context)
{
    *side = (tls_tcp_side){0};
    assert_int_equal(hws_stream_tcp_new(loop, fd, 0, &side->lower), HWS_OK);
    assert_int_equal(hws_stream_tls_new(side->lower, context, "localhost", 443, &side->stream),
                     HWS_OK);
    hws_stream_own(side->stream, &TLS_TCP_CALLS, side);
    hws_stream_receive(side->stream, true);
}

/* `a` is the client. */
static inline void tls_tcp_open(tls_tcp_side *a, tls_tcp_side *b)
{
    int pair[2];
    tcp_pair(pair);
    tls_tcp_make(a, pair[0], client.context);
    tls_tcp_make(b, pair[1], server.context);
}

static inline void tls_tcp_say(tls_tcp_side *side, const char *text)
{
    assert_int_equal(hws_queue_append(&side->stream->queue, text, strlen(text)), HWS_OK);
    hws_stream_flush(side->stream);
}

#endif /* HAWSER_TESTS_TLS_TCP_FIXTURE_H */
