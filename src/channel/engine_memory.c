/* SPDX-License-Identifier: MIT */
#include "channel/engine_memory.h"

#include "channel/engine_memory_state.h"

static hws_status attach(hws_engine *engine, hws_mailbox *mailbox)
{
    hws_engine_memory *it = hws_engine_memory_of(engine);
    pthread_mutex_lock(&it->boxes_lock);
    const unsigned count = atomic_load(&it->box_count);
    const bool fits = count < HWS_BOX_MAX;
    if (fits) {
        it->boxes[count] = mailbox;
        atomic_store(&it->box_count, count + 1);
    }
    pthread_mutex_unlock(&it->boxes_lock);
    return fits ? HWS_OK : HWS_ERR_LIMIT;
}

static size_t number_of(const hws_engine_memory *it, const hws_mailbox *mailbox)
{
    size_t number = 0;
    while (it->boxes[number] != mailbox) number++;
    return number;
}

static bool is_wanted(const hws_record *it)
{
    uint64_t any = 0;
    for (size_t i = 0; i < sizeof it->wanted / sizeof *it->wanted; i++) any |= it->wanted[i];
    return any != 0;
}

static hws_status subscribe(hws_engine *engine, hws_mailbox *mailbox, hws_text channel,
                            bool *is_first)
{
    hws_engine_memory *it = hws_engine_memory_of(engine);
    const uint64_t hash = hws_record_hash(it, channel);
    hws_shard *in = hws_shard_enter(it, hash);
    hws_record *found;
    const hws_status status = hws_record_find_or_make(it, in, channel, hash, &found);
    if (status == HWS_OK) {
        const size_t number = number_of(it, mailbox);
        *is_first = !is_wanted(found);
        found->wanted[number / 64] |= UINT64_C(1) << number % 64;
    }
    hws_shard_leave(in);
    return status;
}

static bool unsubscribe(hws_engine *engine, hws_mailbox *mailbox, hws_text channel)
{
    bool is_last = false;
    hws_engine_memory *it = hws_engine_memory_of(engine);
    const uint64_t hash = hws_record_hash(it, channel);
    hws_shard *in = hws_shard_enter(it, hash);
    hws_record *found = hws_record_find(in, channel, hash);
    if (found) {
        const size_t number = number_of(it, mailbox);
        found->wanted[number / 64] &= ~(UINT64_C(1) << number % 64);
        is_last = !is_wanted(found);
        hws_record_tidy(it, in, found, it->clock());
    }
    hws_shard_leave(in);
    return is_last;
}

static hws_status enter(hws_engine *engine, const hws_member *member)
{
    hws_engine_memory *it = hws_engine_memory_of(engine);
    const uint64_t hash = hws_record_hash(it, member->channel);
    hws_shard *in = hws_shard_enter(it, hash);
    hws_record *found;
    hws_status status = hws_record_find_or_make(it, in, member->channel, hash, &found);
    if (status == HWS_OK) {
        status =
            hws_presence_add(&found->present, &it->key, member->client, member->user, member->info);
        hws_record_tidy(it, in, found, it->clock());
    }
    hws_shard_leave(in);
    return status;
}

static void leave(hws_engine *engine, const hws_member *member)
{
    hws_engine_memory *it = hws_engine_memory_of(engine);
    const uint64_t hash = hws_record_hash(it, member->channel);
    hws_shard *in = hws_shard_enter(it, hash);
    hws_record *found = hws_record_find(in, member->channel, hash);
    if (found) {
        (void)hws_presence_remove(&found->present, &it->key, member->client);
        hws_record_tidy(it, in, found, it->clock());
    }
    hws_shard_leave(in);
}

typedef struct emptying {
    hws_engine_memory *engine;
    hws_shard *shard;
} emptying;

static void empty(hws_table_entry *link, void *user)
{
    const emptying *it = user;
    hws_table_remove(&it->shard->records, link);
    hws_record_free(it->engine, (hws_record *)link);
}

static void free_engine(hws_engine *engine)
{
    hws_engine_memory *it = hws_engine_memory_of(engine);
    for (size_t i = 0; i < HWS_SHARD_COUNT; i++) {
        emptying user = {it, &it->shards[i]};
        hws_table_each(&it->shards[i].records, empty, &user);
        hws_table_release(&it->shards[i].records);
        pthread_mutex_destroy(&it->shards[i].lock);
    }
    pthread_mutex_destroy(&it->boxes_lock);
    hws_memory_free(it->memory, it, sizeof *it);
}

static const hws_engine_calls CALLS = {
    .attach = attach,
    .subscribe = subscribe,
    .unsubscribe = unsubscribe,
    .publish = hws_engine_memory_publish,
    .history = hws_engine_memory_history,
    .history_remove = hws_engine_memory_history_remove,
    .enter = enter,
    .leave = leave,
    .presence = hws_engine_memory_presence,
    .announce = hws_engine_memory_announce,
    .tell = hws_engine_memory_tell,
    .free = free_engine,
};

/* Returns: how many of the shards could be made, from the first on. */
static size_t make_shards(hws_engine_memory *it)
{
    for (size_t i = 0; i < HWS_SHARD_COUNT; i++) {
        hws_table_init(&it->shards[i].records, it->memory);
        if (pthread_mutex_init(&it->shards[i].lock, NULL) != 0) return i;
    }
    return HWS_SHARD_COUNT;
}

hws_status hws_engine_memory_new(const hws_memory *memory, uint32_t channel_count_max,
                                 uint64_t (*clock)(void), hws_engine **engine)
{
    hws_engine_memory *it = hws_memory_new_zeroed(memory, sizeof *it);
    if (!it) return HWS_ERR_NO_MEMORY;
    it->engine.calls = &CALLS;
    it->memory = memory;
    it->clock = clock ? clock : hws_clock_ms;
    it->channel_count_max = channel_count_max;
    hws_status status = hws_random_fetch(&it->key, sizeof it->key);
    size_t shard_count = 0;
    if (status == HWS_OK) {
        shard_count = make_shards(it);
        if (shard_count < HWS_SHARD_COUNT || pthread_mutex_init(&it->boxes_lock, NULL) != 0)
            status = HWS_ERR_SYSTEM;
    }
    if (status != HWS_OK) {
        while (shard_count > 0) pthread_mutex_destroy(&it->shards[--shard_count].lock);
        hws_memory_free(memory, it, sizeof *it);
        return status;
    }
    *engine = &it->engine;
    return HWS_OK;
}

size_t hws_engine_memory_channel_count(const hws_engine *engine)
{
    return atomic_load(&hws_engine_memory_of(engine)->channel_count);
}
