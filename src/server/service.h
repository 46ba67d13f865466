/* SPDX-License-Identifier: MIT */
/* What a worker does at a path: a route with every default filled in. */
#ifndef HAWSER_SERVER_SERVICE_H
#define HAWSER_SERVER_SERVICE_H

#include "base/bucket.h"
#include "hawser/server.h"
#include "websocket/session.h"

struct hws_worker;

typedef struct hws_service {
    struct hws_worker *worker;
    const hws_route *route;
    hws_text path;         /* without the "*" */
    bool is_prefix;        /* the route's path ended in "*" */
    bool opens;            /* takes WebSockets */
    hws_rate message_rate; /* of one peer */
    hws_rate byte_rate;
    hws_session_plan plan;
} hws_service;

/* Errors: HWS_ERR_INVALID_ARGUMENT: the path does not begin with "/", a protocol is no token, or
 * the route does nothing. */
HWS_MUST_CHECK hws_status hws_service_init(hws_service *service, struct hws_worker *worker,
                                           const hws_route *route);

bool hws_service_fits(const hws_service *service, hws_text path);

#endif /* HAWSER_SERVER_SERVICE_H */
