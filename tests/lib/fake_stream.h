/* SPDX-License-Identifier: MIT */
/* A stream without a socket: the test is the peer, the kernel and the clock.
 *
 * Nothing moves by itself: bytes go in with fake_stream_give, out with fake_stream_take.  Needs no
 * cmocka, so that fuzz targets can have it, too. */
#ifndef HAWSER_TESTS_FAKE_STREAM_H
#define HAWSER_TESTS_FAKE_STREAM_H

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "net/stream.h"

typedef struct fake_stream {
    hws_stream stream; /* first */
    hws_loop *loop;
    uint8_t output[4 * 1024 * 1024];
    size_t output_size; /* bytes that the peer has got */
    bool receiving;
    bool flush_asked;
    bool shut_down;
    bool ended; /* the owner has heard on_end */
    bool closed;
    uint32_t linger_ms; /* of the close */
} fake_stream;

static inline void fake_stream_kind_receive(hws_stream *stream, bool on)
{
    fake_stream *fake = (fake_stream *)stream;
    assert(!fake->closed);
    fake->receiving = on;
}

static inline void fake_stream_kind_flush(hws_stream *stream)
{
    fake_stream *fake = (fake_stream *)stream;
    assert(!fake->closed);
    fake->flush_asked = true;
}

static inline void fake_stream_kind_shutdown(hws_stream *stream)
{
    fake_stream *fake = (fake_stream *)stream;
    assert(!fake->closed);
    fake->shut_down = true;
}

/* The front of the queue, at most `max` bytes of it, reaches the peer. */
static inline size_t fake_stream_move(fake_stream *fake, size_t max)
{
    size_t moved = 0;
    while (moved < max && fake->stream.queue.size > 0) {
        hws_span front;
        const size_t count = hws_queue_peek(&fake->stream.queue, &front, 1);
        assert(count == 1);
        const size_t size = front.size < max - moved ? front.size : max - moved;
        assert(size <= sizeof fake->output - fake->output_size);
        memcpy(fake->output + fake->output_size, front.data, size);
        fake->output_size += size;
        hws_queue_drop(&fake->stream.queue, size);
        moved += size;
    }
    return moved;
}

/* A lingering close still sends what is queued; the other kind drops it. */
static inline void fake_stream_kind_close(hws_stream *stream, uint32_t linger_ms)
{
    fake_stream *fake = (fake_stream *)stream;
    assert(!fake->closed);
    fake->closed = true;
    fake->receiving = false;
    fake->linger_ms = linger_ms;
    if (linger_ms > 0) fake_stream_move(fake, SIZE_MAX);
    hws_queue_clear(&stream->queue);
}

static inline int fake_stream_kind_fd(const hws_stream *stream)
{
    (void)stream;
    return -1;
}

static inline void fake_stream_kind_peer(const hws_stream *stream, hws_address *address)
{
    *address = (hws_address){0};
    if (stream->tally && stream->tally->peer) stream->tally->peer(stream->tally, address);
}

static inline hws_loop *fake_stream_kind_loop(const hws_stream *stream)
{
    return ((const fake_stream *)stream)->loop;
}

static inline void fake_stream_init(fake_stream *fake, hws_loop *loop)
{
    static const hws_stream_kind KIND = {
        .name = "fake",
        .receive = fake_stream_kind_receive,
        .flush = fake_stream_kind_flush,
        .shutdown = fake_stream_kind_shutdown,
        .close = fake_stream_kind_close,
        .fd = fake_stream_kind_fd,
        .peer = fake_stream_kind_peer,
        .loop = fake_stream_kind_loop,
    };
    fake->stream = (hws_stream){.kind = &KIND};
    fake->loop = loop;
    hws_queue_init(&fake->stream.queue, hws_loop_queue_store(loop));
    fake->output_size = 0;
    fake->receiving = false;
    fake->flush_asked = false;
    fake->shut_down = false;
    fake->ended = false;
    fake->closed = false;
    fake->linger_ms = 0;
}

/* The peer reads at most `max` bytes of what was flushed.  Returns how many it got. */
static inline size_t fake_stream_take(fake_stream *fake, size_t max)
{
    if (fake->closed || !fake->flush_asked) return 0;
    const size_t moved = fake_stream_move(fake, max);
    fake->flush_asked = fake->stream.queue.size > 0;
    if (moved > 0) fake->stream.calls->on_sent(fake->stream.owner);
    return moved;
}

/* The peer sends.  In a block of its own, gone after the call: a byte read too far is noticed.
 * Returns: false when receiving is paused; nothing has happened then. */
static inline bool fake_stream_give(fake_stream *fake, const void *bytes, size_t size)
{
    if (fake->closed || !fake->receiving) return false;
    assert(!fake->ended && size > 0);
    uint8_t *copy = malloc(size);
    assert(copy);
    memcpy(copy, bytes, size);
    fake->stream.calls->on_receive(fake->stream.owner, (hws_span){copy, size});
    free(copy);
    return true;
}

static inline void fake_stream_end(fake_stream *fake, hws_status why)
{
    if (fake->closed) return;
    assert(!fake->ended);
    fake->ended = true;
    fake->stream.calls->on_end(fake->stream.owner, why);
}

#endif /* HAWSER_TESTS_FAKE_STREAM_H */
