/* SPDX-License-Identifier: MIT */
/* The last publications of a channel: so many, and not older than so long.
 *
 *     offsets   top - count + 1 … top, without a hole
 *
 * What expires or is pushed out goes at the old end.  Time is passed in. */
#ifndef HAWSER_CHANNEL_HISTORY_H
#define HAWSER_CHANNEL_HISTORY_H

#include "base/blob.h"
#include "hawser/export.h"
#include "hawser/status.h"

typedef struct hws_history_entry {
    hws_blob *publication;
    uint64_t expires_ms;
} hws_history_entry;

/* Zero is an empty history of a channel in which nothing was published. */
typedef struct hws_history {
    hws_history_entry *ring;
    uint32_t capacity; /* of the ring */
    uint32_t first;    /* the oldest, in the ring */
    uint32_t count;
    uint64_t top; /* the offset of the newest; 0: there was none */
} hws_history;

/* Takes a publication as the newest, whose offset is `top` then; the reference becomes the
 * history's.  At most `size_max` are kept.
 * Errors: HWS_ERR_NO_MEMORY; nothing has changed, and the reference is the caller's. */
HWS_MUST_CHECK hws_status hws_history_add(hws_history *history, const hws_memory *memory,
                                          hws_blob *publication, uint32_t size_max,
                                          uint64_t expires_ms);

/* Lets go what has expired. */
void hws_history_expire(hws_history *history, const hws_memory *memory, uint64_t now_ms);

/* Lets go everything; the offsets go on. */
void hws_history_clear(hws_history *history, const hws_memory *memory);

/* The offset of the oldest; top + 1 when there is none. */
uint64_t hws_history_bottom(const hws_history *history);

/* Must be there. */
hws_blob *hws_history_at(const hws_history *history, uint64_t offset);

#endif /* HAWSER_CHANNEL_HISTORY_H */
