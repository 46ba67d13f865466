/* SPDX-License-Identifier: MIT */
/* What the floors above need of a loop beyond its public face. */
#ifndef HAWSER_LOOP_LOOP_H
#define HAWSER_LOOP_LOOP_H

#include "base/queue.h"
#include "hawser/loop.h"

/* Something to be done once at the end of this turn (or of the next, when there is none under
 * way), after all input, posts and timers: flushing, freeing.  Embedded in its owner; zero with
 * `call` filled in is ready for use. */
typedef struct hws_deferred hws_deferred;

struct hws_deferred {
    void (*call)(hws_deferred *deferred);
    hws_deferred *next; /* in the loop's list; NULL when not in it */
};

/* Asking twice before it is done is asking once. */
void hws_loop_defer(hws_loop *loop, hws_deferred *deferred);

/* Takes it out of the list again, when it is in. */
void hws_loop_undefer(hws_loop *loop, hws_deferred *deferred);

const hws_memory *hws_loop_memory(const hws_loop *loop);

/* Where the queues of this loop's connections get their chunks. */
hws_queue_store *hws_loop_queue_store(hws_loop *loop);

/* Wall-clock time as an HTTP date (RFC 9110 §5.6.7), 29 characters, made at most once a second. */
const char *hws_loop_http_date(hws_loop *loop);

/* The same for any moment, in seconds since 1970; terminated.  Years 0 to 9999. */
enum { HWS_HTTP_DATE_SIZE = 29 };
void hws_http_date_write(int64_t second, char date[HWS_HTTP_DATE_SIZE + 1]);

/* malloc, realloc, free. */
extern const hws_memory hws_memory_malloc;

/* Random bytes from the system, fetched in batches, made anew after fork.
 * Errors: HWS_ERR_RANDOM, and nothing was written.  Thread: the loop's. */
HWS_MUST_CHECK hws_status hws_loop_random(hws_loop *loop, void *bytes, size_t size);

#endif /* HAWSER_LOOP_LOOP_H */
