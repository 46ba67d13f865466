/* SPDX-License-Identifier: MIT */
#include "base/cells.h"

#include <assert.h>
#include <stdbool.h>

#include "base/memory.h"

/* Together with the allocator's word a multiple of the page. */
enum { SLAB_SIZE = 16 * 1024 - 16 };
_Static_assert(SLAB_SIZE % HWS_CELL_UNIT == 0, "a slab is whole units");

/* A kept cell would hide its use after free from the sanitizer. */
#if defined(__SANITIZE_ADDRESS__)
static const bool MAKES_SLABS = false;
#elif defined(__has_feature)
static const bool MAKES_SLABS = !__has_feature(address_sanitizer);
#else
static const bool MAKES_SLABS = true;
#endif

static size_t rounded(size_t size)
{
    assert(size > 0 && size <= HWS_CELL_SIZE_MAX);
    return (size + HWS_CELL_UNIT - 1) / HWS_CELL_UNIT * HWS_CELL_UNIT;
}

static void push(void **list, void *cell)
{
    memcpy(cell, list, sizeof *list);
    *list = cell;
}

static void *pop(void **list)
{
    void *cell = *list;
    if (cell) memcpy(list, cell, sizeof *list);
    return cell;
}

static void **list_of(hws_cells *cells, size_t size)
{
    return &cells->kept[size / HWS_CELL_UNIT];
}

void hws_cells_init(hws_cells *cells, const hws_memory *memory)
{
    *cells = (hws_cells){.memory = memory};
}

void hws_cells_release(hws_cells *cells)
{
    for (void *slab = pop(&cells->slabs); slab; slab = pop(&cells->slabs))
        hws_memory_free(cells->memory, slab, SLAB_SIZE);
    *cells = (hws_cells){.memory = cells->memory};
}

/* The rest of the slab before it becomes a cell, so that nothing is lost. */
static bool add_slab(hws_cells *cells)
{
    uint8_t *slab = hws_memory_new(cells->memory, SLAB_SIZE);
    if (!slab) return false;
    if (cells->rest_size > 0) push(list_of(cells, cells->rest_size), cells->rest);
    push(&cells->slabs, slab);
    cells->rest = slab + HWS_CELL_UNIT;
    cells->rest_size = SLAB_SIZE - HWS_CELL_UNIT;
    return true;
}

void *hws_cells_take(hws_cells *cells, size_t size)
{
    size = rounded(size);
    if (!MAKES_SLABS) return hws_memory_new(cells->memory, size);
    void *cell = pop(list_of(cells, size));
    if (cell) return cell;
    if (cells->rest_size < size && !add_slab(cells)) return NULL;
    cell = cells->rest;
    cells->rest += size;
    cells->rest_size -= size;
    return cell;
}

void hws_cells_give(hws_cells *cells, void *cell, size_t size)
{
    size = rounded(size);
    if (MAKES_SLABS)
        push(list_of(cells, size), cell);
    else
        hws_memory_free(cells->memory, cell, size);
}
