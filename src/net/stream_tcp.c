/* SPDX-License-Identifier: MIT */
/* A stream over a socket of the kernel: TCP, or a unix socket.
 *
 *     flush ──▶ (end of turn) ──▶ send ──▶ on_send ──▶ more in the queue: send again
 *                                              └────▶ empty: FIN when asked for, on_sent
 *
 *     open ──close(ms)──▶ lingering: send what is queued, FIN, discard input ──▶ closed
 *       └────close(0), an error of a lingering one, its time is up ──────────────────▲ */
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/try.h"
#include "loop/alarm.h"
#include "loop/io.h"
#include "net/stream.h"

enum {
    SENDS = 1 << 0,          /* a send is under way */
    SHUTDOWN_ASKED = 1 << 1, /* our side ends after the queue */
    SHUTDOWN_DONE = 1 << 2,
    PEER_ENDED = 1 << 3, /* the peer's side has ended */
    ENDED = 1 << 4,      /* the owner has heard on_end */
    BROKEN = 1 << 5,     /* nothing can be sent any more: what is queued vanishes */
    LINGERS = 1 << 6,    /* the owner has gone */
    CLOSED = 1 << 7,
    RECEIVES = 1 << 8,
};

typedef struct stream_tcp {
    hws_stream stream; /* first */
    hws_io io;
    hws_deferred flush;
    hws_alarm alarm;         /* while sending makes no progress, and while lingering */
    uint64_t progress_by_ms; /* the next bytes must have been taken by then */
    uint32_t send_timeout_ms;
    uint16_t state;
    int16_t failure; /* an hws_status: why it is BROKEN */
} stream_tcp;

static void *owner_at(void *member, size_t offset)
{
    return (char *)member - offset;
}

static stream_tcp *of_io(hws_io *io)
{
    return owner_at(io, offsetof(stream_tcp, io));
}

static bool is(const stream_tcp *tcp, unsigned bits)
{
    return (tcp->state & bits) != 0;
}

static void mark(stream_tcp *tcp, unsigned bits)
{
    tcp->state = (uint16_t)(tcp->state | bits);
}

static void unmark(stream_tcp *tcp, unsigned bits)
{
    tcp->state = (uint16_t)(tcp->state & ~bits);
}

static hws_status status_of(int error)
{
    return error == ECONNRESET || error == EPIPE ? HWS_ERR_CONNECTION_RESET
                                                 : HWS_ERR_CONNECTION_LOST;
}

/* Telling the owner.  He may close the stream in any of these calls: they come last. */

static void tell_end(stream_tcp *tcp, hws_status why)
{
    if (is(tcp, ENDED | LINGERS | CLOSED)) return;
    mark(tcp, ENDED);
    tcp->stream.calls->on_end(tcp->stream.owner, why);
}

static void tell_sent(stream_tcp *tcp)
{
    if (!is(tcp, LINGERS | CLOSED)) tcp->stream.calls->on_sent(tcp->stream.owner);
}

/* Closing. */

static void close_now(stream_tcp *tcp)
{
    if (is(tcp, CLOSED)) return;
    mark(tcp, CLOSED);
    hws_alarm_unset(&tcp->alarm, tcp->stream.loop);
    /* A peer that will not get all of it must not take it for all of it. */
    hws_io_close(&tcp->io, tcp->stream.queue.size > 0);
}

static void on_close(hws_io *io)
{
    stream_tcp *tcp = of_io(io);
    hws_loop_undefer(tcp->stream.loop, &tcp->flush);
    hws_queue_clear(&tcp->stream.queue);
    if (tcp->stream.tally) hws_tally_remove(tcp->stream.tally);
    hws_memory_free(hws_loop_memory(tcp->stream.loop), tcp, sizeof *tcp);
}

/* The first reason is the one that counts. */
static void set_broken(stream_tcp *tcp, hws_status why)
{
    if (!is(tcp, BROKEN)) tcp->failure = (int16_t)why;
    mark(tcp, BROKEN);
    tcp->stream.blocked = false;
}

/* Both sides are gone.  An owner that was told of the peer's end already hears that his queue has
 * emptied: there is nobody who reads, and nothing more to tell. */
