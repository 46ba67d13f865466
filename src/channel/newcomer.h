/* SPDX-License-Identifier: MIT */
/* WebSockets between their request, which has headers that are to be kept, and their opening, which
 * has none any more. */
#ifndef HAWSER_CHANNEL_NEWCOMER_H
#define HAWSER_CHANNEL_NEWCOMER_H

#include "channel/headers.h"
#include "hawser/websocket.h"

typedef struct hws_newcomer hws_newcomer;

/* Zero is an empty list, in the order of the requests. */
typedef struct hws_newcomers {
    hws_newcomer *first;
    hws_newcomer *last;
} hws_newcomers;

/* Notes one that is to be accepted.  Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_newcomer_add(hws_newcomers *list, const hws_memory *memory,
                                           const char *const *names, hws_websocket ws,
                                           hws_request *request);

/* One that has opened: what was kept is the caller's.  Returns: false: it was not noted. */
HWS_MUST_CHECK bool hws_newcomer_take(hws_newcomers *list, const hws_memory *memory,
                                      hws_websocket ws, hws_headers *headers);

void hws_newcomers_clear(hws_newcomers *list, const hws_memory *memory);

#endif /* HAWSER_CHANNEL_NEWCOMER_H */
