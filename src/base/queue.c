/* SPDX-License-Identifier: MIT */
/* A ring of nodes of five kinds, known by its last one, whose next is the first:
 *
 *     chunk      node | bytes … room     copied bytes; the last chunk is filled up before a new one
 *     share      node ──▶ blob           a reference; no room
 *     labelled   node ──▶ blob           the same, in a list of those of one queue and label
 *     taken      node ──▶ blob           a reference to a part of what nobody else sends
 *     borrowed   node ──▶ bytes          of somebody else, until they are kept
 *
 * Chunks come from two pools and go back to them within the turn when the peer reads: a small one
 * first, big ones once there is more.  Only what is bigger is asked of the memory hook each time:
 * an allocator that gives freed pages back to the system would have them faulted in again and
 * again. */
#include "base/queue.h"

#include <assert.h>

#include "base/memory.h"
#include "base/try.h"

enum {
    /* Together with the allocator's word not a multiple of 4096, lest the chunks of many
     * connections fight for the same lines of the cache. */
    CHUNK_SIZE = 4032,
    CHUNKS_KEPT_MAX = 512,
    BIG_CHUNK_SIZE = 32704,
    BIG_CHUNKS_KEPT_MAX = 128,
    SHARES_KEPT_MAX = 4096,
    LABELLED_KEPT_MAX = 1024,
};

typedef enum kind { CHUNK, SHARE, LABELLED, TAKEN, BORROWED } kind;

struct hws_queue_node {
    hws_queue_node *next;
    hws_queue_node *before;
    uint8_t *data; /* the first byte that waits */
    size_t size;   /* bytes that wait */
    union {
        size_t block_size; /* of a chunk, node and room included */
        hws_blob *blob;    /* of a share, or of what is taken */
    };
    uint8_t kind;
    bool is_lent;
};

typedef struct group group;
typedef struct labelled labelled;

struct labelled {
    hws_queue_node node; /* first */
    group *group;
    labelled *next; /* behind it in the queue */
};

/* The shares of one label in one queue. */
struct group {
    hws_table_entry entry; /* first */
    const hws_queue *queue;
    uint64_t label;
    labelled *first;
    labelled *last;
};

void hws_queue_store_init(hws_queue_store *store, const hws_memory *memory)
{
    store->memory = memory;
    store->borrowed_count = 0;
    store->expecting = NULL;
    atomic_init(&store->waiting, 0);
    atomic_init(&store->shared, 0);
    hws_pool_init(&store->chunks, memory, CHUNK_SIZE, CHUNKS_KEPT_MAX);
    hws_pool_init(&store->big_chunks, memory, BIG_CHUNK_SIZE, BIG_CHUNKS_KEPT_MAX);
    hws_pool_init(&store->shares, memory, sizeof(hws_queue_node), SHARES_KEPT_MAX);
    hws_pool_init(&store->labelled, memory, sizeof(labelled), LABELLED_KEPT_MAX);
    hws_pool_init(&store->groups, memory, sizeof(group), LABELLED_KEPT_MAX);
    hws_table_init(&store->labels, memory);
}

void hws_queue_store_release(hws_queue_store *store)
{
    hws_pool_release(&store->chunks);
    hws_pool_release(&store->big_chunks);
    hws_pool_release(&store->shares);
    hws_pool_release(&store->labelled);
    hws_pool_release(&store->groups);
    hws_table_release(&store->labels);
}

void hws_queue_init(hws_queue *queue, hws_queue_store *store)
{
    *queue = (hws_queue){.store = store};
}

/* One thread writes, any may read. */
static void set(_Atomic(size_t) *number, size_t value)
{
    atomic_store_explicit(number, value, memory_order_relaxed);
}

static void grow(hws_queue *queue, size_t size)
{
    queue->size += size;
    set(&queue->store->waiting, hws_queue_store_waiting(queue->store) + size);
}

static void shrink(hws_queue *queue, size_t size)
{
    queue->size -= size;
    set(&queue->store->waiting, hws_queue_store_waiting(queue->store) - size);
}

static void push(hws_queue *queue, hws_queue_node *node)
{
    hws_queue_node *last = queue->last;
    node->next = last ? last->next : node;
    node->before = last ? last : node;
    node->next->before = node;
    if (last) last->next = node;
    queue->last = node;
}

static void unlink_node(hws_queue *queue, hws_queue_node *node)
{
    node->before->next = node->next;
    node->next->before = node->before;
    if (queue->last == node) queue->last = node->before == node ? NULL : node->before;
}

