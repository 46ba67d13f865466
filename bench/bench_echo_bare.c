/* SPDX-License-Identifier: MIT */
/* A TCP echo with nothing in it: level-triggered epoll, one recv and one send per readable socket.
 *
 *     bench_echo_bare        prints its port, and serves until it is ended
 *
 *     --zerocopy     sends with MSG_ZEROCOPY, and waits until the kernel lets go of the buffer
 *
 * What an echo server on sockets costs at least; the baseline of bench/echo. */
#include <time.h> /* which the next one needs and does not include */

#include <linux/errqueue.h>

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
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

static bool is_zerocopy;

/* A notification tells of a range of sends, the first and the last of them. */
static uint32_t read_released(int fd)
{
    char control[128];
    struct msghdr message = {.msg_control = control, .msg_controllen = sizeof control};
    if (recvmsg(fd, &message, MSG_ERRQUEUE) < 0) return 0;
    const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (!header) return 0;
    struct sock_extended_err told;
    memcpy(&told, CMSG_DATA(header), sizeof told);
    return told.ee_origin == SO_EE_ORIGIN_ZEROCOPY ? told.ee_data - told.ee_info + 1 : 0;
}

static void await_release(int fd, uint32_t send_count)
{
    while (send_count > 0) {
        const uint32_t released = read_released(fd);
        send_count -= released < send_count ? released : send_count;
        struct pollfd errors = {.fd = fd};
        if (released > 0) continue;
        if (poll(&errors, 1, 1000) <= 0 || errors.revents & POLLHUP) return; /* the peer is gone */
    }
}

/* The load always reads, so waiting here for room in the socket ends. */
static int send_all(int fd, const char *bytes, size_t size)
{
    const int flags = MSG_NOSIGNAL | (is_zerocopy ? MSG_ZEROCOPY : 0);
    uint32_t send_count = 0;
    while (size > 0) {
        const ssize_t sent = send(fd, bytes, size, flags);
        if (sent < 0 && errno != EAGAIN) return -1;
        if (sent < 0) {
            if (bare_await_room(fd) < 0) return -1;
            continue;
        }
        bytes += sent;
        size -= (size_t)sent;
        send_count++;
    }
    if (is_zerocopy) await_release(fd, send_count);
    return 0;
}

static void echo(int fd)
{
    static char buffer[BUFFER_SIZE];
    const ssize_t size = recv(fd, buffer, sizeof buffer, 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0 || send_all(fd, buffer, (size_t)size) < 0) close(fd);
}

static int accept_one(int listener)
{
    const int fd = bare_accept(listener);
    const int on = 1;
    if (is_zerocopy)
        bare_must(setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof on), "SO_ZEROCOPY");
    return fd;
}

int main(int argc, char **argv)
{
    is_zerocopy = argc > 1 && strcmp(argv[1], "--zerocopy") == 0;
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
                watch(epoll, accept_one(listener));
            else
                echo(events[i].data.fd);
        }
    }
}
