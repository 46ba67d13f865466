/* SPDX-License-Identifier: MIT */
/* How channels come, and how they go when nobody is in them and nothing of them is kept. */
#include <stdio.h>

#include "base/text.h"
#include "channel/engine_memory_state.h"

/* For which a channel's offsets outlive its history. */
enum { META_TTL_MS = 24 * 3600 * 1000 };

hws_text hws_record_name(const hws_record *it)
{
    return (hws_text){it->name, it->name_size};
}

uint64_t hws_record_hash(const hws_engine_memory *it, hws_text channel)
{
    return hws_hash(&it->key, channel.data, channel.size);
}

/* The upper bits: the lower ones are the table's. */
hws_shard *hws_shard_enter(hws_engine_memory *it, uint64_t hash)
{
    hws_shard *of_hash = &it->shards[hash >> 58];
    pthread_mutex_lock(&of_hash->lock);
    return of_hash;
}

void hws_shard_leave(hws_shard *it)
{
    pthread_mutex_unlock(&it->lock);
}

hws_record *hws_record_find(const hws_shard *in, hws_text channel, uint64_t hash)
{
    hws_table_entry *link = hws_table_find(&in->records, hash);
    while (link && !hws_text_equal(hws_record_name((hws_record *)link), channel))
        link = hws_table_find_next(link);
    return (hws_record *)link;
}

void hws_record_forget_keys(const hws_engine_memory *it, hws_used_key **keys)
{
    while (*keys) {
        hws_used_key *gone = *keys;
        *keys = gone->older;
        hws_memory_free(it->memory, gone, sizeof *gone + gone->size);
    }
}

void hws_record_free(hws_engine_memory *it, hws_record *gone)
{
    hws_history_clear(&gone->history, it->memory);
    hws_presence_release(&gone->present);
    hws_record_forget_keys(it, &gone->keys);
    hws_memory_free(it->memory, gone, sizeof *gone + gone->name_size);
    atomic_fetch_sub(&it->channel_count, 1);
}

static bool is_wanted(const hws_record *it)
{
    for (size_t i = 0; i < HWS_BOX_MAX / 64; i++)
        if (it->wanted[i] != 0) return true;
    return false;
}

static bool is_of_use(const hws_record *it, uint64_t now_ms)
{
    if (is_wanted(it) || it->present.count > 0 || it->keys || it->history.count > 0) return true;
    return it->history.top > 0 && now_ms - it->touched_ms < META_TTL_MS;
}

void hws_record_tidy(hws_engine_memory *it, hws_shard *in, hws_record *of_channel, uint64_t now_ms)
{
    hws_history_expire(&of_channel->history, it->memory, now_ms);
    hws_used_key **keys = &of_channel->keys;
    while (*keys && (*keys)->expires_ms > now_ms) keys = &(*keys)->older;
    hws_record_forget_keys(it, keys);

    if (is_of_use(of_channel, now_ms) || now_ms < of_channel->asked_until_ms) return;
    hws_table_remove(&in->records, &of_channel->link);
    hws_record_free(it, of_channel);
}

typedef struct sweeping {
    hws_engine_memory *engine;
    hws_shard *shard;
    uint64_t now_ms;
} sweeping;

static void sweep_one(hws_table_entry *link, void *user)
{
    const sweeping *it = user;
    hws_record_tidy(it->engine, it->shard, (hws_record *)link, it->now_ms);
}

/* One bucket each time that a channel is made: those that nobody asks for go, too. */
static void sweep(hws_engine_memory *it, hws_shard *in, uint64_t now_ms)
{
    if (in->records.bucket_count == 0) return;
    sweeping user = {it, in, now_ms};
    in->swept = (in->swept + 1) & (in->records.bucket_count - 1);
    hws_table_each_in(&in->records, in->swept, sweep_one, &user);
}

/* Of those channels that only somebody's memory of their epoch keeps: they go first. */
static void forget_one(hws_table_entry *link, void *user)
{
    const sweeping *it = user;
    hws_record *of_channel = (hws_record *)link;
    of_channel->asked_until_ms = 0;
    hws_record_tidy(it->engine, it->shard, of_channel, it->now_ms);
}

/* Room for one more channel; whoever fills it up by asking for many loses those that are empty. */
static bool reserve(hws_engine_memory *it, hws_shard *in)
{
    sweeping user = {it, in, it->clock()};
    for (int attempt = 0; attempt < 2; attempt++) {
        if (atomic_fetch_add(&it->channel_count, 1) < it->channel_count_max) return true;
        atomic_fetch_sub(&it->channel_count, 1);
        if (attempt == 0) hws_table_each(&in->records, forget_one, &user);
    }
    return false;
}

hws_status hws_record_make(hws_engine_memory *it, hws_shard *in, hws_text channel, uint64_t hash,
                           hws_record **made)
{
    sweep(it, in, it->clock());
    if (!reserve(it, in)) return HWS_ERR_LIMIT;
    hws_record *fresh = hws_memory_new_zeroed(it->memory, sizeof *fresh + channel.size);
    hws_status status = fresh ? HWS_OK : HWS_ERR_NO_MEMORY;
    if (fresh) {
        /* Nobody can guess it, and none comes twice. */
        const uint64_t number = atomic_fetch_add(&it->epochs, 1);
        fresh->epoch = hws_hash(&it->key, &number, sizeof number);
        fresh->name_size = channel.size;
        memcpy(fresh->name, channel.data, channel.size);
        hws_table_init(&fresh->present, it->memory);
        status = hws_table_reserve(&in->records);
    }
    if (status != HWS_OK) {
        atomic_fetch_sub(&it->channel_count, 1);
        if (fresh) hws_memory_free(it->memory, fresh, sizeof *fresh + channel.size);
        return status;
    }
    hws_table_add(&in->records, &fresh->link, hash);
    *made = fresh;
    return HWS_OK;
}

hws_status hws_record_find_or_make(hws_engine_memory *it, hws_shard *in, hws_text channel,
                                   uint64_t hash, hws_record **found)
{
    *found = hws_record_find(in, channel, hash);
    return *found ? HWS_OK : hws_record_make(it, in, channel, hash, found);
}

hws_position hws_record_position(const hws_record *it, uint64_t offset)
{
    hws_position position = {.offset = offset};
    snprintf(position.epoch, sizeof position.epoch, "%016llx", (unsigned long long)it->epoch);
    return position;
}
