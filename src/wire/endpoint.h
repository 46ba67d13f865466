/* SPDX-License-Identifier: MIT */
/* The endpoint as a value, for those who embed it in a connection and own its queue. */
#ifndef HAWSER_WIRE_ENDPOINT_H
#define HAWSER_WIRE_ENDPOINT_H

#include "base/queue.h"
#include "hawser/endpoint.h"

/* Readies `endpoint`; what it sends is put into `queue`, which is its owner's. */
void hws_endpoint_init(hws_endpoint *endpoint, const hws_endpoint_options *options,
                       hws_queue *queue, uint64_t now_ms);

void hws_endpoint_release(hws_endpoint *endpoint);

/* A message framed for any server's endpoint, to be sent to many: frame once, share often.
 * NULL when there is no memory.  The text must have been checked. */
hws_blob *hws_endpoint_frame(const hws_memory *memory, const hws_message *message);

/* Puts a framed message into the queue without a copy.  Errors: HWS_ERR_NOT_OPEN,
 * HWS_ERR_INVALID_ARGUMENT (a message in parts is under way), HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_endpoint_share(hws_endpoint *endpoint, hws_blob *frame);

#endif /* HAWSER_WIRE_ENDPOINT_H */
