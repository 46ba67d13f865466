/* SPDX-License-Identifier: MIT */
/* What the bare servers have in common: they end with a word where anything fails. */
#ifndef HAWSER_BENCH_BARE_H
#define HAWSER_BENCH_BARE_H

struct ssl_ctx_st; /* OpenSSL's SSL_CTX */

/* Ends the program with what errno says, if `result` is negative. */
void bare_must(int result, const char *what);

/* Ends it without memory: `made` is what an allocation answered. */
void *bare_need(void *made);

/* A listening socket on a free port of the loopback, which is printed. */
int bare_listen(void);

/* Level-triggered, for what can be read; `who` is told then. */
void bare_watch(int epoll, int fd, void *who);

/* Serves for ever: `arrive` when a connection waits to be accepted, `serve` when something can be
 * read, with `who` of bare_watch. */
void bare_serve(int listener, void (*arrive)(int epoll, int listener), void (*serve)(void *who));

/* The next connection, nonblocking, its small packets not held back. */
int bare_accept(int listener);

/* Until `fd` takes more.  Returns: -1 if that fails. */
int bare_await_room(int fd);

/* For a server.  The certificate is made as `hawser serve --self-signed` makes its own: a key on
 * P-256.  Reads ahead, which is one recv for head and body of a record, and for small ones
 * together. */
struct ssl_ctx_st *bare_context(void);

#endif /* HAWSER_BENCH_BARE_H */
