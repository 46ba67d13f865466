/* SPDX-License-Identifier: MIT */
/* A nonblocking socket, or TLS over one, with the manners of recv and send. */
#ifndef HAWSER_BENCH_CHANNEL_H
#define HAWSER_BENCH_CHANNEL_H

#include <stddef.h>
#include <sys/types.h>

struct ssl_st; /* OpenSSL's SSL */

typedef struct bench_channel {
    int fd;
    struct ssl_st *ssl; /* NULL: as it is */
} bench_channel;

/* What there is, at most `size` bytes; with TLS of one record.  0 at the end; -1 with errno: EAGAIN
 * when there is nothing. */
ssize_t channel_receive(const bench_channel *channel, char *bytes, size_t size);

/* Likewise all there is: with TLS nothing must stay behind that epoll does not know of. */
ssize_t channel_receive_all(const bench_channel *channel, char *bytes, size_t size);

/* As much as there is room for.  -1 with errno likewise. */
ssize_t channel_send(const bench_channel *channel, const char *bytes, size_t size);

void channel_close(bench_channel *channel);

#endif /* HAWSER_BENCH_CHANNEL_H */
