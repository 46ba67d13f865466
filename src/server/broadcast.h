/* SPDX-License-Identifier: MIT */
/* One message on its way to the subscribers of one loop. */
#ifndef HAWSER_SERVER_BROADCAST_H
#define HAWSER_SERVER_BROADCAST_H

#include "base/blob.h"
#include "hawser/websocket.h"
#include "server/topic.h"

struct hws_worker;

typedef struct hws_broadcast {
    hws_topic_name topic;
    hws_text key;         /* of HWS_OVERFLOW_KEEP_LATEST */
    hws_blob *frame;      /* in the memory of the worker */
    hws_websocket sender; /* who is spared; zero: nobody */
} hws_broadcast;

/* Queues it for all of them.  Thread: the worker's. */
void hws_broadcast_run(const hws_broadcast *broadcast, struct hws_worker *worker);

/* Queues for one who subscribes what is retained for him.  Thread: the worker's. */
void hws_broadcast_retained(struct hws_worker *worker, const hws_subscription *to,
                            struct hws_connection *connection);

#endif /* HAWSER_SERVER_BROADCAST_H */
