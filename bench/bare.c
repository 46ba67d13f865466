/* SPDX-License-Identifier: MIT */
#include "bare.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

void bare_must(int result, const char *what)
{
    if (result >= 0) return;
    perror(what);
    exit(1);
}

void *bare_need(void *made)
{
    if (made) return made;
    (void)fprintf(stderr, "out of memory\n");
    exit(1);
}

int bare_listen(void)
{
    const struct sockaddr_in any_port = {.sin_family = AF_INET,
                                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    bare_must(fd, "socket");
    bare_must(bind(fd, (const struct sockaddr *)&any_port, sizeof any_port), "bind");
    bare_must(listen(fd, SOMAXCONN), "listen");

    struct sockaddr_in bound;
    bare_must(getsockname(fd, (struct sockaddr *)&bound, &(socklen_t){sizeof bound}),
              "getsockname");
    printf("%d\n", ntohs(bound.sin_port));
    (void)fflush(stdout);
    return fd;
}

void bare_watch(int epoll, int fd, void *who)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = who};
    bare_must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

void bare_serve(int listener, void (*arrive)(int epoll, int listener), void (*serve)(void *who))
{
    enum { EVENTS_MAX = 256 };
    const int epoll = epoll_create1(0);
    bare_must(epoll, "epoll_create1");
    bare_watch(epoll, listener, NULL);

    for (;;) {
        struct epoll_event events[EVENTS_MAX];
        const int count = epoll_wait(epoll, events, EVENTS_MAX, -1);
        if (count < 0 && errno != EINTR) bare_must(count, "epoll_wait");
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr)
                serve(events[i].data.ptr);
            else
                arrive(epoll, listener);
        }
    }
}

int bare_accept(int listener)
{
    const int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    bare_must(fd, "accept");
    bare_must(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)), "TCP_NODELAY");
    return fd;
}

int bare_await_room(int fd)
{
    return poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, -1);
}
