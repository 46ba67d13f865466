/* SPDX-License-Identifier: MIT */
/* One thread publishes at a pace; the loop of the server is another's; a process of its own
 * receives, and looks how old each message is. */
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broadcast.h"

enum { SECONDS = 5, TICK_NS = 100000 };

static const char REQUEST[] = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                              "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

static int reach(uint16_t port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) exit(1);
    if (send(fd, REQUEST, sizeof REQUEST - 1, 0) < 0) exit(1);
    return fd;
}

static size_t skip_head(const char *bytes, size_t size)
{
    const char *end = memmem(bytes, size, "\r\n\r\n", 4);
    return end ? (size_t)(end - bytes) + 4 : 0;
}

/* The frames are of one size, their time first. */
static void receive(uint16_t port, size_t count)
{
    static char bytes[1 << 20];
    double *ages = calloc(count, sizeof *ages);
    const int fd = reach(port);
    size_t size = 0, done = 0;
    bool is_open = false;
    while (done < count) {
        const ssize_t got = recv(fd, bytes + size, sizeof bytes - size, 0);
        if (got <= 0 || !ages) exit(1);
        const double now = broadcast_seconds(CLOCK_MONOTONIC);
        size += (size_t)got;
        size_t at = is_open ? 0 : skip_head(bytes, size);
        is_open = is_open || at > 0;
        for (; is_open && size - at >= BROADCAST_FRAME_SIZE; at += BROADCAST_FRAME_SIZE) {
            double sent;
            memcpy(&sent, bytes + at + 2, sizeof sent);
            ages[done++] = (now - sent) * 1e6;
        }
        memmove(bytes, bytes + at, size - at);
        size -= at;
    }
    printf("%zu messages: p50 %.0f us, p99 %.0f us, p99.9 %.0f us, most %.0f us\n", count,
           broadcast_quantile(ages, count, 0.5), broadcast_quantile(ages, count, 0.99),
           broadcast_quantile(ages, count, 0.999), broadcast_quantile(ages, count, 1));
    (void)fflush(stdout);
    _exit(0);
}

static void publish(hws_server *server)
{
    uint8_t payload[BROADCAST_PAYLOAD_SIZE] = {0};
    const double now = broadcast_seconds(CLOCK_MONOTONIC);
    memcpy(payload, &now, sizeof now);
    const hws_message message = {.type = HWS_BINARY, .data = payload, .size = sizeof payload};
    if (hws_server_publish(server, "all", &message) < HWS_OK) abort();
}

typedef struct bench {
    hws_loop *loop;
    hws_server *server;
    uint32_t rate_per_s;
    size_t count;
} bench;

static void publish_at_pace(const bench *it)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    const double begin = broadcast_seconds(CLOCK_MONOTONIC);
    for (size_t sent = 0; sent < it->count;) {
        at.tv_nsec += TICK_NS;
        if (at.tv_nsec >= 1000000000) {
            at.tv_nsec -= 1000000000;
            at.tv_sec++;
        }
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
        const double due = (broadcast_seconds(CLOCK_MONOTONIC) - begin) * it->rate_per_s;
        for (; sent < it->count && (double)sent < due; sent++) publish(it->server);
    }
    const double took = broadcast_seconds(CLOCK_MONOTONIC) - begin;
    printf("published at %.0f a second; ", (double)it->count / took);
    (void)fflush(stdout);
}

static void *publish_all(void *user)
{
    publish_at_pace(user);
    return NULL;
}

void broadcast_latency(uint32_t rate_per_s)
{
    uint16_t port;
    pthread_t thread;
    bench it = {.rate_per_s = rate_per_s, .count = (size_t)rate_per_s * SECONDS};
    it.server = broadcast_server(&it.loop, 1, &port);
    const pid_t receiver = fork();
    if (receiver == 0) receive(port, it.count);
    while (hws_server_subscriber_count(it.server, "all") == 0)
        if (hws_loop_step(it.loop, 10) != HWS_OK) abort();
    if (pthread_create(&thread, NULL, publish_all, &it) != 0) abort();
    while (waitpid(receiver, NULL, WNOHANG) == 0)
        if (hws_loop_step(it.loop, 10) != HWS_OK) abort();
    pthread_join(thread, NULL);
    hws_server_free(it.server);
    hws_loop_free(it.loop);
}
