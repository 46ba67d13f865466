/* SPDX-License-Identifier: MIT */
#include "channel.h"

#include <errno.h>
#include <limits.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

/* What OpenSSL means, in the words of a system call. */
static ssize_t answer(const bench_channel *channel, int result)
{
    const int error = SSL_get_error(channel->ssl, result);
    if (error == SSL_ERROR_ZERO_RETURN) return 0;
    const int waits = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE;
    errno = waits ? EAGAIN : EPROTO;
    return -1;
}

static int at_most(size_t size)
{
    return size < INT_MAX ? (int)size : INT_MAX;
}

ssize_t channel_receive(const bench_channel *channel, char *bytes, size_t size)
{
    if (!channel->ssl) return recv(channel->fd, bytes, size, 0);
    ERR_clear_error();
    const int got = SSL_read(channel->ssl, bytes, at_most(size));
    return got > 0 ? got : answer(channel, got);
}

ssize_t channel_receive_all(const bench_channel *channel, char *bytes, size_t size)
{
    if (!channel->ssl) return recv(channel->fd, bytes, size, 0);
    size_t have = 0;
    while (have < size) {
        const ssize_t got = channel_receive(channel, bytes + have, size - have);
        if (got <= 0 && have == 0) return got;
        if (got <= 0) break; /* an end or a failure is met again */
        have += (size_t)got;
    }
    return (ssize_t)have;
}

ssize_t channel_send(const bench_channel *channel, const char *bytes, size_t size)
{
    if (!channel->ssl) return send(channel->fd, bytes, size, MSG_NOSIGNAL);
    ERR_clear_error();
    const int sent = SSL_write(channel->ssl, bytes, at_most(size));
    return sent > 0 ? sent : answer(channel, sent);
}

void channel_close(bench_channel *channel)
{
    SSL_free(channel->ssl);
    channel->ssl = NULL;
    close(channel->fd);
}
