/* SPDX-License-Identifier: MIT */
/* Tries the addresses of a host that the race of the client left out. */
#include "cmd/doctor_survey.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Connections under way; index for index those of the report's addresses. */
typedef struct survey {
    doctor_report *report;
    struct pollfd fds[DOCTOR_ADDRESS_MAX]; /* fd -1: none is under way */
    uint64_t began_us;
} survey;

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static hws_status status_of(int error)
{
    switch (error) {
    case 0:
        return HWS_OK;
    case ECONNREFUSED:
        return HWS_ERR_CONNECT_REFUSED;
    case ETIMEDOUT:
        return HWS_ERR_CONNECT_TIMEOUT;
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
        return HWS_ERR_CONNECT_UNREACHABLE;
    default:
        return HWS_ERR_SYSTEM;
    }
}

static void end(survey *it, size_t i, int error)
{
    doctor_address *address = &it->report->address[i];
    address->is_done = true;
    address->status = status_of(error);
    address->took_us = now_us() - it->began_us;
    if (it->fds[i].fd >= 0) close(it->fds[i].fd);
    it->fds[i].fd = -1;
}

/* "192.0.2.1 port 443".  Returns: NULL when that is no address. */
static struct addrinfo *read_address(const char *text)
{
    char host[DOCTOR_LINE_SIZE];
    char port[8];
    const char *mark = strstr(text, " port ");
    if (!mark) return NULL;
    snprintf(host, sizeof host, "%.*s", (int)(mark - text), text);
    snprintf(port, sizeof port, "%s", mark + strlen(" port "));
    const struct addrinfo hints = {
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
        .ai_socktype = SOCK_STREAM,
    };
    struct addrinfo *found = NULL;
    return getaddrinfo(host, port, &hints, &found) == 0 ? found : NULL;
}

static void begin(survey *it, size_t i)
{
    struct addrinfo *to = read_address(it->report->address[i].text);
    if (!to) return;
    it->fds[i].fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (it->fds[i].fd < 0) {
        if (errno == EAFNOSUPPORT) end(it, i, errno); /* of ours it says nothing */
    } else if (connect(it->fds[i].fd, to->ai_addr, to->ai_addrlen) == 0) {
        end(it, i, 0);
    } else if (errno != EINPROGRESS) {
        end(it, i, errno);
    }
    freeaddrinfo(to);
}

static bool is_under_way(const survey *it)
{
    for (size_t i = 0; i < it->report->address_count; i++)
        if (it->fds[i].fd >= 0) return true;
    return false;
}

static void take_ends(survey *it)
{
    for (size_t i = 0; i < it->report->address_count; i++) {
        if (it->fds[i].fd < 0 || it->fds[i].revents == 0) continue;
        int error = 0;
        socklen_t size = sizeof error;
        if (getsockopt(it->fds[i].fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
        end(it, i, error);
    }
}

static void wait_for_ends(survey *it, uint64_t timeout_ms)
{
    while (is_under_way(it)) {
        const uint64_t passed_ms = (now_us() - it->began_us) / 1000;
        if (passed_ms >= timeout_ms) break;
        const int count = poll(it->fds, it->report->address_count, (int)(timeout_ms - passed_ms));
        if (count < 0 && errno != EINTR) break;
        if (count > 0) take_ends(it);
    }
    for (size_t i = 0; i < it->report->address_count; i++)
        if (it->fds[i].fd >= 0) end(it, i, ETIMEDOUT);
}

void doctor_survey(doctor_report *report, uint64_t timeout_ms)
{
    survey it = {.report = report, .began_us = now_us()};
    for (size_t i = 0; i < DOCTOR_ADDRESS_MAX; i++)
        it.fds[i] = (struct pollfd){.fd = -1, .events = POLLOUT};
    for (size_t i = 0; i < report->address_count; i++)
        if (!report->address[i].is_done) begin(&it, i);
    wait_for_ends(&it, timeout_ms);
}
