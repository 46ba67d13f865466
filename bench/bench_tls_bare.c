/* SPDX-License-Identifier: MIT */
/* A TLS echo with nothing in it: OpenSSL on sockets, level-triggered epoll.
 *
 *     bench_tls_bare            prints its port, and serves until it is ended
 *     bench_tls_bare --release  with SSL_MODE_RELEASE_BUFFERS: slower, and smaller when idle
 *
 * What an echo server with OpenSSL costs at least; the baseline of bench/tls, and of bench/run. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ssl.h>

#include "bare.h"
#include "channel.h"

enum { BUFFER_SIZE = 256 * 1024 };

static SSL_CTX *context;

static void accept_one(int epoll, int listener)
{
    bench_channel *made = bare_need(calloc(1, sizeof *made));
    made->fd = bare_accept(listener);
    made->ssl = bare_need(SSL_new(context));
    SSL_set_fd(made->ssl, made->fd);
    SSL_set_accept_state(made->ssl);
    bare_watch(epoll, made->fd, made);
}

/* The load always reads, so waiting here for room in the socket ends. */
static int send_all(const bench_channel *to, const char *bytes, size_t size)
{
    while (size > 0) {
        const ssize_t sent = channel_send(to, bytes, size);
        if (sent < 0 && errno != EAGAIN) return -1;
        if (sent < 0) {
            if (bare_await_room(to->fd) < 0) return -1;
            continue;
        }
        bytes += sent;
        size -= (size_t)sent;
    }
    return 0;
}

static void echo(void *who)
{
    bench_channel *from = who;
    static char buffer[BUFFER_SIZE];
    ssize_t size;
    do {
        size = channel_receive_all(from, buffer, sizeof buffer);
        if (size < 0 && errno == EAGAIN) return;
        if (size <= 0 || send_all(from, buffer, (size_t)size) < 0) {
            channel_close(from);
            free(from);
            return;
        }
    } while (size == sizeof buffer); /* epoll does not know of what OpenSSL still has */
}

int main(int argc, char **argv)
{
    (void)signal(SIGPIPE, SIG_IGN);
    context = bare_context();
    if (argc > 1 && strcmp(argv[1], "--release") == 0)
        SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    bare_serve(bare_listen(), accept_one, echo);
}
