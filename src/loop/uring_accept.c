/* SPDX-License-Identifier: MIT */
/* One request, many connections. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/socket.h"
#include "loop/uring.h"

bool hws_uring_accept_begin(hws_io *io)
{
    hws_uring *self = hws_uring_of(io);
    struct io_uring_sqe *sqe = hws_uring_next(self);
    if (!sqe) return false;
    io_uring_prep_multishot_accept(sqe, io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    hws_uring_begin(sqe, io, HWS_URING_OF_ACCEPT, HWS_URING_IN | HWS_URING_ACCEPT);
    self->accepting++;
    return true;
}

static void rest(hws_io *io)
{
    if (hws_io_is(io, HWS_IO_LINKED)) return; /* it is settled first, and fails again if it must */
    hws_uring_set(io, HWS_URING_RESTS);
    hws_rest_begin(&hws_uring_of(io)->rest, io);
}

void hws_uring_accept_again(hws_io *io)
{
    hws_uring_unset(io, HWS_URING_RESTS);
    hws_uring_pend(io);
}

static void failed(hws_io *io, int error)
{
    if (hws_socket_error_passes(error) || error == ECANCELED || error == EAGAIN) return;
    rest(io);
    io->handler->on_accept(io, -error);
}

void hws_uring_accepted(hws_io *io, int result, unsigned flags)
{
    hws_uring *self = hws_uring_of(io);
    if (!(flags & IORING_CQE_F_MORE)) {
        hws_uring_unset(io, HWS_URING_IN | HWS_URING_CANCELS | HWS_URING_ACCEPT);
        self->accepting--;
    }
    if (hws_io_is(io, HWS_IO_CLOSES) || self->ending) {
        if (result >= 0) close(result);
    } else if (result >= 0) {
        io->handler->on_accept(io, result);
    } else {
        failed(io, -result);
    }
    if (!hws_uring_has(io, HWS_URING_IN)) hws_uring_pend(io);
}
