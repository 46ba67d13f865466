/* SPDX-License-Identifier: MIT */
/* Many subscribers, of whom one in a hundred never reads: all the others get every message, in
 * order, under every overflow policy, and the policy says what becomes of the ones who do not read.
 *
 *     audience SUBSCRIBERS
 *
 * The server is this process, the subscribers are another.  Once all has been published those who
 * did not read begin to: what they get is whole messages in order, and the last one where the
 * policy keeps it.  Prints a line for each policy; exits with 1 when something was amiss. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <hawser/hawser.h>

enum {
    MESSAGES = 450,
    AHEAD = 20, /* messages that may be under way to those who read */
    PAYLOAD_SIZE = 512,
    FRAME_SIZE = PAYLOAD_SIZE + 4,
    QUEUE_MAX = 16384,
    ONE_IN = 100,
    EVENTS_MAX = 512,
    ANSWER_MAX = 1024,
};

static const char REQUEST[] = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                              "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

static const char *const NAMES[] = {"close", "drop newest", "drop oldest", "keep latest"};

/* What both processes have. */
typedef struct news {
    _Atomic uint32_t open_count;
    _Atomic uint32_t got[MESSAGES]; /* of those who read, those that have each */
    _Atomic uint32_t woken;         /* of the others, those that have got all there is for them */
    _Atomic uint32_t with_last;
    _Atomic bool may_wake;
} news;

typedef struct subscriber {
    int fd;
    bool sleeps;
    uint32_t next; /* the message that is to come; of one who slept, at least */
    size_t size;   /* bytes of a frame that are there */
    uint8_t frame[FRAME_SIZE];
} subscriber;

static news *shared;
static struct sockaddr_un unix_address = {.sun_family = AF_UNIX};

static void fail(const char *what)
{
    (void)fprintf(stderr, "audience: %s\n", what);
    exit(1);
}

/* Subscribers. */

static void shake_hands(int fd)
{
    char answer[ANSWER_MAX];
    size_t size = 0;
    if (send(fd, REQUEST, sizeof REQUEST - 1, MSG_NOSIGNAL) < 0) fail("no request");
    while (size < 4 || memcmp(answer + size - 4, "\r\n\r\n", 4) != 0) {
        if (size == sizeof answer || recv(fd, answer + size, 1, 0) != 1) fail("no handshake");
        size++;
    }
}

static int reach_over_tcp(uint16_t port)
{
    const struct sockaddr_in server = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (const struct sockaddr *)&server, sizeof server) != 0) fail("no server");
    return fd;
}

/* Of which the kernel holds far less for who does not read. */
static int reach_over_unix(void)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (const struct sockaddr *)&unix_address, sizeof unix_address) != 0)
        fail("no server");
    return fd;
}

static void open_one(subscriber *one, uint16_t port)
{
    one->fd = one->sleeps ? reach_over_unix() : reach_over_tcp(port);
    shake_hands(one->fd);
    atomic_fetch_add(&shared->open_count, 1);
}

/* False: it is a Close. */
static bool take_frame(subscriber *one)
{
    uint32_t number;
    if (one->frame[0] == 0x88) return false;
    if (one->frame[0] != 0x82 || one->frame[1] != 126) fail("not a whole frame");
    memcpy(&number, one->frame + 4, sizeof number);
    if (one->sleeps ? number < one->next : number != one->next) fail("out of order");
    one->next = number + 1;
    one->size = 0;
    if (!one->sleeps) atomic_fetch_add(&shared->got[number], 1);
    return true;
}

static void settle(subscriber *one)
{
    close(one->fd);
    if (one->next == MESSAGES) atomic_fetch_add(&shared->with_last, 1);
    atomic_fetch_add(&shared->woken, 1);
}

static void read_one(subscriber *one)
{
    const ssize_t got = recv(one->fd, one->frame + one->size, FRAME_SIZE - one->size, MSG_DONTWAIT);
    if (got < 0) return;
    if (got == 0) {
        if (!one->sleeps) fail("one who read was ended");
        settle(one);
        return;
    }
    one->size += (size_t)got;
    const bool may_be_close = one->size >= 2 && one->frame[0] == 0x88;
    if (one->size < FRAME_SIZE && !may_be_close) return;
    if (!take_frame(one)) {
        if (!one->sleeps) fail("one who read was closed");
        settle(one);
    } else if (one->sleeps && one->next == MESSAGES) {
        settle(one);
    }
}

static void watch(int epoll, subscriber *one)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = one};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, one->fd, &event) != 0) fail("no watch");
}

static void run_subscribers(uint16_t port, uint32_t count)
{
    subscriber *all = calloc(count, sizeof *all);
    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!all || epoll < 0) fail("no memory");
    for (uint32_t i = 0; i < count; i++) {
        all[i].sleeps = i % ONE_IN == 0;
        open_one(&all[i], port);
        if (!all[i].sleeps) watch(epoll, &all[i]);
    }
    for (bool woken = false;;) {
        struct epoll_event events[EVENTS_MAX];
        const int ready = epoll_wait(epoll, events, EVENTS_MAX, 10);
        for (int i = 0; i < ready; i++) read_one(events[i].data.ptr);
        if (woken || !atomic_load(&shared->may_wake)) continue;
        woken = true;
        for (uint32_t i = 0; i < count; i += ONE_IN) watch(epoll, &all[i]);
    }
}