/* Free bytes behind those that wait. */
static size_t room_of(const hws_queue_node *node)
{
    if (node->kind != CHUNK) return 0;
    return (size_t)((const uint8_t *)node + node->block_size - (node->data + node->size));
}

/* Whether blocks of that size are kept; others are made to measure. */
static bool is_pooled(size_t block_size)
{
    return block_size == CHUNK_SIZE || block_size == BIG_CHUNK_SIZE;
}

static hws_pool *pool_of(hws_queue_store *store, size_t block_size)
{
    return block_size == CHUNK_SIZE ? &store->chunks : &store->big_chunks;
}

/* A chunk with room for `size` bytes; `is_big`: and for more that follows. */
static hws_queue_node *chunk_new(hws_queue_store *store, size_t size, bool is_big)
{
    if (size > SIZE_MAX - sizeof(hws_queue_node)) return NULL;
    const size_t needed = sizeof(hws_queue_node) + size;
    const size_t block_size = needed <= CHUNK_SIZE && !is_big ? CHUNK_SIZE
                              : needed <= BIG_CHUNK_SIZE      ? BIG_CHUNK_SIZE
                                                              : hws_memory_round(needed);
    hws_queue_node *node = is_pooled(block_size) ? hws_pool_take(pool_of(store, block_size))
                                                 : hws_memory_new(store->memory, block_size);
    if (!node) return NULL;
    *node = (hws_queue_node){
        .data = (uint8_t *)(node + 1),
        .block_size = block_size,
        .kind = CHUNK,
    };
    return node;
}

/* A blob counts from the first queue that it waits in to the last. */
static void hold_blob(hws_queue_store *store, hws_blob *blob)
{
    hws_blob_ref(blob);
    if (blob->queued_count++ == 0) set(&store->shared, hws_queue_store_shared(store) + blob->size);
}

static void let_blob_go(hws_queue_store *store, hws_blob *blob)
{
    if (--blob->queued_count == 0) set(&store->shared, hws_queue_store_shared(store) - blob->size);
    hws_blob_unref(blob);
}

/* Groups. */

static uint64_t group_hash(const hws_queue *queue, uint64_t label)
{
    return label ^ ((uint64_t)(uintptr_t)queue * UINT64_C(0x9E3779B97F4A7C15));
}

static group *find_group(const hws_queue *queue, uint64_t label)
{
    hws_table_entry *entry = hws_table_find(&queue->store->labels, group_hash(queue, label));
    for (; entry; entry = hws_table_find_next(entry)) {
        group *it = (group *)(void *)entry;
        if (it->queue == queue && it->label == label) return it;
    }
    return NULL;
}

/* NULL: no memory. */
static group *make_group(hws_queue *queue, uint64_t label)
{
    hws_queue_store *store = queue->store;
    if (hws_table_reserve(&store->labels) < HWS_OK) return NULL;
    group *it = hws_pool_take(&store->groups);
    if (!it) return NULL;
    *it = (group){.queue = queue, .label = label};
    hws_table_add(&store->labels, &it->entry, group_hash(queue, label));
    return it;
}

static void remove_if_empty(hws_queue_store *store, group *it)
{
    if (it->first) return;
    hws_table_remove(&store->labels, &it->entry);
    hws_pool_give(&store->groups, it);
}

static void leave_group(hws_queue_store *store, labelled *gone)
{
    group *it = gone->group;
    labelled *before = NULL;
    labelled **link = &it->first;
    while (*link != gone) {
        before = *link;
        link = &before->next;
    }
    *link = gone->next;
    if (it->last == gone) it->last = before;
    remove_if_empty(store, it);
}

static void free_chunk(hws_queue_store *store, hws_queue_node *node)
{
    if (is_pooled(node->block_size))
        hws_pool_give(pool_of(store, node->block_size), node);
    else
        hws_memory_free(store->memory, node, node->block_size);
}

static void node_free(hws_queue_store *store, hws_queue_node *node)
{
    switch ((kind)node->kind) {
    case CHUNK:
        free_chunk(store, node);
        return;
    case LABELLED:
        let_blob_go(store, node->blob);
        leave_group(store, (labelled *)(void *)node);
        hws_pool_give(&store->labelled, node);
        return;
    case SHARE:
        let_blob_go(store, node->blob);
        break;
    case TAKEN:
        hws_blob_unref(node->blob);
        break;
    case BORROWED:
        store->borrowed_count--;
        break;
    }
    hws_pool_give(&store->shares, node);
}

