/* SPDX-License-Identifier: MIT */
/* What the kernel had received already when its owner paused.
 *
 * It is copied, so that the buffers of the loop go back to those who do receive; what one holds is
 * at most what one turn brought.  The copies lie in a table of the loop, so that who holds nothing
 * pays two bytes for it. */
#include "base/memory.h"
#include "base/try.h"
#include "loop/uring.h"

enum { CAPACITY_MIN = 16 };

static hws_status grow(hws_uring_held *held, const hws_memory *memory)
{
    if (held->capacity == UINT16_MAX) return HWS_ERR_LIMIT;
    uint16_t capacity = CAPACITY_MIN;
    if (held->capacity > 0)
        capacity = held->capacity > UINT16_MAX / 2 ? UINT16_MAX : (uint16_t)(held->capacity * 2);
    hws_uring_entry *entries = hws_memory_resize(
        memory, held->entries, held->capacity * sizeof *entries, capacity * sizeof *entries);
    if (!entries) return HWS_ERR_NO_MEMORY;
    held->entries = entries;
    held->capacity = capacity;
    return HWS_OK;
}

static hws_status take_entry(hws_io *io)
{
    hws_uring_held *held = &hws_uring_of(io)->held;
    if (held->free == 0 && held->count == held->capacity) HWS_TRY(grow(held, io->loop->memory));
    io->held = held->free ? held->free : ++held->count;
    hws_uring_entry *entry = &held->entries[io->held - 1];
    if (held->free) held->free = entry->after;
    *entry = (hws_uring_entry){0};
    return HWS_OK;
}

hws_status hws_uring_hold(hws_io *io, hws_span bytes)
{
    if (!io->held) HWS_TRY(take_entry(io));
    hws_buffer *buffer = &hws_uring_of(io)->held.entries[io->held - 1].bytes;
    return hws_buffer_append(buffer, io->loop->memory, bytes.data, bytes.size, SIZE_MAX);
}

hws_span hws_uring_held_next(hws_io *io, size_t size_max)
{
    if (!io->held) return (hws_span){0};
    hws_uring_entry *entry = &hws_uring_of(io)->held.entries[io->held - 1];
    const size_t left = entry->bytes.size - entry->taken;
    const hws_span next = {entry->bytes.data + entry->taken, left < size_max ? left : size_max};
    entry->taken += next.size;
    return next;
}

void hws_uring_held_drop(hws_io *io)
{
    if (!io->held) return;
    hws_uring_held *held = &hws_uring_of(io)->held;
    hws_uring_entry *entry = &held->entries[io->held - 1];
    hws_buffer_release(&entry->bytes, io->loop->memory);
    entry->after = held->free;
    held->free = io->held;
    io->held = 0;
}

void hws_uring_held_release(hws_uring *self)
{
    hws_uring_held *held = &self->held;
    hws_memory_free(self->loop->memory, held->entries, held->capacity * sizeof *held->entries);
}
