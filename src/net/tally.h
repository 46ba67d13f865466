/* SPDX-License-Identifier: MIT */
/* How many streams there are: a count that may outlive the one who counts, for a stream may outlive
 * its owner to send its last bytes. */
#ifndef HAWSER_NET_TALLY_H
#define HAWSER_NET_TALLY_H

#include <stdint.h>

#include "hawser/memory.h"
#include "hawser/status.h"

typedef struct hws_tally hws_tally;

/* Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_tally_new(const hws_memory *memory, hws_tally **tally);

/* The last that is still counted frees it.  NULL is let pass. */
void hws_tally_free(hws_tally *tally);

void hws_tally_add(hws_tally *tally);
void hws_tally_remove(hws_tally *tally);
uint32_t hws_tally_count(const hws_tally *tally);

#endif /* HAWSER_NET_TALLY_H */
