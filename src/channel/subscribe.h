/* SPDX-License-Identifier: MIT */
/* How a client comes into a channel, and how it leaves it.
 *
 *     member, JOINING ──▶ ask the engine where the channel stands ──▶ answer, then LIVE
 *
 * It is a member before it asks, so that nothing is missed between the answer and the first
 * publication that comes by itself (channel/merge). */
#ifndef HAWSER_CHANNEL_SUBSCRIBE_H
#define HAWSER_CHANNEL_SUBSCRIBE_H

#include "channel/error.h"
#include "channel/guest.h"

typedef struct hws_subscribing hws_subscribing;

typedef struct hws_subscribe_request {
    hws_text channel;
    bool is_by_server;
    bool wants_join_leave;
    bool recover;
    bool is_refused_unrecovered; /* error 112, rather than `recovered` false */
    uint64_t offset;             /* of the last that the client has, if `recover` */
    hws_text epoch;
    hws_text chan_info; /* JSON; absent: none */
    hws_text data;      /* JSON for the client; absent: none */
    uint64_t expires_s; /* 0: never */
} hws_subscribe_request;

/* What comes of it: an error, or the text of a SubscribeResult.  The subscription is live when this
 * returns, and was not before. */
typedef void hws_subscribe_done(hws_guest *client, hws_subscription *subscription, hws_error error,
                                hws_text result, void *user);

/* Begins; whether the client may is settled before.  `done` is called from within or later, once,
 * even when the client has gone (its subscription is NULL then). */
void hws_subscribe_begin(hws_guest *client, const hws_policy *policy,
                         const hws_subscribe_request *request, hws_subscribe_done *done,
                         void *user);

/* Leaves, and tells those who stay. */
void hws_subscribe_end(hws_subscription *subscription);

#endif /* HAWSER_CHANNEL_SUBSCRIBE_H */
