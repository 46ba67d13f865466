/* SPDX-License-Identifier: MIT */
/* One request, many completions, each in one of the loop's buffers, or in a part of one.
 *
 * Of a crowd, in which many have always more to bring, each would fill many buffers when it is its
 * turn, and who brings little would wait for all of them.  So who has filled a buffer is asked for
 * one at a time then: those requests stand in line, and a turn begins a part of them. */
#include <errno.h>
#include <poll.h>

#include "loop/socket.h"
#include "loop/uring.h"

enum {
    HELD_PIECE = 64 * 1024, /* of what was held, in one call */
    MUCH = 20480,           /* bytes of one receive, or as many as fit */
    ONE_MAX = 266240,       /* bytes of one that is asked for alone: what a socket has, mostly */
    CROWD_MIN = 128,        /* descriptors of the loop */
    CROWDED_FOR = 64,       /* turns */
};

void hws_uring_note_more(hws_uring *self)
{
    if (self->loop->io_count > CROWD_MIN) self->crowded_until = self->loop->turn + CROWDED_FOR;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

/* In one turn: half of the buffers are for the others. */
static uint32_t ones_max(const hws_uring_buffers *buffers)
{
    return buffers->count * (buffers->size / smaller(buffers->size, ONE_MAX)) / 2;
}

static bool is_crowded(const hws_uring *self)
{
    return self->loop->turn < self->crowded_until;
}

bool hws_uring_receive_waits(const hws_io *io)
{
    const hws_uring *self = hws_uring_of(io);
    return hws_uring_has(io, HWS_URING_HEAVY) && is_crowded(self) &&
           self->one_count >= ones_max(&self->buffers);
}

static void prepare_one(struct io_uring_sqe *sqe, hws_io *io)
{
    io_uring_prep_recv(sqe, io->fd, NULL, ONE_MAX, 0);
    hws_uring_set(io, HWS_URING_ONE);
    hws_uring_of(io)->one_count++;
}

static void prepare_many(struct io_uring_sqe *sqe, hws_io *io)
{
    io_uring_prep_recv_multishot(sqe, io->fd, NULL, 0, 0);
    hws_uring_unset(io, HWS_URING_ONE | HWS_URING_HEAVY);
}

bool hws_uring_receive_begin(hws_io *io)
{
    hws_uring *self = hws_uring_of(io);
    struct io_uring_sqe *sqe = hws_uring_next(self);
    if (!sqe) return false;
    if (hws_uring_has(io, HWS_URING_HEAVY) && is_crowded(self))
        prepare_one(sqe, io);
    else
        prepare_many(sqe, io);
    sqe->flags |= IOSQE_BUFFER_SELECT; /* group 0, the only one */
    hws_uring_begin(sqe, io, HWS_URING_OF_RECEIVE, HWS_URING_IN);
    hws_uring_unset(io, HWS_URING_LEFT | HWS_URING_RENEW);
    return true;
}

/* Nothing comes after it. */
static void end(hws_io *io, int error)
{
    hws_io_mark(io, HWS_IO_ENDED);
    hws_io_unmark(io, HWS_IO_RECEIVES);
    hws_uring_held_drop(io);
    if (io->handler->on_receive) io->handler->on_receive(io, (hws_span){0}, error);
}

/* What is held comes before it. */
static void take(hws_io *io, hws_span bytes)
{
    if (hws_io_is(io, HWS_IO_RECEIVES) && !io->held)
        io->handler->on_receive(io, bytes, 0);
    else if (hws_uring_hold(io, bytes) < HWS_OK)
        end(io, ENOMEM);
}

/* That buffers were short, that we took it back, or that it was interrupted: it is asked for again,
 * when it is still wanted.  So is an end that comes while nobody receives. */
static bool goes_on(const hws_io *io, int result)
{
    if (result == 0) return !hws_io_is(io, HWS_IO_RECEIVES) || io->held;
    return result == -ENOBUFS || result == -ECANCELED || result == -EINTR || result == -EAGAIN;
}

/* A kernel that knows, after several receives, that nothing is left to read does not look again
 * before something new happens; it may so overlook an end or an error that came before (Linux 6.18,
 * unix sockets).  A receive that begins anew finds it. */
static void look_for_end(hws_io *io, unsigned flags)
{
    const bool was_left = hws_uring_has(io, HWS_URING_LEFT);
    if (flags & IORING_CQE_F_SOCK_NONEMPTY) {
        hws_uring_set(io, HWS_URING_LEFT);
        return;
    }
    hws_uring_unset(io, HWS_URING_LEFT);
    if (!was_left || hws_io_is(io, HWS_IO_CLOSES | HWS_IO_ENDED)) return;
    struct pollfd hang_up = {.fd = io->fd, .events = POLLRDHUP};
    if (poll(&hang_up, 1, 0) <= 0) return;
    hws_uring_set(io, HWS_URING_RENEW);
    hws_uring_pend(io);
}

/* In a crowd, what is to bring many buffers becomes a request for one. */
static void look_for_weight(hws_io *io, int result)
{
    const hws_uring *self = hws_uring_of(io);
    if (result < (int)smaller(self->buffers.size, MUCH)) return;
    hws_uring_set(io, HWS_URING_HEAVY);
    if (!is_crowded(self) || hws_uring_has(io, HWS_URING_ONE | HWS_URING_RENEW)) return;
    hws_uring_set(io, HWS_URING_RENEW);
    hws_uring_pend(io);
}

void hws_uring_received(hws_io *io, int result, unsigned flags)
{
    hws_uring *self = hws_uring_of(io);
    look_for_weight(io, result);
    if (!(flags & IORING_CQE_F_MORE)) hws_uring_unset(io, HWS_URING_IN | HWS_URING_CANCELS);
    if (result == -ENOBUFS) self->unserved++;
    const size_t size = result > 0 ? (size_t)result : 0;
    if (!hws_io_is(io, HWS_IO_CLOSES | HWS_IO_ENDED) && !self->ending) {
        if (size > 0)
            take(io, hws_uring_bytes(self, flags, size));
        else if (!goes_on(io, result))
            end(io, -result);
    }
    hws_uring_drop(self, flags, size);
    if (!hws_uring_has(io, HWS_URING_IN) || io->held)
        hws_uring_pend(io);
    else
        look_for_end(io, flags);
}

bool hws_uring_received_in_part(hws_io *io, const struct io_uring_cqe *first,
                                const struct io_uring_cqe *next)
{
    if (!hws_uring_join(hws_uring_of(io), first->flags, (size_t)first->res, next->flags,
                        (size_t)next->res))
        return false;
    if (first->flags & IORING_CQE_F_SOCK_NONEMPTY) hws_uring_set(io, HWS_URING_LEFT);
    return true;
}

void hws_uring_receive_held(hws_io *io)
{
    while (hws_io_is(io, HWS_IO_RECEIVES) && !hws_io_is(io, HWS_IO_CLOSES)) {
        const hws_span bytes = hws_uring_held_next(io, HELD_PIECE);
        if (bytes.size == 0) {
            hws_uring_held_drop(io);
            return;
        }
        io->handler->on_receive(io, bytes, 0);
    }
}

/* A poll for nothing reports errors and hang-ups, of one side or of both: each once, for it goes on
 * afterwards, and then says what is new. */
bool hws_uring_fails_begin(hws_io *io)
{
    struct io_uring_sqe *sqe = hws_uring_next(hws_uring_of(io));
    if (!sqe) return false;
    io_uring_prep_poll_multishot(sqe, io->fd, 0);
    hws_uring_begin(sqe, io, HWS_URING_OF_FAILS, HWS_URING_FAILS);
    return true;
}

/* Who receives, sends or connects hears it there. */
static bool is_told_otherwise(const hws_io *io)
{
    return hws_io_is(io, HWS_IO_RECEIVES | HWS_IO_ENDED | HWS_IO_SEND_WAITS | HWS_IO_CONNECTS);
}

void hws_uring_failed(hws_io *io, int result, unsigned flags)
{
    if (!(flags & IORING_CQE_F_MORE)) hws_uring_unset(io, HWS_URING_FAILS);
    if (hws_io_is(io, HWS_IO_CLOSES) || hws_uring_of(io)->ending || is_told_otherwise(io)) return;
    const int error = result & POLLERR ? hws_socket_error(io->fd) : 0;
    if (result < 0)
        end(io, -result);
    else if (result & POLLERR)
        end(io, error ? error : ECONNRESET);
    else if (!hws_uring_has(io, HWS_URING_FAILS))
        hws_uring_pend(io);
}
