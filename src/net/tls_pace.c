/* SPDX-License-Identifier: MIT */
#include "net/tls_pace.h"

#include "base/memory.h"

typedef struct pace {
    hws_resident resident; /* first */
    hws_loop *loop;
    uint64_t turn; /* that `left` is of */
    uint32_t left;
} pace;

static const char KIND;

static void end(hws_resident *resident)
{
    pace *it = (pace *)resident;
    hws_memory_free(hws_loop_memory(it->loop), it, sizeof *it);
}

static pace *pace_of(hws_loop *loop)
{
    pace *it = (pace *)hws_loop_resident(loop, &KIND);
    if (it) return it;
    it = hws_memory_new_zeroed(hws_loop_memory(loop), sizeof *it);
    if (!it) return NULL;
    it->resident = (hws_resident){.kind = &KIND, .end = end};
    it->loop = loop;
    hws_loop_settle(loop, &it->resident);
    return it;
}

bool hws_tls_pace_allows(hws_loop *loop)
{
    pace *it = pace_of(loop);
    const uint64_t turn = hws_loop_turn(loop);
    if (!it || turn == 0) return true; /* before the first turn nobody waits */
    if (it->turn != turn) {
        it->turn = turn;
        it->left = HWS_TLS_PACE_MAX;
    }
    return it->left > 0;
}

void hws_tls_pace_take(hws_loop *loop)
{
    pace *it = pace_of(loop);
    if (it && it->left > 0) it->left--;
}
