/* SPDX-License-Identifier: MIT */
/* A table of things that are found by a hash of their name.
 *
 * An entry lies in the thing itself, so that joining allocates nothing but, now and then, more
 * buckets; and there may be several of the same hash, which the caller tells apart:
 *
 *     hws_table_entry *at = hws_table_find(&table, hash);
 *     while (at && !is_it(at)) at = hws_table_find_next(at);
 *
 * The hash must be keyed (base/hash) where strangers choose the names. */
#ifndef HAWSER_BASE_TABLE_H
#define HAWSER_BASE_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "hawser/memory.h"
#include "hawser/status.h"

typedef struct hws_table_entry hws_table_entry;

struct hws_table_entry {
    hws_table_entry *next; /* in its bucket */
    uint64_t hash;
};

typedef struct hws_table {
    const hws_memory *memory;
    hws_table_entry **buckets;
    size_t bucket_count; /* a power of two, or 0 */
    size_t count;        /* entries */
} hws_table;

void hws_table_init(hws_table *table, const hws_memory *memory);

/* All entries must have left. */
void hws_table_release(hws_table *table);

/* Makes room for one more.  Errors: HWS_ERR_NO_MEMORY, only while the table has no bucket at all:
 * later its chains grow longer instead. */
HWS_MUST_CHECK hws_status hws_table_reserve(hws_table *table);

/* After hws_table_reserve. */
void hws_table_add(hws_table *table, hws_table_entry *entry, uint64_t hash);

/* One that is in it. */
void hws_table_remove(hws_table *table, const hws_table_entry *entry);

/* The entries of that hash, one after the other, in no promised order; NULL: no more. */
hws_table_entry *hws_table_find(const hws_table *table, uint64_t hash);
hws_table_entry *hws_table_find_next(const hws_table_entry *entry);

/* Calls `call` for each entry of a bucket, and of all; it may take that entry out. */
void hws_table_each_in(hws_table *table, size_t bucket,
                       void (*call)(hws_table_entry *entry, void *user), void *user);
void hws_table_each(hws_table *table, void (*call)(hws_table_entry *entry, void *user), void *user);

#endif /* HAWSER_BASE_TABLE_H */
