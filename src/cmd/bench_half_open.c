/* SPDX-License-Identifier: MIT */
#include "cmd/bench_half_open.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd/bench_load.h"
#include "hawser/url.h"

static hws_status look_up(const hws_url *url, struct addrinfo **found)
{
    char host[256];
    char port[8];
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    if (url->host.size >= sizeof host) return HWS_ERR_NAME;
    memcpy(host, url->host.data, url->host.size);
    host[url->host.size] = '\0';
    snprintf(port, sizeof port, "%u", url->port);
    return getaddrinfo(host, port, &hints, found) == 0 ? HWS_OK : HWS_ERR_NAME;
}

/* -1: it could not even begin. */
static int begin_one(const struct addrinfo *to)
{
    const int fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (connect(fd, to->ai_addr, to->ai_addrlen) == 0 || errno == EINPROGRESS) return fd;
    close(fd);
    return -1;
}

static void write_request(bench_half_open *it, const hws_url *url)
{
    if (hws_scheme_is_secure(url->scheme)) return;
    const int size =
        snprintf(it->request, sizeof it->request, "GET %.*s HTTP/1.1\r\nHost: %.*s\r\nUpgr",
                 (int)(url->path.size < 200 ? url->path.size : 1), (const char *)url->path.data,
                 (int)url->host.size, (const char *)url->host.data);
    it->request_size = size > 0 && (size_t)size < sizeof it->request ? (size_t)size : 0;
}

hws_status bench_half_open_begin(bench_half_open *it, const char *text, size_t count)
{
    hws_url url;
    struct addrinfo *found;
    *it = (bench_half_open){0};
    if (count == 0) return HWS_OK;
    hws_status status = hws_url_parse((hws_text){.data = text, .size = strlen(text)}, &url);
    if (status == HWS_OK) status = look_up(&url, &found);
    if (status != HWS_OK) return status;
    write_request(it, &url);
    it->fds = calloc(count, sizeof *it->fds);
    it->begun_ns = calloc(count, sizeof *it->begun_ns);
    if (it->fds && it->begun_ns) {
        it->fd_count = count;
        for (size_t i = 0; i < count; i++) {
            it->fds[i] = (struct pollfd){.fd = begin_one(found), .events = POLLOUT};
            it->refused_count += it->fds[i].fd < 0;
        }
    }
    freeaddrinfo(found);
    return it->fd_count == count ? HWS_OK : HWS_ERR_NO_MEMORY;
}

static void drop(struct pollfd *it)
{
    close(it->fd);
    it->fd = -1;
}

static void on_connected(bench_half_open *it, struct pollfd *fd, uint64_t now_ns)
{
    int failure = 0;
    socklen_t size = sizeof failure;
    const bool is_open =
        getsockopt(fd->fd, SOL_SOCKET, SO_ERROR, &failure, &size) == 0 && failure == 0 &&
        (it->request_size == 0 || send(fd->fd, it->request, it->request_size, MSG_NOSIGNAL) > 0);
    if (!is_open) {
        it->refused_count++;
        drop(fd);
        return;
    }
    it->opened_count++;
    it->begun_ns[fd - it->fds] = now_ns;
    fd->events = POLLIN;
}

/* An answer such as 408 may come before the end. */
static void on_input(bench_half_open *it, struct pollfd *fd, uint64_t now_ns)
{
    char bytes[4096];
    const ssize_t size = recv(fd->fd, bytes, sizeof bytes, 0);
    if (size > 0 || (size < 0 && (errno == EAGAIN || errno == EINTR))) return;
    const uint64_t held_ns = now_ns - it->begun_ns[fd - it->fds];
    if (it->ended_count++ == 0) it->first_end_ns = held_ns;
    it->last_end_ns = held_ns;
    drop(fd);
}

void bench_half_open_look(bench_half_open *it, uint64_t now_ns)
{
    if (it->fd_count == 0 || poll(it->fds, it->fd_count, 0) <= 0) return;
    for (size_t i = 0; i < it->fd_count; i++) {
        struct pollfd *fd = &it->fds[i];
        if (fd->fd < 0 || fd->revents == 0) continue;
        if (fd->events == POLLOUT)
            on_connected(it, fd, now_ns);
        else
            on_input(it, fd, now_ns);
    }
}

void bench_half_open_release(bench_half_open *it)
{
    for (size_t i = 0; i < it->fd_count; i++)
        if (it->fds[i].fd >= 0) close(it->fds[i].fd);
    free(it->fds);
    free(it->begun_ns);
    *it = (bench_half_open){0};
}
