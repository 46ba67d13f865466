/* SPDX-License-Identifier: MIT */
/* Of the request that a client connected with, the headers that who decides wants to see: kept for
 * as long as the client is there. */
#ifndef HAWSER_CHANNEL_HEADERS_H
#define HAWSER_CHANNEL_HEADERS_H

#include "base/buffer.h"
#include "hawser/request.h"

/* Zero has none. */
typedef struct hws_headers {
    hws_buffer packed; /* name, zero, value, zero, … */
} hws_headers;

/* Keeps those of `names` (ended by NULL) that the request has; see hws_question_header.
 * Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_headers_keep(hws_headers *headers, const hws_memory *memory,
                                           const char *const *names, hws_request *request);

/* Absent: there is none of that name, of any case. */
hws_text hws_headers_find(const hws_headers *headers, hws_text name);

void hws_headers_release(hws_headers *headers, const hws_memory *memory);

#endif /* HAWSER_CHANNEL_HEADERS_H */
