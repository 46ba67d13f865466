/* SPDX-License-Identifier: MIT */
#include "server/addresses.h"

#include <assert.h>
#include <pthread.h>

#include "base/memory.h"
#include "base/try.h"

enum {
    BUCKETS_MIN = 64,
    IDLE_MAX = 4096,
};

typedef enum kind { KIND_LOCAL, KIND_IPV4, KIND_IPV6 } kind;

typedef struct source {
    uint64_t kind;
    uint64_t prefix; /* the address, or the first half of it */
} source;

typedef struct entry entry;

struct entry {
    hws_tally tally; /* first */
    hws_addresses *home;
    entry *next; /* in its bucket */
    source origin;
    hws_bucket bucket;
    uint32_t count;
    bool is_local;
};

struct hws_addresses {
    pthread_mutex_t lock;
    const hws_memory *memory;
    hws_hash_key key;
    hws_addresses_rules rules;
    uint64_t now_ms; /* when the last one came */
    hws_bucket all;  /* of rules.all_rate */
    entry **buckets;
    size_t bucket_count; /* a power of two */
    size_t entry_count;
    size_t idle_count; /* entries without a connection */
    uint32_t count;    /* connections */
    bool orphaned;
    entry unknown; /* of those whose address is still to be told; never in the table */
};

/* Whose a connection is. */

static source of_ipv4(const void *bytes, bool *is_local)
{
    const uint8_t *at = bytes;
    *is_local = at[0] == 127;
    return (source){KIND_IPV4,
                    (uint64_t)at[0] << 24 | (uint64_t)at[1] << 16 | (uint64_t)at[2] << 8 | at[3]};
}

static source origin_of(const hws_address *peer, bool *is_local)
{
    if (peer->any.sa_family == AF_INET) return of_ipv4(&peer->v4.sin_addr, is_local);
    if (peer->any.sa_family != AF_INET6) {
        *is_local = true;
        return (source){KIND_LOCAL, 0};
    }
    const struct in6_addr *host = &peer->v6.sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(host)) return of_ipv4(host->s6_addr + 12, is_local);
    *is_local = IN6_IS_ADDR_LOOPBACK(host);
    source it = {KIND_IPV6, 0};
    for (size_t i = 0; i < 8; i++) it.prefix = it.prefix << 8 | host->s6_addr[i];
    return it;
}

/* The table. */

static entry **bucket_of(const hws_addresses *it, const source *origin)
{
    return &it->buckets[hws_hash(&it->key, origin, sizeof *origin) & (it->bucket_count - 1)];
}

static entry *find(const hws_addresses *it, const source *origin)
{
    entry *each = *bucket_of(it, origin);
    while (each && (each->origin.kind != origin->kind || each->origin.prefix != origin->prefix))
        each = each->next;
    return each;
}

static void insert(const hws_addresses *it, entry *new)
{
    entry **place = bucket_of(it, &new->origin);
    new->next = *place;
    *place = new;
}

/* Without memory the chains are longer for now. */
static void grow(hws_addresses *it)
{
    const size_t old_count = it->bucket_count;
    entry **old = it->buckets;
    entry **made = hws_memory_new_zeroed(it->memory, 2 * old_count * sizeof *made);
    if (!made) return;
    it->buckets = made;
    it->bucket_count = 2 * old_count;
    for (size_t i = 0; i < old_count; i++) {
        for (entry *each = old[i], *next; each; each = next) {
            next = each->next;
            insert(it, each);
        }
    }
    hws_memory_free(it->memory, old, old_count * sizeof *old);
}

static bool is_forgettable(const hws_addresses *it, const entry *each, bool recovers)
{
    return each->count == 0 && (!recovers || hws_bucket_is_full(&each->bucket, it->now_ms));
}

/* Forgets the entries without a connection: those that have recovered, or all. */
static void sweep(hws_addresses *it, bool recovers)
{
    for (size_t i = 0; i < it->bucket_count; i++) {
        for (entry **place = &it->buckets[i], *each; (each = *place);) {
            if (!is_forgettable(it, each, recovers)) {
                place = &each->next;
                continue;
            }
            *place = each->next;
            it->entry_count--;
            it->idle_count--;
            hws_memory_free(it->memory, each, sizeof *each);
        }
    }
}

static void forget(hws_addresses *it, entry *gone)
{
    entry **place = bucket_of(it, &gone->origin);
    while (*place != gone) place = &(*place)->next;
    *place = gone->next;
    it->entry_count--;
    hws_memory_free(it->memory, gone, sizeof *gone);
}

/* Half of the bound is made free at once, lest each newcomer has to sweep. */
static void bound_idle(hws_addresses *it)
{
    if (it->idle_count < IDLE_MAX) return;
    sweep(it, true);
    if (it->idle_count > IDLE_MAX / 2) sweep(it, false);
}

/* Leaving. */

static void free_all(hws_addresses *it)
{
    sweep(it, false);
    assert(it->entry_count == 0);
    pthread_mutex_destroy(&it->lock);
    hws_memory_free(it->memory, it->buckets, it->bucket_count * sizeof *it->buckets);
    hws_memory_free(it->memory, it, sizeof *it);
}

/* Unlocks; the last one frees. */
static void let_go(hws_addresses *it)
{
    const bool is_last = it->orphaned && it->count == 0;
    pthread_mutex_unlock(&it->lock);
    if (is_last) free_all(it);
}

static void add(hws_tally *tally)
{
    entry *it = (entry *)tally;
    pthread_mutex_lock(&it->home->lock);
    it->count++;
    it->home->count++;
    pthread_mutex_unlock(&it->home->lock);
}

