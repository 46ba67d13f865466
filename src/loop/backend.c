/* SPDX-License-Identifier: MIT */
/* Which backend a loop gets: the one that its maker asks for, or the environment, or what suits
 * most machines (docs/decisions/0020). */
#include "loop/backend.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "loop/state.h"

static const hws_backend *const backends[] = {
    [HWS_BACKEND_EPOLL] = &hws_backend_epoll,
    [HWS_BACKEND_IO_URING] = &hws_backend_uring,
};
enum { BACKEND_COUNT = sizeof backends / sizeof *backends };

/* BACKEND_COUNT: none is called so. */
static size_t named(const char *name)
{
    size_t i = HWS_BACKEND_EPOLL;
    while (i < BACKEND_COUNT && strcmp(backends[i]->name, name) != 0) i++;
    return i;
}

hws_status hws_backend_start(hws_loop *loop, uint8_t asked)
{
    const char *name = secure_getenv("HAWSER_BACKEND");
    size_t chosen = asked;
    if (asked == HWS_BACKEND_ANY) chosen = name && *name ? named(name) : HWS_BACKEND_EPOLL;
    if (chosen >= BACKEND_COUNT) {
        errno = EINVAL;
        return HWS_ERR_BACKEND;
    }
    loop->backend = backends[chosen];
    return loop->backend->start(loop);
}
