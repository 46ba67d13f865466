/* SPDX-License-Identifier: MIT */
/* An answer that goes on: what was a request is a stream to the client from now on, until one of
 * them has enough (Server-Sent Events, JSON line by line).  Its end is that of the connection
 * (RFC 9112 §6.3), so that nothing frames its pieces.
 *
 * What the client still sends is thrown away. */
#ifndef HAWSER_SERVER_FEED_H
#define HAWSER_SERVER_FEED_H

#include "base/blob.h"
#include "hawser/request.h"
#include "loop/loop.h"

typedef struct hws_feed hws_feed;
struct hws_worker;

/* Answers `request`, from its route's on_request, with the status 200 and `head`, which is whole
 * header lines.
 *
 * on_end   The last call: the client has gone, or reads too slowly, or the server closes.  Not from
 *          within a function of this header.
 *
 * Errors: HWS_ERR_HANDSHAKE_ORIGIN: it is a page's that may not open WebSockets either;
 *         HWS_ERR_SHUTTING_DOWN; HWS_ERR_NO_MEMORY.  The request is still to be answered then. */
HWS_MUST_CHECK hws_status hws_feed_begin(hws_request *request, hws_text head,
                                         void (*on_end)(void *owner), void *owner, hws_feed **feed);

/* The loop that a request lives in, and its feed would. */
hws_loop *hws_feed_loop_of(hws_request *request);

/* Sends at the end of the turn.  Errors: HWS_ERR_QUEUE_FULL: as much as the server's send_queue_max
 * waits already; HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_feed_write(hws_feed *feed, hws_text bytes);
HWS_MUST_CHECK hws_status hws_feed_share(hws_feed *feed, hws_blob *bytes);

/* Ends it when what waits has left; on_end follows, in a turn to come. */
void hws_feed_end(hws_feed *feed);

/* Ends all of a worker, at once: each hears on_end. */
void hws_feeds_end(struct hws_worker *worker);

#endif /* HAWSER_SERVER_FEED_H */
