/* SPDX-License-Identifier: MIT */
#include "net/tally.h"

#include <assert.h>
#include <stdbool.h>

#include "base/counter.h"
#include "base/memory.h"

typedef struct count {
    hws_tally tally; /* first */
    const hws_memory *memory;
    hws_counter count; /* which other threads may read */
    bool orphaned;
} count;

static void free_when_last(count *it)
{
    if (it->orphaned && hws_counter_read(&it->count) == 0)
        hws_memory_free(it->memory, it, sizeof *it);
}

static void add(hws_tally *tally)
{
    hws_counter_add(&((count *)tally)->count, 1);
}

static void leave(hws_tally *tally)
{
    count *it = (count *)tally;
    assert(hws_counter_read(&it->count) > 0);
    hws_counter_subtract(&it->count, 1);
    free_when_last(it);
}

hws_status hws_tally_new(const hws_memory *memory, hws_tally **tally)
{
    count *made = hws_memory_new(memory, sizeof *made);
    if (!made) return HWS_ERR_NO_MEMORY;
    *made = (count){.tally = {.add = add, .remove = leave}, .memory = memory};
    *tally = &made->tally;
    return HWS_OK;
}

void hws_tally_free(hws_tally *tally)
{
    if (!tally) return;
    count *it = (count *)tally;
    it->orphaned = true;
    free_when_last(it);
}

uint32_t hws_tally_count(const hws_tally *tally)
{
    return (uint32_t)hws_counter_read(&((const count *)tally)->count);
}

/* Of a proxy's connection.  It is as small as it can be: each of them pays for it, idle or not. */
typedef struct introduced {
    hws_tally tally; /* first */
    const hws_memory *memory;
    hws_tally *counted;
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } peer;
} introduced;

static void add_introduced(hws_tally *tally)
{
    hws_tally_add(((introduced *)tally)->counted);
}

static void leave_introduced(hws_tally *tally)
{
    introduced *it = (introduced *)tally;
    hws_tally_remove(it->counted);
    hws_memory_free(it->memory, it, sizeof *it);
}

static void tell_peer(const hws_tally *tally, hws_address *address)
{
    const introduced *it = (const introduced *)tally;
    if (it->peer.any.sa_family == AF_INET)
        *address = (hws_address){.v4 = it->peer.v4, .size = sizeof it->peer.v4};
    else
        *address = (hws_address){.v6 = it->peer.v6, .size = sizeof it->peer.v6};
}

hws_status hws_tally_new_for(const hws_memory *memory, hws_tally *tally, const hws_address *peer,
                             hws_tally **out)
{
    introduced *made = hws_memory_new(memory, sizeof *made);
    if (!made) return HWS_ERR_NO_MEMORY;
    *made = (introduced){
        .tally = {.add = add_introduced, .remove = leave_introduced, .peer = tell_peer},
        .memory = memory,
        .counted = tally,
    };
    if (peer->any.sa_family == AF_INET)
        made->peer.v4 = peer->v4;
    else
        made->peer.v6 = peer->v6;
    *out = &made->tally;
    return HWS_OK;
}
