/* SPDX-License-Identifier: MIT */
/* A subscriber's place in a channel: what came from the history and what comes by itself become one
 * row without a gap and without doubles.
 *
 *     JOINING ── everything is held ──▶ join: the history ends at `offset` ──▶ LIVE
 *
 * Pure: what is held are frames that others share. */
#ifndef HAWSER_CHANNEL_MERGE_H
#define HAWSER_CHANNEL_MERGE_H

#include <stdbool.h>

#include "base/blob.h"
#include "hawser/export.h"
#include "hawser/status.h"

enum { HWS_MERGE_HELD_MAX = 1000 }; /* publications that wait for a history */

typedef struct hws_held hws_held;

/* Zero is JOINING. */
typedef struct hws_merge {
    uint64_t offset; /* the last that was delivered */
    hws_held *first; /* what came before the history did */
    hws_held *last;
    uint32_t held_count;
    bool is_live;
    bool is_positioned; /* a gap matters */
    bool has_gap;       /* for good: the subscription has to begin anew */
} hws_merge;

typedef enum hws_merge_verdict {
    HWS_MERGE_DELIVER,
    HWS_MERGE_DROP, /* it was there already */
    HWS_MERGE_HOLD, /* not yet: hws_merge_hold */
    HWS_MERGE_GAP,  /* one before it is missing */
} hws_merge_verdict;

/* A publication has come; offset 0: its channel keeps no history. */
hws_merge_verdict hws_merge_take(hws_merge *merge, uint64_t offset);

/* Errors: HWS_ERR_NO_MEMORY, HWS_ERR_LIMIT; there is a gap then. */
HWS_MUST_CHECK hws_status hws_merge_hold(hws_merge *merge, const hws_memory *memory,
                                         hws_blob *frame, uint64_t offset);

/* The history was delivered up to `offset`: now for what was held, one after the other.  The
 * caller owns the reference. */
void hws_merge_join(hws_merge *merge, uint64_t offset, bool is_positioned);

/* The next of those that were held and are to be delivered; NULL: no more. */
hws_blob *hws_merge_next(hws_merge *merge, const hws_memory *memory);

void hws_merge_release(hws_merge *merge, const hws_memory *memory);

#endif /* HAWSER_CHANNEL_MERGE_H */
