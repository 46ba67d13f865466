/* SPDX-License-Identifier: MIT */
#include "cmd/threads.h"

#include <string.h>

#include "cmd/options.h"
#include "cmd/quantity.h"
#include "hawser/server.h"

bool threads_read(const char *command, const char *text, uint32_t *count)
{
    uint64_t number;
    if (strcmp(text, "all") == 0) {
        *count = HWS_THREADS_ALL;
        return true;
    }
    if (!quantity_count(text, &number) || number < 1 || number > HWS_THREADS_MAX) {
        options_complain(command, "--threads: '%s' is not all, nor a number from 1 to %d", text,
                         HWS_THREADS_MAX);
        return false;
    }
    *count = (uint32_t)number;
    return true;
}
