/* SPDX-License-Identifier: MIT */
/* The engine in memory, from inside: for engine_memory*.c alone.
 *
 * Channels in shards by their hash, each under a lock that is held for a look-up and an append: no
 * system call, no callback, no waiting happens under it but that for a mailbox's.  Since the
 * letters of a publication are put into the mailboxes under it, too, every thread sees the
 * publications of a channel in the order of their offsets. */
#ifndef HAWSER_CHANNEL_ENGINE_MEMORY_STATE_H
#define HAWSER_CHANNEL_ENGINE_MEMORY_STATE_H

#include <stdatomic.h>

#include "base/memory.h"
#include "channel/engine_memory.h"
#include "channel/history.h"
#include "channel/presence.h"

enum {
    HWS_SHARD_COUNT = 64,
    HWS_BOX_MAX = HWS_THREADS_MAX,
};

/* An idempotency key that was used. */
typedef struct hws_used_key {
    struct hws_used_key *older;
    uint64_t expires_ms;
    uint64_t offset; /* of its publication */
    size_t size;
    char text[];
} hws_used_key;

/* What is known of a channel while anybody is in it or anything of it is kept. */
typedef struct hws_record {
    hws_table_entry link;
    hws_history history;
    hws_table present;
    hws_used_key *keys; /* the newest first */
    uint64_t epoch;
    uint64_t touched_ms;
    uint64_t asked_until_ms;           /* somebody knows its epoch, and may come back with it */
    uint64_t wanted[HWS_BOX_MAX / 64]; /* the mailboxes that subscribe, a bit each */
    size_t name_size;
    char name[];
} hws_record;

typedef struct hws_shard {
    pthread_mutex_t lock;
    hws_table records;
    size_t swept; /* the bucket that is looked through next */
} hws_shard;

typedef struct hws_engine_memory {
    hws_engine engine;
    const hws_memory *memory;
    uint64_t (*clock)(void);
    hws_hash_key key;
    uint32_t channel_count_max;
    atomic_size_t channel_count;
    atomic_uint_fast64_t epochs; /* that were given out */
    pthread_mutex_t boxes_lock;
    hws_mailbox *boxes[HWS_BOX_MAX]; /* never changes below box_count */
    atomic_uint box_count;
    hws_shard shards[HWS_SHARD_COUNT];
} hws_engine_memory;

static inline hws_engine_memory *hws_engine_memory_of(const hws_engine *engine)
{
    return (hws_engine_memory *)(uintptr_t)engine;
}

/* Records; all but the first three with their shard entered. */

hws_text hws_record_name(const hws_record *it);
uint64_t hws_record_hash(const hws_engine_memory *it, hws_text channel);
hws_shard *hws_shard_enter(hws_engine_memory *it, uint64_t hash);
void hws_shard_leave(hws_shard *it);

/* NULL: there is none. */
hws_record *hws_record_find(const hws_shard *in, hws_text channel, uint64_t hash);

/* Errors: HWS_ERR_LIMIT: too many channels; HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_record_make(hws_engine_memory *it, hws_shard *in, hws_text channel,
                                          uint64_t hash, hws_record **made);
HWS_MUST_CHECK hws_status hws_record_find_or_make(hws_engine_memory *it, hws_shard *in,
                                                  hws_text channel, uint64_t hash,
                                                  hws_record **found);

/* Lets go what is too old, and the record if nothing is left of it. */
void hws_record_tidy(hws_engine_memory *it, hws_shard *in, hws_record *of_channel, uint64_t now_ms);

/* All keys from `*keys` on. */
void hws_record_forget_keys(const hws_engine_memory *it, hws_used_key **keys);

/* One that is in no shard any more. */
void hws_record_free(hws_engine_memory *it, hws_record *gone);

hws_position hws_record_position(const hws_record *it, uint64_t offset);

/* Calls of the engine (channel/engine.h). */

void hws_engine_memory_publish(hws_engine *engine, const hws_policy *policy,
                               const hws_publication *what, hws_engine_done *done, void *user);
hws_status hws_engine_memory_announce(hws_engine *engine, hws_letter_kind kind, hws_text channel,
                                      hws_text body);
hws_status hws_engine_memory_tell(hws_engine *engine, hws_text order);
void hws_engine_memory_history(hws_engine *engine, const hws_policy *policy,
                               const hws_history_query *query, hws_engine_done *done, void *user);
void hws_engine_memory_history_remove(hws_engine *engine, hws_text channel, hws_engine_done *done,
                                      void *user);
void hws_engine_memory_presence(hws_engine *engine, hws_text channel, bool with_list,
                                hws_engine_done *done, void *user);

#endif /* HAWSER_CHANNEL_ENGINE_MEMORY_STATE_H */
