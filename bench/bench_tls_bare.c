/* SPDX-License-Identifier: MIT */
/* A TLS echo with nothing in it: OpenSSL on sockets, level-triggered epoll.
 *
 *     bench_tls_bare            prints its port, and serves until it is ended
 *     bench_tls_bare --release  with SSL_MODE_RELEASE_BUFFERS: slower, and smaller when idle
 *
 * What an echo server with OpenSSL costs at least; the baseline of bench/tls.  The certificate is
 * made as `hawser serve --self-signed` makes its own: a key on P-256. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "channel.h"

enum { EVENTS_MAX = 256, BUFFER_SIZE = 256 * 1024 };

static void must(int result, const char *what)
{
    if (result >= 0) return;
    perror(what);
    exit(1);
}

static void *need(void *made)
{
    if (made) return made;
    (void)fprintf(stderr, "bench_tls_bare: out of memory\n");
    exit(1);
}

static X509 *make_certificate(EVP_PKEY *key)
{
    X509 *made = need(X509_new());
    X509_gmtime_adj(X509_getm_notBefore(made), 0);
    X509_gmtime_adj(X509_getm_notAfter(made), 86400);
    X509_set_pubkey(made, key);
    must(X509_sign(made, key, EVP_sha256()) > 0 ? 0 : -1, "X509_sign");
    return made;
}

static SSL_CTX *make_context(int releases)
{
    SSL_CTX *context = need(SSL_CTX_new(TLS_server_method()));
    EVP_PKEY *key = need(EVP_EC_gen("P-256"));
    X509 *certificate = make_certificate(key);
    SSL_CTX_use_certificate(context, certificate);
    SSL_CTX_use_PrivateKey(context, key);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    /* One recv for head and body of a record, and for small ones together. */
    SSL_CTX_set_read_ahead(context, 1);
    if (releases) SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return context;
}

static int listen_on_loopback(void)
{
    const struct sockaddr_in any_port = {.sin_family = AF_INET,
                                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    must(fd, "socket");
    must(bind(fd, (const struct sockaddr *)&any_port, sizeof any_port), "bind");
    must(listen(fd, SOMAXCONN), "listen");

    struct sockaddr_in bound;
    must(getsockname(fd, (struct sockaddr *)&bound, &(socklen_t){sizeof bound}), "getsockname");
    printf("%d\n", ntohs(bound.sin_port));
    (void)fflush(stdout);
    return fd;
}

static void watch(int epoll, int fd, void *who)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = who};
    must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

static void accept_one(int epoll, int listener, SSL_CTX *context)
{
    bench_channel *made = need(calloc(1, sizeof *made));
    made->fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    must(made->fd, "accept");
    must(setsockopt(made->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)), "TCP_NODELAY");
    made->ssl = need(SSL_new(context));
    SSL_set_fd(made->ssl, made->fd);
    SSL_set_accept_state(made->ssl);
    watch(epoll, made->fd, made);
}

/* The load always reads, so waiting here for room in the socket ends. */
static int send_all(const bench_channel *to, const char *bytes, size_t size)
{
    while (size > 0) {
        const ssize_t sent = channel_send(to, bytes, size);
        if (sent < 0 && errno != EAGAIN) return -1;
        if (sent < 0) {
            if (poll(&(struct pollfd){.fd = to->fd, .events = POLLOUT}, 1, -1) < 0) return -1;
            continue;
        }
        bytes += sent;
        size -= (size_t)sent;
    }
    return 0;
}

static void echo(bench_channel *from)
{
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
    SSL_CTX *context = make_context(argc > 1 && strcmp(argv[1], "--release") == 0);
    const int listener = listen_on_loopback();
    const int epoll = epoll_create1(0);
    must(epoll, "epoll_create1");
    watch(epoll, listener, NULL);

    for (;;) {
        struct epoll_event events[EVENTS_MAX];
        const int count = epoll_wait(epoll, events, EVENTS_MAX, -1);
        if (count < 0 && errno != EINTR) must(count, "epoll_wait");
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr)
                echo(events[i].data.ptr);
            else
                accept_one(epoll, listener, context);
        }
    }
}
