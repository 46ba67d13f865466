/* SPDX-License-Identifier: MIT */
#include "base/table.h"

#include <assert.h>

#include "base/memory.h"

enum { BUCKET_COUNT_MIN = 16 };

void hws_table_init(hws_table *table, const hws_memory *memory)
{
    *table = (hws_table){.memory = memory};
}

void hws_table_release(hws_table *table)
{
    assert(table->count == 0);
    hws_memory_free(table->memory, (void *)table->buckets,
                    table->bucket_count * sizeof *table->buckets);
    *table = (hws_table){0};
}

static hws_table_entry **bucket_of(const hws_table *table, uint64_t hash)
{
    return &table->buckets[hash & (table->bucket_count - 1)];
}

static void put(hws_table *table, hws_table_entry *entry)
{
    hws_table_entry **bucket = bucket_of(table, entry->hash);
    entry->next = *bucket;
    *bucket = entry;
}

/* Each bucket becomes two.  The order within a chain turns round, which nobody is promised. */
static void move_all(hws_table *table, const hws_table *old)
{
    for (size_t i = 0; i < old->bucket_count; i++) {
        for (hws_table_entry *entry = old->buckets[i], *next; entry; entry = next) {
            next = entry->next;
            put(table, entry);
        }
    }
}

hws_status hws_table_reserve(hws_table *table)
{
    if (table->count < table->bucket_count) return HWS_OK;
    const hws_table old = *table;
    const size_t count = old.bucket_count > 0 ? old.bucket_count * 2 : BUCKET_COUNT_MIN;
    hws_table_entry **buckets = hws_memory_new_zeroed(table->memory, count * sizeof *buckets);
    if (!buckets) return old.bucket_count > 0 ? HWS_OK : HWS_ERR_NO_MEMORY;

    table->buckets = buckets;
    table->bucket_count = count;
    move_all(table, &old);
    hws_memory_free(old.memory, (void *)old.buckets, old.bucket_count * sizeof *old.buckets);
    return HWS_OK;
}

void hws_table_add(hws_table *table, hws_table_entry *entry, uint64_t hash)
{
    assert(table->bucket_count > 0);
    entry->hash = hash;
    put(table, entry);
    table->count++;
}

void hws_table_remove(hws_table *table, const hws_table_entry *entry)
{
    hws_table_entry **link = bucket_of(table, entry->hash);
    while (*link != entry) link = &(*link)->next;
    *link = entry->next;
    table->count--;
}

static hws_table_entry *skip_others(hws_table_entry *entry, uint64_t hash)
{
    while (entry && entry->hash != hash) entry = entry->next;
    return entry;
}

hws_table_entry *hws_table_find(const hws_table *table, uint64_t hash)
{
    if (table->bucket_count == 0) return NULL;
    return skip_others(*bucket_of(table, hash), hash);
}

hws_table_entry *hws_table_find_next(const hws_table_entry *entry)
{
    return skip_others(entry->next, entry->hash);
}

void hws_table_each_in(hws_table *table, size_t bucket,
                       void (*call)(hws_table_entry *entry, void *user), void *user)
{
    for (hws_table_entry *entry = table->buckets[bucket], *next; entry; entry = next) {
        next = entry->next;
        call(entry, user);
    }
}

void hws_table_each(hws_table *table, void (*call)(hws_table_entry *entry, void *user), void *user)
{
    for (size_t i = 0; i < table->bucket_count; i++) hws_table_each_in(table, i, call, user);
}
