/* SPDX-License-Identifier: MIT */
/* Messages that wait for a connection: first in, first out, bounded. */
#ifndef HAWSER_CLIENT_OFFLINE_H
#define HAWSER_CLIENT_OFFLINE_H

#include <stdbool.h>

#include "hawser/memory.h"
#include "hawser/message.h"
#include "hawser/status.h"

typedef struct hws_offline_message hws_offline_message;

/* Zero is empty and owns nothing. */
typedef struct hws_offline {
    hws_offline_message *first;
    hws_offline_message *last;
    size_t size; /* bytes of all messages, with what each costs beside them */
} hws_offline;

/* Copies a message to the end.
 * Errors: HWS_ERR_QUEUE_FULL: over `size_max` bytes; HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_offline_push(hws_offline *offline, const hws_memory *memory,
                                           const hws_message *message, size_t size_max);

/* Of the first, with what it costs beside it; 0: there is none. */
size_t hws_offline_first_size(const hws_offline *offline);

/* Shows the first; its bytes live until it is dropped.  False: there is none. */
bool hws_offline_peek(const hws_offline *offline, hws_message *message);
void hws_offline_drop(hws_offline *offline, const hws_memory *memory);

void hws_offline_release(hws_offline *offline, const hws_memory *memory);

#endif /* HAWSER_CLIENT_OFFLINE_H */
