/* SPDX-License-Identifier: MIT */
/* What a server does when it has more in memory than it may (rows J010, N004, O010).
 *
 * The rule: when the whole server is over memory_size_max, each thread that is over its equal share
 * of it ends connections until it has given back what it is over, the biggest first.  Sizes count
 * as equal when they lie between the same two powers of two, so that a thread looks at its
 * connections twice and never sorts them.  A connection that holds no more than a kilobyte is never
 * ended for this: what the small ones have in common is held by connection_count_max.
 *
 * The same for published messages that wait (broadcast_size_max), among those who take less than
 * they are sent.  How much becomes free when one of them goes nobody knows, for they share what
 * waits: so it is done again in the next turn, until it is enough. */
#ifndef HAWSER_SERVER_SHED_H
#define HAWSER_SERVER_SHED_H

#include "server/worker.h"

/* From now on the loop tells when its share is used up, and topics may retain theirs. */
void hws_shed_begin(hws_worker *worker);
void hws_shed_end(hws_worker *worker);

/* Whether published messages that wait take more than they may; the next turns see to that. */
bool hws_shed_is_scarce(hws_worker *worker);

/* Whether there is no memory for another connection. */
bool hws_shed_is_over(const hws_server *server);

#endif /* HAWSER_SERVER_SHED_H */
