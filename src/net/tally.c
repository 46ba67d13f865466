/* SPDX-License-Identifier: MIT */
#include "net/tally.h"

#include <assert.h>
#include <stdbool.h>

#include "base/memory.h"

struct hws_tally {
    const hws_memory *memory;
    uint32_t count;
    bool orphaned;
};

hws_status hws_tally_new(const hws_memory *memory, hws_tally **tally)
{
    hws_tally *made = hws_memory_new(memory, sizeof *made);
    if (!made) return HWS_ERR_NO_MEMORY;
    *made = (hws_tally){.memory = memory};
    *tally = made;
    return HWS_OK;
}

static void free_when_last(hws_tally *tally)
{
    if (tally->orphaned && tally->count == 0) hws_memory_free(tally->memory, tally, sizeof *tally);
}

void hws_tally_free(hws_tally *tally)
{
    if (!tally) return;
    tally->orphaned = true;
    free_when_last(tally);
}

void hws_tally_add(hws_tally *tally)
{
    tally->count++;
}

void hws_tally_remove(hws_tally *tally)
{
    assert(tally->count > 0);
    tally->count--;
    free_when_last(tally);
}

uint32_t hws_tally_count(const hws_tally *tally)
{
    return tally->count;
}
