/* SPDX-License-Identifier: MIT */
/* Topics: names, and who subscribes to them.
 *
 *     topic.members[i]  = {connection, j}     ⇄     connection.memberships[j] = {topic, i}
 *
 * Each knows its place in the other's list, so that leaving is a swap with the last on both sides,
 * however many members a topic or topics a connection has. */
#ifndef HAWSER_SERVER_TOPIC_H
#define HAWSER_SERVER_TOPIC_H

#include "base/hash.h"
#include "hawser/memory.h"
#include "hawser/message.h"
#include "hawser/span.h"
#include "hawser/status.h"

struct hws_connection;

typedef struct hws_topic hws_topic;
typedef struct hws_membership hws_membership;

/* All topics of one loop. */
typedef struct hws_topics {
    const hws_memory *memory;
    hws_hash_key key;
    hws_topic **buckets;
    size_t bucket_count; /* a power of two, or 0 */
    size_t topic_count;
} hws_topics;

/* The topics of one connection.  Zero is none. */
typedef struct hws_memberships {
    hws_membership *list;
    uint32_t count;
    uint32_t capacity;
} hws_memberships;

void hws_topics_init(hws_topics *topics, const hws_memory *memory, const hws_hash_key *key);
void hws_topics_release(hws_topics *topics);

/* Subscribing twice is once.  `membership_max` bounds the topics of the connection.
 * Errors: HWS_ERR_LIMIT, HWS_ERR_NO_MEMORY; nothing has changed then. */
HWS_MUST_CHECK hws_status hws_topics_subscribe(hws_topics *topics, hws_text name,
                                               struct hws_connection *connection,
                                               uint32_t membership_max);

void hws_topics_unsubscribe(hws_topics *topics, hws_text name, struct hws_connection *connection);

/* Leaves every topic. */
void hws_topics_leave(hws_topics *topics, struct hws_connection *connection);

/* To all members but `except` (which may be NULL), framed once.  A member whose queue is full is
 * given up.  Errors: HWS_ERR_NO_MEMORY, HWS_ERR_UTF8, HWS_ERR_INVALID_ARGUMENT. */
HWS_MUST_CHECK hws_status hws_topics_publish(hws_topics *topics, hws_text name,
                                             const hws_message *message,
                                             const struct hws_connection *except);

size_t hws_topics_subscriber_count(const hws_topics *topics, hws_text name);

#endif /* HAWSER_SERVER_TOPIC_H */
