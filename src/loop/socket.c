/* SPDX-License-Identifier: MIT */
#include "loop/socket.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

int hws_socket_error(int fd)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0) return errno;
    return error;
}

void hws_socket_close(int fd, bool reset)
{
    const struct linger linger = {.l_onoff = 1, .l_linger = 0};
    if (reset) setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    close(fd); /* whatever it answers, the number is free (close(2)) */
}
