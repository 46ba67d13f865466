/* SPDX-License-Identifier: MIT */
/* Who counts a stream, and knows where it comes from, from its coming until its descriptor is
 * closed: which may be after its owner has gone, for a stream may outlive its owner to send its
 * last bytes. */
#ifndef HAWSER_NET_TALLY_H
#define HAWSER_NET_TALLY_H

#include <stdint.h>

#include "hawser/memory.h"
#include "hawser/status.h"
#include "net/address.h"

/* The first member of whoever counts. */
typedef struct hws_tally hws_tally;

struct hws_tally {
    void (*add)(hws_tally *tally);
    void (*remove)(hws_tally *tally); /* may free it */

    /* Where its stream comes from; NULL: where the socket says. */
    void (*peer)(const hws_tally *tally, hws_address *address);
};

static inline void hws_tally_add(hws_tally *tally)
{
    tally->add(tally);
}

static inline void hws_tally_remove(hws_tally *tally)
{
    tally->remove(tally);
}

/* One that counts and nothing else.  Errors: HWS_ERR_NO_MEMORY.  Thread: that of its streams. */
HWS_MUST_CHECK hws_status hws_tally_new(const hws_memory *memory, hws_tally **tally);

/* The last that is still counted frees it.  NULL is let pass. */
void hws_tally_free(hws_tally *tally);

/* Thread: any, while it is not freed.  `tally` is one of hws_tally_new. */
uint32_t hws_tally_count(const hws_tally *tally);

/* In the place of `tally`, which counts it already: for one stream that comes from `peer`, an IPv4
 * or IPv6 address, through a proxy.  Errors: HWS_ERR_NO_MEMORY.  Thread: that of the stream. */
HWS_MUST_CHECK hws_status hws_tally_new_for(const hws_memory *memory, hws_tally *tally,
                                            const hws_address *peer, hws_tally **made);

#endif /* HAWSER_NET_TALLY_H */
