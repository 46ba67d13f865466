/* SPDX-License-Identifier: MIT */
#include "channel/merge.h"

#include "base/memory.h"

struct hws_held {
    hws_held *next;
    hws_blob *frame;
    uint64_t offset;
};

hws_merge_verdict hws_merge_take(hws_merge *merge, uint64_t offset)
{
    if (merge->has_gap) return HWS_MERGE_GAP;
    if (!merge->is_live) return HWS_MERGE_HOLD;
    if (offset == 0) return HWS_MERGE_DELIVER;
    if (offset <= merge->offset) return HWS_MERGE_DROP;
    if (merge->is_positioned && offset != merge->offset + 1) {
        merge->has_gap = true;
        return HWS_MERGE_GAP;
    }
    merge->offset = offset;
    return HWS_MERGE_DELIVER;
}

hws_status hws_merge_hold(hws_merge *merge, const hws_memory *memory, hws_blob *frame,
                          uint64_t offset)
{
    const bool is_full = merge->held_count == HWS_MERGE_HELD_MAX;
    hws_held *held = is_full ? NULL : hws_memory_new(memory, sizeof *held);
    if (!held) {
        merge->has_gap = true;
        return is_full ? HWS_ERR_LIMIT : HWS_ERR_NO_MEMORY;
    }
    *held = (hws_held){.frame = hws_blob_ref(frame), .offset = offset};
    if (merge->last)
        merge->last->next = held;
    else
        merge->first = held;
    merge->last = held;
    merge->held_count++;
    return HWS_OK;
}

void hws_merge_join(hws_merge *merge, uint64_t offset, bool is_positioned)
{
    merge->offset = offset;
    merge->is_positioned = is_positioned;
    merge->is_live = true;
}

static hws_held take_first(hws_merge *merge, const hws_memory *memory)
{
    hws_held *first = merge->first;
    const hws_held taken = *first;
    merge->first = first->next;
    if (!merge->first) merge->last = NULL;
    merge->held_count--;
    hws_memory_free(memory, first, sizeof *first);
    return taken;
}

hws_blob *hws_merge_next(hws_merge *merge, const hws_memory *memory)
{
    while (merge->first) {
        const hws_held held = take_first(merge, memory);
        if (hws_merge_take(merge, held.offset) == HWS_MERGE_DELIVER) return held.frame;
        hws_blob_unref(held.frame);
    }
    return NULL;
}

void hws_merge_release(hws_merge *merge, const hws_memory *memory)
{
    while (merge->first) {
        const hws_held held = take_first(merge, memory);
        hws_blob_unref(held.frame);
    }
}
