/* SPDX-License-Identifier: MIT */
/* A loop from inside: for src/loop alone. */
#ifndef HAWSER_LOOP_STATE_H
#define HAWSER_LOOP_STATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "loop/alarm.h"
#include "loop/alarm_clock.h"
#include "loop/backend.h"
#include "loop/io.h"
#include "loop/lag.h"
#include "loop/loop.h"
#include "loop/meter.h"

/* First in, first out, through hws_io.next. */
typedef struct hws_io_list {
    hws_io *first;
    hws_io *last;
} hws_io_list;

/* First in, first out, and ended by hws_loop.deferred_end rather than NULL, so that each member's
 * `next` says that it is in. */
typedef struct hws_deferred_list {
    hws_deferred *first;
    hws_deferred *last;
} hws_deferred_list;

/* The time lies beside the pointer: sifting reads no owner's memory, and four children are one
 * line of the cache. */
typedef struct hws_alarm_entry {
    uint64_t at_ms;
    hws_alarm *alarm;
} hws_alarm_entry;

typedef struct hws_alarm_heap {
    hws_alarm_entry *entries;
    uint32_t count;
    uint32_t capacity;
} hws_alarm_heap;

typedef struct hws_posts {
    pthread_mutex_t lock;
    hws_posted *first; /* that wait: under the lock, like the next four */
    hws_posted *last;
    uint32_t count;
    bool closed;
    uint32_t count_max;
    hws_posted *running; /* the loop's: the rest of those that it runs */
} hws_posts;

typedef struct hws_random_page hws_random_page;

struct hws_loop {
    const hws_memory *memory; /* the meter's */
    hws_meter meter;
    const hws_backend *backend;
    void *backend_state;
    uint8_t backend_asked; /* HWS_BACKEND_* */
    uint32_t receive_size; /* bytes; 0: the backend's default */
    uint32_t io_count;     /* descriptors that are open */

    uint64_t now_ms;        /* of the turn under way */
    uint64_t turn;          /* its number */
    uint64_t gathers_until; /* such a number; see hws_io_gathers */
    bool in_turn;
    bool ringing;
    bool woken;      /* the eventfd was written to */
    bool serves_one; /* a backend that submits sends together found one event alone in this turn */
    hws_lag lag;
    uint64_t served_count;     /* events since alarms last had their chance */
    _Atomic(pthread_t) thread; /* that runs or steps the loop */
    atomic_bool stopped;
    int wake_fd; /* an eventfd */

    hws_deferred_list deferred;         /* asked for */
    hws_deferred_list deferred_running; /* taken by step 6 */
    hws_deferred deferred_end;
    hws_io_list due;     /* completions to deliver */
    hws_io_list closing; /* to be closed */

    bool started;     /* has a thread of its own */
    pthread_t runner; /* which is this */

    hws_resident *residents;
    hws_alarm_heap alarms;
    hws_alarm_clock alarm_clock;
    hws_posts posts;
    hws_random_page *random;
    hws_queue_store queue_store;
    hws_cells cells;
    uint8_t *scratch; /* HWS_SCRATCH_SIZE bytes; NULL until they are asked for */

    int64_t date_second; /* since 1970 */
    char date[30];
};

static inline bool hws_io_is(const hws_io *io, unsigned bits)
{
    return (io->state & bits) != 0;
}

static inline void hws_io_mark(hws_io *io, unsigned bits)
{
    io->state = (uint16_t)(io->state | bits);
}

static inline void hws_io_unmark(hws_io *io, unsigned bits)
{
    io->state = (uint16_t)(io->state & ~bits);
}

void hws_io_list_push(hws_io_list *list, hws_io *io);
hws_io *hws_io_list_pop(hws_io_list *list); /* NULL: empty */

/* Takes `io` out from wherever it stands. */
void hws_io_list_remove(hws_io_list *list, hws_io *io);

/* Steps 7 and 8 of a turn. */
void hws_io_complete_due(hws_loop *loop);
void hws_io_close_closing(hws_loop *loop);

/* Rings what is due at loop->now_ms. */
void hws_alarms_ring(hws_loop *loop);
uint64_t hws_alarms_next_ms(const hws_loop *loop); /* UINT64_MAX: none */
void hws_alarms_release(hws_loop *loop);

HWS_MUST_CHECK hws_status hws_posts_init(hws_loop *loop, uint32_t count_max);
void hws_posts_run(hws_loop *loop);
void hws_posts_close(hws_loop *loop);
void hws_posts_release(hws_loop *loop);

/* Makes the loop's wait end.  Thread: any; also from a signal handler. */
void hws_loop_wake(hws_loop *loop);

/* Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_random_init(hws_loop *loop);
void hws_random_release(hws_loop *loop);

#endif /* HAWSER_LOOP_STATE_H */
