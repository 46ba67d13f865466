/* SPDX-License-Identifier: MIT */
#include "server/topic.h"

#include <assert.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include "server/connection.h"

enum { LIST_CAPACITY_MIN = 4 };

typedef struct member {
    hws_connection *connection;
    uint32_t at; /* in the connection's memberships */
    bool hears_itself;
} member;

typedef struct membership {
    hws_topic *topic;
    uint32_t at; /* in the topic's members */
} membership;

struct hws_membership_list {
    uint64_t reached_by; /* the last reach_count that it was told of */
    membership items[];
};

struct hws_topic {
    hws_table_entry entry; /* first; of one that is no pattern */
    hws_interest_name interest;
    member *members;
    uint32_t member_count;
    uint32_t member_capacity;
    uint32_t name_size;
    bool is_pattern;
    char name[];
};

static uint64_t hash_of(const hws_hash_key *key, hws_text text)
{
    return hws_hash(key, text.data, text.size);
}

/* Not the hash of a topic that has but this level. */
static uint64_t level_hash_of(const hws_hash_key *key, hws_text text)
{
    const char *slash = memchr(text.data, '/', text.size);
    const size_t size = slash ? (size_t)(slash - text.data) : text.size;
    return ~hash_of(key, (hws_text){text.data, size});
}

hws_topic_name hws_topic_name_of(const hws_hash_key *key, hws_text text)
{
    return (hws_topic_name){text, hash_of(key, text), level_hash_of(key, text)};
}

hws_status hws_topics_init(hws_topics *topics, const hws_memory *memory, const hws_hash_key *key)
{
    topics->key = *key;
    topics->reach_count = 0;
    hws_table_init(&topics->exact, memory);
    hws_patterns_init(&topics->patterns, memory, key);
    return hws_interest_init(&topics->interest, memory);
}

void hws_topics_release(hws_topics *topics)
{
    hws_table_release(&topics->exact);
    hws_patterns_release(&topics->patterns);
    hws_interest_release(&topics->interest);
}

void hws_topics_take_interest(hws_topics *topics, hws_interest_name *interest, hws_text name,
                              bool is_pattern)
{
    if (!is_pattern)
        hws_interest_add(&topics->interest, interest, hash_of(&topics->key, name));
    else if (name.data[0] == '+' || name.data[0] == '#')
        hws_interest_add_general(&topics->interest, interest);
    else
        hws_interest_add(&topics->interest, interest, level_hash_of(&topics->key, name));
}

static const hws_memory *memory_of(const hws_topics *topics)
{
    return topics->exact.memory;
}

static hws_text name_of(const hws_topic *topic)
{
    return (hws_text){topic->name, topic->name_size};
}

static hws_topic *find_exact(const hws_topics *topics, hws_text name, uint64_t hash)
{
    hws_table_entry *entry = hws_table_find(&topics->exact, hash);
    while (entry && !hws_text_equal(name_of((hws_topic *)(void *)entry), name))
        entry = hws_table_find_next(entry);
    return (hws_topic *)(void *)entry;
}

static hws_topic *find(const hws_topics *topics, const hws_subscription *wanted)
{
    return wanted->is_pattern
               ? hws_patterns_find(&topics->patterns, wanted->name)
               : find_exact(topics, wanted->name, hash_of(&topics->key, wanted->name));
}

static hws_status enter(hws_topics *topics, hws_topic *topic)
{
    const hws_text name = name_of(topic);
    if (topic->is_pattern) {
        HWS_TRY(hws_patterns_add(&topics->patterns, name, topic));
    } else {
        HWS_TRY(hws_table_reserve(&topics->exact));
        hws_table_add(&topics->exact, &topic->entry, hash_of(&topics->key, name));
    }
    hws_topics_take_interest(topics, &topic->interest, name, topic->is_pattern);
    return HWS_OK;
}

