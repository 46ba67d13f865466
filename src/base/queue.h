/* SPDX-License-Identifier: MIT */
/* Bytes on their way out: runs that were copied in, and blobs that are shared.
 *
 * Written at the back (reserve and commit, append, share), read at the front (peek and drop).
 * Bytes that were peeked at stay where they are until they are dropped, whatever is added behind
 * them: a send may be under way.  An empty queue owns no memory. */
#ifndef HAWSER_BASE_QUEUE_H
#define HAWSER_BASE_QUEUE_H

#include "base/blob.h"
#include "base/pool.h"
#include "hawser/span.h"
#include "hawser/status.h"

/* Where the queues of one thread get their memory. */
typedef struct hws_queue_store {
    const hws_memory *memory;
    hws_pool chunks;
    hws_pool big_chunks;
    hws_pool shares;
} hws_queue_store;

typedef struct hws_queue_node hws_queue_node;

typedef struct hws_queue {
    hws_queue_store *store;
    hws_queue_node *first;
    hws_queue_node *last;
    size_t size; /* bytes waiting */
} hws_queue;

void hws_queue_store_init(hws_queue_store *store, const hws_memory *memory);
void hws_queue_store_release(hws_queue_store *store);

void hws_queue_init(hws_queue *queue, hws_queue_store *store);

/* Room for `size` contiguous bytes at the back, or NULL when there is no memory.  They join the
 * queue with hws_queue_commit; nothing else may be called between the two. */
uint8_t *hws_queue_reserve(hws_queue *queue, size_t size);
void hws_queue_commit(hws_queue *queue, size_t size);

/* Errors: HWS_ERR_NO_MEMORY, and the queue is as it was. */
HWS_MUST_CHECK hws_status hws_queue_append(hws_queue *queue, const void *bytes, size_t size);

/* Takes a reference of its own to `blob`.  Errors as above. */
HWS_MUST_CHECK hws_status hws_queue_share(hws_queue *queue, hws_blob *blob);

/* Shows the first runs, at most `span_max` of them.  Returns their number. */
size_t hws_queue_peek(const hws_queue *queue, hws_span *spans, size_t span_max);

/* Forgets the first `size` bytes; no more than there are. */
void hws_queue_drop(hws_queue *queue, size_t size);

/* Forgets everything. */
void hws_queue_clear(hws_queue *queue);

#endif /* HAWSER_BASE_QUEUE_H */
