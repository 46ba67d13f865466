/* SPDX-License-Identifier: MIT */
/* Load for an echo server: connections that each keep some messages in flight.
 *
 *     bench_load --port 8080 --path /echo --connections 100 --in-flight 16 --size 20 --pid 4711
 *     bench_load --port 9000 --raw ...      the same bytes, and no WebSocket: they come back alike
 *
 * Prints `messages` echoed while measured, `seconds` of that, and `cpu_ns` that process `--pid`
 * used for them (all its threads, user and system).
 *
 * All messages are the same, so what is sent and what must come back are periodic: a position in
 * the period is all there is to know about a connection, and a block with the period repeated
 * serves for sending any number of messages at once and for comparing any run of bytes. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    EVENTS_MAX = 256,
    RECEIVE_MAX = 256 * 1024,
    COMPARE_EVERY = 64, /* receives; the first of each connection always */
    HEAD_MAX = 14,      /* bytes of a frame's head */
};

typedef struct bench_options {
    uint16_t port;
    const char *path;
    bool raw;
    bool binary;
    size_t connection_count;
    size_t in_flight;
    size_t size;
    double seconds;
    double warm_up_seconds;
    pid_t pid;
} bench_options;

typedef struct block {
    char *bytes; /* the period, over and over */
    size_t size;
    size_t period;
} block;

typedef struct bench_connection {
    int fd;
    size_t sent_at;     /* within the period of `out` */
    size_t unsent;      /* bytes */
    size_t received_at; /* within the period of `in` */
    bool compared;
    bool is_blocked;
} bench_connection;

typedef struct bench_load {
    const bench_options *options;
    block out;
    block in;
    bench_connection *connections;
    int epoll;
    uint64_t message_count;
    uint64_t receive_count;
} bench_load;

static void fail(const char *what)
{
    (void)fprintf(stderr, "bench_load: %s\n", what);
    exit(1);
}

static void must(int result, const char *what)
{
    if (result >= 0) return;
    perror(what);
    exit(1);
}

static void *take(size_t size)
{
    void *memory = calloc(1, size);
    if (!memory) fail("out of memory");
    return memory;
}

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    must(clock_gettime(clock, &now), "clock_gettime");
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The head of a frame (RFC 6455 §5.2); answers its size. */
static size_t write_head(char *head, const bench_options *options, bool masked, const char key[4])
{
    const size_t size = options->size;
    size_t at = 2;
    head[0] = options->binary ? (char)0x82 : (char)0x81;
    if (size < 126) {
        head[1] = (char)size;
    } else {
        const size_t extra = size <= UINT16_MAX ? 2 : 8;
        head[1] = extra == 2 ? 126 : 127;
        for (size_t i = 0; i < extra; i++)
            head[at + i] = (char)((uint64_t)size >> (8 * (extra - 1 - i)));
        at += extra;
    }
    if (!masked) return at;
    head[1] |= (char)0x80;
    memcpy(head + at, key, 4);
    return at + 4;
}

static block make_block(const bench_options *options, bool masked, size_t size_min)
{
    static const char key[4] = {0x37, (char)0xfa, 0x21, 0x3d};
    char head[HEAD_MAX];
    const size_t head_size = write_head(head, options, masked, key);
    const size_t period = head_size + options->size;
    const size_t count = size_min / period + 2;
    const block made = {.bytes = take(count * period), .size = count * period, .period = period};

    memcpy(made.bytes, head, head_size);
    for (size_t i = 0; i < options->size; i++)
        made.bytes[head_size + i] = (char)(('a' + (int)(i % 26)) ^ (masked ? key[i % 4] : 0));
    for (size_t i = 1; i < count; i++) memcpy(made.bytes + i * period, made.bytes, period);
    return made;
}

static int connect_to(uint16_t port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    must(fd, "socket");
    must(connect(fd, (const struct sockaddr *)&address, sizeof address), "connect");
    must(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)), "TCP_NODELAY");
    return fd;
}

static void shake_hands(int fd, const bench_options *options)
{
    char text[4096];
    const int size = snprintf(text, sizeof text,
                              "GET %s HTTP/1.1\r\nHost: localhost:%d\r\nUpgrade: websocket\r\n"
                              "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                              options->path, options->port);
    if (send(fd, text, (size_t)size, MSG_NOSIGNAL) != size) fail("the request was not sent");

    size_t have = 0;
    do {
        const ssize_t got = recv(fd, text + have, sizeof text - 1 - have, 0);
        if (got <= 0) fail("no answer to the handshake");
        have += (size_t)got;
        text[have] = '\0';
    } while (!strstr(text, "\r\n\r\n"));
    if (strncmp(text, "HTTP/1.1 101 ", 13) != 0) fail("the handshake was refused");
}

static void watch(const bench_load *load, bench_connection *connection, int operation,
                  uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = connection};
    must(epoll_ctl(load->epoll, operation, connection->fd, &event), "epoll_ctl");
}

static void send_waiting(const bench_load *load, bench_connection *connection)
{
    while (connection->unsent > 0) {
        const size_t run = load->out.size - connection->sent_at;
        const size_t size = connection->unsent < run ? connection->unsent : run;
        const ssize_t sent =
            send(connection->fd, load->out.bytes + connection->sent_at, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) break;
        must((int)sent, "send");
        connection->unsent -= (size_t)sent;
        connection->sent_at = (connection->sent_at + (size_t)sent) % load->out.period;
    }
    const bool is_blocked = connection->unsent > 0;
    if (is_blocked != connection->is_blocked)
        watch(load, connection, EPOLL_CTL_MOD, EPOLLIN | (is_blocked ? (uint32_t)EPOLLOUT : 0));
    connection->is_blocked = is_blocked;
}