static void withdraw(hws_topics *topics, hws_topic *topic)
{
    if (topic->is_pattern)
        hws_patterns_remove(&topics->patterns, name_of(topic));
    else
        hws_table_remove(&topics->exact, &topic->entry);
    hws_interest_remove(&topics->interest, &topic->interest);
}

static void free_topic(const hws_topics *topics, hws_topic *topic)
{
    hws_memory_free(memory_of(topics), topic->members,
                    topic->member_capacity * sizeof *topic->members);
    hws_memory_free(memory_of(topics), topic, sizeof *topic + topic->name_size);
}

static hws_status add(hws_topics *topics, const hws_subscription *wanted, hws_topic **added)
{
    const hws_text name = wanted->name;
    hws_topic *topic = hws_memory_new(memory_of(topics), sizeof *topic + name.size);
    if (!topic) return HWS_ERR_NO_MEMORY;
    *topic = (hws_topic){.name_size = (uint32_t)name.size, .is_pattern = wanted->is_pattern};
    memcpy(topic->name, name.data, name.size);
    const hws_status status = enter(topics, topic);
    if (status == HWS_OK)
        *added = topic;
    else
        free_topic(topics, topic);
    return status;
}

static void remove_if_empty(hws_topics *topics, hws_topic *topic)
{
    if (topic->member_count > 0) return;
    withdraw(topics, topic);
    free_topic(topics, topic);
}

/* Room for one more in a list of items behind `head_size` bytes.  NULL: no memory. */
static void *grow_list(const hws_memory *memory, void *list, size_t head_size, size_t item_size,
                       uint32_t *capacity)
{
    if (*capacity > UINT32_MAX / 2) return NULL;
    const uint32_t more = *capacity > 0 ? *capacity * 2 : LIST_CAPACITY_MIN;
    const size_t old_size = list ? head_size + *capacity * item_size : 0;
    void *moved = hws_memory_resize(memory, list, old_size, head_size + more * item_size);
    if (moved) *capacity = more;
    return moved;
}

static hws_status reserve_member(const hws_topics *topics, hws_topic *topic)
{
    if (topic->member_count < topic->member_capacity) return HWS_OK;
    member *members = grow_list(memory_of(topics), topic->members, 0, sizeof *topic->members,
                                &topic->member_capacity);
    if (!members) return HWS_ERR_NO_MEMORY;
    topic->members = members;
    return HWS_OK;
}

static hws_status reserve_membership(const hws_topics *topics, hws_memberships *own)
{
    if (own->count < own->capacity) return HWS_OK;
    const bool is_first = !own->list;
    hws_membership_list *list = grow_list(memory_of(topics), own->list, sizeof *own->list,
                                          sizeof *own->list->items, &own->capacity);
    if (!list) return HWS_ERR_NO_MEMORY;
    own->list = list;
    if (is_first) list->reached_by = 0;
    return HWS_OK;
}

static hws_status join(hws_topics *topics, hws_topic *topic, hws_connection *connection,
                       bool hears_itself)
{
    hws_memberships *own = &connection->memberships;
    HWS_TRY(reserve_member(topics, topic));
    HWS_TRY(reserve_membership(topics, own));
    topic->members[topic->member_count] = (member){connection, own->count, hears_itself};
    own->list->items[own->count] = (membership){topic, topic->member_count};
    topic->member_count++;
    own->count++;
    return HWS_OK;
}

/* Undoes the membership at `at` of the connection: the last of each list takes the free place. */
static void part(hws_topics *topics, hws_connection *connection, uint32_t at)
{
    hws_memberships *own = &connection->memberships;
    const membership gone = own->list->items[at];
    hws_topic *topic = gone.topic;

    const member last_member = topic->members[--topic->member_count];
    topic->members[gone.at] = last_member;
    last_member.connection->memberships.list->items[last_member.at].at = gone.at;

    const membership last = own->list->items[--own->count];
    own->list->items[at] = last;
    if (at < own->count) last.topic->members[last.at].at = at;
    remove_if_empty(topics, topic);
}

/* Looks through the shorter of the two lists: a topic may have many members, a connection many
 * topics, but seldom both. */
