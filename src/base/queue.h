/* SPDX-License-Identifier: MIT */
/* Bytes on their way out: runs that were copied in, blobs that are shared, and, for as long as the
 * call lasts that brought them, runs that lie elsewhere.
 *
 * Written at the back (reserve and commit, append, share), read at the front (peek and drop).
 * Bytes that were peeked at stay where they are until they are dropped, whatever is added behind
 * them.  An empty queue owns no memory.
 *
 * A share may have a label, by which it can be withdrawn or replaced while it waits whole: no byte
 * of it was dropped, and none is lent to a send that is under way.  Shares of one label in one
 * queue know each other, so that this costs nothing for the others in front of them. */
#ifndef HAWSER_BASE_QUEUE_H
#define HAWSER_BASE_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/blob.h"
#include "base/pool.h"
#include "base/table.h"
#include "hawser/span.h"
#include "hawser/status.h"

/* Where the queues of one thread get their memory. */
typedef struct hws_queue_store {
    const hws_memory *memory;
    hws_pool chunks;
    hws_pool big_chunks;
    hws_pool shares;
    hws_pool labelled;
    hws_pool groups;
    hws_table labels;                  /* groups of labelled shares */
    size_t borrowed_count;             /* runs that are borrowed */
    const struct hws_queue *expecting; /* see hws_queue_expect; NULL: none */
    _Atomic(size_t) waiting;           /* bytes in all queues, a shared one in each */
    _Atomic(size_t) shared;            /* bytes of shares, each blob counted once */
} hws_queue_store;

typedef struct hws_queue_node hws_queue_node;

typedef struct hws_queue {
    hws_queue_store *store;
    hws_queue_node *last; /* whose next is the first; NULL: empty */
    size_t size;          /* bytes waiting */
} hws_queue;

void hws_queue_store_init(hws_queue_store *store, const hws_memory *memory);
void hws_queue_store_release(hws_queue_store *store);

/* Thread: any. */
static inline size_t hws_queue_store_waiting(const hws_queue_store *store)
{
    return atomic_load_explicit(&store->waiting, memory_order_relaxed);
}

static inline size_t hws_queue_store_shared(const hws_queue_store *store)
{
    return atomic_load_explicit(&store->shared, memory_order_relaxed);
}

void hws_queue_init(hws_queue *queue, hws_queue_store *store);

/* Room for `size` contiguous bytes at the back, or NULL when there is no memory.  They join the
 * queue with hws_queue_commit; nothing else may be called between the two. */
uint8_t *hws_queue_reserve(hws_queue *queue, size_t size);
void hws_queue_commit(hws_queue *queue, size_t size);

/* Of the queues of `store` this one is likely to get so many bytes now: they shall lie in one run.
 * NULL: nothing more is to come of that kind. */
void hws_queue_expect(hws_queue_store *store, const hws_queue *queue, size_t size);

/* Errors: HWS_ERR_NO_MEMORY, and the queue is as it was. */
HWS_MUST_CHECK hws_status hws_queue_append(hws_queue *queue, const void *bytes, size_t size);

/* Takes a reference of its own to `blob`.  Errors as above. */
HWS_MUST_CHECK hws_status hws_queue_share(hws_queue *queue, hws_blob *blob);

/* The same for a part of a blob that one receiver alone gets: its bytes are his, and not among
 * those that are shared. */
HWS_MUST_CHECK hws_status hws_queue_take(hws_queue *queue, hws_blob *blob, hws_span part);

/* Refers to bytes that stay where they are until hws_queue_keep.  Errors as above. */
HWS_MUST_CHECK hws_status hws_queue_borrow(hws_queue *queue, hws_span bytes);

/* Copies what is borrowed and still waits: from here on it is the queue's.
 *
 * Errors: HWS_ERR_NO_MEMORY; what could not be copied has left the queue, and all behind it. */
HWS_MUST_CHECK hws_status hws_queue_keep(hws_queue *queue);

/* The same with a label.  What is alike for the label is for the caller to say: 64 bits that no
 * stranger can make collide (base/hash). */
HWS_MUST_CHECK hws_status hws_queue_share_as(hws_queue *queue, hws_blob *blob, uint64_t label);

/* Takes out the first share of that label that waits whole.  False: there is none. */
bool hws_queue_withdraw(hws_queue *queue, uint64_t label);

/* Puts `blob` in the place of the first share of that label that waits whole, and takes out those
 * behind it.  Returns how many shares have gone; 0: there was none, and nothing has changed. */
size_t hws_queue_replace(hws_queue *queue, uint64_t label, hws_blob *blob);

/* Shows the first runs, at most `span_max` of them.  Returns their number. */
size_t hws_queue_peek(const hws_queue *queue, hws_span *spans, size_t span_max);

/* The same, for a send that goes on after this call: until they are returned, which is before they
 * are dropped, neither of them is withdrawn or replaced. */
size_t hws_queue_lend(hws_queue *queue, hws_span *spans, size_t span_max);
void hws_queue_return(hws_queue *queue);

/* Forgets the first `size` bytes; no more than there are. */
void hws_queue_drop(hws_queue *queue, size_t size);

/* Forgets everything. */
void hws_queue_clear(hws_queue *queue);

#endif /* HAWSER_BASE_QUEUE_H */
