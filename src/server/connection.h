/* SPDX-License-Identifier: MIT */
/* A WebSocket of a server: a session, and the topics it subscribes to. */
#ifndef HAWSER_SERVER_CONNECTION_H
#define HAWSER_SERVER_CONNECTION_H

#include "base/bucket.h"
#include "hawser/server.h"
#include "server/topic.h"
#include "websocket/session.h"

struct hws_service;
struct hws_visit;
struct hws_worker;

typedef struct hws_connection {
    hws_session session; /* first: a session of a server is one of these */
    union {
        struct hws_visit *visit;     /* CONNECTING: the request that waits for an answer */
        hws_memberships memberships; /* afterwards */
    };
    hws_bucket buckets[]; /* of messages and of bytes, where there are rates to hold to */
} hws_connection;

/* A WebSocket for a request to `service`, CONNECTING.
 * Errors: HWS_ERR_NO_MEMORY, HWS_ERR_LIMIT. */
HWS_MUST_CHECK hws_status hws_connection_new(const struct hws_service *service,
                                             struct hws_visit *visit, hws_connection **connection);

/* Forgets one that never opened. */
void hws_connection_cancel(hws_connection *connection);

/* Begins to speak WebSocket over `stream`.  Errors as hws_session_open; on failure the connection
 * is freed, and the stream is the caller's. */
HWS_MUST_CHECK hws_status hws_connection_open(hws_connection *connection, hws_stream *stream,
                                              hws_deflate_terms deflate, hws_span early);

struct hws_worker *hws_connection_worker(const hws_connection *connection);
const struct hws_service *hws_connection_service(const hws_connection *connection);

/* The session's charge. */
hws_status hws_connection_charge(hws_session *session, size_t message_count, size_t size);

/* The session's on_finished. */
void hws_connection_finished(hws_session *session);

/* NULL for a stale handle.  Thread: the loop's. */
hws_connection *hws_connection_find(hws_websocket ws);

#endif /* HAWSER_SERVER_CONNECTION_H */
