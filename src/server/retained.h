/* SPDX-License-Identifier: MIT */
/* The last message of each topic that keeps one, for who subscribes later; of a topic that keeps
 * the latest of each key, one for each.
 *
 *     messages  by topic and key ─┐
 *     topics    by name ──────────┴─▶ message ⇄ message ⇄ …   of its topic, and of all, by age
 *
 * Each thread has its own: what is handed over is a share of a frame that lies there already.  When
 * there is too much, what was published longest ago is forgotten. */
#ifndef HAWSER_SERVER_RETAINED_H
#define HAWSER_SERVER_RETAINED_H

#include "base/blob.h"
#include "server/topic.h"

typedef struct hws_retained_ring hws_retained_ring;

struct hws_retained_ring {
    hws_retained_ring *next;
    hws_retained_ring *before;
};

typedef struct hws_retained {
    hws_table topics;
    hws_table messages;
    hws_retained_ring by_age; /* the oldest is next */
    size_t size_max;
    _Atomic size_t size; /* bytes; any thread may read */
} hws_retained;

/* One of them, while it is shown. */
typedef struct hws_retained_view {
    hws_topic_name topic; /* without the hash of its level */
    uint64_t label;       /* as it was kept under */
    hws_blob *frame;
} hws_retained_view;

/* `size_max` (bytes) is 0 until it is set. */
void hws_retained_init(hws_retained *retained, const hws_memory *memory);
void hws_retained_release(hws_retained *retained);

/* Keeps `frame` (and a reference to it) in the place of what was kept under the same label, which
 * is the hash of topic and key.  One that is bigger than all may be is not kept. Errors:
 * HWS_ERR_NO_MEMORY; nothing is kept under that label then. */
HWS_MUST_CHECK hws_status hws_retained_keep(hws_retained *retained, const hws_topic_name *topic,
                                            uint64_t label, hws_blob *frame);

/* Bytes of all of them.  Thread: any. */
static inline size_t hws_retained_size(const hws_retained *retained)
{
    return atomic_load_explicit(&retained->size, memory_order_relaxed);
}

void hws_retained_forget(hws_retained *retained, uint64_t label);

/* Forgets those for which `is_kept` is false. */
void hws_retained_review(hws_retained *retained,
                         bool (*is_kept)(const hws_topic_name *topic, void *user), void *user);

/* Shows those that a subscription is for, the oldest first.  Of a pattern all are looked at. */
void hws_retained_show(const hws_retained *retained, const hws_subscription *to, uint64_t name_hash,
                       void (*call)(const hws_retained_view *it, void *user), void *user);

#endif /* HAWSER_SERVER_RETAINED_H */
