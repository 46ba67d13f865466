/* SPDX-License-Identifier: MIT */
/* Load for an echo server: connections that each keep some messages in flight.
 *
 *     bench_load --port 8080 --path /echo --connections 100 --in-flight 16 --size 20 --pid 4711
 *     bench_load --port 9000 --raw ...      the same bytes, and no WebSocket: they come back alike
 *     bench_load --port 8443 --tls ...      either of them over TLS, any certificate
 *     bench_load --port 8080 --deflate ...  JSON, compressed once here; what comes back has to say
 *                                           the same, and then always in the same bytes
 *
 * Prints `messages` echoed while measured, `seconds` of that, and `cpu_ns` that process `--pid`
 * used for them (all its threads, user and system).
 *
 * It never sleeps.  Whoever sends to a process that does pays for waking it, an interrupt between
 * two processors; a server that is quicker than its load would be spared that, one a little slower
 * would pay with each send, and none would if the load were on another machine.
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

#include <openssl/ssl.h>
#include <zlib.h>

#include "channel.h"
#include "cmd/bench_content.h"

enum {
    EVENTS_MAX = 256,
    RECEIVE_MAX = 256 * 1024,
    COMPARE_EVERY = 64, /* receives; the first of each connection always */
    HEAD_MAX = 14,      /* bytes of a frame's head */
};

/* Nothing is kept, so that one message compressed is like the other. */
static const char OFFER[] = "Sec-WebSocket-Extensions: permessage-deflate; "
                            "server_no_context_takeover; client_no_context_takeover\r\n";

typedef struct bench_options {
    uint16_t port;
    const char *path;
    bool raw;
    bool tls;
    bool binary;
    bool deflate;
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
    bench_channel channel;
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
    SSL_CTX *context; /* NULL without TLS */
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
static size_t write_head(char *head, const bench_options *options, size_t size, bool masked,
                         const char key[4])
{
    size_t at = 2;
    head[0] = options->binary ? (char)0x82 : (char)0x81;
    if (options->deflate) head[0] |= (char)0x40; /* RFC 7692 §6 */
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

/* What messages say: the alphabet, or JSON that has been compressed. */
typedef struct payload {
    uint8_t *bytes;
    size_t size;
} payload;

static payload pack(const uint8_t *bytes, size_t size)
{
    static const size_t tail_size = 4; /* which is not sent (RFC 7692 §7.2.1) */
    z_stream z = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)size};
    if (deflateInit2(&z, 1, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) fail("no zlib");
    const size_t room = deflateBound(&z, size) + 64;
    const payload made = {.bytes = take(room), .size = room};
    z.next_out = made.bytes;
    z.avail_out = (uInt)room;
    if (deflate(&z, Z_SYNC_FLUSH) != Z_OK || z.avail_out == 0) fail("deflate");
    const size_t left = z.avail_out;
    deflateEnd(&z);
    return (payload){made.bytes, room - left - tail_size};
}

static payload make_payload(const bench_options *options)
{
    const payload made = {take(options->size + 1), options->size};
    bench_content_fill(options->deflate ? BENCH_CONTENT_JSON : BENCH_CONTENT_ASCII, made.bytes,
                       made.size);
    if (!options->deflate) return made;
    const payload packed = pack(made.bytes, made.size);
    free(made.bytes);
    return packed;
}

static block make_block(const bench_options *options, payload what, bool masked, size_t size_min)
{
    static const char key[4] = {0x37, (char)0xfa, 0x21, 0x3d};
    char head[HEAD_MAX];
    const size_t head_size = write_head(head, options, what.size, masked, key);
    const size_t period = head_size + what.size;
    const size_t count = size_min / period + 2;
    const block made = {.bytes = take(count * period), .size = count * period, .period = period};

    memcpy(made.bytes, head, head_size);
    for (size_t i = 0; i < what.size; i++)
        made.bytes[head_size + i] = (char)(what.bytes[i] ^ (masked ? key[i % 4] : 0));
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

static SSL_CTX *make_context(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context) fail("no TLS");
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context, 1);
    return context;
}

static SSL *begin_tls(SSL_CTX *context, int fd)
{
    SSL *ssl = SSL_new(context);
    if (!ssl || SSL_set_fd(ssl, fd) != 1 || SSL_connect(ssl) != 1) fail("the TLS handshake failed");
    return ssl;
}

static void shake_hands(const bench_channel *to, const bench_options *options)
{
    char text[4096];
    const int size = snprintf(text, sizeof text,
                              "GET %s HTTP/1.1\r\nHost: localhost:%d\r\nUpgrade: websocket\r\n"
                              "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n",
                              options->path, options->port, options->deflate ? OFFER : "");
    if (channel_send(to, text, (size_t)size) != size) fail("the request was not sent");

    size_t have = 0;
    do {
        const ssize_t got = channel_receive(to, text + have, sizeof text - 1 - have);
        if (got <= 0) fail("no answer to the handshake");
        have += (size_t)got;
        text[have] = '\0';
    } while (!strstr(text, "\r\n\r\n"));
    if (strncmp(text, "HTTP/1.1 101 ", 13) != 0) fail("the handshake was refused");
    if (options->deflate && !strstr(text, "permessage-deflate"))
        fail("the server does not compress");
}

static void receive_whole(const bench_channel *from, uint8_t *bytes, size_t size)
{
    while (size > 0) {
        const ssize_t got = channel_receive(from, (char *)bytes, size);
        if (got <= 0) fail("the first message did not come back");
        bytes += got;
        size -= (size_t)got;
    }
}

