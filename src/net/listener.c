/* SPDX-License-Identifier: MIT */
#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/try.h"
#include "loop/io.h"

enum { BACKLOG = 4096 };

struct hws_listener {
    hws_io io; /* first */
    hws_listener_options options;
    hws_address address; /* as it was bound */
    dev_t path_device;   /* of a unix socket: which file is ours */
    ino_t path_inode;
};

static hws_status status_of(int error)
{
    switch (error) {
    case EADDRINUSE:
        return HWS_ERR_ADDRESS_IN_USE;
    case EACCES:
    case EPERM:
    case EROFS:
        return HWS_ERR_PERMISSION;
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
    case EINVAL:
    case ELOOP:
    case ENAMETOOLONG:
    case ENOENT:
    case ENOTDIR:
        return HWS_ERR_ADDRESS;
    default:
        return HWS_ERR_SYSTEM;
    }
}

static int set_option(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof value);
}

/* Accepted sockets inherit the options, which saves a system call for each. */
static int set_options(int fd, const hws_address *address)
{
    if (address->any.sa_family == AF_UNIX) return 0;
    if (set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1) < 0) return -1;
    if (set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1) < 0) return -1;
    if (address->any.sa_family == AF_INET) return 0;
    const struct in6_addr *host = &address->v6.sin6_addr;
    const bool dual = IN6_IS_ADDR_UNSPECIFIED(host) || IN6_IS_ADDR_V4MAPPED(host);
    return set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, !dual);
}

/* A socket file that nobody answers on was left behind by a process that is gone.  Anything else
 * at the path is somebody's. */
static bool is_stale(const hws_address *address)
{
    struct stat file;
    if (lstat(address->local.sun_path, &file) < 0 || !S_ISSOCK(file.st_mode)) return false;
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return false;
    const bool refused = connect(fd, &address->any, address->size) < 0 && errno == ECONNREFUSED;
    close(fd);
    return refused;
}

static int bind_to(int fd, const hws_address *address)
{
    if (bind(fd, &address->any, address->size) == 0) return 0;
    if (errno != EADDRINUSE || address->any.sa_family != AF_UNIX) return -1;
    if (!is_stale(address) || unlink(address->local.sun_path) < 0) {
        errno = EADDRINUSE;
        return -1;
    }
    return bind(fd, &address->any, address->size);
}

/* Notes which file is ours; one that took its place is somebody else's. */
static void note_path(hws_listener *listener)
{
    struct stat file;
    if (listener->address.any.sa_family != AF_UNIX) return;
    if (lstat(listener->address.local.sun_path, &file) < 0) return;
    listener->path_device = file.st_dev;
    listener->path_inode = file.st_ino;
}

static void remove_path(const hws_listener *listener)
{
    struct stat file;
    if (listener->address.any.sa_family != AF_UNIX) return;
    if (lstat(listener->address.local.sun_path, &file) < 0) return;
    if (file.st_dev == listener->path_device && file.st_ino == listener->path_inode)
        unlink(listener->address.local.sun_path);
}

static void on_accept(hws_io *io, int fd)
{
    const hws_listener *listener = (hws_listener *)io;
    const hws_listener_options *options = &listener->options;
    if (fd >= 0) options->on_accept(options->user, fd); /* the loop waits out a failure */
}

static void on_close(hws_io *io)
{
    hws_memory_free(hws_loop_memory(io->loop), io, sizeof(hws_listener));
}

static const hws_io_handler handler = {.on_accept = on_accept, .on_close = on_close};

/* Who begins a group binds alone, so that the port of another program is not taken for one to
 * share; only then do others of its kind find it open. */
static int bind_in_group(int fd, const hws_listener *listener)
{
    const hws_listener_options *options = &listener->options;
    if (options->joins_group && set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1) < 0) return -1;
    if (bind_to(fd, &listener->address) < 0) return -1;
    return options->begins_group ? set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1) : 0;
}

static hws_status start(hws_listener *listener, hws_loop *loop, int fd)
{
    hws_address bound;
    if (set_options(fd, &listener->address) < 0 || bind_in_group(fd, listener) < 0)
        return status_of(errno);
    note_path(listener);
    hws_status status = HWS_OK;
    if (listen(fd, BACKLOG) < 0) status = status_of(errno);
    if (status == HWS_OK) status = hws_io_open(&listener->io, loop, fd, &handler);
    if (status < HWS_OK) {
        const int error = errno;
        remove_path(listener);
        errno = error;
        return status;
    }
    hws_address_of_socket(fd, &bound);
    if (bound.any.sa_family != AF_UNIX) listener->address = bound;
    hws_io_accept(&listener->io, true);
    return HWS_OK;
}

static hws_status open_socket(hws_listener *listener, hws_loop *loop)
{
    const int family = listener->address.any.sa_family;
    const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return status_of(errno);
    const hws_status status = start(listener, loop, fd);
    if (status < HWS_OK) {
        const int error = errno;
        close(fd);
        errno = error;
    }
    return status;
}

hws_status hws_listener_open(hws_loop *loop, const hws_address *address,
                             const hws_listener_options *options, hws_listener **out)
{
    const hws_memory *memory = hws_loop_memory(loop);
    hws_listener *listener = hws_memory_new(memory, sizeof *listener);
    if (!listener) return HWS_ERR_NO_MEMORY;
    *listener = (hws_listener){.options = *options, .address = *address};
    const hws_status status = open_socket(listener, loop);
    if (status < HWS_OK) {
        const int error = errno;
        hws_memory_free(memory, listener, sizeof *listener);
        errno = error;
        return status;
    }
    *out = listener;
    return HWS_OK;
}

static bool is_listening(int fd)
{
    int type = 0;
    int listens = 0;
    socklen_t size = sizeof type;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type != SOCK_STREAM) return false;
    size = sizeof listens;
    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens;
}

static int set_inherited(int fd, const hws_address *address)
{
    const int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) return -1;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) return -1;
    if (address->any.sa_family == AF_UNIX) return 0;
    return set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

hws_status hws_listener_adopt(hws_loop *loop, int fd, const hws_listener_options *options,
                              hws_listener **out)
{
    const hws_memory *memory = hws_loop_memory(loop);
    if (!is_listening(fd)) return HWS_ERR_ADDRESS;
    hws_listener *listener = hws_memory_new(memory, sizeof *listener);
    if (!listener) return HWS_ERR_NO_MEMORY;
    *listener = (hws_listener){.options = *options};
    hws_address_of_socket(fd, &listener->address);
    const bool is_good = set_inherited(fd, &listener->address) == 0 &&
                         hws_io_open(&listener->io, loop, fd, &handler) == HWS_OK;
    if (!is_good) {
        const int error = errno;
        hws_memory_free(memory, listener, sizeof *listener);
        errno = error;
        return HWS_ERR_SYSTEM;
    }
    hws_io_accept(&listener->io, true);
    *out = listener;
    return HWS_OK;
}

int hws_listener_fd(const hws_listener *listener)
{
    return listener->io.fd;
}

/* No file has this number. */
void hws_listener_leave_path(hws_listener *listener)
{
    listener->path_inode = 0;
}

void hws_listener_address(const hws_listener *listener, hws_address *address)
{
    *address = listener->address;
}

void hws_listener_close(hws_listener *listener)
{
    if (!listener) return;
    remove_path(listener);
    hws_io_close(&listener->io, false);
}
