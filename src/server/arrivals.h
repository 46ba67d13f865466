/* SPDX-License-Identifier: MIT */
/* Connections that one worker accepted and another is to have.
 *
 * The kernel distributes by the hash of addresses and ports, which says little about a few
 * connections, and the sockets of unix paths are worker 0's alone: whoever has noticeably more than
 * the one that has least passes on what comes (docs/decisions/0021).  A connection that was begun
 * stays where it is. */
#ifndef HAWSER_SERVER_ARRIVALS_H
#define HAWSER_SERVER_ARRIVALS_H

#include <stdatomic.h>

#include "loop/loop.h"
#include "server/internal.h"

typedef struct hws_arrival hws_arrival;

/* Those on their way to one worker. */
typedef struct hws_arrivals {
    _Atomic(hws_arrival *) last;
    atomic_uint count;
    hws_posted posted; /* by who adds the first */
} hws_arrivals;

void hws_arrivals_init(hws_arrivals *arrivals);

/* Who is to have a connection that came to `worker`: itself, or another. */
hws_worker *hws_arrivals_choose(hws_worker *worker);

/* Passes one on.  False: there is no memory, and it stays here.  Thread: any worker's. */
bool hws_arrivals_pass(hws_worker *to, const hws_place *place, int fd);

/* Closes those that have not arrived.  Thread: the worker's, when nobody passes any more. */
void hws_arrivals_release(hws_worker *worker);

#endif /* HAWSER_SERVER_ARRIVALS_H */
