/* SPDX-License-Identifier: MIT */
/* A TCP echo with nothing in it, over io_uring: multishot accept and receive into provided buffers,
 * one send for each receive, all submitted by one system call a turn, or, of a turn that has one
 * event, made by a call of its own.  Since Linux 6.12 the buffers are few and large, and filled by
 * one receive after the other; before, each receive takes one, and there are many.  What the end of
 * a buffer cuts leaves in one.
 *
 *     bench_echo_uring       prints its port, and serves until it is ended
 *
 * What an echo server on a ring costs at least: the baseline of Hawser's io_uring in bench/run. */
#include <arpa/inet.h>
#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ENTRIES = 4096,
    LARGE_COUNT = 4,
    LARGE_SIZE = 798720, /* the sum is what a cache has room for */
    SMALL_COUNT = 1024,
    SMALL_SIZE = 20480,
    FILLED_BY_AND_BY = 2,      /* IOU_PBUF_RING_INC, which liburing 2.3 does not know */
    MORE_WILL_FOLLOW = 1 << 4, /* IORING_CQE_F_BUF_MORE */
};
enum {
    ACCEPT,
    RECEIVE,
    SEND
}; /* the low bits of user_data; above them: descriptor, first buffer, last buffer */

static struct io_uring ring;
static struct io_uring_buf_ring *free_buffers;
static char *buffers;
static unsigned buffer_count;
static unsigned buffer_size;

/* What is known of each. */
typedef struct use {
    unsigned filled; /* bytes, so far */
    unsigned sends;  /* from it, under way */
    bool is_full;    /* nothing more will follow */
} use;
static use uses[SMALL_COUNT];

static void must(int result, const char *what)
{
    if (result >= 0) return;
    (void)fprintf(stderr, "%s: %s\n", what, strerror(-result));
    exit(1);
}

static void must_call(int result, const char *what)
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
    must_call(fd, "socket");
    must_call(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)), "TCP_NODELAY");
    must_call(bind(fd, (const struct sockaddr *)&any_port, sizeof any_port), "bind");
    must_call(listen(fd, SOMAXCONN), "listen");

    struct sockaddr_in bound;
    must_call(getsockname(fd, (struct sockaddr *)&bound, &(socklen_t){sizeof bound}),
              "getsockname");
    printf("%d\n", ntohs(bound.sin_port));
    (void)fflush(stdout);
    return fd;
}

static struct io_uring_sqe *next(void)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
    if (sqe) return sqe;
    must(io_uring_submit(&ring), "io_uring_submit");
    sqe = io_uring_get_sqe(&ring);
    if (!sqe) exit(1);
    return sqe;
}

static uint64_t name(unsigned kind, int fd, unsigned first, unsigned last)
{
    return kind | (uint64_t)(unsigned)fd << 2 | (uint64_t)first << 32 | (uint64_t)last << 48;
}

static void accept_all(int listener)
{
    struct io_uring_sqe *sqe = next();
    io_uring_prep_multishot_accept(sqe, listener, NULL, NULL, SOCK_NONBLOCK);
    io_uring_sqe_set_data64(sqe, name(ACCEPT, listener, 0, 0));
}