/* Without a connection it may be forgotten, at once or some time. */
static void idle(hws_addresses *it, entry *gone)
{
    if (is_forgettable(it, gone, true)) {
        forget(it, gone);
    } else if (gone->count == 0) {
        it->idle_count++;
        bound_idle(it);
    }
}

static void leave(hws_tally *tally)
{
    entry *gone = (entry *)tally;
    hws_addresses *it = gone->home;
    pthread_mutex_lock(&it->lock);
    assert(gone->count > 0);
    gone->count--;
    it->count--;
    if (gone != &it->unknown) idle(it, gone);
    let_go(it);
}

/* Coming. */

static entry *make(hws_addresses *it, const source *origin, bool is_local)
{
    entry *made = hws_memory_new(it->memory, sizeof *made);
    if (!made) return NULL;
    *made = (entry){
        .tally = {.add = add, .remove = leave},
        .home = it,
        .origin = *origin,
        .is_local = is_local,
    };
    if (it->entry_count >= it->bucket_count) grow(it);
    insert(it, made);
    it->entry_count++;
    it->idle_count++;
    return made;
}

static hws_status judge(const hws_addresses *it, entry *from)
{
    const hws_addresses_rules *rules = &it->rules;
    if (from->count >= rules->count_max && !(from->is_local && rules->count_spares_local))
        return HWS_ERR_ADDRESS_COUNT;
    if (from->is_local && rules->rate_spares_local) return HWS_OK;
    return hws_bucket_take(&from->bucket, &rules->rate, it->now_ms, 1) ? HWS_OK
                                                                       : HWS_ERR_ADDRESS_RATE;
}

/* Whose entry it is, when there is room for one more of it. */
static hws_status admit(hws_addresses *it, const hws_address *peer, entry **out)
{
    bool is_local;
    const source origin = origin_of(peer, &is_local);
    entry *from = find(it, &origin);
    if (!from) from = make(it, &origin, is_local);
    if (!from) return HWS_ERR_NO_MEMORY;
    HWS_TRY(judge(it, from));
    *out = from;
    return HWS_OK;
}

static hws_tally *count_in(hws_addresses *it, entry *from)
{
    if (from->count++ == 0 && from != &it->unknown) it->idle_count--;
    return &from->tally;
}

/* `peer` NULL: not known yet. */
static hws_status enter(hws_addresses *it, const hws_address *peer, hws_tally **tally)
{
    entry *from = &it->unknown;
    if (it->count >= it->rules.all_count_max) return HWS_ERR_LIMIT;
    if (peer) HWS_TRY(admit(it, peer, &from));
    if (!hws_bucket_take(&it->all, &it->rules.all_rate, it->now_ms, 1))
        return HWS_ERR_CONNECTION_RATE;
    *tally = count_in(it, from);
    it->count++;
    return HWS_OK;
}

static hws_status settle(hws_addresses *it, const hws_address *peer, hws_tally **tally)
{
    entry *from;
    assert(*tally == &it->unknown.tally);
    HWS_TRY(admit(it, peer, &from));
    it->unknown.count--;
    *tally = count_in(it, from);
    return HWS_OK;
}

static void see_time(hws_addresses *it, uint64_t now_ms)
{
    if (now_ms > it->now_ms) it->now_ms = now_ms; /* of whichever thread is ahead */
}

hws_status hws_addresses_enter(hws_addresses *it, const hws_address *peer, uint64_t now_ms,
                               hws_tally **tally)
{
    pthread_mutex_lock(&it->lock);
    see_time(it, now_ms);
    const hws_status status = enter(it, peer, tally);
    pthread_mutex_unlock(&it->lock);
    return status;
}

hws_status hws_addresses_settle(hws_addresses *it, const hws_address *peer, uint64_t now_ms,
                                hws_tally **tally)
{
    pthread_mutex_lock(&it->lock);
    see_time(it, now_ms);
    const hws_status status = settle(it, peer, tally);
    pthread_mutex_unlock(&it->lock);
    return status;
}

uint32_t hws_addresses_count(hws_addresses *it)
{
    pthread_mutex_lock(&it->lock);
    const uint32_t count = it->count;
    pthread_mutex_unlock(&it->lock);
    return count;
}

/* Making, freeing. */

hws_status hws_addresses_new(const hws_memory *memory, const hws_hash_key *key,
                             const hws_addresses_rules *rules, hws_addresses **addresses)
{
    hws_addresses *made = hws_memory_new(memory, sizeof *made);
    if (!made) return HWS_ERR_NO_MEMORY;
    *made = (hws_addresses){
        .memory = memory,
        .key = *key,
        .rules = *rules,
        .bucket_count = BUCKETS_MIN,
        .unknown = {.tally = {.add = add, .remove = leave}, .home = made},
    };
    made->buckets = hws_memory_new_zeroed(memory, BUCKETS_MIN * sizeof(entry *));
    if (!made->buckets || pthread_mutex_init(&made->lock, NULL) != 0) {
        hws_memory_free(memory, made->buckets, BUCKETS_MIN * sizeof(entry *));
        hws_memory_free(memory, made, sizeof *made);
        return HWS_ERR_NO_MEMORY;
    }
    *addresses = made;
    return HWS_OK;
}

void hws_addresses_free(hws_addresses *it)
{
    if (!it) return;
    pthread_mutex_lock(&it->lock);
    it->orphaned = true;
    let_go(it);
}
