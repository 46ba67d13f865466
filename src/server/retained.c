/* SPDX-License-Identifier: MIT */
#include "server/retained.h"

#include <assert.h>
#include <stddef.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"

typedef hws_retained_ring ring;

typedef struct kept_topic {
    hws_table_entry entry; /* first */
    ring messages;         /* the oldest is next */
    uint32_t name_size;
    char name[];
} kept_topic;

typedef struct kept {
    hws_table_entry entry; /* first; its hash is the label */
    ring by_age;
    ring of_topic;
    kept_topic *topic;
    hws_blob *frame;
} kept;

static void ring_init(ring *at)
{
    at->next = at->before = at;
}

static bool ring_is_empty(const ring *at)
{
    return at->next == at;
}

static void ring_push(ring *at, ring *last)
{
    last->next = at;
    last->before = at->before;
    at->before->next = last;
    at->before = last;
}

static void ring_take(ring *gone)
{
    gone->before->next = gone->next;
    gone->next->before = gone->before;
}

static kept *of_age(const ring *at)
{
    return (kept *)(void *)((uint8_t *)(uintptr_t)at - offsetof(kept, by_age));
}

static kept *of_topic(const ring *at)
{
    return (kept *)(void *)((uint8_t *)(uintptr_t)at - offsetof(kept, of_topic));
}

static const hws_memory *memory_of(const hws_retained *retained)
{
    return retained->messages.memory;
}

static void set_size(hws_retained *retained, size_t size)
{
    atomic_store_explicit(&retained->size, size, memory_order_relaxed);
}

void hws_retained_init(hws_retained *retained, const hws_memory *memory)
{
    hws_table_init(&retained->topics, memory);
    hws_table_init(&retained->messages, memory);
    ring_init(&retained->by_age);
    retained->size_max = 0;
    atomic_init(&retained->size, 0);
}

/* Topics. */

static hws_text name_of(const kept_topic *topic)
{
    return (hws_text){topic->name, topic->name_size};
}

static size_t size_of_topic(const kept_topic *topic)
{
    return sizeof *topic + topic->name_size;
}

static kept_topic *find_topic(const hws_retained *retained, hws_text name, uint64_t hash)
{
    hws_table_entry *entry = hws_table_find(&retained->topics, hash);
    while (entry && !hws_text_equal(name_of((kept_topic *)(void *)entry), name))
        entry = hws_table_find_next(entry);
    return (kept_topic *)(void *)entry;
}

/* NULL: no memory. */
static kept_topic *make_topic(hws_retained *retained, const hws_topic_name *name)
{
    if (hws_table_reserve(&retained->topics) < HWS_OK) return NULL;
    kept_topic *topic = hws_memory_new(memory_of(retained), sizeof *topic + name->text.size);
    if (!topic) return NULL;
    ring_init(&topic->messages);
    topic->name_size = (uint32_t)name->text.size;
    memcpy(topic->name, name->text.data, name->text.size);
    hws_table_add(&retained->topics, &topic->entry, name->hash);
    set_size(retained, hws_retained_size(retained) + size_of_topic(topic));
    return topic;
}

static void remove_if_empty(hws_retained *retained, kept_topic *topic)
{
    if (!ring_is_empty(&topic->messages)) return;
    hws_table_remove(&retained->topics, &topic->entry);
    set_size(retained, hws_retained_size(retained) - size_of_topic(topic));
    hws_memory_free(memory_of(retained), topic, size_of_topic(topic));
}

/* Messages. */

static kept *find(const hws_retained *retained, uint64_t label)
{
    return (kept *)(void *)hws_table_find(&retained->messages, label);
}

static void forget(hws_retained *retained, kept *gone)
{
    kept_topic *topic = gone->topic;
    hws_table_remove(&retained->messages, &gone->entry);
    ring_take(&gone->by_age);
    ring_take(&gone->of_topic);
    set_size(retained, hws_retained_size(retained) - sizeof *gone - gone->frame->size);
    hws_blob_unref(gone->frame);
    hws_memory_free(memory_of(retained), gone, sizeof *gone);
    remove_if_empty(retained, topic);
}

