/* SPDX-License-Identifier: MIT */
/* By hand rather than with libsystemd: docs/decisions/0026. */
#include "cmd/notify.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "cmd/quantity.h"

/* A path, or "@" and a name in the abstract namespace.  The size of the address; 0: neither. */
static socklen_t address_of(const char *name, struct sockaddr_un *address)
{
    const size_t size = strlen(name);
    if ((name[0] != '/' && name[0] != '@') || size >= sizeof address->sun_path) return 0;
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(address->sun_path, name, size);
    if (name[0] == '@') address->sun_path[0] = '\0';
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size);
}

void notify_send(const char *lines)
{
    struct sockaddr_un address;
    const char *name = getenv("NOTIFY_SOCKET");
    const socklen_t size = name ? address_of(name, &address) : 0;
    if (size == 0) return;
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    /* Whoever does not listen misses it; it is no reason to serve less. */
    const ssize_t sent = sendto(fd, lines, strlen(lines), MSG_NOSIGNAL | MSG_DONTWAIT,
                                (const struct sockaddr *)&address, size);
    (void)sent;
    close(fd);
}

void notify_reloading(void)
{
    struct timespec now;
    char lines[64];
    clock_gettime(CLOCK_MONOTONIC, &now);
    const uint64_t now_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
    snprintf(lines, sizeof lines, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, now_us);
    notify_send(lines);
}

/* The variables may have been meant for a parent of ours. */
static bool is_for_us(const char *pid_text)
{
    uint64_t pid;
    return !pid_text || (quantity_count(pid_text, &pid) && pid == (uint64_t)getpid());
}

uint64_t notify_watchdog_ms(void)
{
    uint64_t wait_us;
    const char *text = getenv("WATCHDOG_USEC");
    if (!text || !is_for_us(getenv("WATCHDOG_PID")) || !quantity_count(text, &wait_us)) return 0;
    return wait_us / 1000;
}
