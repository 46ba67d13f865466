/* SPDX-License-Identifier: MIT */
#include "crowd.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EVENTS_MAX = 512 };

static const char REQUEST[] = "GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                              "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static void send_all(int fd, const void *bytes, size_t size)
{
    if (send(fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size) fail("send");
}

static void shake_hands(int fd, const char *path)
{
    char request[512];
    char answer[1024];
    size_t size = 0;
    send_all(fd, request, (size_t)snprintf(request, sizeof request, REQUEST, path));
    while (size < 4 || memcmp(answer + size - 4, "\r\n\r\n", 4) != 0) {
        if (size == sizeof answer || recv(fd, answer + size, 1, 0) != 1) fail("handshake");
        size++;
    }
}

static int open_one(uint16_t port, const crowd_manners *manners)
{
    const struct sockaddr_in server = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&server, sizeof server) != 0)
        fail("connect");
    shake_hands(fd, manners->path);
    send_all(fd, manners->greeting, manners->greeting_size);
    return fd;
}

static void read_for_ever(int epoll, struct crowd_news *news)
{
    static char bytes[1 << 18];
    struct epoll_event events[EVENTS_MAX];
    for (;;) {
        const int count = epoll_wait(epoll, events, EVENTS_MAX, -1);
        for (int i = 0; i < count; i++) {
            const ssize_t got = recv(events[i].data.fd, bytes, sizeof bytes, MSG_DONTWAIT);
            if (got == 0) exit(0);
            if (got > 0) atomic_fetch_add(&news->received, (uint64_t)got);
        }
    }
}

static void run(uint16_t port, uint32_t count, const crowd_manners *manners,
                struct crowd_news *news)
{
    crowd_raise_limit();
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    for (uint32_t i = 0; i < count; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = open_one(port, manners)};
        if (epoll_ctl(epoll, EPOLL_CTL_ADD, event.data.fd, &event) != 0) fail("epoll_ctl");
        atomic_fetch_add(&news->open_count, 1);
    }
    read_for_ever(epoll, news);
}

void crowd_raise_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

crowd crowd_start(uint16_t port, uint32_t count, const crowd_manners *manners)
{
    struct crowd_news *news =
        mmap(NULL, sizeof *news, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (news == MAP_FAILED) fail("mmap");
    const pid_t process = fork();
    if (process < 0) fail("fork");
    if (process == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        run(port, count, manners, news);
    }
    return (crowd){process, news};
}

void crowd_end(crowd *it)
{
    kill(it->process, SIGKILL);
    waitpid(it->process, NULL, 0);
    munmap(it->news, sizeof *it->news);
}
