/* SPDX-License-Identifier: MIT */
/* A two-way stream of bytes: TCP and unix sockets now, TLS and HTTP/2 streams as further layers
 * (a layer is a stream that owns the stream below it).
 *
 * What goes out is written into the stream's queue and asked to leave with hws_stream_flush: all
 * that one turn of the loop adds leaves in one write at its end.  What comes in is handed up as it
 * arrives, in the loop's buffer.
 *
 *          owner            on_receive ▲   │ queue, flush, shutdown, close
 *     ───────────────────────────────────────────────
 *          stream  (kind: tcp | tls | h2)
 *
 * No callback is ever called from inside a function of this header. */
#ifndef HAWSER_NET_STREAM_H
#define HAWSER_NET_STREAM_H

#include "base/queue.h"
#include "hawser/span.h"
#include "loop/loop.h"
#include "net/tally.h"

typedef struct hws_stream hws_stream;

/* What an owner hears.  Every call may close the stream. */
typedef struct hws_stream_owner {
    /* Bytes arrived.  They may be changed in place and are gone after the call: what is not
     * consumed must be copied. */
    void (*on_receive)(void *owner, hws_span bytes);

    /* Where the next bytes are best received: on_receive then tells of them there.  Size 0:
     * anywhere.  Called while `has_room`; it must not close the stream.  May be NULL. */
    hws_span (*on_room)(void *owner);

    /* Nothing more will arrive: HWS_OK, the peer ended its side (it may still read); otherwise
     * both sides are gone: HWS_ERR_CONNECTION_RESET, HWS_ERR_SEND_TIMEOUT, …  Called once. */
    void (*on_end)(void *owner, hws_status why);

    /* The queue got shorter; it may be empty now. */
    void (*on_sent)(void *owner);

    /* A layer's own handshake (TLS) is over.  May be NULL. */
    void (*on_ready)(void *owner);
} hws_stream_owner;

/* One per kind of stream. */
typedef struct hws_stream_kind {
    const char *name; /* "tcp" */
    void (*receive)(hws_stream *stream, bool on);
    void (*flush)(hws_stream *stream);
    void (*push)(hws_stream *stream); /* NULL: as flush */
    void (*shutdown)(hws_stream *stream);
    void (*close)(hws_stream *stream, uint32_t linger_ms);
    int (*fd)(const hws_stream *stream);
    void (*peer)(const hws_stream *stream, hws_address *address);
    hws_loop *(*loop)(const hws_stream *stream);

    /* NULL: the status that on_end told says it all. */
    void (*explain)(const hws_stream *stream, char *text, size_t size);
} hws_stream_kind;

/* Every connection pays for these bytes, idle or not. */
struct hws_stream {
    const hws_stream_kind *kind;
    const hws_stream_owner *calls;
    void *owner;
    hws_queue queue;  /* what waits to go out */
    hws_tally *tally; /* which it leaves when it frees itself; NULL: nobody counts it */

    /* The kind's own; here, where alignment leaves the room for them. */
    uint32_t send_timeout_ms;
    uint16_t state;
    int8_t failure;

    bool blocked : 1; /* the peer took less than it was offered; on_sent says when that changes */
    bool secure : 1;  /* encrypted on its way (wss, https) */

    bool has_room : 1; /* the owner's: his on_room is worth asking */
};

/* Hands the stream to an owner, or from one to the next.  Receiving starts with the first
 * hws_stream_receive. */
static inline void hws_stream_own(hws_stream *stream, const hws_stream_owner *calls, void *owner)
{
    stream->calls = calls;
    stream->owner = owner;
    stream->has_room = false;
}

/* Counts it in `tally` until its descriptor is closed, however long it lingers. */
static inline void hws_stream_count(hws_stream *stream, hws_tally *tally)
{
    stream->tally = tally;
    hws_tally_add(tally);
}

/* Starts, or pauses.  While paused the peer feels the window close; nothing is lost. */
static inline void hws_stream_receive(hws_stream *stream, bool on)
{
    stream->kind->receive(stream, on);
}

/* What is in the queue leaves at the end of this turn. */
static inline void hws_stream_flush(hws_stream *stream)
{
    stream->kind->flush(stream);
}

/* The queue is complete, as far as its owner knows: it leaves now, while all that sending needs is
 * in the processor's cache.  What the kernel does not take, and a little that had better be
 * gathered with what others may add (hws_io_gathers), leaves at the end of this turn. */
static inline void hws_stream_push(hws_stream *stream)
{
    if (stream->kind->push)
        stream->kind->push(stream);
    else
        stream->kind->flush(stream);
}

/* Ends our side once the queue has left; nothing may be added to it any more. */
static inline void hws_stream_shutdown(hws_stream *stream)
{
    stream->kind->shutdown(stream);
}

/* The owner's last call; it hears nothing more, and the stream frees itself.
 *
 * linger_ms  0: at once, whatever is in the queue is dropped and the peer may see a reset.
 *            Otherwise what is queued still leaves, then our side ends, and what the peer still
 *            sends is read and thrown away until it ends its side, for at most this long in all:
 *            closing with unread input would destroy the last bytes on their way to the peer. */
static inline void hws_stream_close(hws_stream *stream, uint32_t linger_ms)
{
    stream->kind->close(stream, linger_ms);
}

static inline hws_loop *hws_stream_loop(const hws_stream *stream)
{
    return stream->kind->loop(stream);
}

/* The socket underneath, for asking about it; never for reading, writing or closing. */
static inline int hws_stream_fd(const hws_stream *stream)
{
    return stream->kind->fd(stream);
}

/* Whom it leads to: the address that the socket has at its other end, or that of whom a proxy
 * speaks for there.  A zero address when it cannot be told. */
static inline void hws_stream_peer(const hws_stream *stream, hws_address *address)
{
    stream->kind->peer(stream, address);
}

/* Bytes that came for an earlier owner, to the present one, who receives: within the on_receive
 * that they came with, when nothing has been received since. */
static inline void hws_stream_pass_on(hws_stream *stream, hws_span bytes)
{
    if (bytes.size > 0) stream->calls->on_receive(stream->owner, bytes);
}

/* Writes why it ended, in one line of words, when there is more to say than the text of the status
 * that on_end told; else "". */
static inline void hws_stream_explain(const hws_stream *stream, char *text, size_t size)
{
    if (size > 0) text[0] = 0;
    if (stream->kind->explain) stream->kind->explain(stream, text, size);
}

/* How long queued bytes may wait without the peer taking any. */
enum { HWS_STREAM_SEND_TIMEOUT_MS = 10000 };

/* A stream over a connected, nonblocking socket, which it then owns; on failure `fd` is closed.
 * `send_timeout_ms` 0: HWS_STREAM_SEND_TIMEOUT_MS.
 *
 * Errors: HWS_ERR_NO_MEMORY, HWS_ERR_SYSTEM. */
HWS_MUST_CHECK hws_status hws_stream_tcp_new(hws_loop *loop, int fd, uint32_t send_timeout_ms,
                                             hws_stream **stream);

#endif /* HAWSER_NET_STREAM_H */
