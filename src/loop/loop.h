/* SPDX-License-Identifier: MIT */
/* What the floors above need of a loop beyond its public face. */
#ifndef HAWSER_LOOP_LOOP_H
#define HAWSER_LOOP_LOOP_H

#include "base/cells.h"
#include "base/queue.h"
#include "hawser/loop.h"
#include "hawser/span.h"

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

/* While a deferred call runs: the one that runs after it, whose `next` the list still has; NULL: it
 * is the last.  For looking ahead, not for changing anything. */
const hws_deferred *hws_loop_next_deferred(const hws_loop *loop);

/* A call on its way to the loop, embedded in what it is about: nothing has to be allocated, so that
 * it cannot fail for memory.  Zero with `call` filled in is ready for use. */
typedef struct hws_posted hws_posted;

struct hws_posted {
    void (*call)(hws_posted *posted); /* on the loop's thread; may free it, or post it again */
    hws_posted *next;
};

/* As hws_loop_post, with a place of the caller's, which must not wait already and must stay until
 * it is called.  `is_bounded`: HWS_ERR_LIMIT when post_count_max wait.
 * Errors: HWS_ERR_LIMIT, HWS_ERR_SHUTTING_DOWN.  Thread: any. */
hws_status hws_loop_post_own(hws_loop *loop, hws_posted *posted, bool is_bounded);

/* Takes it back, when it waits.  Thread: the loop's. */
void hws_loop_unpost(hws_loop *loop, const hws_posted *posted);

/* Makes a loop with the options of another.  Errors: of hws_loop_new. */
HWS_MUST_CHECK hws_status hws_loop_new_like(const hws_loop *loop, hws_loop **made);

/* Stops the loop's own thread (hws_loop_start), if it has one, and waits for it: the caller's is
 * the loop's thread from then on.  hws_loop_free does so, too. */
void hws_loop_join(hws_loop *loop);

/* What a floor above has once in each loop, and what ends with the loop. */
typedef struct hws_resident hws_resident;

struct hws_resident {
    const void *kind;                    /* an address that nobody else has */
    void (*end)(hws_resident *resident); /* from hws_loop_free, as if in a turn; frees itself */
    hws_resident *next;
};

void hws_loop_settle(hws_loop *loop, hws_resident *resident);

/* NULL: none of that kind. */
hws_resident *hws_loop_resident(const hws_loop *loop, const void *kind);

/* Whether a turn is under way: a callback of the loop is the caller. */
bool hws_loop_is_turning(const hws_loop *loop);

/* The number of that turn, or of the last one; from 1, and 0 before the first. */
uint64_t hws_loop_turn(const hws_loop *loop);

const hws_memory *hws_loop_memory(const hws_loop *loop);

/* Bytes that were taken through it and not given back.  Thread: any. */
size_t hws_loop_memory_used(const hws_loop *loop);

/* Defers `over` whenever a block is made on the loop's thread and more than `bound` bytes are then
 * out.  NULL: no more. */
void hws_loop_bound_memory(hws_loop *loop, size_t bound, hws_deferred *over);

/* Small things that live in this loop's thread alone come from here. */
hws_cells *hws_loop_cells(hws_loop *loop);

/* Where the queues of this loop's connections get their chunks. */
hws_queue_store *hws_loop_queue_store(hws_loop *loop);

/* How long its turns took.  Thread: any. */
const struct hws_lag *hws_loop_lag(const hws_loop *loop);

/* Room to work in, for use within one callback: whoever is called next may overwrite it, and who
 * hands it up must not use it again before that call has returned.  The same for all of the loop's
 * connections; it is made when it is first asked for, and goes with the loop.
 *
 * Returns: HWS_SCRATCH_SIZE bytes; none when there is no memory. */
enum { HWS_SCRATCH_SIZE = 64 * 1024 };
hws_span hws_loop_scratch(hws_loop *loop);

/* Milliseconds of the loops' clock, as of now: for what no single loop owns.  Thread: any. */
uint64_t hws_clock_ms(void);

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

/* The same, straight from the system.  Thread: any. */
HWS_MUST_CHECK hws_status hws_random_fetch(void *bytes, size_t size);

#endif /* HAWSER_LOOP_LOOP_H */
