/* SPDX-License-Identifier: MIT */
#include "lib/syscalls.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/timerfd.h>

typedef struct plan {
    size_t count; /* calls so far */
    size_t first; /* that fails; 0: none */
    size_t end;   /* the first that works again */
    int error;
} plan;

static plan plans[SYSCALL_COUNT];
static size_t size_max;

void syscalls_fail(syscall_name name, size_t n, size_t times, int error)
{
    const size_t first = plans[name].count + n;
    plans[name].first = first;
    plans[name].end = first + times;
    plans[name].error = error;
}

void syscalls_shorten(size_t size)
{
    size_max = size;
}

void syscalls_reset(void)
{
    for (size_t i = 0; i < SYSCALL_COUNT; i++) plans[i] = (plan){0};
    size_max = 0;
}

size_t syscalls_count(syscall_name name)
{
    return plans[name].count;
}

static bool fails(syscall_name name)
{
    plan *it = &plans[name];
    const size_t n = ++it->count;
    if (it->first == 0 || n < it->first || n >= it->end) return false;
    errno = it->error;
    return true;
}

static size_t shorten(size_t size)
{
    return size_max > 0 && size > size_max ? size_max : size;
}

/* type, name, parameters, arguments, what a failure answers */
#define WRAP(type, name, parameters, arguments, failure)                                           \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        if (fails(SYSCALL_##name)) return failure;                                                 \
        return __real_##name arguments;                                                            \
    }

/* mmap, too, where files may be large. */
#define SYSCALL_mmap64 SYSCALL_mmap

WRAP(int, accept4, (int fd, struct sockaddr *address, socklen_t *size, int flags),
     (fd, address, size, flags), -1)
WRAP(int, bind, (int fd, const struct sockaddr *address, socklen_t size), (fd, address, size), -1)
WRAP(int, connect, (int fd, const struct sockaddr *address, socklen_t size), (fd, address, size),
     -1)
WRAP(int, epoll_create1, (int flags), (flags), -1)
WRAP(int, epoll_ctl, (int epoll, int operation, int fd, struct epoll_event *event),
     (epoll, operation, fd, event), -1)
WRAP(int, epoll_wait, (int epoll, struct epoll_event *events, int max, int timeout),
     (epoll, events, max, timeout), -1)
WRAP(int, eventfd, (unsigned count, int flags), (count, flags), -1)
WRAP(ssize_t, getrandom, (void *bytes, size_t size, unsigned flags), (bytes, size, flags), -1)
WRAP(int, getsockname, (int fd, struct sockaddr *address, socklen_t *size), (fd, address, size), -1)
WRAP(int, getsockopt, (int fd, int level, int name, void *value, socklen_t *size),
     (fd, level, name, value, size), -1)
WRAP(int, listen, (int fd, int backlog), (fd, backlog), -1)
WRAP(int, madvise, (void *block, size_t size, int advice), (block, size, advice), -1)
WRAP(void *, mmap, (void *at, size_t size, int protection, int flags, int fd, off_t offset),
     (at, size, protection, flags, fd, offset), MAP_FAILED)
WRAP(void *, mmap64, (void *at, size_t size, int protection, int flags, int fd, off_t offset),
     (at, size, protection, flags, fd, offset), MAP_FAILED)
WRAP(ssize_t, recv, (int fd, void *bytes, size_t size, int flags),
     (fd, bytes, shorten(size), flags), -1)
WRAP(ssize_t, send, (int fd, const void *bytes, size_t size, int flags),
     (fd, bytes, shorten(size), flags), -1)
WRAP(int, setsockopt, (int fd, int level, int name, const void *value, socklen_t size),
     (fd, level, name, value, size), -1)
WRAP(int, socket, (int domain, int type, int protocol), (domain, type, protocol), -1)
WRAP(int, socketpair, (int domain, int type, int protocol, int pair[2]),
     (domain, type, protocol, pair), -1)
WRAP(int, timerfd_create, (clockid_t clock, int flags), (clock, flags), -1)
WRAP(int, timerfd_settime,
     (int fd, int flags, const struct itimerspec *value, struct itimerspec *old),
     (fd, flags, value, old), -1)

ssize_t __real_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
    if (fails(SYSCALL_sendmsg)) return -1;
    if (size_max == 0) return __real_sendmsg(fd, message, flags);
    return __real_send(fd, message->msg_iov->iov_base, shorten(message->msg_iov->iov_len), flags);
}
