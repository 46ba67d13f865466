/* SPDX-License-Identifier: MIT */
/* The channels with the most subscribers.
 *
 * Each thread's largest are candidates, and then their subscribers on all threads are added up.  A
 * thread's channels are looked through a part at a time, so that nobody who subscribes meanwhile
 * waits for long. */
#include "base/memory.h"
#include "channel/channel.h"

enum {
    PART = 1024,    /* buckets that are looked through under one lock */
    CANDIDATES = 4, /* of a thread, for each channel that is wanted */
};

typedef struct candidate {
    hws_table_entry link; /* among those that were added up */
    hws_channel_figures figures;
} candidate;

/* The largest, in order. */
typedef struct ranking {
    hws_channel_figures *list;
    size_t count;
    size_t capacity;
} ranking;

static bool is_before(const hws_channel_figures *one, const hws_channel_figures *other)
{
    if (one->subscriber_count != other->subscriber_count)
        return one->subscriber_count > other->subscriber_count;
    return strcmp(one->name, other->name) < 0;
}

static void rank(ranking *it, const hws_channel_figures *figures)
{
    size_t place = it->count;
    while (place > 0 && is_before(figures, &it->list[place - 1])) place--;
    if (place == it->capacity) return;
    if (it->count < it->capacity) it->count++;
    memmove(&it->list[place + 1], &it->list[place], (it->count - 1 - place) * sizeof *it->list);
    it->list[place] = *figures;
}

static void look_at(hws_table_entry *entry, void *user)
{
    const hws_channel *channel = (const hws_channel *)entry;
    ranking *it = user;
    const bool is_full = it->count == it->capacity;
    if (is_full && channel->member_count < it->list[it->count - 1].subscriber_count) return;
    hws_channel_figures figures = {.subscriber_count = channel->member_count};
    memcpy(figures.name, channel->text, channel->name_size);
    rank(it, &figures);
}

/* A table that grows meanwhile shows some twice, and may hide some: they are seen the next time. */
static void look_through(hws_station *station, ranking *it)
{
    size_t bucket = 0;
    size_t bucket_count;
    do {
        pthread_mutex_lock(&station->lock);
        bucket_count = station->channels.bucket_count;
        for (size_t i = 0; i < PART && bucket < bucket_count; i++)
            hws_table_each_in(&station->channels, bucket++, look_at, it);
        pthread_mutex_unlock(&station->lock);
    } while (bucket < bucket_count);
}

/* The stations of a hub, which are there as long as it is. */
typedef struct crew {
    hws_station *list[HWS_THREADS_MAX];
    size_t count;
} crew;

static void add_up(const crew *all, hws_channel_figures *figures)
{
    const hws_text name = hws_text_of(figures->name);
    figures->subscriber_count = figures->delivery_total = 0;
    for (size_t i = 0; i < all->count; i++) {
        hws_station *station = all->list[i];
        pthread_mutex_lock(&station->lock);
        const hws_channel *channel = hws_channel_find(station, name);
        if (channel) {
            figures->subscriber_count += channel->member_count;
            figures->delivery_total += hws_counter_read(&channel->delivered);
        }
        pthread_mutex_unlock(&station->lock);
    }
}

static bool is_known(const hws_table *known, const char *name, uint64_t hash)
{
    const hws_table_entry *at = hws_table_find(known, hash);
    while (at && strcmp(((const candidate *)at)->figures.name, name) != 0)
        at = hws_table_find_next(at);
    return at != NULL;
}

/* Memory that lacks: there are fewer of them. */
static void take_candidates(const crew *all, const ranking *of_station, hws_table *known,
                            ranking *top)
{
    const hws_hub *hub = all->list[0]->hub;
    for (size_t i = 0; i < of_station->count; i++) {
        const char *name = of_station->list[i].name;
        const uint64_t hash = hws_hash(&hub->key, name, strlen(name));
        if (is_known(known, name, hash) || hws_table_reserve(known) != HWS_OK) continue;
        candidate *it = hws_memory_new(hub->memory, sizeof *it);
        if (!it) continue;
        it->figures = of_station->list[i];
        hws_table_add(known, &it->link, hash);
        add_up(all, &it->figures);
        if (it->figures.subscriber_count > 0) rank(top, &it->figures);
    }
}

static void forget(hws_table_entry *link, void *user)
{
    hws_table *known = user;
    hws_table_remove(known, link);
    hws_memory_free(known->memory, link, sizeof(candidate));
}

size_t hws_hub_top(hws_hub *hub, hws_channel_figures *list, size_t count)
{
    if (count > HWS_TOP_MAX) count = HWS_TOP_MAX;
    ranking top = {.list = list, .capacity = count};
    const size_t size = count * CANDIDATES * sizeof *list;
    hws_channel_figures *candidates = count > 0 ? hws_memory_new(hub->memory, size) : NULL;
    if (!candidates) return 0;
    hws_table known;
    hws_table_init(&known, hub->memory);
    crew all;
    pthread_mutex_lock(&hub->lock);
    all.count = hub->station_count;
    memcpy(all.list, hub->stations, all.count * sizeof *all.list);
    pthread_mutex_unlock(&hub->lock);
    for (size_t i = 0; i < all.count; i++) {
        ranking of_station = {.list = candidates, .capacity = count * CANDIDATES};
        look_through(all.list[i], &of_station);
        take_candidates(&all, &of_station, &known, &top);
    }
    hws_table_each(&known, forget, &known);
    hws_table_release(&known);
    hws_memory_free(hub->memory, candidates, size);
    return top.count;
}