static void break_off(stream_tcp *tcp, hws_status why)
{
    set_broken(tcp, why);
    if (!is(tcp, SENDS)) hws_queue_clear(&tcp->stream.queue);
    if (is(tcp, LINGERS))
        close_now(tcp);
    else if (is(tcp, ENDED))
        tell_sent(tcp);
    else
        tell_end(tcp, tcp->failure);
}

/* Sending. */

static void expect_progress(stream_tcp *tcp)
{
    tcp->progress_by_ms = hws_loop_now_ms(tcp->stream.loop) + tcp->send_timeout_ms;
}

static void finish_sending(stream_tcp *tcp)
{
    if (!is(tcp, SHUTDOWN_ASKED)) return;
    if (!is(tcp, SHUTDOWN_DONE)) hws_io_shutdown(&tcp->io);
    mark(tcp, SHUTDOWN_DONE);
    if (is(tcp, LINGERS) && is(tcp, PEER_ENDED)) close_now(tcp);
}

/* Hands the front of the queue to the kernel.  Fails only for want of an alarm. */
static hws_status send_more(stream_tcp *tcp)
{
    hws_span spans[HWS_IO_SPANS_MAX];
    const size_t count = hws_queue_peek(&tcp->stream.queue, spans, HWS_IO_SPANS_MAX);
    tcp->stream.blocked = false;
    if (count == 0) {
        finish_sending(tcp);
        return HWS_OK;
    }
    mark(tcp, SENDS);
    hws_io_send(&tcp->io, spans, count);
    tcp->stream.blocked = hws_io_send_waits(&tcp->io);
    if (!tcp->stream.blocked || hws_alarm_is_set(&tcp->alarm)) return HWS_OK;
    return hws_alarm_set(&tcp->alarm, tcp->stream.loop, tcp->progress_by_ms);
}

/* The end is told when it is received; an owner who does not receive hears it from here. */
static void on_flush_broken(stream_tcp *tcp)
{
    if (is(tcp, ENDED) || !is(tcp, RECEIVES))
        break_off(tcp, tcp->failure);
    else
        hws_queue_clear(&tcp->stream.queue);
}

static void on_flush(hws_deferred *flush)
{
    stream_tcp *tcp = owner_at(flush, offsetof(stream_tcp, flush));
    if (is(tcp, CLOSED | SENDS)) return; /* on_send goes on */
    if (is(tcp, BROKEN)) {
        on_flush_broken(tcp);
        return;
    }
    expect_progress(tcp);
    const hws_status status = send_more(tcp);
    if (status < HWS_OK) break_off(tcp, status);
}

/* What the peer sent before it went is still to be heard, and then its end. */
static void on_send_failed(stream_tcp *tcp, int error)
{
    if (is(tcp, RECEIVES) && !is(tcp, LINGERS | PEER_ENDED)) {
        set_broken(tcp, status_of(error));
        hws_queue_clear(&tcp->stream.queue);
    } else {
        break_off(tcp, status_of(error));
    }
}

static void on_send(hws_io *io, int64_t sent)
{
    stream_tcp *tcp = of_io(io);
    unmark(tcp, SENDS);
    if (sent < 0) {
        on_send_failed(tcp, (int)-sent);
        return;
    }
    if (is(tcp, BROKEN)) {
        break_off(tcp, tcp->failure);
        return;
    }
    if (sent > 0) {
        hws_queue_drop(&tcp->stream.queue, (size_t)sent);
        expect_progress(tcp);
    }
    const hws_status status = send_more(tcp);
    if (status < HWS_OK)
        break_off(tcp, status);
    else if (sent > 0)
        tell_sent(tcp);
}

static void on_ring(hws_alarm *alarm, hws_loop *loop)
{
    stream_tcp *tcp = owner_at(alarm, offsetof(stream_tcp, alarm));
    if (is(tcp, LINGERS)) {
        close_now(tcp);
        return;
    }
    if (!tcp->stream.blocked) return;
    if (hws_loop_now_ms(loop) < tcp->progress_by_ms) {
        const hws_status status = hws_alarm_set(alarm, loop, tcp->progress_by_ms);
        (void)status; /* the place it had a moment ago is free */
        return;
    }
    hws_io_receive(&tcp->io, false);
    break_off(tcp, HWS_ERR_SEND_TIMEOUT);
}

