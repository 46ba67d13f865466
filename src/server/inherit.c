/* SPDX-License-Identifier: MIT */
#include "server/inherit.h"

#include <fcntl.h>
#include <string.h>

/* Who takes one makes it close-on-exec: a mark that all servers of a process see. */
bool hws_inherit_is_free(uint32_t count, int fd)
{
    if (fd < HWS_INHERITED_FIRST || (uint32_t)(fd - HWS_INHERITED_FIRST) >= count) return false;
    const int flags = fcntl(fd, F_GETFD);
    return flags >= 0 && !(flags & FD_CLOEXEC);
}

static bool port_fits(uint16_t bound, uint16_t wanted)
{
    return wanted == 0 || bound == wanted;
}

static bool fits(const hws_address *bound, const hws_address *wanted)
{
    if (bound->any.sa_family != wanted->any.sa_family) return false;
    switch (bound->any.sa_family) {
    case AF_INET:
        return bound->v4.sin_addr.s_addr == wanted->v4.sin_addr.s_addr &&
               port_fits(bound->v4.sin_port, wanted->v4.sin_port);
    case AF_INET6:
        return memcmp(&bound->v6.sin6_addr, &wanted->v6.sin6_addr, sizeof bound->v6.sin6_addr) ==
                   0 &&
               port_fits(bound->v6.sin6_port, wanted->v6.sin6_port);
    default:
        return strcmp(bound->local.sun_path, wanted->local.sun_path) == 0;
    }
}

int hws_inherit_find(uint32_t count, const hws_address *address)
{
    for (uint32_t i = 0; i < count; i++) {
        const int fd = HWS_INHERITED_FIRST + (int)i;
        hws_address bound = {0};
        if (!hws_inherit_is_free(count, fd)) continue;
        hws_address_of_socket(fd, &bound);
        if (fits(&bound, address)) return fd;
    }
    return -1;
}
