/* SPDX-License-Identifier: MIT */
#include "cmd/backend.h"

#include <string.h>

#include "cmd/options.h"
#include "hawser/loop.h"

bool backend_read(const char *command, const char *text, uint8_t *backend)
{
    *backend = HWS_BACKEND_ANY;
    if (!text) return true;
    if (strcmp(text, "epoll") == 0)
        *backend = HWS_BACKEND_EPOLL;
    else if (strcmp(text, "io_uring") == 0)
        *backend = HWS_BACKEND_IO_URING;
    else
        options_complain(command, "--backend: '%s' is neither epoll nor io_uring", text);
    return *backend != HWS_BACKEND_ANY;
}
