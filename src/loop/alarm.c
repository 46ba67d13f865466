/* SPDX-License-Identifier: MIT */
/* A 4-ary heap: the children of entry i are 4i + 1 to 4i + 4, the earliest alarm is entry 0.
 * hws_alarm.place is the index plus 1. */
#include "loop/alarm.h"

#include <assert.h>

#include "base/memory.h"
#include "base/try.h"
#include "loop/state.h"

enum {
    ARITY = 4,
    CAPACITY_MIN = 64,
};

static void put(hws_alarm_heap *heap, uint32_t index, hws_alarm_entry entry)
{
    heap->entries[index] = entry;
    entry.alarm->place = index + 1;
}

/* Moves the hole at `index` towards the root, as far as `entry` is earlier, and fills it. */
static void sift_up(hws_alarm_heap *heap, uint32_t index, hws_alarm_entry entry)
{
    while (index > 0) {
        const uint32_t parent = (index - 1) / ARITY;
        if (heap->entries[parent].at_ms <= entry.at_ms) break;
        put(heap, index, heap->entries[parent]);
        index = parent;
    }
    put(heap, index, entry);
}

static uint32_t earliest_child(const hws_alarm_heap *heap, uint32_t first)
{
    uint32_t earliest = first;
    for (uint32_t i = first + 1; i < first + ARITY && i < heap->count; i++)
        if (heap->entries[i].at_ms < heap->entries[earliest].at_ms) earliest = i;
    return earliest;
}

static void sift_down(hws_alarm_heap *heap, uint32_t index, hws_alarm_entry entry)
{
    for (;;) {
        const uint32_t first = index * ARITY + 1;
        if (first >= heap->count) break;
        const uint32_t child = earliest_child(heap, first);
        if (heap->entries[child].at_ms >= entry.at_ms) break;
        put(heap, index, heap->entries[child]);
        index = child;
    }
    put(heap, index, entry);
}

/* Fills the hole at `index` with `entry`, wherever it belongs. */
static void fill(hws_alarm_heap *heap, uint32_t index, hws_alarm_entry entry)
{
    sift_up(heap, index, entry);
    sift_down(heap, entry.alarm->place - 1, entry);
}

static hws_status grow(hws_alarm_heap *heap, const hws_memory *memory)
{
    const size_t size = sizeof *heap->entries;
    if (heap->capacity > UINT32_MAX / 2 / ARITY) return HWS_ERR_NO_MEMORY;
    const uint32_t capacity = heap->capacity ? heap->capacity * 2 : CAPACITY_MIN;
    void *entries =
        hws_memory_resize(memory, heap->entries, heap->capacity * size, capacity * size);
    if (!entries) return HWS_ERR_NO_MEMORY;
    heap->entries = entries;
    heap->capacity = capacity;
    return HWS_OK;
}

hws_status hws_alarm_set(hws_alarm *alarm, hws_loop *loop, uint64_t at_ms)
{
    hws_alarm_heap *heap = &loop->alarms;
    /* What is set while others ring waits for another turn, so that every turn ends. */
    if (loop->ringing && at_ms <= loop->now_ms) at_ms = loop->now_ms + 1;
    if (alarm->place == 0) {
        if (heap->count == heap->capacity) HWS_TRY(grow(heap, loop->memory));
        alarm->place = ++heap->count;
    }
    fill(heap, alarm->place - 1, (hws_alarm_entry){at_ms, alarm});
    return HWS_OK;
}

void hws_alarm_unset(hws_alarm *alarm, hws_loop *loop)
{
    hws_alarm_heap *heap = &loop->alarms;
    if (alarm->place == 0) return;
    const uint32_t index = alarm->place - 1;
    assert(index < heap->count && heap->entries[index].alarm == alarm);
    alarm->place = 0;
    const hws_alarm_entry last = heap->entries[--heap->count];
    if (last.alarm != alarm) fill(heap, index, last);
}

uint64_t hws_alarm_at_ms(const hws_alarm *alarm, const hws_loop *loop)
{
    assert(alarm->place != 0);
    return loop->alarms.entries[alarm->place - 1].at_ms;
}

uint64_t hws_alarms_next_ms(const hws_loop *loop)
{
    return loop->alarms.count > 0 ? loop->alarms.entries[0].at_ms : UINT64_MAX;
}

void hws_alarms_ring(hws_loop *loop)
{
    loop->ringing = true;
    while (hws_alarms_next_ms(loop) <= loop->now_ms) {
        hws_alarm *alarm = loop->alarms.entries[0].alarm;
        hws_alarm_unset(alarm, loop);
        alarm->on_ring(alarm, loop);
    }
    loop->ringing = false;
}

void hws_alarms_release(hws_loop *loop)
{
    hws_alarm_heap *heap = &loop->alarms;
    hws_memory_free(loop->memory, heap->entries, heap->capacity * sizeof *heap->entries);
}
