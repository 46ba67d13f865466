/* SPDX-License-Identifier: MIT */
/* A list of nodes of two kinds:
 *
 *     chunk   node | bytes … room     copied bytes; the last chunk is filled up before a new one
 *     share   node ──▶ blob           a reference; no room
 *
 * Chunks come from two pools and go back to them within the turn when the peer reads: a small one
 * first, big ones once there is more.  Only what is bigger is asked of the memory hook each time:
 * an allocator that gives freed pages back to the system would have them faulted in again and
 * again. */
#include "base/queue.h"

#include <assert.h>
#include <stdbool.h>

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
};

struct hws_queue_node {
    hws_queue_node *next;
    uint8_t *data; /* the first byte that waits */
    size_t size;   /* bytes that wait */
    size_t room;   /* free bytes behind them */
    size_t block_size;
    hws_blob *blob; /* NULL: the bytes follow the node */
};

void hws_queue_store_init(hws_queue_store *store, const hws_memory *memory)
{
    store->memory = memory;
    hws_pool_init(&store->chunks, memory, CHUNK_SIZE, CHUNKS_KEPT_MAX);
    hws_pool_init(&store->big_chunks, memory, BIG_CHUNK_SIZE, BIG_CHUNKS_KEPT_MAX);
    hws_pool_init(&store->shares, memory, sizeof(hws_queue_node), SHARES_KEPT_MAX);
}

void hws_queue_store_release(hws_queue_store *store)
{
    hws_pool_release(&store->chunks);
    hws_pool_release(&store->big_chunks);
    hws_pool_release(&store->shares);
}

void hws_queue_init(hws_queue *queue, hws_queue_store *store)
{
    *queue = (hws_queue){.store = store};
}

static void push(hws_queue *queue, hws_queue_node *node)
{
    if (queue->last)
        queue->last->next = node;
    else
        queue->first = node;
    queue->last = node;
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

/* A chunk with room for `size` bytes; `goes_on`: others wait before it already. */
static hws_queue_node *chunk_new(hws_queue_store *store, size_t size, bool goes_on)
{
    if (size > SIZE_MAX - sizeof(hws_queue_node)) return NULL;
    const size_t needed = sizeof(hws_queue_node) + size;
    const size_t block_size = needed <= CHUNK_SIZE && !goes_on ? CHUNK_SIZE
                              : needed <= BIG_CHUNK_SIZE       ? BIG_CHUNK_SIZE
                                                               : needed;
    hws_queue_node *node = is_pooled(block_size) ? hws_pool_take(pool_of(store, block_size))
                                                 : hws_memory_new(store->memory, block_size);
    if (!node) return NULL;
    *node = (hws_queue_node){
        .data = (uint8_t *)(node + 1),
        .room = block_size - sizeof *node,
        .block_size = block_size,
    };
    return node;
}

static void node_free(hws_queue_store *store, hws_queue_node *node)
{
    if (node->blob) {
        hws_blob_unref(node->blob, store->memory);
        hws_pool_give(&store->shares, node);
        return;
    }
    if (is_pooled(node->block_size))
        hws_pool_give(pool_of(store, node->block_size), node);
    else
        hws_memory_free(store->memory, node, node->block_size);
}

uint8_t *hws_queue_reserve(hws_queue *queue, size_t size)
{
    hws_queue_node *last = queue->last;
    if (!last || last->room < size) {
        last = chunk_new(queue->store, size, last != NULL);
        if (!last) return NULL;
        push(queue, last);
    }
    return last->data + last->size;
}

void hws_queue_commit(hws_queue *queue, size_t size)
{
    hws_queue_node *last = queue->last;
    assert(last && last->room >= size);
    last->size += size;
    last->room -= size;
    queue->size += size;
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

hws_status hws_queue_share(hws_queue *queue, hws_blob *blob)
{
    if (blob->size == 0) return HWS_OK;
    hws_queue_node *node = hws_pool_take(&queue->store->shares);
    if (!node) return HWS_ERR_NO_MEMORY;
    *node = (hws_queue_node){.data = blob->data, .size = blob->size, .blob = hws_blob_ref(blob)};
    push(queue, node);
    queue->size += blob->size;
    return HWS_OK;
}

size_t hws_queue_peek(const hws_queue *queue, hws_span *spans, size_t span_max)
{
    size_t count = 0;
    for (const hws_queue_node *node = queue->first; node && count < span_max; node = node->next)
        if (node->size > 0) spans[count++] = (hws_span){node->data, node->size};
    return count;
}

/* A chunk that was emptied goes, even the last one: an idle connection owns no buffer. */
static void shift(hws_queue *queue)
{
    hws_queue_node *node = queue->first;
    queue->first = node->next;
    if (!queue->first) queue->last = NULL;
    node_free(queue->store, node);
}

void hws_queue_drop(hws_queue *queue, size_t size)
{
    assert(size <= queue->size);
    queue->size -= size;
    while (queue->first && size >= queue->first->size) {
        size -= queue->first->size;
        shift(queue);
    }
    if (size == 0) return;
    assert(queue->first);
    queue->first->data += size;
    queue->first->size -= size;
}

void hws_queue_clear(hws_queue *queue)
{
    while (queue->first) shift(queue);
    queue->size = 0;
}
