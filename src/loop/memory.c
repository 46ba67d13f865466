/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "loop/loop.h"

static void *resize(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    (void)old_size;
    if (new_size > 0) return realloc(block, new_size);
    free(block);
    return NULL;
}

const hws_memory hws_memory_malloc = {.resize = resize};