static void forget_oldest(hws_retained *retained)
{
    while (hws_retained_size(retained) > retained->size_max && !ring_is_empty(&retained->by_age))
        forget(retained, of_age(retained->by_age.next));
}

/* The newest, whatever it was before. */
static void place(hws_retained *retained, kept *it)
{
    ring_push(&retained->by_age, &it->by_age);
    ring_push(&it->topic->messages, &it->of_topic);
    set_size(retained, hws_retained_size(retained) + it->frame->size);
}

static void renew(hws_retained *retained, kept *it, hws_blob *frame)
{
    ring_take(&it->by_age);
    ring_take(&it->of_topic);
    set_size(retained, hws_retained_size(retained) - it->frame->size);
    hws_blob_ref(frame);
    hws_blob_unref(it->frame);
    it->frame = frame;
    place(retained, it);
}

static hws_status add(hws_retained *retained, const hws_topic_name *name, uint64_t label,
                      hws_blob *frame)
{
    HWS_TRY(hws_table_reserve(&retained->messages));
    kept_topic *topic = find_topic(retained, name->text, name->hash);
    if (!topic) topic = make_topic(retained, name);
    if (!topic) return HWS_ERR_NO_MEMORY;
    kept *it = hws_memory_new(memory_of(retained), sizeof *it);
    if (!it) {
        remove_if_empty(retained, topic);
        return HWS_ERR_NO_MEMORY;
    }
    *it = (kept){.topic = topic, .frame = hws_blob_ref(frame)};
    hws_table_add(&retained->messages, &it->entry, label);
    set_size(retained, hws_retained_size(retained) + sizeof *it);
    place(retained, it);
    return HWS_OK;
}

hws_status hws_retained_keep(hws_retained *retained, const hws_topic_name *topic, uint64_t label,
                             hws_blob *frame)
{
    kept *it = find(retained, label);
    if (it)
        renew(retained, it, frame);
    else
        HWS_TRY(add(retained, topic, label, frame));
    if (frame->size > retained->size_max) hws_retained_forget(retained, label);
    forget_oldest(retained);
    return HWS_OK;
}

void hws_retained_forget(hws_retained *retained, uint64_t label)
{
    kept *it = find(retained, label);
    if (it) forget(retained, it);
}

static hws_topic_name topic_name_of(const kept *it)
{
    return (hws_topic_name){.text = name_of(it->topic), .hash = it->topic->entry.hash};
}

void hws_retained_review(hws_retained *retained,
                         bool (*is_kept)(const hws_topic_name *topic, void *user), void *user)
{
    for (ring *at = retained->by_age.next, *next; at != &retained->by_age; at = next) {
        next = at->next;
        const hws_topic_name name = topic_name_of(of_age(at));
        if (!is_kept(&name, user)) forget(retained, of_age(at));
    }
}

void hws_retained_release(hws_retained *retained)
{
    if (!retained->by_age.next) return; /* never made */
    while (!ring_is_empty(&retained->by_age)) forget(retained, of_age(retained->by_age.next));
    assert(hws_retained_size(retained) == 0);
    hws_table_release(&retained->topics);
    hws_table_release(&retained->messages);
}

static hws_retained_view view_of(const kept *it)
{
    return (hws_retained_view){topic_name_of(it), it->entry.hash, it->frame};
}

static void show_topic(const kept_topic *topic,
                       void (*call)(const hws_retained_view *it, void *user), void *user)
{
    for (const ring *at = topic->messages.next; at != &topic->messages; at = at->next) {
        const hws_retained_view view = view_of(of_topic(at));
        call(&view, user);
    }
}

void hws_retained_show(const hws_retained *retained, const hws_subscription *to, uint64_t name_hash,
                       void (*call)(const hws_retained_view *it, void *user), void *user)
{
    if (!to->is_pattern) {
        const kept_topic *topic = find_topic(retained, to->name, name_hash);
        if (topic) show_topic(topic, call, user);
        return;
    }
    for (const ring *at = retained->by_age.next; at != &retained->by_age; at = at->next) {
        const hws_retained_view view = view_of(of_age(at));
        if (hws_pattern_matches(to->name, view.topic.text)) call(&view, user);
    }
}
