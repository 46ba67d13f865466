/* SPDX-License-Identifier: MIT */
#include "server/topic.h"

#include <assert.h>

#include "base/memory.h"
#include "base/try.h"
#include "hawser/utf8.h"
#include "server/connection.h"

enum {
    BUCKET_COUNT_MIN = 16,
    LIST_CAPACITY_MIN = 4,
};

typedef struct member {
    hws_connection *connection;
    uint32_t at; /* in the connection's memberships */
} member;

struct hws_membership {
    hws_topic *topic;
    uint32_t at; /* in the topic's members */
};

struct hws_topic {
    hws_topic *next; /* in its bucket */
    uint64_t hash;
    member *members;
    uint32_t member_count;
    uint32_t member_capacity;
    size_t name_size;
    char name[];
};

void hws_topics_init(hws_topics *topics, const hws_memory *memory, const hws_hash_key *key)
{
    *topics = (hws_topics){.memory = memory, .key = *key};
}

void hws_topics_release(hws_topics *topics)
{
    assert(topics->topic_count == 0);
    hws_memory_free(topics->memory, (void *)topics->buckets,
                    topics->bucket_count * sizeof *topics->buckets);
    *topics = (hws_topics){0};
}

static hws_topic **bucket_of(const hws_topics *topics, uint64_t hash)
{
    return &topics->buckets[hash & (topics->bucket_count - 1)];
}

static hws_topic *find(const hws_topics *topics, hws_text name, uint64_t hash)
{
    if (topics->bucket_count == 0) return NULL;
    hws_topic *topic = *bucket_of(topics, hash);
    while (topic && (topic->hash != hash || topic->name_size != name.size ||
                     memcmp(topic->name, name.data, name.size) != 0))
        topic = topic->next;
    return topic;
}

/* Keeps the buckets at least as many as the topics. */
static hws_status grow_buckets(hws_topics *topics)
{
    if (topics->topic_count < topics->bucket_count) return HWS_OK;
    const hws_topics old = *topics;
    const size_t count = old.bucket_count > 0 ? old.bucket_count * 2 : BUCKET_COUNT_MIN;
    hws_topic **buckets = hws_memory_new_zeroed(topics->memory, count * sizeof *buckets);
    if (!buckets) return old.bucket_count > 0 ? HWS_OK : HWS_ERR_NO_MEMORY; /* longer chains do */

    topics->buckets = buckets;
    topics->bucket_count = count;
    for (size_t i = 0; i < old.bucket_count; i++) {
        for (hws_topic *topic = old.buckets[i], *next; topic; topic = next) {
            next = topic->next;
            hws_topic **bucket = bucket_of(topics, topic->hash);
            topic->next = *bucket;
            *bucket = topic;
        }
    }
    hws_memory_free(old.memory, (void *)old.buckets, old.bucket_count * sizeof *old.buckets);
    return HWS_OK;
}

static hws_status add(hws_topics *topics, hws_text name, uint64_t hash, hws_topic **added)
{
    HWS_TRY(grow_buckets(topics));
    hws_topic *topic = hws_memory_new(topics->memory, sizeof *topic + name.size);
    if (!topic) return HWS_ERR_NO_MEMORY;
    hws_topic **bucket = bucket_of(topics, hash);
    *topic = (hws_topic){.next = *bucket, .hash = hash, .name_size = name.size};
    memcpy(topic->name, name.data, name.size);
    *bucket = topic;
    topics->topic_count++;
    *added = topic;
    return HWS_OK;
}

static void remove_if_empty(hws_topics *topics, hws_topic *topic)
{
    if (topic->member_count > 0) return;
    hws_topic **link = bucket_of(topics, topic->hash);
    while (*link != topic) link = &(*link)->next;
    *link = topic->next;
    topics->topic_count--;
    hws_memory_free(topics->memory, topic->members,
                    topic->member_capacity * sizeof *topic->members);
    hws_memory_free(topics->memory, topic, sizeof *topic + topic->name_size);
}

/* Room for one more in a list of `count` items of `item_size` bytes. */
static hws_status grow_list(const hws_memory *memory, void **list, uint32_t count,
                            uint32_t *capacity, size_t item_size)
{
    if (count < *capacity) return HWS_OK;
    if (*capacity > UINT32_MAX / 2) return HWS_ERR_LIMIT;
    const uint32_t more = *capacity > 0 ? *capacity * 2 : LIST_CAPACITY_MIN;
    void *moved = hws_memory_resize(memory, *list, *capacity * item_size, more * item_size);
    if (!moved) return HWS_ERR_NO_MEMORY;
    *list = moved;
    *capacity = more;
    return HWS_OK;
}

