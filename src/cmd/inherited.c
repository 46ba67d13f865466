/* SPDX-License-Identifier: MIT */
#include "cmd/inherited.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/quantity.h"

uint32_t inherited_count(void)
{
    uint64_t pid;
    uint64_t count;
    const char *pid_text = getenv("LISTEN_PID");
    const char *count_text = getenv("LISTEN_FDS");
    if (!pid_text || !quantity_count(pid_text, &pid) || pid != (uint64_t)getpid()) return 0;
    if (!count_text || !quantity_count(count_text, &count) || count > INHERITED_MAX) return 0;
    return (uint32_t)count;
}

const char *inherited_name(int fd, char *name, size_t size)
{
    const char *names = getenv("LISTEN_FDNAMES");
    snprintf(name, size, "unknown");
    for (int i = INHERITED_FIRST; names && i < fd; i++) {
        names = strchr(names, ':');
        if (names) names++;
    }
    if (names && fd >= INHERITED_FIRST) {
        const size_t name_size = strcspn(names, ":");
        if (name_size > 0) snprintf(name, size, "%.*s", (int)name_size, names);
    }
    return name;
}

void inherited_listen(uint32_t count, option_list *listen)
{
    for (int fd = INHERITED_FIRST; fd < INHERITED_FIRST + (int)count; fd++) {
        char name[64];
        inherited_name(fd, name, sizeof name);
        if (strcmp(name, "metrics") == 0 || strcmp(name, "admin") == 0) continue;
        const bool is_secure = strncmp(name, "https", 5) == 0;
        const size_t size = strlen(listen->text);
        snprintf(listen->text + size, sizeof listen->text - size, "%s%sfd:%d", size > 0 ? " " : "",
                 is_secure ? "https+" : "", fd);
    }
}

/* A server that takes one makes it close-on-exec. */
uint32_t inherited_close_unused(uint32_t count)
{
    uint32_t closed = 0;
    for (int fd = INHERITED_FIRST; fd < INHERITED_FIRST + (int)count; fd++) {
        const int flags = fcntl(fd, F_GETFD);
        if (flags < 0 || (flags & FD_CLOEXEC)) continue;
        close(fd);
        closed++;
    }
    return closed;
}
