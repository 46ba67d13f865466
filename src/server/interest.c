/* SPDX-License-Identifier: MIT */
#include "server/interest.h"

#include "base/memory.h"

enum { CELL_COUNT_MIN = 64 };

struct hws_interest_cells {
    hws_interest_cells *older;
    size_t count; /* a power of two */
    _Atomic uint32_t names[];
};

static hws_interest_cells *cells_new(const hws_memory *memory, size_t count)
{
    hws_interest_cells *cells = hws_memory_new(memory, sizeof *cells + count * sizeof(uint32_t));
    if (!cells) return NULL;
    cells->older = NULL;
    cells->count = count;
    for (size_t i = 0; i < count; i++) atomic_init(&cells->names[i], 0);
    return cells;
}

static void cells_free(const hws_memory *memory, hws_interest_cells *cells)
{
    hws_memory_free(memory, cells, sizeof *cells + cells->count * sizeof(uint32_t));
}

static hws_interest_cells *cells_of(const hws_interest *interest)
{
    return atomic_load_explicit(&interest->cells, memory_order_acquire);
}

hws_status hws_interest_init(hws_interest *interest, const hws_memory *memory)
{
    interest->memory = memory;
    interest->names = NULL;
    interest->count = 0;
    atomic_init(&interest->general, 0);
    atomic_init(&interest->coming, 0);
    hws_interest_cells *cells = cells_new(memory, CELL_COUNT_MIN);
    atomic_init(&interest->cells, cells);
    return cells ? HWS_OK : HWS_ERR_NO_MEMORY;
}

void hws_interest_release(hws_interest *interest)
{
    for (hws_interest_cells *cells = cells_of(interest), *older; cells; cells = older) {
        older = cells->older;
        cells_free(interest->memory, cells);
    }
    atomic_store(&interest->cells, NULL);
}

/* One thread writes. */
static void change(_Atomic uint32_t *number, uint32_t by)
{
    const uint32_t value = atomic_load_explicit(number, memory_order_relaxed) + by;
    atomic_store_explicit(number, value, memory_order_relaxed);
}

static _Atomic uint32_t *cell_of(hws_interest_cells *cells, uint64_t hash)
{
    return &cells->names[hash & (cells->count - 1)];
}

static bool is_crowded(const hws_interest *interest, const hws_interest_cells *cells)
{
    return interest->count > cells->count && cells->count <= SIZE_MAX / 16;
}

/* Nobody looks at the new cells before they are complete. */
static void grow(hws_interest *interest)
{
    hws_interest_cells *older = cells_of(interest);
    if (!is_crowded(interest, older)) return;
    hws_interest_cells *cells = cells_new(interest->memory, older->count * 4);
    if (!cells) return;
    cells->older = older;
    for (const hws_interest_name *name = interest->names; name; name = name->next)
        change(cell_of(cells, name->hash), 1);
    atomic_store_explicit(&interest->cells, cells, memory_order_release);
}

void hws_interest_add(hws_interest *interest, hws_interest_name *name, uint64_t hash)
{
    *name = (hws_interest_name){interest->names, &interest->names, hash};
    if (name->next) name->next->link = &name->next;
    interest->names = name;
    interest->count++;
    change(cell_of(cells_of(interest), hash), 1);
    grow(interest);
}

void hws_interest_add_general(hws_interest *interest, hws_interest_name *name)
{
    *name = (hws_interest_name){0};
    change(&interest->general, 1);
}

void hws_interest_remove(hws_interest *interest, hws_interest_name *name)
{
    if (!name->link) {
        change(&interest->general, (uint32_t)-1);
        return;
    }
    *name->link = name->next;
    if (name->next) name->next->link = name->link;
    interest->count--;
    change(cell_of(cells_of(interest), name->hash), (uint32_t)-1);
}

void hws_interest_expect(hws_interest *interest)
{
    atomic_fetch_add_explicit(&interest->coming, 1, memory_order_relaxed);
}

/* Who sees that it has arrived sees what was added. */
void hws_interest_arrived(hws_interest *interest)
{
    atomic_fetch_sub_explicit(&interest->coming, 1, memory_order_release);
}

bool hws_interest_is_in(const hws_interest *interest, uint64_t hash, uint64_t other)
{
    if (atomic_load_explicit(&interest->coming, memory_order_acquire) > 0) return true;
    if (atomic_load_explicit(&interest->general, memory_order_relaxed) > 0) return true;
    hws_interest_cells *cells = cells_of(interest);
    return atomic_load_explicit(cell_of(cells, hash), memory_order_relaxed) > 0 ||
           atomic_load_explicit(cell_of(cells, other), memory_order_relaxed) > 0;
}