/* Not in line: what every message calls, below, then has no registers to save. */
__attribute__((noinline)) static uint8_t *reserve_anew(hws_queue *queue, size_t size)
{
    hws_queue_store *store = queue->store;
    const bool is_big = queue->last != NULL || store->expecting == queue;
    hws_queue_node *made = chunk_new(store, size, is_big);
    if (!made) return NULL;
    push(queue, made);
    return made->data;
}

uint8_t *hws_queue_reserve(hws_queue *queue, size_t size)
{
    const hws_queue_node *last = queue->last;
    return last && room_of(last) >= size ? last->data + last->size : reserve_anew(queue, size);
}

void hws_queue_commit(hws_queue *queue, size_t size)
{
    assert(queue->last);
    queue->last->size += size;
    grow(queue, size);
}

void hws_queue_expect(hws_queue_store *store, const hws_queue *queue, size_t size)
{
    store->expecting = size > CHUNK_SIZE ? queue : NULL;
}

hws_status hws_queue_append(hws_queue *queue, const void *bytes, size_t size)
{
    if (size == 0) return HWS_OK;
    uint8_t *room = hws_queue_reserve(queue, size);
    if (!room) return HWS_ERR_NO_MEMORY;
    memcpy(room, bytes, size);
    hws_queue_commit(queue, size);
    return HWS_OK;
}

/* Errors: HWS_ERR_NO_MEMORY. */
static hws_status push_run(hws_queue *queue, hws_span run, hws_blob *blob, kind what)
{
    hws_queue_node *node = hws_pool_take(&queue->store->shares);
    if (!node) return HWS_ERR_NO_MEMORY;
    *node =
        (hws_queue_node){.data = run.data, .size = run.size, .blob = blob, .kind = (uint8_t)what};
    push(queue, node);
    grow(queue, run.size);
    return HWS_OK;
}

hws_status hws_queue_take(hws_queue *queue, hws_blob *blob, hws_span part)
{
    if (part.size == 0) return HWS_OK;
    HWS_TRY(push_run(queue, part, blob, TAKEN));
    hws_blob_ref(blob);
    return HWS_OK;
}

hws_status hws_queue_borrow(hws_queue *queue, hws_span bytes)
{
    if (bytes.size == 0) return HWS_OK;
    HWS_TRY(push_run(queue, bytes, NULL, BORROWED));
    queue->store->borrowed_count++;
    return HWS_OK;
}

static void replace_node(hws_queue *queue, hws_queue_node *old, hws_queue_node *made)
{
    made->before = old->before == old ? made : old->before;
    made->next = old->next == old ? made : old->next;
    made->before->next = made;
    made->next->before = made;
    if (queue->last == old) queue->last = made;
}

/* Behind what waits before it, where there is room; else in a chunk of its own.  Returns where it
 * is now; NULL: no memory. */
static hws_queue_node *keep_node(hws_queue *queue, hws_queue_node *node)
{
    assert(queue->last); /* `node` at least is there */
    const bool is_first = node == queue->last->next;
    hws_queue_node *chunk = node->before;
    if (is_first || room_of(chunk) < node->size) {
        chunk = chunk_new(queue->store, node->size, !is_first);
        if (!chunk) return NULL;
        replace_node(queue, node, chunk);
    } else {
        unlink_node(queue, node);
    }
    memcpy(chunk->data + chunk->size, node->data, node->size);
    chunk->size += node->size;
    node_free(queue->store, node);
    return chunk;
}

/* From `first` on to the end. */
static void cut_off(hws_queue *queue, const hws_queue_node *first)
{
    for (bool is_done = false; !is_done;) {
        hws_queue_node *last = queue->last;
        assert(last); /* `first` is among them */
        is_done = last == first;
        shrink(queue, last->size);
        unlink_node(queue, last);
        node_free(queue->store, last);
    }
}

hws_status hws_queue_keep(hws_queue *queue)
{
    hws_queue_node *node = queue->last;
    if (queue->store->borrowed_count == 0 || !node) return HWS_OK;
    do {
        node = node->next;
        if (node->kind != BORROWED) continue;
        hws_queue_node *kept = keep_node(queue, node);
        if (!kept) {
            cut_off(queue, node);
            return HWS_ERR_NO_MEMORY;
        }
        node = kept;
    } while (node != queue->last);
    return HWS_OK;
}

