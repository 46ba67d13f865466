/* SPDX-License-Identifier: MIT */
/* Many hostile clients of every kind at once, and a canary that measures what they cost the others.
 *
 *     storm PORT COUNT SECONDS [PROCESSES]
 *
 * COUNT connections to 127.0.0.1, spread over PROCESSES, each of the kinds below in turn; one that
 * is ended by the server is opened anew.  The canary sends a text to /echo every few milliseconds
 * and waits for it.  Prints one line of figures; exits with 1 when an answer of the canary was
 * missing or wrong.  By hand, with the server before the rest of the machine:
 *
 *     nice -n -19 build/src/cmd/hawser serve --listen http://localhost:8080 &
 *     nice -n -19 build/tests/integration/storm 8080 19000 60 4 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char REQUEST[] = "GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                              "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/* What a kind sends: nothing, a request, and then a piece again and again, or once. */
typedef struct kind {
    const char *name;
    bool asks;       /* for a WebSocket */
    bool repeats;    /* the piece, as fast as it is taken */
    bool reads;      /* what the server says */
    bool leaves;     /* with a reset, as soon as it is there */
    bool dribbles;   /* the request, a byte at a time */
    size_t size_max; /* of the piece over and over; 0: no end */
    const char *piece;
    size_t piece_size;
} kind;

#define PIECE(text) .piece = (text), .piece_size = sizeof(text) - 1
#define TINY "\x81\x81\0\0\0\0x"
#define TINY_8 TINY TINY TINY TINY TINY TINY TINY TINY
#define FILL_64 "................................................................"
#define FILL_512 FILL_64 FILL_64 FILL_64 FILL_64 FILL_64 FILL_64 FILL_64 FILL_64

static const kind KINDS[] = {
    {.name = "silent"},
    {.name = "dribbling", .dribbles = true},
    {.name = "idle without pongs", .asks = true, .reads = true},
    {.name = "deaf", .asks = true, .repeats = true, PIECE(TINY_8 TINY_8 TINY_8 TINY_8)},
    {.name = "flooding",
     .asks = true,
     .repeats = true,
     .reads = true,
     PIECE(TINY_8 TINY_8 TINY_8 TINY_8)},
    {.name = "half a frame",
     .asks = true,
     .reads = true,
     PIECE("\x82\xff\0\0\0\0\0\x0f\xff\xff....abc")},
    {.name = "empty fragments",
     .asks = true,
     .repeats = true,
     .reads = true,
     PIECE("\x01\x81\0\0\0\0x\0\x80\0\0\0\0\0\x80\0\0\0\0\0\x80\0\0\0\0\0\x80\0\0\0\0")},
    {.name = "pinging",
     .asks = true,
     .repeats = true,
     .reads = true,
     PIECE("\x89\x80\0\0\0\0\x89\x80\0\0\0\0\x89\x80\0\0\0\0\x89\x80\0\0\0\0")},
    {.name = "garbage", .reads = true, PIECE("\x16\x03\x01\xff\xff\0\r\n\r\n\0\0garbage\n\n")},
    {.name = "coming and going", .leaves = true},
    {.name = "a message without end",
     .asks = true,
     .repeats = true,
     .reads = true,
     .size_max = 1 << 20,
     PIECE(FILL_512 FILL_512)},
    {.name = "unmasked", .asks = true, .reads = true, PIECE("\x81\x01x")},
};

enum { KIND_COUNT = sizeof KINDS / sizeof *KINDS, EVENTS_MAX = 512, TICK_MS = 20 };

typedef struct attacker {
    int fd;
    uint8_t kind;
    bool is_open;   /* the request has gone */
    size_t sent;    /* bytes of what is sent over and over, or of the request */
    uint64_t at_ms; /* when it comes back */
} attacker;

static struct {
    int epoll;
    struct sockaddr_in server;
    attacker *attackers;
    size_t count;
} it;

/* What all processes have done. */
typedef struct sums {
    _Atomic uint64_t begun; /* connections */
    _Atomic uint64_t there; /* at this moment */
    _Atomic uint64_t most;  /* at any moment that the canary looked */
} sums;

static sums *all;

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static uint64_t now_ms(void)
{
    return now_ns() / 1000000;
}

/* Attackers. */

