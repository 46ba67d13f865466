/* SPDX-License-Identifier: MIT */
/* In the place of io_uring, where liburing was not there to build with. */
#include <errno.h>

#include "loop/backend.h"

static hws_status absent_start(hws_loop *loop)
{
    (void)loop;
    errno = ENOSYS;
    return HWS_ERR_BACKEND;
}

const hws_backend hws_backend_uring = {.name = "io_uring", .start = absent_start};
