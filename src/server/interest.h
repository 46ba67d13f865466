/* SPDX-License-Identifier: MIT */
/* Whether a thread has anybody for a topic: what another thread asks before it sends a message
 * there.
 *
 * Cells, and in each the number of names whose hash leads to it: zero means nobody, more means
 * perhaps.  The thread that has the topics counts, any may look, without a lock: of a table that
 * has become too small a bigger copy takes the place, and the old one stays for who still looks at
 * it, until the end. */
#ifndef HAWSER_SERVER_INTEREST_H
#define HAWSER_SERVER_INTEREST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "hawser/memory.h"
#include "hawser/status.h"

typedef struct hws_interest_cells hws_interest_cells;

/* Part of whoever has a name. */
typedef struct hws_interest_name hws_interest_name;

struct hws_interest_name {
    hws_interest_name *next;
    hws_interest_name **link; /* what points to this one; NULL: general */
    uint64_t hash;
};

typedef struct hws_interest {
    const hws_memory *memory;
    _Atomic(hws_interest_cells *) cells;
    hws_interest_name *names;
    size_t count;             /* of names */
    _Atomic uint32_t general; /* interests in every topic */
    _Atomic uint32_t coming;  /* subscriptions on their way from other threads */
} hws_interest;

/* Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_interest_init(hws_interest *interest, const hws_memory *memory);

/* All names must have been removed. */
void hws_interest_release(hws_interest *interest);

/* Without memory for more cells there are more names in each. */
void hws_interest_add(hws_interest *interest, hws_interest_name *name, uint64_t hash);

/* In every topic. */
void hws_interest_add_general(hws_interest *interest, hws_interest_name *name);

void hws_interest_remove(hws_interest *interest, hws_interest_name *name);

/* A subscription is posted to the thread; it has arrived, and was added if it will be.  Until then
 * whatever is published must follow it.  Thread: any. */
void hws_interest_expect(hws_interest *interest);
void hws_interest_arrived(hws_interest *interest);

/* Whether there may be interest in one of the two.  Thread: any. */
bool hws_interest_is_in(const hws_interest *interest, uint64_t hash, uint64_t other);

#endif /* HAWSER_SERVER_INTEREST_H */