static void push_share(hws_queue *queue, hws_queue_node *node, hws_blob *blob, kind what)
{
    *node = (hws_queue_node){
        .data = blob->data, .size = blob->size, .blob = blob, .kind = (uint8_t)what};
    hold_blob(queue->store, blob);
    push(queue, node);
    grow(queue, blob->size);
}

hws_status hws_queue_share(hws_queue *queue, hws_blob *blob)
{
    if (blob->size == 0) return HWS_OK;
    hws_queue_node *node = hws_pool_take(&queue->store->shares);
    if (!node) return HWS_ERR_NO_MEMORY;
    push_share(queue, node, blob, SHARE);
    return HWS_OK;
}

hws_status hws_queue_share_as(hws_queue *queue, hws_blob *blob, uint64_t label)
{
    if (blob->size == 0) return HWS_OK;
    labelled *made = hws_pool_take(&queue->store->labelled);
    if (!made) return HWS_ERR_NO_MEMORY;
    group *its = find_group(queue, label);
    if (!its) its = make_group(queue, label);
    if (!its) {
        hws_pool_give(&queue->store->labelled, made);
        return HWS_ERR_NO_MEMORY;
    }
    made->group = its;
    made->next = NULL;
    *(its->last ? &its->last->next : &its->first) = made;
    its->last = made;
    push_share(queue, &made->node, blob, LABELLED);
    return HWS_OK;
}

/* Those in front of it are lent, or begun: few. */
static labelled *first_whole(const hws_queue *queue, uint64_t label)
{
    const group *its = find_group(queue, label);
    labelled *at = its ? its->first : NULL;
    while (at && (at->node.is_lent || at->node.data != at->node.blob->data)) at = at->next;
    return at;
}

static void take_out(hws_queue *queue, labelled *gone)
{
    shrink(queue, gone->node.size);
    unlink_node(queue, &gone->node);
    node_free(queue->store, &gone->node);
}

bool hws_queue_withdraw(hws_queue *queue, uint64_t label)
{
    labelled *gone = first_whole(queue, label);
    if (gone) take_out(queue, gone);
    return gone != NULL;
}

size_t hws_queue_replace(hws_queue *queue, uint64_t label, hws_blob *blob)
{
    labelled *at = first_whole(queue, label);
    if (!at || blob->size == 0) return 0;
    size_t count = 1;
    for (; at->next; count++) take_out(queue, at->next);
    hws_queue_node *node = &at->node;
    shrink(queue, node->size);
    hold_blob(queue->store, blob);
    let_blob_go(queue->store, node->blob);
    node->blob = blob;
    node->data = blob->data;
    node->size = blob->size;
    grow(queue, node->size);
    return count;
}

size_t hws_queue_peek(const hws_queue *queue, hws_span *spans, size_t span_max)
{
    size_t count = 0;
    const hws_queue_node *last = queue->last;
    const hws_queue_node *node = last;
    if (!last) return 0;
    do {
        node = node->next;
        if (node->size > 0) spans[count++] = (hws_span){node->data, node->size};
    } while (node != last && count < span_max);
    return count;
}

size_t hws_queue_lend(hws_queue *queue, hws_span *spans, size_t span_max)
{
    const size_t count = hws_queue_peek(queue, spans, span_max);
    hws_queue_node *node = queue->last;
    for (size_t lent = 0; lent < count;) {
        node = node->next;
        node->is_lent = true;
        if (node->size > 0) lent++;
    }
    return count;
}

void hws_queue_return(hws_queue *queue)
{
    if (!queue->last) return;
    hws_queue_node *node = queue->last->next;
    for (; node->is_lent; node = node->next) node->is_lent = false;
}

/* A chunk that was emptied goes, even the last one: an idle connection owns no buffer. */
static void shift(hws_queue *queue)
{
    hws_queue_node *first = queue->last->next;
    unlink_node(queue, first);
    node_free(queue->store, first);
}

void hws_queue_drop(hws_queue *queue, size_t size)
{
    assert(size <= queue->size);
    shrink(queue, size);
    while (queue->last && size >= queue->last->next->size) {
        size -= queue->last->next->size;
        shift(queue);
    }
    if (size == 0) return;
    assert(queue->last);
    hws_queue_node *first = queue->last->next;
    first->data += size;
    first->size -= size;
}

void hws_queue_clear(hws_queue *queue)
{
    while (queue->last) shift(queue);
    if (queue->size > 0) shrink(queue, queue->size);
}
