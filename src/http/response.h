/* SPDX-License-Identifier: MIT */
/* The bytes of an answer: the head, built and checked here alone, and the body behind it. */
#ifndef HAWSER_HTTP_RESPONSE_H
#define HAWSER_HTTP_RESPONSE_H

#include "base/queue.h"
#include "hawser/request.h"

/* What the request and its connection add to an answer. */
typedef struct hws_response_context {
    const char *date;      /* an HTTP date */
    uint64_t content_size; /* bytes of the whole content, wherever they come from */
    bool to_head;          /* answers HEAD: no content follows */
} hws_response_context;

/* Whether an answer of that status has content (RFC 9110 §6.4.1). */
bool hws_response_has_content(int status);

/* "Not Found"; "" for a status that has no name. */
const char *hws_response_reason(int status);

/* Errors: HWS_ERR_INVALID_ARGUMENT: a status out of range, a header that would not stay one line or
 * that is added by the library (Connection, Content-Length, Date, Transfer-Encoding). */
HWS_MUST_CHECK hws_status hws_response_check(const hws_response *response);

/* Puts a checked answer into `queue`: the head, and response->body unless there is no content.
 * Errors: HWS_ERR_NO_MEMORY, and the queue is as it was. */
HWS_MUST_CHECK hws_status hws_response_queue(hws_queue *queue, const hws_response *response,
                                             const hws_response_context *context);

#endif /* HAWSER_HTTP_RESPONSE_H */
