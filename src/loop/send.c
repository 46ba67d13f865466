/* SPDX-License-Identifier: MIT */
#include "loop/send.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "loop/io.h"

/* Not in line, where every send of one part would pay for the room on the stack. */
__attribute__((noinline)) static ssize_t send_parts(int fd, const hws_span *spans, size_t count)
{
    struct iovec parts[HWS_IO_SPANS_MAX];
    for (size_t i = 0; i < count; i++)
        parts[i] = (struct iovec){.iov_base = spans[i].data, .iov_len = spans[i].size};
    const struct msghdr message = {.msg_iov = parts, .msg_iovlen = count};
    return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static ssize_t send_once(int fd, const hws_span *spans, size_t count)
{
    return count == 1 ? send(fd, spans->data, spans->size, MSG_NOSIGNAL | MSG_DONTWAIT)
                      : send_parts(fd, spans, count);
}

int64_t hws_send(int fd, const hws_span *spans, size_t count)
{
    ssize_t sent;
    do sent = send_once(fd, spans, count);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

void hws_send_failed(int fd)
{
    shutdown(fd, SHUT_RD);
}
