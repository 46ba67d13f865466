/* SPDX-License-Identifier: MIT */
/* How fast handshakes may come: a few in each turn of a loop, for each costs as much as thousands
 * of messages do, and others wait for theirs meanwhile.  Those whose turn has not come are looked
 * at, first come, first served, in the turns that follow (row B005). */
#ifndef HAWSER_NET_TLS_PACE_H
#define HAWSER_NET_TLS_PACE_H

#include <stdbool.h>

#include "loop/loop.h"

enum { HWS_TLS_PACE_MAX = 8 }; /* steps of servers' handshakes in one turn */

/* Whether this turn has one left.  Without memory to count with there is no limit. */
bool hws_tls_pace_allows(hws_loop *loop);

/* One was taken, that came to something: pieces of a message cost nothing, or who sends his byte by
 * byte would use up what others wait for. */
void hws_tls_pace_take(hws_loop *loop);

#endif /* HAWSER_NET_TLS_PACE_H */