/* The server. */

static void join(hws_websocket ws, void *user)
{
    (void)user;
    if (hws_websocket_subscribe(ws, "stage") != HWS_OK) fail("cannot subscribe");
}

typedef struct stage {
    hws_loop *loop;
    hws_server *server;
    uint32_t count;
    uint32_t slow_count;
    pid_t subscribers;
} stage;

static void turn(const stage *it)
{
    if (hws_loop_step(it->loop, 10) != HWS_OK) fail("the loop failed");
    if (waitpid(it->subscribers, NULL, WNOHANG) != 0) fail("a subscriber was not content");
}

static void open_stage(stage *it, hws_overflow overflow)
{
    char explain[256];
    char listen[256];
    (void)snprintf(listen, sizeof listen, "http://127.0.0.1:0 unix:%s", unix_address.sun_path);
    const hws_server_options options = {
        .listen = listen,
        .send_queue_max = QUEUE_MAX,
        .send_timeout_ms = 600000, /* the policy decides, nothing else */
        .close_timeout_ms = 600000,
        .ping_interval_ms = UINT32_MAX,
        .limits = {.connection_rate_max = UINT32_MAX},
        .route = {{.path = "/", .on_open = join}},
    };
    const hws_topic_options how = {.overflow = overflow};
    if (hws_loop_new(NULL, &it->loop) != HWS_OK ||
        hws_server_new(it->loop, &options, explain, sizeof explain, &it->server) != HWS_OK ||
        hws_server_set_topic(it->server, "stage", &how) != HWS_OK)
        fail("no server");
    *shared = (news){0};
    const char *port = strrchr(hws_server_url(it->server, 0), ':') + 1;
    it->subscribers = fork();
    if (it->subscribers == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        run_subscribers((uint16_t)strtoul(port, NULL, 10), it->count);
    }
    while (atomic_load(&shared->open_count) < it->count ||
           hws_server_subscriber_count(it->server, "stage") < it->count)
        turn(it);
}

static void await_message(const stage *it, uint32_t number)
{
    while (atomic_load(&shared->got[number]) < it->count - it->slow_count) turn(it);
}

/* As fast as all of those who read take them. */
static void publish_all(const stage *it)
{
    uint8_t payload[PAYLOAD_SIZE] = {0};
    for (uint32_t i = 0; i < MESSAGES; i++) {
        memcpy(payload, &i, sizeof i);
        const hws_message message = {.type = HWS_BINARY, .data = payload, .size = sizeof payload};
        if (hws_server_publish(it->server, "stage", &message) != HWS_OK) fail("cannot publish");
        if (i >= AHEAD) await_message(it, i - AHEAD);
    }
    await_message(it, MESSAGES - 1);
}

static uint64_t dropped(const stage *it, hws_drop what)
{
    hws_metrics metrics;
    hws_server_metrics(it->server, &metrics);
    return metrics.drop_total[what];
}

static void judge(const stage *it, hws_overflow overflow)
{
    const bool closes = overflow == HWS_OVERFLOW_CLOSE;
    const uint64_t drops = dropped(it, (hws_drop)overflow); /* they have the same order */
    if (closes ? drops != it->slow_count : drops == 0) fail("the policy was not applied");
    if (!closes && dropped(it, HWS_DROP_CLOSE) > 0) fail("somebody was closed");
    const size_t left = hws_server_subscriber_count(it->server, "stage");
    atomic_store(&shared->may_wake, true);
    if (overflow == HWS_OVERFLOW_DROP_OLDEST || overflow == HWS_OVERFLOW_KEEP_LATEST) {
        while (atomic_load(&shared->woken) < it->slow_count) turn(it);
        if (atomic_load(&shared->with_last) < it->slow_count) fail("the last one was dropped");
    } else if (closes) {
        while (atomic_load(&shared->woken) < it->slow_count) turn(it);
    }
    printf("%s: %u read all %d messages; %u did not read, %llu drops; %zu subscribers left\n",
           NAMES[overflow], it->count - it->slow_count, MESSAGES, it->slow_count,
           (unsigned long long)drops, left);
    (void)fflush(stdout);
}

static void close_stage(const stage *it)
{
    kill(it->subscribers, SIGKILL);
    waitpid(it->subscribers, NULL, 0);
    hws_server_free(it->server);
    hws_loop_free(it->loop);
}

int main(int argc, char **argv)
{
    const uint32_t count = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) fail("no limit");
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) fail("no memory");
    (void)snprintf(unix_address.sun_path, sizeof unix_address.sun_path, "/tmp/hawser-audience-%d",
                   getpid());
    for (int overflow = HWS_OVERFLOW_CLOSE; overflow <= HWS_OVERFLOW_KEEP_LATEST; overflow++) {
        stage it = {.count = count, .slow_count = (count + ONE_IN - 1) / ONE_IN};
        open_stage(&it, (hws_overflow)overflow);
        publish_all(&it);
        judge(&it, (hws_overflow)overflow);
        close_stage(&it);
    }
    return 0;
}
