/* SPDX-License-Identifier: MIT */
#include "cmd/http_call.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cmd/options.h"

enum { HEAD_SIZE_MAX = 2048 };

static bool complain(const http_call *it, const char *what, const char *why)
{
    options_complain(it->command, "%s: %s", what, why);
    return false;
}

/* Nobody waits for ever. */
static void set_timeouts(int fd)
{
    const struct timeval timeout = {.tv_sec = HTTP_CALL_TIMEOUT_S};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
}

static int connect_to(int family, const struct sockaddr *address, socklen_t size)
{
    const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    set_timeouts(fd);
    if (connect(fd, address, size) == 0) return fd;
    const int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static int connect_unix(const http_call *it)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(it->unix_path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, it->unix_path, strlen(it->unix_path));
    return connect_to(AF_UNIX, (const struct sockaddr *)&address, sizeof address);
}

/* The addresses of the name, one after the other. */
static int connect_name(const http_call *it, const char *host)
{
    char port[8];
    struct addrinfo *found = NULL;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    snprintf(port, sizeof port, "%u", (unsigned)it->url.port);
    const int error = getaddrinfo(host, port, &hints, &found);
    if (error != 0) {
        errno = error == EAI_SYSTEM ? errno : EHOSTUNREACH;
        return -1;
    }
    int fd = -1;
    for (const struct addrinfo *each = found; each && fd < 0; each = each->ai_next)
        fd = connect_to(each->ai_family, each->ai_addr, each->ai_addrlen);
    const int kept = errno;
    freeaddrinfo(found);
    errno = kept;
    return fd;
}

static int open_connection(const http_call *it)
{
    char host[256];
    if (it->unix_path) return connect_unix(it);
    snprintf(host, sizeof host, "%.*s", (int)it->url.host.size, it->url.host.data);
    return connect_name(it, host);
}

static bool send_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        const ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return false;
        bytes += sent;
        size -= (size_t)sent;
    }
    return true;
}

static bool ask(const http_call *it, int fd)
{
    char head[HEAD_SIZE_MAX];
    char authority[300];
    size_t authority_size = 0;
    if (hws_url_write_authority(&it->url, authority, sizeof authority, &authority_size) != HWS_OK)
        return false;
    const int size = snprintf(head, sizeof head,
                              "POST %.*s HTTP/1.1\r\n"
                              "Host: %.*s\r\n"
                              "Content-Type: application/json\r\n"
                              "Content-Length: %zu\r\n"
                              "X-API-Key: %s\r\n"
                              "Connection: close\r\n\r\n",
                              (int)it->url.path.size, it->url.path.data, (int)authority_size,
                              authority, it->body.size, it->api_key);
    const bool fits = size > 0 && (size_t)size < sizeof head;
    const bool is_sent =
        fits && send_all(fd, head, (size_t)size) && send_all(fd, it->body.data, it->body.size);
    explicit_bzero(head, sizeof head);
    return is_sent;
}

/* To the end of the connection, which is the end of the answer. */
static bool receive(http_call *it, int fd)
{
    size_t size = 0;
    ssize_t got;
    while (size < HTTP_CALL_ANSWER_MAX &&
           (got = recv(fd, it->answer + size, HTTP_CALL_ANSWER_MAX - size, 0)) != 0) {
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return false;
        size += (size_t)got;
    }
    it->answer[size] = '\0';
    return true;
}

static bool read_answer(http_call *it)
{
    static const char version[] = "HTTP/1.1 ";
    char *end = strstr(it->answer, "\r\n\r\n");
    if (strncmp(it->answer, version, sizeof version - 1) != 0 || !end) return false;
    it->status = (int)strtol(it->answer + sizeof version - 1, NULL, 10);
    it->content = end + 4;
    return true;
}

bool http_call_make(http_call *it)
{
    const char *where = it->unix_path ? it->unix_path : "the server";
    const int fd = open_connection(it);
    if (fd < 0) return complain(it, where, strerror(errno));
    const bool is_answered = ask(it, fd) && receive(it, fd);
    const int error = errno;
    close(fd);
    if (!is_answered) return complain(it, where, strerror(error));
    return read_answer(it) || complain(it, where, "the answer is no HTTP");
}
