/* SPDX-License-Identifier: MIT */
/* Sends, which wait for the next submission, and then are over: what a full socket does not take is
 * reported at once (MSG_DONTWAIT), and a poll waits for room.  So closing never waits for a slow
 * peer. */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "loop/send.h"
#include "loop/socket.h"
#include "loop/uring.h"

enum { SEND_FLAGS = MSG_NOSIGNAL | MSG_DONTWAIT, SEND_SIZE_MAX = 1 << 30 };

static void wait_for_room(hws_io *io)
{
    hws_io_mark(io, HWS_IO_SEND_WAITS);
    hws_uring_pend(io);
}

static size_t size_of(const hws_span *spans, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) size += spans[i].size;
    return size;
}

/* The parts must stay until they are submitted; then there is room for others. */
static struct msghdr *take_parts(hws_uring *self, const hws_span *spans, size_t count)
{
    hws_uring_parts *sends = &self->sends;
    if (sends->part_count + count > HWS_URING_PARTS_MAX ||
        sends->message_count == HWS_URING_MESSAGES_MAX) {
        if (self->is_enabled) (void)io_uring_submit(&self->ring);
        if (io_uring_sq_ready(&self->ring) > 0) return NULL;
        sends->part_count = sends->message_count = 0;
    }
    struct msghdr *message = &sends->messages[sends->message_count++];
    *message = (struct msghdr){.msg_iov = sends->parts + sends->part_count, .msg_iovlen = count};
    for (size_t i = 0; i < count; i++)
        sends->parts[sends->part_count++] =
            (struct iovec){.iov_base = spans[i].data, .iov_len = spans[i].size};
    return message;
}

static struct io_uring_sqe *prepare_one(hws_io *io, hws_span span)
{
    struct io_uring_sqe *sqe = hws_uring_next(hws_uring_of(io));
    if (!sqe) return NULL;
    const size_t size = span.size < SEND_SIZE_MAX ? span.size : SEND_SIZE_MAX;
    io_uring_prep_send(sqe, io->fd, span.data, size, SEND_FLAGS);
    return sqe;
}

static struct io_uring_sqe *prepare_many(hws_io *io, const hws_span *spans, size_t count)
{
    hws_uring *self = hws_uring_of(io);
    const struct msghdr *message = take_parts(self, spans, count);
    struct io_uring_sqe *sqe = message ? hws_uring_next(self) : NULL;
    if (sqe) io_uring_prep_sendmsg(sqe, io->fd, message, SEND_FLAGS);
    return sqe;
}

/* hws_io.result remembers how much was asked for. */
void hws_uring_send(hws_io *io, const hws_span *spans, size_t count)
{
    struct io_uring_sqe *sqe = NULL;
    if (!hws_uring_has(io, HWS_URING_FULL))
        sqe = count == 1 ? prepare_one(io, *spans) : prepare_many(io, spans, count);
    if (!sqe) {
        wait_for_room(io);
        return;
    }
    const size_t size = size_of(spans, count);
    io->result = size < INT32_MAX ? (int32_t)size : INT32_MAX;
    hws_uring_begin(sqe, io, HWS_URING_OF_SEND, HWS_URING_SENDS);
}

static int32_t send_failed(const hws_io *io, int error)
{
    hws_send_failed(io->fd);
    return -error;
}

void hws_uring_sent(hws_io *io, int result)
{
    hws_uring_unset(io, HWS_URING_SENDS);
    if (hws_io_is(io, HWS_IO_CLOSES) || hws_uring_of(io)->ending) return;
    hws_io_unmark(io, HWS_IO_SENDS);
    if (result == -EAGAIN || (result >= 0 && result < io->result))
        hws_uring_set(io, HWS_URING_FULL);
    if (result == -EAGAIN || result == -EINTR) result = 0; /* asked again, it waits for room */
    io->handler->on_send(io, result < 0 ? send_failed(io, -result) : result);
}

/* Waiting for room, and for the end of connecting. */

/* A poll that a hang-up of the peer's side alone would end at once has to be one that goes on. */
bool hws_uring_out_begin(hws_io *io)
{
    struct io_uring_sqe *sqe = hws_uring_next(hws_uring_of(io));
    if (!sqe) return false;
    if (hws_uring_has(io, HWS_URING_HALF))
        io_uring_prep_poll_multishot(sqe, io->fd, POLLOUT);
    else
        io_uring_prep_poll_add(sqe, io->fd, POLLOUT);
    hws_uring_begin(sqe, io, HWS_URING_OF_OUT, HWS_URING_OUT);
    return true;
}

static void has_room(hws_io *io, int result)
{
    hws_uring_unset(io, HWS_URING_FULL);
    hws_io_unmark(io, HWS_IO_SENDS | HWS_IO_SEND_WAITS);
    io->handler->on_send(io, result < 0 ? send_failed(io, -result) : 0);
}

static void is_writable(hws_io *io, int result)
{
    if (hws_io_is(io, HWS_IO_CONNECTS))
        hws_uring_connected(io, result < 0 ? -result : hws_socket_error(io->fd));
    else if (hws_io_is(io, HWS_IO_SEND_WAITS))
        has_room(io, result);
}

void hws_uring_is_writable(hws_io *io, int result, unsigned flags)
{
    if (!(flags & IORING_CQE_F_MORE)) hws_uring_unset(io, HWS_URING_OUT | HWS_URING_CANCELS_OUT);
    if (hws_io_is(io, HWS_IO_CLOSES) || hws_uring_of(io)->ending) return;
    if (result >= 0 && !(result & (POLLOUT | POLLERR | POLLHUP)))
        hws_uring_set(io, HWS_URING_HALF);
    else if (result != -ECANCELED)
        is_writable(io, result);
    hws_uring_pend(io);
}

/* Connecting.  The call itself only begins it; its end is polled for. */

void hws_uring_connect(hws_io *io, const struct sockaddr *address, uint32_t address_size)
{
    const int error = connect(io->fd, address, address_size) < 0 ? errno : 0;
    /* Interrupted, it goes on in the background (connect(2)). */
    if (error != EINPROGRESS && error != EINTR) {
        io->error = (uint16_t)error;
        hws_io_mark(io, HWS_IO_DUE_CONNECT);
    }
    hws_uring_pend(io);
}

void hws_uring_connected(hws_io *io, int error)
{
    hws_io_unmark(io, HWS_IO_CONNECTS | HWS_IO_DUE_CONNECT);
    io->handler->on_connect(io, error);
}