static void compare(const bench_load *load, bench_connection *connection, const char *bytes,
                    size_t size)
{
    connection->compared = true;
    if (memcmp(bytes, load->in.bytes + connection->received_at, size) != 0)
        fail("the echo differs from what was sent");
}

static void receive(bench_load *load, bench_connection *connection)
{
    static char buffer[RECEIVE_MAX];
    const ssize_t size = recv(connection->fd, buffer, sizeof buffer, 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) fail("the server closed the connection");

    if (!connection->compared || load->receive_count++ % COMPARE_EVERY == 0)
        compare(load, connection, buffer, (size_t)size);
    const size_t position = connection->received_at + (size_t)size;
    const size_t complete = position / load->in.period;
    connection->received_at = position % load->in.period;
    connection->unsent += complete * load->out.period;
    load->message_count += complete;
    send_waiting(load, connection);
}

static void run_for(bench_load *load, double seconds)
{
    const double end = seconds_of(CLOCK_MONOTONIC) + seconds;
    while (seconds_of(CLOCK_MONOTONIC) < end) {
        struct epoll_event events[EVENTS_MAX];
        const int count = epoll_wait(load->epoll, events, EVENTS_MAX, 1000);
        if (count == 0) fail("no echo for a second");
        if (count < 0 && errno != EINTR) must(count, "epoll_wait");
        for (int i = 0; i < count; i++) {
            bench_connection *ready = events[i].data.ptr;
            if (events[i].events & EPOLLOUT) send_waiting(load, ready);
            if (events[i].events & ~(uint32_t)EPOLLOUT) receive(load, ready);
        }
    }
}

static void open_connections(bench_load *load)
{
    load->epoll = epoll_create1(0);
    must(load->epoll, "epoll_create1");
    for (size_t i = 0; i < load->options->connection_count; i++) {
        bench_connection *made = &load->connections[i];
        made->fd = connect_to(load->options->port);
        if (!load->options->raw) shake_hands(made->fd, load->options);
        must(fcntl(made->fd, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
        watch(load, made, EPOLL_CTL_ADD, EPOLLIN);
    }
    for (size_t i = 0; i < load->options->connection_count; i++) {
        load->connections[i].unsent = load->options->in_flight * load->out.period;
        send_waiting(load, &load->connections[i]);
    }
}

static void measure(bench_load *load)
{
    clockid_t server_clock = CLOCK_PROCESS_CPUTIME_ID; /* ours, where no process was named */
    if (load->options->pid && clock_getcpuclockid(load->options->pid, &server_clock) != 0)
        fail("no such process");

    run_for(load, load->options->warm_up_seconds);
    load->message_count = 0;
    const double start = seconds_of(CLOCK_MONOTONIC);
    const double cpu_start = seconds_of(server_clock);
    run_for(load, load->options->seconds);
    const double cpu_end = seconds_of(server_clock);
    printf("messages %llu seconds %.3f cpu_ns %.0f\n", (unsigned long long)load->message_count,
           seconds_of(CLOCK_MONOTONIC) - start, (cpu_end - cpu_start) * 1e9);
}

static void read_options(bench_options *options, int argc, char **argv)
{
    static const struct option names[] = {
        {"port", 1, NULL, 'p'},   {"path", 1, NULL, 'u'},      {"connections", 1, NULL, 'c'},
        {"size", 1, NULL, 's'},   {"in-flight", 1, NULL, 'f'}, {"raw", 0, NULL, 'r'},
        {"binary", 0, NULL, 'b'}, {"seconds", 1, NULL, 't'},   {"warm-up", 1, NULL, 'w'},
        {"pid", 1, NULL, 'P'},    {NULL, 0, NULL, 0},
    };
    for (int name; (name = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (name) {
        case 'p':
            options->port = (uint16_t)strtoul(optarg, NULL, 10);
            break;
        case 'u':
            options->path = optarg;
            break;
        case 'c':
            options->connection_count = strtoul(optarg, NULL, 10);
            break;
        case 's':
            options->size = strtoul(optarg, NULL, 10);
            break;
        case 'f':
            options->in_flight = strtoul(optarg, NULL, 10);
            break;
        case 'r':
            options->raw = true;
            break;
        case 'b':
            options->binary = true;
            break;
        case 't':
            options->seconds = strtod(optarg, NULL);
            break;
        case 'w':
            options->warm_up_seconds = strtod(optarg, NULL);
            break;
        case 'P':
            options->pid = (pid_t)strtol(optarg, NULL, 10);
            break;
        default:
            exit(2);
        }
    }
    if (!options->port || !options->connection_count || !options->in_flight)
        fail("--port, and at least one connection with one message in flight");
}

int main(int argc, char **argv)
{
    bench_options options = {.path = "/echo",
                             .connection_count = 100,
                             .in_flight = 1,
                             .size = 20,
                             .seconds = 1,
                             .warm_up_seconds = 0.2};
    read_options(&options, argc, argv);

    bench_load load = {.options = &options};
    load.out = make_block(&options, true, RECEIVE_MAX);
    load.in = make_block(&options, options.raw, RECEIVE_MAX);
    load.connections = take(options.connection_count * sizeof *load.connections);
    open_connections(&load);
    measure(&load);
    free(load.connections);
    free(load.in.bytes);
    free(load.out.bytes);
    return 0;
}
