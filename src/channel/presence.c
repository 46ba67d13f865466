/* SPDX-License-Identifier: MIT */
#include "channel/presence.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"

static size_t size_of(const hws_presence_entry *entry)
{
    return sizeof *entry + entry->client_size + entry->user_size + entry->info_size;
}

static hws_presence_entry *find(const hws_table *present, hws_text client, uint64_t hash)
{
    hws_table_entry *link = hws_table_find(present, hash);
    while (link && !hws_text_equal(hws_presence_client((hws_presence_entry *)link), client))
        link = hws_table_find_next(link);
    return (hws_presence_entry *)link;
}

static void take_out(hws_table *present, hws_presence_entry *entry)
{
    hws_table_remove(present, &entry->link);
    hws_memory_free(present->memory, entry, size_of(entry));
}

hws_status hws_presence_add(hws_table *present, const hws_hash_key *key, hws_text client,
                            hws_text user, hws_text info)
{
    HWS_TRY(hws_table_reserve(present));
    const uint64_t hash = hws_hash(key, client.data, client.size);
    hws_presence_entry *entry =
        hws_memory_new(present->memory, sizeof *entry + client.size + user.size + info.size);
    if (!entry) return HWS_ERR_NO_MEMORY;
    *entry = (hws_presence_entry){
        .client_size = client.size, .user_size = user.size, .info_size = info.size};
    memcpy(entry->text, client.data, client.size);
    if (user.size > 0) memcpy(entry->text + client.size, user.data, user.size);
    if (info.size > 0) memcpy(entry->text + client.size + user.size, info.data, info.size);

    hws_presence_entry *before = find(present, client, hash);
    hws_table_add(present, &entry->link, hash);
    if (before) take_out(present, before);
    return HWS_OK;
}

bool hws_presence_remove(hws_table *present, const hws_hash_key *key, hws_text client)
{
    hws_presence_entry *entry = find(present, client, hws_hash(key, client.data, client.size));
    if (!entry) return false;
    take_out(present, entry);
    return true;
}

typedef struct gathering {
    hws_text *users;
    size_t count;
} gathering;

static void gather(hws_table_entry *link, void *user)
{
    gathering *it = user;
    it->users[it->count++] = hws_presence_user((const hws_presence_entry *)link);
}

static int compare(const void *a, const void *b)
{
    const hws_text *one = a;
    const hws_text *other = b;
    if (one->size != other->size) return one->size < other->size ? -1 : 1;
    return memcmp(one->data, other->data, one->size);
}

size_t hws_presence_user_count(hws_table *present)
{
    if (present->count == 0) return 0;
    const size_t size = present->count * sizeof(hws_text);
    gathering it = {.users = hws_memory_new(present->memory, size)};
    if (!it.users) return 0;
    hws_table_each(present, gather, &it);
    qsort(it.users, it.count, sizeof *it.users, compare);
    size_t distinct = 1;
    for (size_t i = 1; i < it.count; i++) distinct += compare(&it.users[i - 1], &it.users[i]) != 0;
    hws_memory_free(present->memory, it.users, size);
    return distinct;
}

static void empty(hws_table_entry *link, void *user)
{
    take_out(user, (hws_presence_entry *)link);
}

void hws_presence_release(hws_table *present)
{
    hws_table_each(present, empty, present);
    hws_table_release(present);
}
