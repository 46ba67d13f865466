/* SPDX-License-Identifier: MIT */
/* Memory for small things that there are many of: cut from slabs, without a word of bookkeeping
 * for each, since whoever gives a cell back says how big it was.
 *
 *     slab   next | cell cell cell … rest
 *
 * Cells that come back wait for others of their size, the last given first; slabs go with the
 * store.  So the memory is that of the most there ever was at once. */
#ifndef HAWSER_BASE_CELLS_H
#define HAWSER_BASE_CELLS_H

#include <stddef.h>
#include <stdint.h>

#include "hawser/memory.h"

enum {
    HWS_CELL_UNIT = 8, /* bytes that sizes are rounded up to, and places are aligned at */
    HWS_CELL_SIZE_MAX = 512,
};

typedef struct hws_cells {
    const hws_memory *memory;
    void *slabs; /* a list through the first word of each */
    uint8_t *rest;
    size_t rest_size; /* bytes of the newest slab that were never used */
    void *kept[HWS_CELL_SIZE_MAX / HWS_CELL_UNIT + 1]; /* by size in units: lists, likewise */
} hws_cells;

void hws_cells_init(hws_cells *cells, const hws_memory *memory);

/* All cells must have come back. */
void hws_cells_release(hws_cells *cells);

/* NULL when there is no memory.  `size` is 1 to HWS_CELL_SIZE_MAX bytes, which are not cleared. */
void *hws_cells_take(hws_cells *cells, size_t size);
void hws_cells_give(hws_cells *cells, void *cell, size_t size);

#endif /* HAWSER_BASE_CELLS_H */
