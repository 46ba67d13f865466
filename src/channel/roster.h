/* SPDX-License-Identifier: MIT */
/* The users who are connected, each once however many connections he has.
 *
 * Thread: any; its lock is taken when a user connects and when he goes. */
#ifndef HAWSER_CHANNEL_ROSTER_H
#define HAWSER_CHANNEL_ROSTER_H

#include <pthread.h>

#include "base/hash.h"
#include "base/table.h"
#include "hawser/span.h"

typedef struct hws_roster {
    hws_hash_key key;
    pthread_mutex_t lock; /* of the table */
    hws_table users;
} hws_roster;

/* Errors: HWS_ERR_SYSTEM. */
HWS_MUST_CHECK hws_status hws_roster_init(hws_roster *roster, const hws_memory *memory,
                                          const hws_hash_key *key);

/* All must have left. */
void hws_roster_release(hws_roster *roster);

/* One connection more of that user.  Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_roster_enter(hws_roster *roster, hws_text user);

/* One less; he has entered as often before. */
void hws_roster_leave(hws_roster *roster, hws_text user);

/* Distinct users. */
size_t hws_roster_count(hws_roster *roster);

#endif /* HAWSER_CHANNEL_ROSTER_H */