static void check_says_the_same(const bench_options *options, payload packed)
{
    const size_t size = options->size;
    uint8_t *want = take(size + 1);
    uint8_t *got = take(size + 1);
    z_stream z = {.next_in = packed.bytes,
                  .avail_in = (uInt)packed.size,
                  .next_out = got,
                  .avail_out = (uInt)size + 1};
    bench_content_fill(BENCH_CONTENT_JSON, want, size);
    if (inflateInit2(&z, -15) != Z_OK) fail("no zlib");
    (void)inflate(&z, Z_SYNC_FLUSH);
    if (z.total_out != size || memcmp(got, want, size) != 0) fail("the echo says something else");
    inflateEnd(&z);
    free(want);
    free(got);
}

/* How a server compresses is its affair: what it once sent for a message is what it has to send. */
static payload learn_echo(const bench_load *load)
{
    bench_channel channel = {.fd = connect_to(load->options->port)};
    if (load->context) channel.ssl = begin_tls(load->context, channel.fd);
    shake_hands(&channel, load->options);
    if (channel_send(&channel, load->out.bytes, load->out.period) != (ssize_t)load->out.period)
        fail("the first message was not sent");
    uint8_t head[4];
    receive_whole(&channel, head, 2);
    if ((head[0] & 0xF0) != 0xC0 || head[1] > 126) fail("the echo is not one compressed frame");
    if (head[1] == 126) receive_whole(&channel, head + 2, 2);
    const size_t size = head[1] < 126 ? head[1] : (size_t)head[2] << 8 | head[3];
    const payload learnt = {.bytes = take(size + 1), .size = size};
    receive_whole(&channel, learnt.bytes, size);
    check_says_the_same(load->options, learnt);
    channel_close(&channel);
    return learnt;
}

static void watch(const bench_load *load, bench_connection *connection, int operation,
                  uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = connection};
    must(epoll_ctl(load->epoll, operation, connection->channel.fd, &event), "epoll_ctl");
}

static void send_waiting(const bench_load *load, bench_connection *connection)
{
    while (connection->unsent > 0) {
        const size_t run = load->out.size - connection->sent_at;
        const size_t size = connection->unsent < run ? connection->unsent : run;
        const ssize_t sent =
            channel_send(&connection->channel, load->out.bytes + connection->sent_at, size);
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

/* Whether there may be more than fitted, of which epoll does not know. */
static bool receive(bench_load *load, bench_connection *connection)
{
    static char buffer[RECEIVE_MAX];
    const ssize_t size = channel_receive_all(&connection->channel, buffer, sizeof buffer);
    if (size < 0 && errno == EAGAIN) return false;
    if (size <= 0) fail("the server closed the connection");

    if (!connection->compared || load->receive_count++ % COMPARE_EVERY == 0)
        compare(load, connection, buffer, (size_t)size);
    const size_t position = connection->received_at + (size_t)size;
    const size_t complete = position / load->in.period;
    connection->received_at = position % load->in.period;
    connection->unsent += complete * load->out.period;
    load->message_count += complete;
    send_waiting(load, connection);
    return connection->channel.ssl && size == sizeof buffer;
}

/* Answers whether there was anything to do. */
static bool step(bench_load *load)
{
    struct epoll_event events[EVENTS_MAX];
    const int count = epoll_wait(load->epoll, events, EVENTS_MAX, 0);
    if (count < 0 && errno != EINTR) must(count, "epoll_wait");
    for (int i = 0; i < count; i++) {
        bench_connection *ready = events[i].data.ptr;
        if (events[i].events & EPOLLOUT) send_waiting(load, ready);
        if (events[i].events & ~(uint32_t)EPOLLOUT)
            while (receive(load, ready)) continue;
    }
    return count > 0;
}

static void run_for(bench_load *load, double seconds)
{
    double now = seconds_of(CLOCK_MONOTONIC);
    double heard = now;
    for (const double end = now + seconds; now < end; now = seconds_of(CLOCK_MONOTONIC)) {
        if (step(load)) heard = now;
        if (now - heard > 1) fail("no echo for a second");
    }
}

static void open_connections(bench_load *load)
{
    load->epoll = epoll_create1(0);
    must(load->epoll, "epoll_create1");
    for (size_t i = 0; i < load->options->connection_count; i++) {
        bench_connection *made = &load->connections[i];
        made->channel.fd = connect_to(load->options->port);
        if (load->context) made->channel.ssl = begin_tls(load->context, made->channel.fd);
        if (!load->options->raw) shake_hands(&made->channel, load->options);
        must(fcntl(made->channel.fd, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
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
        {"pid", 1, NULL, 'P'},    {"tls", 0, NULL, 'S'},       {"deflate", 0, NULL, 'd'},
        {NULL, 0, NULL, 0},
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
        case 'S':
            options->tls = true;
            break;
        case 'd':
            options->deflate = true;
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

    bench_load load = {.options = &options, .context = options.tls ? make_context() : NULL};
    payload what = make_payload(&options);
    load.out = make_block(&options, what, true, RECEIVE_MAX);
    if (options.deflate) {
        free(what.bytes);
        what = learn_echo(&load);
    }
    load.in = make_block(&options, what, options.raw, RECEIVE_MAX);
    free(what.bytes);
    load.connections = take(options.connection_count * sizeof *load.connections);
    open_connections(&load);
    measure(&load);
    free(load.connections);
    free(load.in.bytes);
    free(load.out.bytes);
    return 0;
}
