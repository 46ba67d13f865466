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
    PUSHED = 1 << 9, /* the queue got shorter, and the owner is still to hear it */
};

typedef struct stream_tcp stream_tcp;

/* What a stream has only while it waits for its peer: to take bytes, or to end its side. */
typedef struct patience {
    hws_alarm alarm;
    uint64_t progress_by_ms; /* the next bytes must have been taken by then */
    stream_tcp *tcp;
} patience;

struct stream_tcp {
    hws_stream stream; /* first; `failure`: why it is BROKEN */
    hws_io io;
    hws_deferred flush;
    patience *patience; /* NULL: waits for nothing */
};

enum { SIZE_MOST = 128 };
_Static_assert(sizeof(void *) > 8 || sizeof(stream_tcp) <= SIZE_MOST,
               "an idle connection pays for each of these bytes (docs/decisions/0031)");

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
    return (tcp->stream.state & bits) != 0;
}

static void mark(stream_tcp *tcp, unsigned bits)
{
    tcp->stream.state = (uint16_t)(tcp->stream.state | bits);
}

static void unmark(stream_tcp *tcp, unsigned bits)
{
    tcp->stream.state = (uint16_t)(tcp->stream.state & ~bits);
}

static hws_loop *loop_of(const stream_tcp *tcp)
{
    return tcp->io.loop;
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

/* Waiting. */

static void on_ring(hws_alarm *alarm, hws_loop *loop);

static void wait_no_more(stream_tcp *tcp)
{
    if (!tcp->patience) return;
    hws_alarm_unset(&tcp->patience->alarm, loop_of(tcp));
    hws_cells_give(hws_loop_cells(loop_of(tcp)), tcp->patience, sizeof *tcp->patience);
    tcp->patience = NULL;
}

/* Errors: HWS_ERR_NO_MEMORY; it waits for nothing then. */
static hws_status wait_until(stream_tcp *tcp, uint64_t at_ms)
{
    assert(!tcp->patience);
    patience *made = hws_cells_take(hws_loop_cells(loop_of(tcp)), sizeof *made);
    if (!made) return HWS_ERR_NO_MEMORY;
    *made = (patience){.alarm.on_ring = on_ring, .progress_by_ms = at_ms, .tcp = tcp};
    tcp->patience = made;
    const hws_status status = hws_alarm_set(&made->alarm, loop_of(tcp), at_ms);
    if (status < HWS_OK) wait_no_more(tcp);
    return status;
}

/* Closing. */

static void close_now(stream_tcp *tcp)
{
    if (is(tcp, CLOSED)) return;
    mark(tcp, CLOSED);
    wait_no_more(tcp);
    /* A peer that will not get all of it must not take it for all of it. */
    hws_io_close(&tcp->io, tcp->stream.queue.size > 0);
}

static void on_close(hws_io *io)
{
    stream_tcp *tcp = of_io(io);
    hws_loop_undefer(loop_of(tcp), &tcp->flush);
    hws_queue_clear(&tcp->stream.queue);
    if (tcp->stream.tally) hws_tally_remove(tcp->stream.tally);
    hws_cells_give(hws_loop_cells(loop_of(tcp)), tcp, sizeof *tcp);
}

/* The first reason is the one that counts. */
static void set_broken(stream_tcp *tcp, hws_status why)
{
    if (!is(tcp, BROKEN)) tcp->stream.failure = (int8_t)why;
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
        tell_end(tcp, tcp->stream.failure);
}

/* Sending. */

static uint64_t progress_by_ms(const stream_tcp *tcp)
{
    return hws_loop_now_ms(loop_of(tcp)) + tcp->stream.send_timeout_ms;
}

/* The alarm stays where it is, and looks again when it rings. */
static void expect_progress(stream_tcp *tcp)
{
    if (tcp->patience) tcp->patience->progress_by_ms = progress_by_ms(tcp);
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
    const size_t count = hws_queue_lend(&tcp->stream.queue, spans, HWS_IO_SPANS_MAX);
    tcp->stream.blocked = false;
    if (count == 0) {
        if (!is(tcp, LINGERS)) wait_no_more(tcp);
        finish_sending(tcp);
        return HWS_OK;
    }
    mark(tcp, SENDS);
    hws_io_send(&tcp->io, spans, count);
    tcp->stream.blocked = hws_io_send_waits(&tcp->io);
    if (!tcp->stream.blocked || tcp->patience) return HWS_OK;
    return wait_until(tcp, progress_by_ms(tcp));
}

/* The end is told when it is received; an owner who does not receive hears it from here. */
static void on_flush_broken(stream_tcp *tcp)
{
    if (is(tcp, ENDED) || !is(tcp, RECEIVES))
        break_off(tcp, tcp->stream.failure);
    else
        hws_queue_clear(&tcp->stream.queue);
}

static void on_flush(hws_deferred *flush);

/* NULL: something else than the flush of a stream. */
static const stream_tcp *flushed_by(const hws_deferred *deferred)
{
    const bool is_flush = deferred && deferred->call == on_flush;
    return is_flush ? (const stream_tcp *)(const void *)((const char *)deferred -
                                                         offsetof(stream_tcp, flush))
                    : NULL;
}

/* A broadcast flushes thousands, each of which has left the cache since its turn before: what the
 * next two need is fetched while the kernel sends for this one. */
static void look_ahead(const hws_loop *loop)
{
    const stream_tcp *next = flushed_by(hws_loop_next_deferred(loop));
    if (!next) return;
    __builtin_prefetch(next->stream.queue.last);
    const uintptr_t later = (uintptr_t)next->flush.next; /* a stream's, most likely */
    __builtin_prefetch((const void *)later);
    __builtin_prefetch((const void *)(later - offsetof(stream_tcp, flush)));
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

/* Not in line: one run, which is what most answers are, then needs no room on the stack. */
__attribute__((noinline)) static int64_t send_runs_now(stream_tcp *tcp)
{
    hws_span spans[HWS_IO_SPANS_MAX];
    const size_t count = hws_queue_peek(&tcp->stream.queue, spans, HWS_IO_SPANS_MAX);
    return hws_io_send_now(&tcp->io, spans, count);
}

/* The front of the queue, by a call of its own: the owner hears later that it has left.  Returns
 * what hws_io_send_now returns. */
static int64_t send_now(stream_tcp *tcp)
{
    hws_queue *queue = &tcp->stream.queue;
    if (queue->size == 0) return 0;
    hws_span first;
    const bool is_all = hws_queue_peek(queue, &first, 1) == 1 && first.size == queue->size;
    const int64_t sent = is_all ? hws_io_send_now(&tcp->io, &first, 1) : send_runs_now(tcp);
    if (sent <= 0) return sent;
    mark(tcp, PUSHED);
    hws_queue_drop(queue, (size_t)sent);
    return sent;
}

/* It was pushed out, all of it, and that is to be told and nothing else. */
static bool is_only_to_tell(const stream_tcp *tcp)
{
    return tcp->stream.queue.size == 0 && is(tcp, PUSHED) && !is(tcp, SHUTDOWN_ASKED);
}

static void on_flush(hws_deferred *flush)
{
    stream_tcp *tcp = owner_at(flush, offsetof(stream_tcp, flush));
    look_ahead(loop_of(tcp));
    if (is(tcp, CLOSED | SENDS)) return; /* on_send goes on */
    if (is(tcp, BROKEN)) {
        on_flush_broken(tcp);
        return;
    }
    if (is_only_to_tell(tcp)) {
        unmark(tcp, PUSHED);
        tell_sent(tcp);
        return;
    }
    /* Mostly the kernel takes all of it, and nothing is left to wait for. */
    const int64_t sent = hws_io_sends_at_once(&tcp->io) ? send_now(tcp) : 0;
    if (sent < 0) {
        on_send_failed(tcp, (int)-sent);
        return;
    }
    const bool pushed = is(tcp, PUSHED);
    unmark(tcp, PUSHED);
    expect_progress(tcp);
    const hws_status status = send_more(tcp);
    if (status < HWS_OK)
        break_off(tcp, status);
    else if (pushed)
        tell_sent(tcp);
}

/* Bytes that leave at once in any case, while they are in the cache: gathering saves less. */
enum { PUSH_SIZE = 8192 };

/* What the kernel does not take is the flush's, and so is telling of a failure. */
static void tcp_push(hws_stream *stream)
{
    stream_tcp *tcp = (stream_tcp *)stream;
    assert(!is(tcp, LINGERS | CLOSED));
    hws_loop_defer(loop_of(tcp), &tcp->flush);
    if (is(tcp, SENDS | BROKEN)) return;
    if (stream->queue.size < PUSH_SIZE && hws_io_gathers(&tcp->io)) return;
    const int64_t sent = send_now(tcp);
    if (sent < 0) set_broken(tcp, status_of((int)-sent));
}

static void on_send(hws_io *io, int64_t sent)
{
    stream_tcp *tcp = of_io(io);
    unmark(tcp, SENDS);
    hws_queue_return(&tcp->stream.queue);
    if (sent < 0) {
        on_send_failed(tcp, (int)-sent);
        return;
    }
    if (is(tcp, BROKEN)) {
        break_off(tcp, tcp->stream.failure);
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
    const patience *it = owner_at(alarm, offsetof(patience, alarm));
    stream_tcp *tcp = it->tcp;
    if (is(tcp, LINGERS)) {
        close_now(tcp);
        return;
    }
    if (tcp->stream.blocked && hws_loop_now_ms(loop) < it->progress_by_ms) {
        const hws_status status = hws_alarm_set(alarm, loop, it->progress_by_ms);
        (void)status; /* the place it had a moment ago is free */
        return;
    }
    wait_no_more(tcp);
    if (!tcp->stream.blocked) return;
    hws_io_receive(&tcp->io, false);
    break_off(tcp, HWS_ERR_SEND_TIMEOUT);
}

/* Receiving. */

static void on_peer_end(stream_tcp *tcp)
{
    mark(tcp, PEER_ENDED);
    if (is(tcp, BROKEN))
        break_off(tcp, tcp->stream.failure);
    else if (!is(tcp, LINGERS))
        tell_end(tcp, HWS_OK);
    else if (is(tcp, SHUTDOWN_DONE))
        close_now(tcp);
}

static hws_span on_room(hws_io *io)
{
    const stream_tcp *tcp = of_io(io);
    if (!tcp->stream.has_room || is(tcp, LINGERS | CLOSED)) return (hws_span){0};
    return tcp->stream.calls->on_room(tcp->stream.owner);
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
    .on_room = on_room,
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
    if (!on && is(tcp, BROKEN)) hws_loop_defer(loop_of(tcp), &tcp->flush);
}

static void tcp_flush(hws_stream *stream)
{
    stream_tcp *tcp = (stream_tcp *)stream;
    assert(!is(tcp, LINGERS | CLOSED));
    if (is(tcp, PUSHED)) hws_io_gather(&tcp->io); /* and more is to leave in the same turn */
    hws_loop_defer(loop_of(tcp), &tcp->flush);
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
    wait_no_more(tcp);
    const uint64_t until_ms = hws_loop_now_ms(loop_of(tcp)) + linger_ms;
    if (linger_ms == 0 || is(tcp, BROKEN) || wait_until(tcp, until_ms) < HWS_OK) {
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

static void tcp_peer(const hws_stream *stream, hws_address *address)
{
    if (stream->tally && stream->tally->peer)
        stream->tally->peer(stream->tally, address);
    else
        hws_address_of_peer(tcp_fd(stream), address);
}

static hws_loop *tcp_loop(const hws_stream *stream)
{
    return loop_of((const stream_tcp *)stream);
}

static const hws_stream_kind kind = {
    .name = "tcp",
    .receive = tcp_receive,
    .flush = tcp_flush,
    .push = tcp_push,
    .shutdown = tcp_shutdown,
    .close = tcp_close,
    .fd = tcp_fd,
    .peer = tcp_peer,
    .loop = tcp_loop,
};

static hws_status make(hws_loop *loop, int fd, stream_tcp **out)
{
    hws_cells *cells = hws_loop_cells(loop);
    stream_tcp *tcp = hws_cells_take(cells, sizeof *tcp);
    if (!tcp) return HWS_ERR_NO_MEMORY;
    *tcp = (stream_tcp){.stream.kind = &kind, .flush.call = on_flush};
    const hws_status status = hws_io_open(&tcp->io, loop, fd, &handler);
    if (status < HWS_OK) {
        hws_cells_give(cells, tcp, sizeof *tcp);
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
    tcp->stream.send_timeout_ms = send_timeout_ms ? send_timeout_ms : HWS_STREAM_SEND_TIMEOUT_MS;
    hws_queue_init(&tcp->stream.queue, hws_loop_queue_store(loop));
    *out = &tcp->stream;
    return HWS_OK;
}
