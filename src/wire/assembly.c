/* SPDX-License-Identifier: MIT */
#include "wire/assembly.h"

#include <assert.h>

#include "base/memory.h"
#include "base/try.h"

enum {
    CAPACITY_MIN = 64,
    BESIDES = sizeof(hws_blob) + HWS_FRAME_HEADER_MAX, /* bytes of a block that are no message's */
};

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t times(size_t size, size_t factor)
{
    return size < SIZE_MAX / factor ? size * factor : SIZE_MAX;
}

/* All that is known to come: no more than an address space has. */
static size_t most_of(size_t size, hws_assembly_rest rest)
{
    return rest.size < SIZE_MAX - size ? size + (size_t)rest.size : SIZE_MAX;
}

/* How much memory `size` bytes that have arrived justify: of much a power of two, so that blocks of
 * a few sizes serve for all messages (loop/spare), wherever the kernel cuts them. */
static size_t ahead_of(size_t size, size_t most)
{
    const size_t justified = times(size, HWS_ASSEMBLY_AHEAD);
    if (justified >= most) return most;
    if (justified < HWS_MEMORY_LARGE) return justified;
    size_t power = HWS_MEMORY_LARGE;
    while (power <= justified / 2) power *= 2;
    return power;
}

/* Errors: HWS_ERR_NO_MEMORY. */
static hws_status grow_to(hws_assembly *assembly, const hws_memory *memory, size_t capacity)
{
    hws_blob *old = assembly->blob;
    assert(!old || old->reference_count == 1);
    if (capacity > SIZE_MAX - BESIDES) return HWS_ERR_NO_MEMORY;
    const size_t block_size = hws_memory_round(BESIDES + capacity);
    hws_blob *made = hws_memory_resize(memory, old, old ? sizeof *old + old->size : 0, block_size);
    if (!made) return HWS_ERR_NO_MEMORY;
    if (!old) *made = (hws_blob){.memory = memory, .reference_count = 1};
    made->size = block_size - sizeof *made;
    assembly->blob = made;
    return HWS_OK;
}

hws_status hws_assembly_reserve(hws_assembly *assembly, const hws_memory *memory, size_t extra,
                                size_t size_max)
{
    if (assembly->size > size_max || extra > size_max - assembly->size) return HWS_ERR_LIMIT;
    const size_t needed = assembly->size + extra;
    const size_t capacity = hws_assembly_capacity(assembly);
    if (needed <= capacity) return HWS_OK;
    const size_t wanted = smaller(larger(times(capacity, 2), CAPACITY_MIN), size_max);
    return grow_to(assembly, memory, larger(wanted, needed));
}

/* For a piece that is there. */
static hws_status make_room(hws_assembly *assembly, const hws_memory *memory, size_t needed,
                            hws_assembly_rest rest)
{
    const size_t capacity = hws_assembly_capacity(assembly);
    if (needed <= capacity) return HWS_OK;
    const size_t most = most_of(needed, rest);
    const size_t ahead = ahead_of(needed, most);
    const size_t wanted = larger(larger(times(capacity, 2), CAPACITY_MIN), ahead);
    return grow_to(assembly, memory, rest.is_last ? smaller(wanted, most) : wanted);
}

/* The room is looked at, too: another block may begin where ours ends. */
static bool is_there(const hws_assembly *assembly, hws_span piece)
{
    return assembly->blob && piece.data == hws_assembly_data(assembly) + assembly->size &&
           piece.size <= hws_assembly_capacity(assembly) - assembly->size;
}

hws_status hws_assembly_append(hws_assembly *assembly, const hws_memory *memory, hws_span piece,
                               hws_assembly_rest rest)
{
    if (!is_there(assembly, piece)) {
        if (piece.size > SIZE_MAX - assembly->size) return HWS_ERR_NO_MEMORY;
        HWS_TRY(make_room(assembly, memory, assembly->size + piece.size, rest));
        if (piece.size > 0)
            memcpy(hws_assembly_data(assembly) + assembly->size, piece.data, piece.size);
    }
    assembly->size += piece.size;
    return HWS_OK;
}

hws_span hws_assembly_room(hws_assembly *assembly, const hws_memory *memory, hws_assembly_rest rest)
{
    const size_t most = most_of(assembly->size, rest);
    const size_t ahead = ahead_of(assembly->size, most);
    const size_t capacity = hws_assembly_capacity(assembly);
    const bool is_short = capacity < most && capacity - assembly->size < HWS_ASSEMBLY_ROOM_MIN;
    /* Without memory the bytes come by another way, which will say so. */
    if (is_short && ahead > capacity) (void)!grow_to(assembly, memory, ahead);
    const size_t room = smaller(hws_assembly_capacity(assembly), most) - assembly->size;
    if (room < HWS_ASSEMBLY_ROOM_MIN) return (hws_span){0};
    return (hws_span){hws_assembly_data(assembly) + assembly->size, room};
}

void hws_assembly_release(hws_assembly *assembly)
{
    hws_blob_unref(assembly->blob);
    *assembly = (hws_assembly){0};
}
