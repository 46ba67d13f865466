/* SPDX-License-Identifier: MIT */
#include "loop/meter.h"

#include <stdint.h>

#include "loop/loop.h"

/* Others than the loop's thread only post to it, and it will notice then. */
static void note_growth(const hws_meter *meter, size_t used)
{
    if (!meter->over || used <= meter->bound || used > SIZE_MAX / 2) return;
    if (hws_loop_is_current(meter->loop)) hws_loop_defer(meter->loop, meter->over);
}

static void *resize(void *user, void *block, size_t old_size, size_t new_size)
{
    hws_meter *meter = user;
    void *made = hws_spare_resize(&meter->spare, block, old_size, new_size);
    if (!made && new_size > 0) return NULL;
    const size_t more = new_size - old_size; /* which wraps when it is less */
    const size_t used = atomic_fetch_add_explicit(&meter->used, more, memory_order_relaxed) + more;
    if (new_size > old_size) note_growth(meter, used);
    return made;
}

const hws_memory *hws_meter_below(const hws_memory *memory)
{
    return memory->resize == resize ? ((const hws_meter *)memory->user)->below : memory;
}

void hws_meter_init(hws_meter *meter, const hws_memory *below, hws_loop *loop)
{
    meter->memory = (hws_memory){.resize = resize, .user = meter};
    meter->below = below;
    hws_spare_init(&meter->spare, below);
    meter->loop = loop;
    atomic_init(&meter->used, 0);
    meter->bound = SIZE_MAX;
    meter->over = NULL;
}

void hws_meter_release(hws_meter *meter)
{
    hws_spare_release(&meter->spare);
}
