/* SPDX-License-Identifier: MIT */
/* A worker of a server: one loop, and all connections that live in it.  Nothing that a connection
 * meets on its way is shared between workers, but what never changes (server/internal.h).
 *
 *     server ──┬── worker 0: the caller's loop ── visits, WebSockets, topics
 *              ├── worker 1: a loop and a thread of the library's ── visits, WebSockets, topics
 *              └── …
 *
 * Thread: the worker's, but where another is named. */
#ifndef HAWSER_SERVER_WORKER_H
#define HAWSER_SERVER_WORKER_H

#include <pthread.h>

#include "loop/loop.h"
#include "net/listener.h"
#include "server/arrivals.h"
#include "server/drain.h"
#include "server/internal.h"
#include "server/metric.h"
#include "server/retained.h"
#include "server/rule.h"
#include "server/service.h"
#include "server/topic.h"
#include "websocket/slots.h"

typedef struct hws_visit hws_visit;
typedef struct hws_feed hws_feed;

/* Where a worker hears of connections to one place. */
typedef struct hws_listening {
    hws_worker *worker;
    const hws_place *place;
    hws_listener *sockets[2];
} hws_listening;

struct hws_worker {
    hws_server *server;
    uint32_t index;
    hws_loop *loop;
    const hws_memory *memory; /* of what lives here: the loop's, which counts it, unless the
                                 application gave the server one of its own */
    hws_h1_options h1;        /* the server's, with this memory */
    hws_slots *slots;
    hws_topics topics; /* changed under the lock, which is for others to count */
    hws_rules rules;
    hws_retained retained;
    pthread_mutex_t topics_lock;
    hws_metric metric;
    hws_deflate deflate; /* its pool is NULL where it is off */
    hws_service services[HWS_ROUTE_MAX];
    size_t service_count;
    hws_listening listenings[HWS_LISTEN_MAX];
    hws_visit *visits;      /* connections that speak HTTP */
    hws_feed *feeds;        /* those whose answers go on */
    size_t fresh_count;     /* those of them that have not asked for anything yet */
    hws_tally *turned_away; /* connections that still get their answer */
    hws_deferred shed;      /* there is too much in memory */
    hws_deferred trim;      /* of published messages */
    hws_arrivals arrivals;

    bool closing;
    bool told; /* worker 0 knows that the last WebSocket is gone */
    int close_code;
    hws_drain drain;
    hws_deferred emptied;
    hws_posted to_close;    /* from worker 0 */
    hws_posted to_drain;    /* likewise */
    hws_posted to_end;      /* likewise: the last visits, when all workers are empty */
    hws_posted has_emptied; /* to worker 0 */
};

/* Makes worker `index`, in `loop` or, when that is NULL, in a loop of its own like that of worker
 * 0, which does not turn yet.  On failure `explain` has one line.
 *
 * Errors: HWS_ERR_INVALID_ARGUMENT (a route), HWS_ERR_NO_MEMORY, HWS_ERR_SYSTEM.
 * Thread: that of the caller's loop. */
HWS_MUST_CHECK hws_status hws_worker_new(hws_server *server, uint32_t index, hws_loop *loop,
                                         char *explain, size_t explain_size, hws_worker **worker);

/* Takes a connection that came to `place`, or passes it on to a worker that has fewer. */
void hws_worker_accept(hws_worker *worker, const hws_place *place, int fd);

/* How many subscribe to it here.  Thread: any. */
size_t hws_worker_subscriber_count(hws_worker *worker, hws_text topic);

/* A visit or a WebSocket ended. */
void hws_worker_left(hws_worker *worker);

/* Stops accepting, and closes every WebSocket with `code`; hws_server_emptied says when they are
 * gone.  Thread: worker 0's. */
void hws_worker_close(hws_worker *worker, int code);

/* The same, with 1012 and spread over `duration_ms`; closing hastens it.  Thread: worker 0's. */
void hws_worker_drain(hws_worker *worker, uint32_t duration_ms);

/* Ends the connections that are left to HTTP.  Thread: worker 0's. */
void hws_worker_end_visits(hws_worker *worker);

/* The end, in three steps, each for all workers before the next: their threads stop (from then on
 * the caller's is the thread of all of them); what is left ends, with its callbacks; nothing is
 * left but calls of other threads under way.  NULL, one that was never made, is let pass.
 * Thread: that of the caller's loop. */
void hws_worker_stop(hws_worker *worker);
void hws_worker_end(hws_worker *worker);
void hws_worker_free(hws_worker *worker);

#endif /* HAWSER_SERVER_WORKER_H */
