/* SPDX-License-Identifier: MIT */
/* Load for whatever opens WebSockets: connections that open, close in order, and open again.
 *
 *     bench_connect --port 8080 --path /echo --connections 100 --pid 4711
 *     bench_connect --port 8443 --tls ...   a whole handshake each time, any certificate
 *
 *     connect ─▶ request ─▶ 101 ─▶ Close ─▶ end of the server's side ─▶ connect ...
 *
 * Always the same request, so that a server which knows its answer can be measured, too.  Prints
 * `messages` (connections that opened while measured), `seconds`, and `cpu_ns` of process --pid. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "bare.h"
#include "channel.h"

enum { EVENTS_MAX = 256, ANSWER_MAX = 2048, PATIENCE_MS = 30000 };

/* 1000 (RFC 6455 §7.4.1), masked with a key of zeros. */
static const char CLOSE[] = {(char)0x88, (char)0x82, 0, 0, 0, 0, 3, (char)0xE8};

typedef enum step { REQUESTING, WAITING, CLOSING } step;

typedef struct attempt {
    bench_channel channel;
    step step;
    size_t sent;
    size_t size; /* of the answer so far */
    char answer[ANSWER_MAX];
} attempt;

typedef struct bench_options {
    uint16_t port;
    const char *path;
    size_t connection_count;
    double seconds;
    double warm_up_seconds;
    pid_t pid;
    bool tls;
} bench_options;

static bench_options options = {
    .path = "/echo", .connection_count = 100, .seconds = 1, .warm_up_seconds = 0.2};
static SSL_CTX *context;
static char request[512];
static size_t request_size;
static attempt *attempts;
static uint64_t opened_count;
static int epoll;

static void fail(const char *what)
{
    (void)fprintf(stderr, "bench_connect: %s\n", what);
    exit(1);
}

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    bare_must(clock_gettime(clock, &now), "clock_gettime");
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void begin(attempt *it)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons(options.port),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    bare_must(fd, "socket");
    bare_must(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)), "TCP_NODELAY");
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0 && errno != EINPROGRESS)
        bare_must(-1, "connect");
    it->channel = (bench_channel){.fd = fd};
    if (context) {
        it->channel.ssl = bare_need(SSL_new(context));
        SSL_set_fd(it->channel.ssl, fd);
        SSL_set_connect_state(it->channel.ssl);
    }
    it->step = REQUESTING;
    it->sent = it->size = 0;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = it};
    bare_must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

/* Steps.  Returns: whether there is more to do now. */

static bool send_request(attempt *it)
{
    const ssize_t sent = channel_send(&it->channel, request + it->sent, request_size - it->sent);
    if (sent < 0 && errno == EAGAIN) return false;
    if (sent < 0) fail("a connection or its TLS handshake failed");
    it->sent += (size_t)sent;
    if (it->sent == request_size) it->step = WAITING;
    return true;
}

static bool receive_answer(attempt *it)
{
    const ssize_t got =
        channel_receive(&it->channel, it->answer + it->size, ANSWER_MAX - 1 - it->size);
    if (got < 0 && errno == EAGAIN) return false;
    if (got <= 0) fail("no answer to the handshake");
    it->size += (size_t)got;
    it->answer[it->size] = '\0';
    if (!strstr(it->answer, "\r\n\r\n")) return true;
    if (strncmp(it->answer, "HTTP/1.1 101 ", 13) != 0) fail("the handshake was refused");
    opened_count++;
    if (channel_send(&it->channel, CLOSE, sizeof CLOSE) != sizeof CLOSE)
        fail("the Close was not sent");
    it->step = CLOSING;
    return true;
}

static bool receive_end(attempt *it)
{
    const ssize_t got = channel_receive(&it->channel, it->answer, sizeof it->answer);
    if (got > 0) return true;
    if (got < 0 && errno == EAGAIN) return false;
    channel_close(&it->channel); /* how it ended does not matter */
    begin(it);
    return false;
}

static void advance(attempt *it)
{
    static bool (*const STEPS[])(attempt *) = {
        [REQUESTING] = send_request, [WAITING] = receive_answer, [CLOSING] = receive_end};
    while (STEPS[it->step](it)) continue;
}

static void run_for(double seconds)
{
    const double end = seconds_of(CLOCK_MONOTONIC) + seconds;
    while (seconds_of(CLOCK_MONOTONIC) < end) {
        struct epoll_event events[EVENTS_MAX];
        const int count = epoll_wait(epoll, events, EVENTS_MAX, PATIENCE_MS);
        if (count == 0) fail("nothing came for half a minute");
        if (count < 0 && errno != EINTR) bare_must(count, "epoll_wait");
        for (int i = 0; i < count; i++) advance(events[i].data.ptr);
    }
}

static void measure(void)
{
    clockid_t server_clock = CLOCK_PROCESS_CPUTIME_ID; /* ours, where no process was named */
    if (options.pid && clock_getcpuclockid(options.pid, &server_clock) != 0)
        fail("no such process");
    run_for(options.warm_up_seconds);
    opened_count = 0;
    const double start = seconds_of(CLOCK_MONOTONIC);
    const double cpu_start = seconds_of(server_clock);
    run_for(options.seconds);
    const double cpu_end = seconds_of(server_clock);
    printf("messages %llu seconds %.3f cpu_ns %.0f\n", (unsigned long long)opened_count,
           seconds_of(CLOCK_MONOTONIC) - start, (cpu_end - cpu_start) * 1e9);
}

static void read_options(int argc, char **argv)
{
    static const struct option names[] = {
        {"port", 1, NULL, 'p'},    {"path", 1, NULL, 'u'},    {"connections", 1, NULL, 'c'},
        {"seconds", 1, NULL, 't'}, {"warm-up", 1, NULL, 'w'}, {"pid", 1, NULL, 'P'},
        {"tls", 0, NULL, 'S'},     {NULL, 0, NULL, 0},
    };
    for (int name; (name = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (name) {
        case 'p':
            options.port = (uint16_t)strtoul(optarg, NULL, 10);
            break;
        case 'u':
            options.path = optarg;
            break;
        case 'c':
            options.connection_count = strtoul(optarg, NULL, 10);
            break;
        case 't':
            options.seconds = strtod(optarg, NULL);
            break;
        case 'w':
            options.warm_up_seconds = strtod(optarg, NULL);
            break;
        case 'P':
            options.pid = (pid_t)strtol(optarg, NULL, 10);
            break;
        case 'S':
            options.tls = true;
            break;
        default:
            exit(2);
        }
    }
    if (!options.port || !options.connection_count) fail("--port, and at least one connection");
}

int main(int argc, char **argv)
{
    (void)signal(SIGPIPE, SIG_IGN); /* OpenSSL writes to what has closed */
    read_options(argc, argv);
    if (options.tls) context = bare_need(SSL_CTX_new(TLS_client_method()));
    request_size =
        (size_t)snprintf(request, sizeof request,
                         "GET %s HTTP/1.1\r\nHost: localhost:%d\r\nUpgrade: websocket\r\n"
                         "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                         options.path, options.port);
    if (request_size >= sizeof request) fail("the path is too long");
    epoll = epoll_create1(0);
    bare_must(epoll, "epoll_create1");
    attempts = bare_need(calloc(options.connection_count, sizeof *attempts));
    for (size_t i = 0; i < options.connection_count; i++) begin(&attempts[i]);
    measure();
    return 0;
}
