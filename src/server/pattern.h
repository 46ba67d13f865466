/* SPDX-License-Identifier: MIT */
/* Patterns of topics (MQTT 5 §4.7), and a trie that finds those that match a topic.
 *
 *     root ──"quotes"──▶ ● ──"AAPL"──▶ ● ends here: quotes/AAPL
 *                        ├──── + ────▶ ● ends here: quotes/+
 *                        └── the rest: quotes/#
 *
 * A node knows its parent; all steps by a name lie in one table, by parent and name.  So a match
 * costs as many looks into it as there are nodes that the topic leads to, however many other
 * patterns there are. */
#ifndef HAWSER_SERVER_PATTERN_H
#define HAWSER_SERVER_PATTERN_H

#include <stdbool.h>

#include "base/hash.h"
#include "base/table.h"
#include "hawser/span.h"

enum { HWS_PATTERN_LEVEL_MAX = 256 }; /* of a topic of HWS_TOPIC_SIZE_MAX bytes */

typedef struct hws_pattern_node hws_pattern_node;

/* Values by their pattern. */
typedef struct hws_patterns {
    hws_table steps;
    hws_hash_key key;
    hws_pattern_node *root; /* NULL: there are none */
    size_t count;           /* patterns */
} hws_patterns;

/* 1 to HWS_TOPIC_SIZE_MAX bytes; + and # only as a whole level, # only as the last. */
bool hws_pattern_is_valid(hws_text pattern);

/* Whether a valid pattern matches.  The slow way, for one. */
bool hws_pattern_matches(hws_text pattern, hws_text topic);

void hws_patterns_init(hws_patterns *patterns, const hws_memory *memory, const hws_hash_key *key);

/* All must have been removed. */
void hws_patterns_release(hws_patterns *patterns);

/* NULL: it is not there. */
void *hws_patterns_find(const hws_patterns *patterns, hws_text pattern);

/* A valid one that is not there yet.  Errors: HWS_ERR_NO_MEMORY, and nothing has changed. */
HWS_MUST_CHECK hws_status hws_patterns_add(hws_patterns *patterns, hws_text pattern, void *value);

/* One that is there. */
void hws_patterns_remove(hws_patterns *patterns, hws_text pattern);

/* Calls `call` for every pattern that matches, in no promised order.  It changes no pattern. */
void hws_patterns_match(const hws_patterns *patterns, hws_text topic,
                        void (*call)(void *value, void *user), void *user);

#endif /* HAWSER_SERVER_PATTERN_H */
