/* SPDX-License-Identifier: MIT */
/* A TCP echo with nothing in it: level-triggered epoll, one recv and one send per readable socket.
 *
 *     bench_echo_bare        prints its port, and serves until it is ended
 *
 * What an echo server on sockets costs at least; the baseline of bench/echo. */
#include <errno.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bare.h"

enum { EVENTS_MAX = 256, BUFFER_SIZE = 256 * 1024 };

static void watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    bare_must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

/* The load always reads, so waiting here for room in the socket ends. */
static int send_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        const ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) return -1;
        if (sent < 0) {
            if (bare_await_room(fd) < 0) return -1;
            continue;
        }
        bytes += sent;
        size -= (size_t)sent;
    }
    return 0;
}

static void echo(int fd)
{
    static char buffer[BUFFER_SIZE];
    const ssize_t size = recv(fd, buffer, sizeof buffer, 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0 || send_all(fd, buffer, (size_t)size) < 0) close(fd);
}

int main(void)
{
    const int listener = bare_listen();
    const int epoll = epoll_create1(0);
    bare_must(epoll, "epoll_create1");
    watch(epoll, listener);

    for (;;) {
        struct epoll_event events[EVENTS_MAX];
        const int count = epoll_wait(epoll, events, EVENTS_MAX, -1);
        if (count < 0 && errno != EINTR) bare_must(count, "epoll_wait");
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == listener)
                watch(epoll, bare_accept(listener));
            else
                echo(events[i].data.fd);
        }
    }
}
