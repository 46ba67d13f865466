/* SPDX-License-Identifier: MIT */
#include "cmd/secrets.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <jansson.h>

/* Heads, commands and what is made of them are smaller; what is larger is messages and files, for
 * which it would be dear. */
enum { WIPED_SIZE_MAX = 128 << 10 };

static void wipe_and_free(void *block, size_t size)
{
    if (block && size <= WIPED_SIZE_MAX) explicit_bzero(block, size);
    free(block);
}

/* A block that realloc moved would leave what was in it behind. */
static void *resize(void *user, void *block, size_t old_size, size_t new_size)
{
    (void)user;
    if (old_size > WIPED_SIZE_MAX && new_size > 0) return realloc(block, new_size);
    void *made = new_size > 0 ? malloc(new_size) : NULL;
    if (new_size > 0 && !made) return NULL;
    if (made && block) memcpy(made, block, old_size < new_size ? old_size : new_size);
    wipe_and_free(block, old_size);
    return made;
}

const hws_memory secrets_memory = {.resize = resize};

/* Its parser reads into buffers of its own, which hold what it has read until they are full again:
 * only who gives it memory sees them go. */
static void free_json(void *block)
{
    wipe_and_free(block, block ? malloc_usable_size(block) : 0);
}

/* jansson's lexer does not look at whether it got memory: without it, it takes a text for another,
 * or writes beyond its buffer (docs/decisions/0046). */
static void *new_json(size_t size)
{
    static const char last_words[] = "hawser: no memory for JSON\n";
    void *made = malloc(size);
    if (made) return made;
    const ssize_t written = write(STDERR_FILENO, last_words, sizeof last_words - 1);
    (void)written;
    abort();
}

void secrets_guard_json(void)
{
    json_set_alloc_funcs(new_json, free_json);
}

bool secrets_forbid_core_dumps(void)
{
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};
    return setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}