static bool find_membership(const hws_connection *connection, const hws_topic *topic, uint32_t *at)
{
    const hws_memberships *own = &connection->memberships;
    if (topic->member_count < own->count) {
        for (uint32_t i = 0; i < topic->member_count; i++) {
            if (topic->members[i].connection != connection) continue;
            *at = topic->members[i].at;
            return true;
        }
        return false;
    }
    for (uint32_t i = 0; i < own->count; i++) {
        if (own->list->items[i].topic != topic) continue;
        *at = i;
        return true;
    }
    return false;
}

hws_status hws_topics_subscribe(hws_topics *topics, const hws_subscription *wanted,
                                hws_connection *connection, uint32_t membership_max)
{
    const hws_memberships *own = &connection->memberships;
    hws_topic *topic = find(topics, wanted);
    uint32_t at;
    if (topic && find_membership(connection, topic, &at)) {
        topic->members[own->list->items[at].at].hears_itself = wanted->hears_itself;
        return HWS_OK;
    }
    if (own->count >= membership_max) return HWS_ERR_LIMIT;

    if (!topic) HWS_TRY(add(topics, wanted, &topic));
    const hws_status status = join(topics, topic, connection, wanted->hears_itself);
    remove_if_empty(topics, topic);
    return status;
}

void hws_topics_unsubscribe(hws_topics *topics, const hws_subscription *gone,
                            hws_connection *connection)
{
    const hws_topic *topic = find(topics, gone);
    uint32_t at;
    if (topic && find_membership(connection, topic, &at)) part(topics, connection, at);
}

void hws_topics_leave(hws_topics *topics, hws_connection *connection)
{
    hws_memberships *own = &connection->memberships;
    while (own->count > 0) part(topics, connection, own->count - 1);
    if (own->list)
        hws_memory_free(memory_of(topics), own->list,
                        sizeof *own->list + own->capacity * sizeof *own->list->items);
    *own = (hws_memberships){0};
}

/* Whom one message has to reach. */
typedef struct reach {
    uint64_t number;
    const hws_connection *sender;
    void (*call)(hws_connection *connection, void *user);
    void *user;
} reach;

static bool is_spared(const member *one, const hws_connection *sender)
{
    return one->connection == sender && !one->hears_itself;
}

/* When no other list can have the same connections. */
static void reach_members(const hws_topic *topic, const reach *it)
{
    for (uint32_t i = 0; i < topic->member_count; i++) {
        const member *one = &topic->members[i];
        if (!is_spared(one, it->sender)) it->call(one->connection, it->user);
    }
}

static void reach_new_members(void *value, void *user)
{
    const hws_topic *topic = value;
    const reach *it = user;
    for (uint32_t i = 0; i < topic->member_count; i++) {
        const member *one = &topic->members[i];
        uint64_t *reached_by = &one->connection->memberships.list->reached_by;
        if (*reached_by == it->number || is_spared(one, it->sender)) continue;
        *reached_by = it->number;
        it->call(one->connection, it->user);
    }
}

void hws_topics_reach(hws_topics *topics, const hws_topic_name *name, const hws_connection *sender,
                      void (*call)(hws_connection *connection, void *user), void *user)
{
    reach it = {++topics->reach_count, sender, call, user};
    hws_topic *topic = find_exact(topics, name->text, name->hash);
    if (topics->patterns.count == 0) {
        if (topic) reach_members(topic, &it);
        return;
    }
    if (topic) reach_new_members(topic, &it);
    hws_patterns_match(&topics->patterns, name->text, reach_new_members, &it);
}

bool hws_topics_may_reach(const hws_topics *topics, const hws_topic_name *name)
{
    return hws_interest_is_in(&topics->interest, name->hash, name->level_hash);
}

size_t hws_topics_subscriber_count(const hws_topics *topics, hws_text name)
{
    const hws_topic *topic = find_exact(topics, name, hash_of(&topics->key, name));
    return topic ? topic->member_count : 0;
}