static void receive_all(int fd)
{
    struct io_uring_sqe *sqe = next();
    io_uring_prep_recv_multishot(sqe, fd, NULL, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    io_uring_sqe_set_data64(sqe, name(RECEIVE, fd, 0, 0));
}

static char *bytes_of(unsigned buffer)
{
    return buffers + (size_t)buffer * buffer_size;
}

static void give(unsigned buffer)
{
    uses[buffer] = (use){0};
    io_uring_buf_ring_add(free_buffers, bytes_of(buffer), buffer_size, (unsigned short)buffer,
                          io_uring_buf_ring_mask(buffer_count), 0);
    io_uring_buf_ring_advance(free_buffers, 1);
}

static void give_back(unsigned first, unsigned last)
{
    for (unsigned i = first; i <= last; i++)
        if (uses[i].is_full && uses[i].sends == 0) give(i);
}

/* Bytes of one peer that lie side by side, in one buffer or in neighbours. */
typedef struct run {
    int fd;
    unsigned first;
    unsigned last;
    const char *bytes;
    size_t size; /* 0: there is none */
} run;
static run current;

/* The whole of it, before its buffers go back: the load always reads. */
static void submit_send(const run *it, size_t sent)
{
    struct io_uring_sqe *sqe = next();
    io_uring_prep_send(sqe, it->fd, it->bytes + sent, it->size - sent, MSG_NOSIGNAL | MSG_WAITALL);
    io_uring_sqe_set_data64(sqe, name(SEND, it->fd, it->first, it->last));
    for (unsigned i = it->first; i <= it->last; i++) uses[i].sends++;
}

static void send_back(bool is_alone)
{
    const run it = current;
    current = (run){0};
    if (it.size == 0) return;
    const ssize_t result =
        is_alone ? send(it.fd, it.bytes, it.size, MSG_NOSIGNAL | MSG_DONTWAIT) : 0;
    const size_t sent = result > 0 ? (size_t)result : 0;
    if (sent < it.size) submit_send(&it, sent);
    give_back(it.first, it.last);
}

/* Answers whether something new has begun. */
static bool receive(int fd, const struct io_uring_cqe *cqe)
{
    const unsigned buffer = cqe->flags >> IORING_CQE_BUFFER_SHIFT;
    const char *bytes = bytes_of(buffer) + uses[buffer].filled;
    const bool is_new = current.fd != fd || current.bytes + current.size != bytes;
    if (is_new) {
        send_back(false);
        current = (run){.fd = fd, .first = buffer, .bytes = bytes};
    }
    current.last = buffer;
    current.size += (size_t)cqe->res;
    uses[buffer].filled += (unsigned)cqe->res;
    uses[buffer].is_full = !(cqe->flags & MORE_WILL_FOLLOW);
    return is_new;
}

/* Answers whether it is an event of its own. */
static bool complete(const struct io_uring_cqe *cqe)
{
    const int fd = (int)(cqe->user_data >> 2 & 0x3FFFFFFF);
    const bool goes_on = cqe->flags & IORING_CQE_F_MORE;
    switch (cqe->user_data & 3) {
    case ACCEPT:
        must(cqe->res, "accept");
        receive_all(cqe->res);
        if (!goes_on) accept_all(fd);
        return true;
    case RECEIVE:
        if (!goes_on && (cqe->res > 0 || cqe->res == -ENOBUFS)) receive_all(fd);
        if (cqe->res > 0) return receive(fd, cqe);
        if (cqe->res != -ENOBUFS) close(fd);
        return true;
    default: {
        const unsigned first = cqe->user_data >> 32 & 0xFFFF;
        const unsigned last = (unsigned)(cqe->user_data >> 48);
        for (unsigned i = first; i <= last; i++) uses[i].sends--;
        give_back(first, last);
        return true;
    }
    }
}

/* Answers what the kernel does. */
static int provide(unsigned count, unsigned size, uint16_t flags)
{
    const size_t ring_size = SMALL_COUNT * sizeof(struct io_uring_buf);
    free_buffers = aligned_alloc(4096, ring_size);
    buffers = calloc(count, size);
    if (!free_buffers || !buffers) exit(1);
    buffer_count = count;
    buffer_size = size;
    struct io_uring_buf_reg registration = {.ring_addr = (uintptr_t)free_buffers,
                                            .ring_entries = count};
    const size_t flags_at = offsetof(struct io_uring_buf_reg, bgid) + sizeof registration.bgid;
    memcpy((char *)&registration + flags_at, &flags, sizeof flags); /* in 2.3 without a name */
    return io_uring_register_buf_ring(&ring, &registration, 0);
}

static void provide_buffers(void)
{
    if (provide(LARGE_COUNT, LARGE_SIZE, FILLED_BY_AND_BY) < 0) {
        free(free_buffers);
        free(buffers);
        must(provide(SMALL_COUNT, SMALL_SIZE, 0), "io_uring_register_buf_ring");
    }
    io_uring_buf_ring_init(free_buffers);
    for (unsigned i = 0; i < buffer_count; i++) give(i);
}

int main(void)
{
    struct io_uring_params parameters = {.flags = IORING_SETUP_SINGLE_ISSUER |
                                                  IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE,
                                         .cq_entries = 4 * ENTRIES};
    must(io_uring_queue_init_params(ENTRIES, &ring, &parameters), "io_uring_queue_init_params");
    provide_buffers();
    accept_all(listen_on_loopback());
    for (;;) {
        const int result = io_uring_submit_and_wait(&ring, 1);
        if (result != -EINTR) must(result, "io_uring_submit_and_wait");
        unsigned head;
        unsigned count = 0;
        unsigned events = 0;
        struct io_uring_cqe *cqe;
        io_uring_for_each_cqe(&ring, head, cqe)
        {
            events += complete(cqe);
            count++;
        }
        io_uring_cq_advance(&ring, count);
        send_back(events == 1);
    }
}