/* Receiving. */

static void on_peer_end(stream_tcp *tcp)
{
    mark(tcp, PEER_ENDED);
    if (is(tcp, BROKEN))
        break_off(tcp, tcp->failure);
    else if (!is(tcp, LINGERS))
        tell_end(tcp, HWS_OK);
    else if (is(tcp, SHUTDOWN_DONE))
        close_now(tcp);
}

static void on_receive(hws_io *io, hws_span bytes, int error)
{
    stream_tcp *tcp = of_io(io);
    if (error != 0)
        break_off(tcp, status_of(error));
    else if (bytes.size == 0)
        on_peer_end(tcp);
    else if (!is(tcp, LINGERS)) /* which throws it away */
        tcp->stream.calls->on_receive(tcp->stream.owner, bytes);
}

static const hws_io_handler handler = {
    .on_receive = on_receive,
    .on_send = on_send,
    .on_close = on_close,
};

/* The kind. */

static void tcp_receive(hws_stream *stream, bool on)
{
    stream_tcp *tcp = (stream_tcp *)stream;
    assert(!is(tcp, LINGERS | CLOSED));
    if (on)
        mark(tcp, RECEIVES);
    else
        unmark(tcp, RECEIVES);
    hws_io_receive(&tcp->io, on);
    if (!on && is(tcp, BROKEN)) hws_loop_defer(stream->loop, &tcp->flush);
}

static void tcp_flush(hws_stream *stream)
{
    stream_tcp *tcp = (stream_tcp *)stream;
    assert(!is(tcp, LINGERS | CLOSED));
    hws_loop_defer(stream->loop, &tcp->flush);
}

static void tcp_shutdown(hws_stream *stream)
{
    mark((stream_tcp *)stream, SHUTDOWN_ASKED);
    tcp_flush(stream);
}

static void tcp_close(hws_stream *stream, uint32_t linger_ms)
{
    stream_tcp *tcp = (stream_tcp *)stream;
    assert(!is(tcp, LINGERS | CLOSED));
    hws_alarm_unset(&tcp->alarm, stream->loop);
    const uint64_t until_ms = hws_loop_now_ms(stream->loop) + linger_ms;
    if (linger_ms == 0 || is(tcp, BROKEN) ||
        hws_alarm_set(&tcp->alarm, stream->loop, until_ms) < HWS_OK) {
        close_now(tcp);
        return;
    }
    tcp_shutdown(stream);
    tcp_receive(stream, true);
    mark(tcp, LINGERS);
}

static int tcp_fd(const hws_stream *stream)
{
    return ((const stream_tcp *)stream)->io.fd;
}

static const hws_stream_kind kind = {
    .name = "tcp",
    .receive = tcp_receive,
    .flush = tcp_flush,
    .shutdown = tcp_shutdown,
    .close = tcp_close,
    .fd = tcp_fd,
};

static hws_status make(hws_loop *loop, int fd, stream_tcp **out)
{
    const hws_memory *memory = hws_loop_memory(loop);
    stream_tcp *tcp = hws_memory_new_zeroed(memory, sizeof *tcp);
    if (!tcp) return HWS_ERR_NO_MEMORY;
    const hws_status status = hws_io_open(&tcp->io, loop, fd, &handler);
    if (status < HWS_OK) {
        hws_memory_free(memory, tcp, sizeof *tcp);
        return status;
    }
    *out = tcp;
    return HWS_OK;
}

hws_status hws_stream_tcp_new(hws_loop *loop, int fd, uint32_t send_timeout_ms, hws_stream **out)
{
    stream_tcp *tcp;
    const hws_status status = make(loop, fd, &tcp);
    if (status < HWS_OK) {
        const int error = errno;
        close(fd);
        errno = error;
        return status;
    }
    tcp->stream.kind = &kind;
    tcp->stream.loop = loop;
    tcp->flush.call = on_flush;
    tcp->alarm.on_ring = on_ring;
    tcp->send_timeout_ms = send_timeout_ms ? send_timeout_ms : HWS_STREAM_SEND_TIMEOUT_MS;
    hws_queue_init(&tcp->stream.queue, hws_loop_queue_store(loop));
    *out = &tcp->stream;
    return HWS_OK;
}
