/* SPDX-License-Identifier: MIT */
/* A TCP echo with nothing in it: level-triggered epoll, one recv and one send per readable socket.
 *
 *     bench_echo_bare        prints its port, and serves until it is ended
 *
 * What an echo server on sockets costs at least; the baseline of bench/echo. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS_MAX = 256, BUFFER_SIZE = 256 * 1024 };

static void must(int result, const char *what)
{
    if (result >= 0) return;
    perror(what);
    exit(1);
}

static int listen_on_loopback(void)
{
    const struct sockaddr_in any_port = {.sin_family = AF_INET,
                                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    must(fd, "socket");
    must(bind(fd, (const struct sockaddr *)&any_port, sizeof any_port), "bind");
    must(listen(fd, SOMAXCONN), "listen");

    struct sockaddr_in bound;
    must(getsockname(fd, (struct sockaddr *)&bound, &(socklen_t){sizeof bound}), "getsockname");
    printf("%d\n", ntohs(bound.sin_port));
    (void)fflush(stdout);
    return fd;
}

static void watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

static void accept_one(int epoll, int listener)
{
    const int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    must(fd, "accept");
    must(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)), "TCP_NODELAY");
    watch(epoll, fd);
}

/* The load always reads, so waiting here for room in the socket ends. */
static int send_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        const ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) return -1;
        if (sent < 0) {
            if (poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1) < 0) return -1;
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
    const int listener = listen_on_loopback();
    const int epoll = epoll_create1(0);
    must(epoll, "epoll_create1");
    watch(epoll, listener);

    for (;;) {
        struct epoll_event events[EVENTS_MAX];
        const int count = epoll_wait(epoll, events, EVENTS_MAX, -1);
        if (count < 0 && errno != EINTR) must(count, "epoll_wait");
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == listener)
                accept_one(epoll, listener);
            else
                echo(events[i].data.fd);
        }
    }
}
