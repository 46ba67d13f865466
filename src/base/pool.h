/* SPDX-License-Identifier: MIT */
/* Blocks of one size, kept for the next who needs one: the last given is the first taken, so
 * that a block that is used every turn stays in the processor's cache. */
#ifndef HAWSER_BASE_POOL_H
#define HAWSER_BASE_POOL_H

#include <stddef.h>

#include "hawser/memory.h"

/* A kept block would hide its use after free from the sanitizer. */
#if defined(__SANITIZE_ADDRESS__)
#define HWS_POOL_KEEPS 0
#elif defined(__has_feature)
#define HWS_POOL_KEEPS (!__has_feature(address_sanitizer))
#else
#define HWS_POOL_KEEPS 1
#endif

typedef struct hws_pool {
    const hws_memory *memory;
    void *kept; /* a list through the first word of each block */
    size_t block_size;
    size_t kept_count;
    size_t kept_max;
} hws_pool;

/* `block_size` is at least that of a pointer; at most `kept_max` free blocks are held. */
void hws_pool_init(hws_pool *pool, const hws_memory *memory, size_t block_size, size_t kept_max);

/* NULL when there is no memory.  The bytes are not cleared. */
void *hws_pool_take(hws_pool *pool);

void hws_pool_give(hws_pool *pool, void *block);

/* Frees what is kept; blocks that are out must have come back. */
void hws_pool_release(hws_pool *pool);

#endif /* HAWSER_BASE_POOL_H */
