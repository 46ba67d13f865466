/* SPDX-License-Identifier: MIT */
/* Messages that have arrived and wait to be received, maybe by another thread. */
#ifndef HAWSER_CLIENT_INBOX_H
#define HAWSER_CLIENT_INBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "hawser/memory.h"
#include "hawser/message.h"
#include "hawser/status.h"

typedef struct hws_inbox hws_inbox;

/* Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_inbox_new(const hws_memory *memory, size_t size_max,
                                        hws_inbox **inbox);
void hws_inbox_free(hws_inbox *inbox); /* NULL is let pass */

/* Copies a message to the end; one may exceed the bound.  Whether there is enough for now.
 * Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_inbox_push(hws_inbox *inbox, const hws_message *message,
                                         bool *is_full);

/* No more will come: whoever has taken the last message is answered `end`. */
void hws_inbox_end(hws_inbox *inbox, hws_status end);

typedef enum hws_inbox_taken {
    HWS_INBOX_NOTHING, /* not in time */
    HWS_INBOX_MESSAGE,
    HWS_INBOX_END,
} hws_inbox_taken;

/* Takes the first message, and drops the one that was taken before.  Thread: any, one at a time.
 *
 * until_ms   Of the monotonic clock; 0: does not wait; UINT64_MAX: for ever.
 * message    Lives until the next call; unchanged unless there is one.
 * end        Of the end.
 * has_room   Whether it was full, and is not any more: reading may go on. */
hws_inbox_taken hws_inbox_take(hws_inbox *inbox, uint64_t until_ms, hws_message *message,
                               hws_status *end, bool *has_room);

#endif /* HAWSER_CLIENT_INBOX_H */
