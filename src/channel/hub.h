/* SPDX-License-Identifier: MIT */
/* A hub from inside: what its threads share, which does not change while they run.
 *
 *     HTTP ──▶ api ─────┐
 *                       ▼
 *     client ──▶ station ──▶ engine ──▶ mailbox ──▶ station ──▶ channel ──▶ its subscribers
 *              one a thread      locks, in memory     one a thread
 */
#ifndef HAWSER_CHANNEL_HUB_H
#define HAWSER_CHANNEL_HUB_H

#include <pthread.h>
#include <stdatomic.h>

#include <jansson.h>

#include "base/hash.h"
#include "channel/engine.h"
#include "channel/login.h"
#include "channel/metric.h"
#include "channel/policy.h"
#include "channel/roster.h"
#include "channel/token.h"

struct hws_station;

struct hws_hub {
    const hws_memory *memory;
    hws_hub_options options; /* with the defaults filled in; its pointers are not to be used */
    hws_decider decider;     /* zero asks nothing */
    hws_policies policies;
    hws_tokens tokens;
    hws_login login;
    hws_hash_key key;
    hws_engine *engine;
    char api_key[HWS_API_KEY_SIZE_MAX];
    size_t api_key_size; /* 0: nobody may */
    char uid[17];        /* of this node, in hex */
    uint64_t started_ms;
    atomic_size_t client_count;
    atomic_bool is_ending;
    hws_roster roster;
    hws_hub_metric metric; /* what any thread counts: hws_counter_add_shared */

    pthread_mutex_t lock; /* of what follows */
    struct hws_station *stations[HWS_THREADS_MAX];
    size_t station_count;
};

/* Whether somebody looks at who connects: a key for tokens, or who decides. */
bool hws_hub_is_guarded(const hws_hub *hub);

/* Whether somebody from there may connect: without that everybody may do everything, so that
 * everybody has to be of this machine. */
bool hws_hub_welcomes(const hws_hub *hub, const char *address);

/* Where a namespace is counted. */
static inline size_t hws_hub_place(const hws_hub *hub, const hws_policy *policy)
{
    return (size_t)(policy - hub->policies.list);
}

/* Publishes for a back end; what `answer` tells of it is counted by hws_hub_published.
 *
 * data     Any value.
 * tags     An object of strings; NULL: none.
 * Errors:  those of hws_hub_publish that concern the channel and the size; `done` is not called
 *          then.  The others are in the engine's answer. */
HWS_MUST_CHECK hws_status hws_hub_publish_json(hws_hub *hub, const hws_publication *publication,
                                               const json_t *data, const json_t *tags,
                                               hws_engine_done *done, void *user);

void hws_hub_published(hws_hub *hub, hws_text channel, const hws_engine_answer *answer);

#endif /* HAWSER_CHANNEL_HUB_H */
