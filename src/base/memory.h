/* SPDX-License-Identifier: MIT */
/* The three uses of the memory hook, by name. */
#ifndef HAWSER_BASE_MEMORY_H
#define HAWSER_BASE_MEMORY_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "hawser/memory.h"

/* Returns NULL when there is no memory.  `size` is not 0. */
static inline void *hws_memory_new(const hws_memory *memory, size_t size)
{
    return memory->resize(memory->user, NULL, 0, size);
}

static inline void *hws_memory_new_zeroed(const hws_memory *memory, size_t size)
{
    void *block = hws_memory_new(memory, size);
    return block ? memset(block, 0, size) : NULL;
}

static inline void *hws_memory_resize(const hws_memory *memory, void *block, size_t old_size,
                                      size_t new_size)
{
    return memory->resize(memory->user, block, old_size, new_size);
}

/* `block` may be NULL. */
static inline void hws_memory_free(const hws_memory *memory, void *block, size_t size)
{
    if (block) memory->resize(memory->user, block, size, 0);
}

/* Large blocks are asked for in whole pages, which is what they take anyhow, so that one serves for
 * another that is almost alike (loop/spare). */
enum { HWS_MEMORY_LARGE = 65536, HWS_MEMORY_STEP = 4096 };

static inline bool hws_memory_is_round(size_t size)
{
    return size >= HWS_MEMORY_LARGE && size % HWS_MEMORY_STEP == 0;
}

static inline size_t hws_memory_round(size_t size)
{
    if (size < HWS_MEMORY_LARGE || size > SIZE_MAX - HWS_MEMORY_STEP) return size;
    return (size + HWS_MEMORY_STEP - 1) / HWS_MEMORY_STEP * HWS_MEMORY_STEP;
}

#endif /* HAWSER_BASE_MEMORY_H */
