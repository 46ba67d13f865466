/* SPDX-License-Identifier: MIT */
#include "channel/history.h"

#include <assert.h>

#include "base/memory.h"

enum { CAPACITY_MIN = 4 };

static void drop_oldest(hws_history *history)
{
    hws_blob_unref(history->ring[history->first].publication);
    history->first = (history->first + 1) % history->capacity;
    history->count--;
}

/* Room for one more: a larger ring, in order from its beginning. */
static hws_status grow(hws_history *history, const hws_memory *memory, uint32_t size_max)
{
    if (history->count < history->capacity) return HWS_OK;
    uint32_t capacity = history->capacity > 0 ? history->capacity * 2 : CAPACITY_MIN;
    if (capacity > size_max) capacity = size_max;
    hws_history_entry *ring = hws_memory_new(memory, capacity * sizeof *ring);
    if (!ring) return HWS_ERR_NO_MEMORY;
    for (uint32_t i = 0, at = history->first; i < history->count; i++) {
        ring[i] = history->ring[at];
        at = at + 1 < history->capacity ? at + 1 : 0;
    }
    hws_memory_free(memory, history->ring, history->capacity * sizeof *ring);
    history->ring = ring;
    history->capacity = capacity;
    history->first = 0;
    return HWS_OK;
}

hws_status hws_history_add(hws_history *history, const hws_memory *memory, hws_blob *publication,
                           uint32_t size_max, uint64_t expires_ms)
{
    assert(size_max > 0);
    if (history->count < size_max) {
        const hws_status status = grow(history, memory, size_max);
        if (status != HWS_OK) return status;
    } else {
        drop_oldest(history);
    }
    const uint32_t place = (history->first + history->count) % history->capacity;
    history->ring[place] = (hws_history_entry){publication, expires_ms};
    history->count++;
    history->top++;
    return HWS_OK;
}

void hws_history_clear(hws_history *history, const hws_memory *memory)
{
    while (history->count > 0) drop_oldest(history);
    hws_memory_free(memory, history->ring, history->capacity * sizeof *history->ring);
    history->ring = NULL;
    history->capacity = 0;
    history->first = 0;
}

void hws_history_expire(hws_history *history, const hws_memory *memory, uint64_t now_ms)
{
    while (history->count > 0 && history->ring[history->first].expires_ms <= now_ms)
        drop_oldest(history);
    if (history->count == 0 && history->capacity > 0) hws_history_clear(history, memory);
}

uint64_t hws_history_bottom(const hws_history *history)
{
    return history->top - history->count + 1;
}

hws_blob *hws_history_at(const hws_history *history, uint64_t offset)
{
    assert(offset <= history->top && offset >= hws_history_bottom(history));
    const uint64_t at = offset - hws_history_bottom(history);
    return history->ring[(history->first + at) % history->capacity].publication;
}
