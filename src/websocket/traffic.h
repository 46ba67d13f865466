/* SPDX-License-Identifier: MIT */
/* What went over the sessions of one thread, counted. */
#ifndef HAWSER_WEBSOCKET_TRAFFIC_H
#define HAWSER_WEBSOCKET_TRAFFIC_H

#include "base/blob.h"
#include "base/reasons.h"
#include "hawser/message.h"
#include "wire/endpoint.h"

enum { HWS_TRAFFIC_CLOSE_CLASSES = 19 }; /* hws_traffic_close_class */

/* Zero is nothing yet. */
typedef struct hws_traffic {
    hws_counter opened;   /* sessions */
    hws_counter deflated; /* those of them that agreed on permessage-deflate */
    hws_counter closed;
    hws_counter messages_received;
    hws_counter messages_sent;
    hws_counter bytes_received; /* of messages, without their frames */
    hws_counter bytes_sent;
    hws_counter closes_received[HWS_TRAFFIC_CLOSE_CLASSES];
    hws_counter closes_sent[HWS_TRAFFIC_CLOSE_CLASSES];
    hws_reasons failures;
} hws_traffic;

/* Each does nothing when `traffic` is NULL.  Thread: the sessions'. */
static inline void hws_traffic_received(hws_traffic *traffic, const hws_message *message)
{
    if (!traffic) return;
    if (hws_message_ends(message)) hws_counter_add(&traffic->messages_received, 1);
    hws_counter_add(&traffic->bytes_received, message->size);
}

static inline void hws_traffic_sent(hws_traffic *traffic, const hws_message *message)
{
    if (!traffic) return;
    if (hws_message_ends(message)) hws_counter_add(&traffic->messages_sent, 1);
    hws_counter_add(&traffic->bytes_sent, message->size);
}

/* A message that was framed for all (hws_endpoint_frame): its bytes as they stand in the frame. */
void hws_traffic_shared(hws_traffic *traffic, const hws_blob *frame);

void hws_traffic_opened(hws_traffic *traffic, bool is_deflated);

/* A session that was open has ended with `close`; `endpoint` still knows what it sent. */
void hws_traffic_closed(hws_traffic *traffic, const hws_endpoint *endpoint, const hws_close *close);

/* The counter of a close code: 1000 to 1015 at code - 1000, 3000 to 3999 at 16, 4000 to 4999 at 17,
 * any other at 18. */
unsigned hws_traffic_close_class(int code);

#endif /* HAWSER_WEBSOCKET_TRAFFIC_H */
