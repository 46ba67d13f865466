/* SPDX-License-Identifier: MIT */
/* Topics and patterns, and who subscribes to them, in one loop.
 *
 *     topic.members[i]  = {connection, j}     ⇄     connection.memberships[j] = {topic, i}
 *
 * Each knows its place in the other's list, so that leaving is a swap with the last on both sides,
 * however many members a topic or topics a connection has.  A pattern is a topic with members like
 * any other; server/pattern finds those that match. */
#ifndef HAWSER_SERVER_TOPIC_H
#define HAWSER_SERVER_TOPIC_H

#include "base/hash.h"
#include "base/table.h"
#include "hawser/topic.h"
#include "server/interest.h"
#include "server/pattern.h"

struct hws_connection;

typedef struct hws_topic hws_topic;
typedef struct hws_membership_list hws_membership_list;

/* All topics of one loop. */
typedef struct hws_topics {
    hws_table exact;       /* by their name */
    hws_patterns patterns; /* those that are patterns */
    hws_interest interest; /* for other threads to look at */
    hws_hash_key key;
    uint64_t reach_count; /* calls of hws_topics_reach */
} hws_topics;

/* The topics of one connection.  Zero is none. */
typedef struct hws_memberships {
    hws_membership_list *list; /* NULL: never had any */
    uint32_t count;
    uint32_t capacity;
} hws_memberships;

/* What is subscribed to, and how. */
typedef struct hws_subscription {
    hws_text name;
    bool is_pattern;
    bool hears_itself;
    bool wants_retained; /* not the topics' affair */
} hws_subscription;

/* A topic, and what it is found by in all threads that have the same key. */
typedef struct hws_topic_name {
    hws_text text;
    uint64_t hash;
    uint64_t level_hash; /* of what comes before the first slash */
} hws_topic_name;

hws_topic_name hws_topic_name_of(const hws_hash_key *key, hws_text text);

/* Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_topics_init(hws_topics *topics, const hws_memory *memory,
                                          const hws_hash_key *key);
void hws_topics_release(hws_topics *topics);

/* Subscribing twice is once, as the second time.  `membership_max` bounds the topics of the
 * connection.  Errors: HWS_ERR_LIMIT, HWS_ERR_NO_MEMORY; nothing has changed then. */
HWS_MUST_CHECK hws_status hws_topics_subscribe(hws_topics *topics, const hws_subscription *wanted,
                                               struct hws_connection *connection,
                                               uint32_t membership_max);

void hws_topics_unsubscribe(hws_topics *topics, const hws_subscription *gone,
                            struct hws_connection *connection);

/* Leaves every topic. */
void hws_topics_leave(hws_topics *topics, struct hws_connection *connection);

/* Calls `call` once for each connection that subscribes to `name`, itself or by patterns; for
 * `sender` (which may be NULL) only if it hears itself.  Nobody may join or leave meanwhile. */
void hws_topics_reach(hws_topics *topics, const hws_topic_name *name,
                      const struct hws_connection *sender,
                      void (*call)(struct hws_connection *connection, void *user), void *user);

/* Lets other threads know that something here wants what is published to that topic, or pattern:
 * not only who subscribes does.  hws_interest_remove ends it. */
void hws_topics_take_interest(hws_topics *topics, hws_interest_name *interest, hws_text name,
                              bool is_pattern);

/* Whether hws_topics_reach may have anybody to call.  Thread: any. */
bool hws_topics_may_reach(const hws_topics *topics, const hws_topic_name *name);

/* Of the topic itself, not of patterns. */
size_t hws_topics_subscriber_count(const hws_topics *topics, hws_text name);

#endif /* HAWSER_SERVER_TOPIC_H */
