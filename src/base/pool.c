/* SPDX-License-Identifier: MIT */
#include "base/pool.h"

#include <assert.h>

#include "base/memory.h"

void hws_pool_init(hws_pool *pool, const hws_memory *memory, size_t block_size, size_t kept_max)
{
    assert(block_size >= sizeof(void *));
    *pool = (hws_pool){
        .memory = memory,
        .block_size = block_size,
        .kept_max = HWS_POOL_KEEPS ? kept_max : 0,
    };
}

void *hws_pool_take(hws_pool *pool)
{
    void *block = pool->kept;
    if (!block) return hws_memory_new(pool->memory, pool->block_size);
    memcpy(&pool->kept, block, sizeof pool->kept);
    pool->kept_count--;
    return block;
}

void hws_pool_give(hws_pool *pool, void *block)
{
    if (pool->kept_count >= pool->kept_max) {
        hws_memory_free(pool->memory, block, pool->block_size);
        return;
    }
    memcpy(block, &pool->kept, sizeof pool->kept);
    pool->kept = block;
    pool->kept_count++;
}

void hws_pool_release(hws_pool *pool)
{
    pool->kept_max = 0;
    while (pool->kept) {
        void *block = pool->kept;
        memcpy(&pool->kept, block, sizeof pool->kept);
        hws_memory_free(pool->memory, block, pool->block_size);
    }
    pool->kept_count = 0;
}