static void leave(attacker *one)
{
    const struct linger reset = {.l_onoff = 1};
    setsockopt(one->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(one->fd);
    one->fd = -1;
    all->there--;
    one->at_ms = now_ms() + 50 + (uint64_t)(rand() % 200);
}

static void come(attacker *one)
{
    one->is_open = false;
    one->sent = 0;
    one->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (one->fd < 0) {
        one->at_ms = now_ms() + 100;
        return;
    }
    all->begun++;
    all->there++;
    const int failed = connect(one->fd, (const struct sockaddr *)&it.server, sizeof it.server);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = one};
    if ((failed < 0 && errno != EINPROGRESS) ||
        epoll_ctl(it.epoll, EPOLL_CTL_ADD, one->fd, &event) < 0)
        leave(one);
}

static void watch(const attacker *one, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = (void *)(uintptr_t)one};
    epoll_ctl(it.epoll, EPOLL_CTL_MOD, one->fd, &event);
}

/* Nothing more to say. */
static void fall_silent(const attacker *one)
{
    watch(one, KINDS[one->kind].reads ? EPOLLIN : EPOLLRDHUP);
}

static bool transmit(attacker *one, const char *bytes, size_t size)
{
    const ssize_t sent = send(one->fd, bytes, size, MSG_NOSIGNAL);
    if (sent > 0) one->sent += (size_t)sent;
    if (sent >= 0 || errno == EAGAIN) return true;
    leave(one);
    return false;
}

/* The head of a frame of a mebibyte less one goes before the fill. */
static bool begin(attacker *one, const kind *its)
{
    one->is_open = true;
    one->sent = 0;
    if (!its->asks) return true;
    if (!transmit(one, REQUEST, sizeof REQUEST - 1)) return false;
    one->sent = 0;
    return its->size_max == 0 || transmit(one, "\x02\xff\0\0\0\0\0\x0f\xff\xff....", 14);
}

/* Pieces are sent whole, or the next begins where the last was cut. */
static void speak(attacker *one)
{
    const kind *its = &KINDS[one->kind];
    if (its->leaves) {
        leave(one);
        return;
    }
    if (!one->is_open && !begin(one, its)) return;
    if (its->dribbles) {
        fall_silent(one);
        return;
    }
    const bool is_said = its->size_max > 0 ? one->sent >= its->size_max - 1024
                                           : !its->repeats && one->sent >= its->piece_size;
    if (is_said) {
        fall_silent(one);
        return;
    }
    const size_t at = its->size_max > 0 ? 0 : one->sent % its->piece_size;
    transmit(one, its->piece + at, its->piece_size - at);
}

static void listen_to(attacker *one)
{
    static char bytes[65536];
    if (!KINDS[one->kind].reads) {
        if (recv(one->fd, bytes, 1, MSG_PEEK | MSG_DONTWAIT) == 0) leave(one);
        return;
    }
    const ssize_t size = recv(one->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (size == 0 || (size < 0 && errno != EAGAIN)) leave(one);
}

static void handle(attacker *one, uint32_t events)
{
    if (events & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) {
        leave(one);
        return;
    }
    if (events & EPOLLOUT) speak(one);
    if (one->fd >= 0 && events & EPOLLIN) listen_to(one);
}

/* Those who come back, and those who dribble. */
static void tick(void)
{
    static size_t turn;
    const uint64_t now = now_ms();
    for (size_t i = 0; i < it.count; i++) {
        attacker *one = &it.attackers[i];
        if (one->fd < 0 && one->at_ms <= now) come(one);
        if (one->fd >= 0 && one->is_open && KINDS[one->kind].dribbles && i % 16 == turn % 16 &&
            one->sent < sizeof REQUEST - 8)
            transmit(one, REQUEST + one->sent, 1);
    }
    turn++;
}

static void attack(size_t count, unsigned seed, uint64_t until_ms)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)!nice(19); /* elsewhere they would have processors of their own */
    srand(seed);
    it.epoll = epoll_create1(EPOLL_CLOEXEC);
    it.attackers = calloc(count, sizeof *it.attackers);
    it.count = count;
    if (it.epoll < 0 || !it.attackers) exit(2);
    for (size_t i = 0; i < count; i++)
        it.attackers[i] = (attacker){.fd = -1, .kind = (uint8_t)((i + seed) % KIND_COUNT)};
    static struct epoll_event events[EVENTS_MAX];
    for (uint64_t next_ms = 0; now_ms() < until_ms;) {
        if (now_ms() >= next_ms) {
            tick();
            next_ms = now_ms() + TICK_MS;
        }
        const int ready = epoll_wait(it.epoll, events, EVENTS_MAX, TICK_MS);
        for (int i = 0; i < ready; i++)
            if (((attacker *)events[i].data.ptr)->fd >= 0)
                handle(events[i].data.ptr, events[i].events);
    }
    exit(0);
}

