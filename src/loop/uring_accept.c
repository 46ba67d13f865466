/* SPDX-License-Identifier: MIT */
/* A listener is polled, and accepted from by a system call: a request to accept that is cancelled
 * takes with it the waking for a connection that has just come, and whoever shares the socket,
 * as the successor of this process does, would never hear of that (decision 0044). */
#include <errno.h>
#include <poll.h>

#include "loop/accept.h"
#include "loop/uring.h"

bool hws_uring_accept_begin(hws_io *io)
{
    struct io_uring_sqe *sqe = hws_uring_next(hws_uring_of(io));
    if (!sqe) return false;
    io_uring_prep_poll_add(sqe, io->fd, POLLIN);
    hws_uring_begin(sqe, io, HWS_URING_OF_ACCEPT, HWS_URING_IN | HWS_URING_ACCEPT);
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

void hws_uring_acceptable(hws_io *io, int result)
{
    hws_uring_unset(io, HWS_URING_IN | HWS_URING_CANCELS | HWS_URING_ACCEPT);
    if (hws_io_is(io, HWS_IO_CLOSES) || hws_uring_of(io)->ending) return;
    const int error = result >= 0 ? hws_accept_some(io) : -result;
    if (error != 0 && error != ECANCELED) {
        rest(io);
        io->handler->on_accept(io, -error);
    }
    hws_uring_pend(io);
}
