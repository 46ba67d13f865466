/* SPDX-License-Identifier: MIT */
#include "loop/accept.h"

#include <errno.h>
#include <sys/socket.h>

#include "loop/state.h"

enum { ACCEPTS_PER_TURN = 64 };

/* Whether a failure belongs to one connection, or to the network: the next may work (accept(2),
 * "Error handling"). */
static bool passes(int error)
{
    switch (error) {
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case EPERM:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case EOPNOTSUPP:
    case ENETUNREACH:
    case ETIMEDOUT:
        return true;
    default:
        return false;
    }
}

int hws_accept_some(hws_io *io)
{
    for (int i = 0; i < ACCEPTS_PER_TURN && hws_io_is(io, HWS_IO_ACCEPTS); i++) {
        const int fd = accept4(io->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            io->handler->on_accept(io, fd);
        else if (errno == EAGAIN)
            return 0;
        else if (!passes(errno))
            return errno;
        if (hws_io_is(io, HWS_IO_CLOSES)) return 0;
    }
    return 0;
}