/* The canary: a blocking client that answers pings. */

enum { SAMPLES_MAX = 100000, PATIENCE_S = 20 };

static double samples_ms[SAMPLES_MAX];

static bool receive_exactly(int fd, void *bytes, size_t size)
{
    for (uint8_t *at = bytes; size > 0;) {
        const ssize_t got = recv(fd, at, size, 0);
        if (got <= 0) return false;
        at += got;
        size -= (size_t)got;
    }
    return true;
}

static int canary_open(void)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct timeval patience = {.tv_sec = PATIENCE_S};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (connect(fd, (const struct sockaddr *)&it.server, sizeof it.server) < 0) return -1;
    if (send(fd, REQUEST, sizeof REQUEST - 1, MSG_NOSIGNAL) < 0) return -1;
    char head[512] = "";
    for (size_t size = 0; size < sizeof head - 1 && !strstr(head, "\r\n\r\n"); size++)
        if (!receive_exactly(fd, head + size, 1)) return -1;
    return strncmp(head, "HTTP/1.1 101 ", 13) == 0 ? fd : -1;
}

/* False: what came is not the echo. */
static bool canary_hears(int fd, uint32_t number)
{
    for (;;) {
        uint8_t head[2], payload[125];
        if (!receive_exactly(fd, head, 2) || head[1] > sizeof payload) return false;
        if (!receive_exactly(fd, payload, head[1])) return false;
        if (head[0] == 0x89) {
            uint8_t pong[6 + 125] = {0x8a, (uint8_t)(0x80 | head[1])};
            memcpy(pong + 6, payload, head[1]);
            if (send(fd, pong, 6 + (size_t)head[1], MSG_NOSIGNAL) < 0) return false;
            continue;
        }
        return head[0] == 0x82 && head[1] == 4 && memcmp(payload, &number, 4) == 0;
    }
}

static size_t canary_sings(int fd, uint64_t until_ms)
{
    size_t count = 0;
    for (; now_ms() < until_ms && count < SAMPLES_MAX; count++) {
        const uint32_t number = (uint32_t)count;
        uint8_t frame[10] = {0x82, 0x84};
        memcpy(frame + 6, &number, 4);
        const uint64_t begun_ns = now_ns();
        if (send(fd, frame, sizeof frame, MSG_NOSIGNAL) != sizeof frame) return 0;
        if (!canary_hears(fd, number)) return 0;
        samples_ms[count] = (double)(now_ns() - begun_ns) / 1e6;
        if (all->there > all->most) all->most = all->there;
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    return count;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double percentile(size_t count, double share)
{
    return samples_ms[(size_t)((double)(count - 1) * share)];
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "storm PORT COUNT SECONDS [PROCESSES]\n");
        return 2;
    }
    const size_t count = strtoul(argv[2], NULL, 10);
    const size_t processes = argc > 4 ? strtoul(argv[4], NULL, 10) : 1;
    it.server = (struct sockaddr_in){.sin_family = AF_INET,
                                     .sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10)),
                                     .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const uint64_t until_ms = now_ms() + strtoul(argv[3], NULL, 10) * 1000;
    all = mmap(NULL, sizeof *all, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED) return 2;
    const int fd = canary_open();
    if (fd < 0) {
        fprintf(stderr, "storm: the canary was not let in\n");
        return 1;
    }
    for (size_t i = 0; i < processes; i++)
        if (fork() == 0) attack(count / processes, (unsigned)i, until_ms);
    const size_t heard = canary_sings(fd, until_ms);
    while (wait(NULL) > 0) continue;
    if (heard == 0) {
        fprintf(stderr, "storm: the canary was not answered\n");
        return 1;
    }
    qsort(samples_ms, heard, sizeof *samples_ms, compare);
    printf("%zu hostile, %llu at once, %llu in all; canary: %zu echoes, p50 %.2f ms, p99 %.2f ms, "
           "most %.2f ms\n",
           count, (unsigned long long)all->most, (unsigned long long)all->begun, heard,
           percentile(heard, 0.5), percentile(heard, 0.99), samples_ms[heard - 1]);
    return 0;
}