static hws_status join(hws_topics *topics, hws_topic *topic, hws_connection *connection)
{
    hws_memberships *own = &connection->memberships;
    void *members = topic->members;
    void *list = own->list;
    const hws_status status = grow_list(topics->memory, &members, topic->member_count,
                                        &topic->member_capacity, sizeof *topic->members);
    topic->members = members;
    HWS_TRY(status);
    const hws_status own_status =
        grow_list(topics->memory, &list, own->count, &own->capacity, sizeof *own->list);
    own->list = list;
    HWS_TRY(own_status);

    topic->members[topic->member_count] = (member){connection, own->count};
    own->list[own->count] = (hws_membership){topic, topic->member_count};
    topic->member_count++;
    own->count++;
    return HWS_OK;
}

/* Undoes the membership at `at` of the connection: the last of each list takes the free place. */
static void part(hws_topics *topics, hws_connection *connection, uint32_t at)
{
    hws_memberships *own = &connection->memberships;
    const hws_membership gone = own->list[at];
    hws_topic *topic = gone.topic;

    const member last_member = topic->members[--topic->member_count];
    topic->members[gone.at] = last_member;
    last_member.connection->memberships.list[last_member.at].at = gone.at;

    const hws_membership last = own->list[--own->count];
    own->list[at] = last;
    if (at < own->count) last.topic->members[last.at].at = at;
    remove_if_empty(topics, topic);
}

static bool find_membership(const hws_connection *connection, const hws_topic *topic, uint32_t *at)
{
    const hws_memberships *own = &connection->memberships;
    for (uint32_t i = 0; i < own->count; i++) {
        if (own->list[i].topic != topic) continue;
        *at = i;
        return true;
    }
    return false;
}

hws_status hws_topics_subscribe(hws_topics *topics, hws_text name, hws_connection *connection,
                                uint32_t membership_max)
{
    const uint64_t hash = hws_hash(&topics->key, name.data, name.size);
    hws_topic *topic = find(topics, name, hash);
    uint32_t at;
    if (topic && find_membership(connection, topic, &at)) return HWS_OK;
    if (connection->memberships.count >= membership_max) return HWS_ERR_LIMIT;

    if (!topic) HWS_TRY(add(topics, name, hash, &topic));
    const hws_status status = join(topics, topic, connection);
    remove_if_empty(topics, topic);
    return status;
}

void hws_topics_unsubscribe(hws_topics *topics, hws_text name, hws_connection *connection)
{
    const hws_topic *topic = find(topics, name, hws_hash(&topics->key, name.data, name.size));
    uint32_t at;
    if (topic && find_membership(connection, topic, &at)) part(topics, connection, at);
}

void hws_topics_leave(hws_topics *topics, hws_connection *connection)
{
    hws_memberships *own = &connection->memberships;
    while (own->count > 0) part(topics, connection, own->count - 1);
    hws_memory_free(topics->memory, own->list, own->capacity * sizeof *own->list);
    *own = (hws_memberships){0};
}

/* A part of a message cannot be shared: each connection numbers its own parts. */
static hws_status check(const hws_message *message)
{
    if (message->part != HWS_WHOLE) return HWS_ERR_INVALID_ARGUMENT;
    if (message->type == HWS_BINARY) return HWS_OK;
    if (message->type != HWS_TEXT) return HWS_ERR_INVALID_ARGUMENT;
    hws_utf8 utf8 = {0};
    HWS_TRY(hws_utf8_feed(&utf8, message->data, message->size));
    return hws_utf8_finish(&utf8);
}

hws_status hws_topics_publish(hws_topics *topics, hws_text name, const hws_message *message,
                              const hws_connection *except)
{
    HWS_TRY(check(message));
    const hws_topic *topic = find(topics, name, hws_hash(&topics->key, name.data, name.size));
    if (!topic) return HWS_OK;
    hws_blob *frame = hws_endpoint_frame(topics->memory, message);
    if (!frame) return HWS_ERR_NO_MEMORY;

    /* Nobody joins or leaves meanwhile: callbacks come later. */
    for (uint32_t i = 0; i < topic->member_count; i++) {
        hws_connection *connection = topic->members[i].connection;
        if (connection == except) continue;
        const hws_status status = hws_session_share(&connection->session, frame);
        if (status < HWS_OK) hws_session_give_up(&connection->session, status);
    }
    hws_blob_unref(frame, topics->memory);
    return HWS_OK;
}

size_t hws_topics_subscriber_count(const hws_topics *topics, hws_text name)
{
    const hws_topic *topic = find(topics, name, hws_hash(&topics->key, name.data, name.size));
    return topic ? topic->member_count : 0;
}
