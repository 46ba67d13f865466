/* SPDX-License-Identifier: MIT */
#include "channel/roster.h"

#include <assert.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"

typedef struct entry {
    hws_table_entry link;
    size_t connection_count;
    size_t size;
    char text[]; /* the user */
} entry;

hws_status hws_roster_init(hws_roster *roster, const hws_memory *memory, const hws_hash_key *key)
{
    roster->key = *key;
    hws_table_init(&roster->users, memory);
    return pthread_mutex_init(&roster->lock, NULL) == 0 ? HWS_OK : HWS_ERR_SYSTEM;
}

void hws_roster_release(hws_roster *roster)
{
    assert(roster->users.count == 0);
    hws_table_release(&roster->users);
    pthread_mutex_destroy(&roster->lock);
}

static entry *find(const hws_roster *roster, hws_text user, uint64_t hash)
{
    hws_table_entry *link = hws_table_find(&roster->users, hash);
    while (link) {
        entry *it = (entry *)link;
        if (hws_text_equal((hws_text){it->text, it->size}, user)) return it;
        link = hws_table_find_next(link);
    }
    return NULL;
}

static hws_status enter(hws_roster *roster, hws_text user)
{
    const uint64_t hash = hws_hash(&roster->key, user.data, user.size);
    entry *it = find(roster, user, hash);
    if (!it) {
        HWS_TRY(hws_table_reserve(&roster->users));
        it = hws_memory_new(roster->users.memory, sizeof *it + user.size);
        if (!it) return HWS_ERR_NO_MEMORY;
        *it = (entry){.size = user.size};
        memcpy(it->text, user.data, user.size);
        hws_table_add(&roster->users, &it->link, hash);
    }
    it->connection_count++;
    return HWS_OK;
}

hws_status hws_roster_enter(hws_roster *roster, hws_text user)
{
    pthread_mutex_lock(&roster->lock);
    const hws_status status = enter(roster, user);
    pthread_mutex_unlock(&roster->lock);
    return status;
}

void hws_roster_leave(hws_roster *roster, hws_text user)
{
    pthread_mutex_lock(&roster->lock);
    entry *it = find(roster, user, hws_hash(&roster->key, user.data, user.size));
    assert(it);
    if (--it->connection_count == 0) {
        hws_table_remove(&roster->users, &it->link);
        hws_memory_free(roster->users.memory, it, sizeof *it + it->size);
    }
    pthread_mutex_unlock(&roster->lock);
}

size_t hws_roster_count(hws_roster *roster)
{
    pthread_mutex_lock(&roster->lock);
    const size_t count = roster->users.count;
    pthread_mutex_unlock(&roster->lock);
    return count;
}
