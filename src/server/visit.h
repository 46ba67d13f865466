/* SPDX-License-Identifier: MIT */
/* A visit: one connection of a server while it speaks HTTP.  It ends when the peer goes, or when
 * one of its requests becomes a WebSocket. */
#ifndef HAWSER_SERVER_VISIT_H
#define HAWSER_SERVER_VISIT_H

#include "net/proxied.h"
#include "server/connection.h"
#include "server/worker.h"

struct hws_visit {
    hws_worker *worker;
    hws_h1 *h1;              /* NULL: proxied */
    hws_proxied *proxied;    /* a proxy's, which is still to say whom it is for; then NULL */
    hws_connection *pending; /* asked for by the request that is held, and not decided yet */
    uint64_t head_by_ms;     /* when the first head must be whole */
    bool has_asked;          /* a first request has come */
    bool is_secure;          /* with TLS, or to have it */
    hws_visit *next;
    hws_visit *previous;
};

/* Takes a new connection, with TLS when `is_secure`; on failure it is closed. */
void hws_visit_begin(hws_worker *worker, int fd, bool is_secure);

/* Forgets the visit, whose h1 is gone or has been left to itself. */
void hws_visit_free(hws_visit *visit);

/* Ends it from our side: a request that waits for a decision is refused. */
void hws_visit_end(hws_visit *visit);

#endif /* HAWSER_SERVER_VISIT_H */
