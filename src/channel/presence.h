/* SPDX-License-Identifier: MIT */
/* Who is in a channel. */
#ifndef HAWSER_CHANNEL_PRESENCE_H
#define HAWSER_CHANNEL_PRESENCE_H

#include <stdbool.h>

#include "base/hash.h"
#include "base/table.h"
#include "hawser/span.h"

typedef struct hws_presence_entry {
    hws_table_entry link;
    size_t client_size;
    size_t user_size;
    size_t info_size;
    char text[]; /* the client's id, its user, and its info, which is JSON */
} hws_presence_entry;

static inline hws_text hws_presence_client(const hws_presence_entry *entry)
{
    return (hws_text){entry->text, entry->client_size};
}

static inline hws_text hws_presence_user(const hws_presence_entry *entry)
{
    return (hws_text){entry->text + entry->client_size, entry->user_size};
}

static inline hws_text hws_presence_info(const hws_presence_entry *entry)
{
    return (hws_text){entry->text + entry->client_size + entry->user_size, entry->info_size};
}

/* Adds who is not there; with the same id, replaces.  Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_presence_add(hws_table *present, const hws_hash_key *key,
                                           hws_text client, hws_text user, hws_text info);

/* Returns: whether it was there. */
bool hws_presence_remove(hws_table *present, const hws_hash_key *key, hws_text client);

/* Distinct users among those who are there; 0 also when there is no memory to count. */
size_t hws_presence_user_count(hws_table *present);

void hws_presence_release(hws_table *present);

#endif /* HAWSER_CHANNEL_PRESENCE_H */
