/* SPDX-License-Identifier: MIT */
/* Where a body comes from that is not all in memory: it is asked for more as the peer takes it. */
#ifndef HAWSER_HTTP_SOURCE_H
#define HAWSER_HTTP_SOURCE_H

#include "base/queue.h"

typedef struct hws_source hws_source;

/* Embedded at the front of its owner. */
struct hws_source {
    uint64_t left; /* bytes still to come */

    /* Puts the next bytes into `queue`, at least one, and takes them off `left`.  A failure ends
     * the connection: the peer was promised more. */
    hws_status (*fill)(hws_source *source, hws_queue *queue);

    /* Frees it; the last call. */
    void (*close)(hws_source *source);
};

#endif /* HAWSER_HTTP_SOURCE_H */
