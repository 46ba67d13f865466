/* SPDX-License-Identifier: MIT */
/* System calls that fail when told to.
 *
 * A test that is linked with tests/lib/syscalls.c and its -Wl,--wrap arguments can make the n-th
 * call of each of these fail, of all that the library makes from then on.  The test's own calls are
 * wrapped, too. */
#ifndef HAWSER_TESTS_SYSCALLS_H
#define HAWSER_TESTS_SYSCALLS_H

#include <stddef.h>

#define SYSCALL_MAP(X)                                                                             \
    X(accept4)                                                                                     \
    X(bind)                                                                                        \
    X(connect)                                                                                     \
    X(epoll_create1)                                                                               \
    X(epoll_ctl)                                                                                   \
    X(epoll_wait)                                                                                  \
    X(eventfd)                                                                                     \
    X(getrandom)                                                                                   \
    X(getsockname)                                                                                 \
    X(getsockopt)                                                                                  \
    X(listen)                                                                                      \
    X(madvise)                                                                                     \
    X(mmap)                                                                                        \
    X(recv)                                                                                        \
    X(send)                                                                                        \
    X(sendmsg)                                                                                     \
    X(setsockopt)                                                                                  \
    X(socket)                                                                                      \
    X(socketpair)                                                                                  \
    X(timerfd_create)                                                                              \
    X(timerfd_settime)

typedef enum syscall_name {
#define SYSCALL_ENUM(name) SYSCALL_##name,
    SYSCALL_MAP(SYSCALL_ENUM)
#undef SYSCALL_ENUM
        SYSCALL_COUNT,
} syscall_name;

/* The `n`-th call from now, counted from 1, fails with `error`, and so do the `times` - 1 that
 * follow it. */
void syscalls_fail(syscall_name name, size_t n, size_t times, int error);

/* recv, send and sendmsg from now on move at most `size` bytes; 0: as many as they like. */
void syscalls_shorten(size_t size);

/* Everything works again; counts are zero. */
void syscalls_reset(void);

/* Calls since the last reset. */
size_t syscalls_count(syscall_name name);

#endif /* HAWSER_TESTS_SYSCALLS_H */
