/* SPDX-License-Identifier: MIT */
#include "loop/spare.h"

#include <string.h>

#include "base/memory.h"
#include "base/pool.h"

void hws_spare_init(hws_spare *spare, const hws_memory *below)
{
    *spare = (hws_spare){
        .below = below,
        .busy = ATOMIC_FLAG_INIT,
        .count_max = HWS_POOL_KEEPS ? HWS_SPARE_COUNT_MAX : 0,
    };
}

static bool enter(hws_spare *spare)
{
    return !atomic_flag_test_and_set_explicit(&spare->busy, memory_order_acquire);
}

static void leave(hws_spare *spare)
{
    atomic_flag_clear_explicit(&spare->busy, memory_order_release);
}

static hws_spare_block take_out(hws_spare *spare, uint32_t index)
{
    const hws_spare_block gone = spare->kept[index];
    spare->count--;
    spare->size -= gone.size;
    memmove(spare->kept + index, spare->kept + index + 1,
            (spare->count - index) * sizeof *spare->kept);
    return gone;
}

/* The one that was given back last: most of it may still be in the processor's cache.  NULL: there
 * is none of that size. */
static void *take(hws_spare *spare, size_t size)
{
    void *found = NULL;
    if (!hws_memory_is_round(size) || !enter(spare)) return NULL;
    for (uint32_t i = spare->count; i > 0 && !found; i--)
        if (spare->kept[i - 1].size == size) found = take_out(spare, i - 1).bytes;
    leave(spare);
    return found;
}

static void give_below(const hws_spare *spare, hws_spare_block block)
{
    hws_memory_free(spare->below, block.bytes, block.size);
}

/* Those that nobody has asked for in a long time make room. */
static void keep(hws_spare *spare, hws_spare_block block)
{
    while (spare->count == spare->count_max || spare->size > HWS_SPARE_SIZE_MAX - block.size)
        give_below(spare, take_out(spare, 0));
    spare->kept[spare->count++] = block;
    spare->size += block.size;
}

static void give(hws_spare *spare, hws_spare_block block)
{
    const bool fits =
        spare->count_max > 0 && hws_memory_is_round(block.size) && block.size <= HWS_SPARE_SIZE_MAX;
    if (!fits || !enter(spare)) {
        give_below(spare, block);
        return;
    }
    keep(spare, block);
    leave(spare);
}

void *hws_spare_resize(hws_spare *spare, void *block, size_t old_size, size_t new_size)
{
    const hws_spare_block old = {block, old_size};
    if (new_size == 0) {
        give(spare, old);
        return NULL;
    }
    void *made = take(spare, new_size);
    if (!made) return hws_memory_resize(spare->below, block, old_size, new_size);
    if (block) {
        memcpy(made, block, old_size < new_size ? old_size : new_size);
        give(spare, old);
    }
    return made;
}

void hws_spare_release(hws_spare *spare)
{
    while (spare->count > 0) give_below(spare, take_out(spare, 0));
}
