/* SPDX-License-Identifier: MIT */
#include "server/feed.h"

#include "base/memory.h"
#include "base/text.h"
#include "server/visit.h"

enum { LINGER_MS = 1000 };

struct hws_feed {
    hws_worker *worker;
    hws_stream *stream; /* NULL: it has ended */
    hws_feed *next;     /* of the worker's */
    hws_feed *previous;
    void (*on_end)(void *owner);
    void *owner;
    hws_deferred ending;
};

/* Its end. */

static void unlist(hws_feed *feed)
{
    if (feed->next) feed->next->previous = feed->previous;
    if (feed->previous)
        feed->previous->next = feed->next;
    else
        feed->worker->feeds = feed->next;
}

/* With a word to the owner, whose last call it is. */
static void finish(hws_feed *feed, uint32_t linger_ms)
{
    hws_worker *worker = feed->worker;
    hws_loop_undefer(worker->loop, &feed->ending);
    hws_stream_close(feed->stream, linger_ms);
    unlist(feed);
    feed->on_end(feed->owner);
    hws_memory_free(worker->memory, feed, sizeof *feed);
}

static void on_ending(hws_deferred *deferred)
{
    finish((hws_feed *)(void *)((uint8_t *)deferred - offsetof(hws_feed, ending)), LINGER_MS);
}

void hws_feed_end(hws_feed *feed)
{
    hws_loop_defer(feed->worker->loop, &feed->ending);
}

void hws_feeds_end(hws_worker *worker)
{
    while (worker->feeds) finish(worker->feeds, LINGER_MS);
}

/* The stream's calls. */

static void on_receive(void *owner, hws_span bytes)
{
    (void)owner;
    (void)bytes;
}

static void on_stream_end(void *owner, hws_status why)
{
    (void)why;
    finish(owner, 0);
}

static void on_sent(void *owner)
{
    (void)owner;
}

static const hws_stream_owner STREAM_CALLS = {
    .on_receive = on_receive,
    .on_end = on_stream_end,
    .on_sent = on_sent,
};

/* Its beginning. */

static hws_status write_head(hws_stream *stream, hws_text head)
{
    static const char FIRST[] = "HTTP/1.1 200 OK\r\n"
                                "Cache-Control: no-store\r\n"
                                "X-Content-Type-Options: nosniff\r\n"
                                "Connection: close\r\n";
    const size_t first_size = sizeof FIRST - 1;
    uint8_t *place = hws_queue_reserve(&stream->queue, first_size + head.size + 2);
    if (!place) return HWS_ERR_NO_MEMORY;
    memcpy(place, FIRST, first_size);
    memcpy(place + first_size, head.data, head.size);
    memcpy(place + first_size + head.size, "\r\n", 2);
    hws_queue_commit(&stream->queue, first_size + head.size + 2);
    return HWS_OK;
}

/* A request of the same origin may come without one; a cookie says nothing here. */
static bool is_welcome(const hws_worker *worker, hws_request *request)
{
    const hws_http_head *head = hws_request_head(request);
    return hws_http_head_count(head, "Origin") == 0 ||
           hws_access_origin(&worker->server->access, head, hws_request_is_secure(request));
}

hws_status hws_feed_begin(hws_request *request, hws_text head, void (*on_end)(void *owner),
                          void *owner, hws_feed **begun)
{
    hws_h1 *h1 = hws_request_h1(request);
    hws_visit *visit = hws_h1_owner_of(h1);
    hws_worker *worker = visit->worker;
    if (worker->closing) return HWS_ERR_SHUTTING_DOWN;
    if (!is_welcome(worker, request)) return HWS_ERR_HANDSHAKE_ORIGIN;
    hws_feed *feed = hws_memory_new_zeroed(worker->memory, sizeof *feed);
    if (!feed) return HWS_ERR_NO_MEMORY;
    const hws_status status = write_head(hws_h1_stream(h1), head);
    if (status != HWS_OK) {
        hws_memory_free(worker->memory, feed, sizeof *feed);
        return status;
    }
    hws_span early; /* nobody hears it */
    feed->worker = worker;
    feed->on_end = on_end;
    feed->owner = owner;
    feed->ending.call = on_ending;
    feed->stream = hws_h1_take_stream(h1, &early);
    hws_visit_free(visit);
    feed->next = worker->feeds;
    if (feed->next) feed->next->previous = feed;
    worker->feeds = feed;
    hws_stream_own(feed->stream, &STREAM_CALLS, feed);
    hws_stream_receive(feed->stream, true);
    hws_stream_flush(feed->stream);
    *begun = feed;
    return HWS_OK;
}

hws_loop *hws_feed_loop_of(hws_request *request)
{
    const hws_visit *visit = hws_h1_owner_of(hws_request_h1(request));
    return visit->worker->loop;
}

/* Sending. */

static bool is_full(const hws_feed *feed)
{
    return feed->stream->queue.size >= feed->worker->server->options.send_queue_max;
}

hws_status hws_feed_write(hws_feed *feed, hws_text bytes)
{
    if (is_full(feed)) return HWS_ERR_QUEUE_FULL;
    const hws_status status = hws_queue_append(&feed->stream->queue, bytes.data, bytes.size);
    hws_stream_flush(feed->stream);
    return status;
}

hws_status hws_feed_share(hws_feed *feed, hws_blob *bytes)
{
    if (is_full(feed)) return HWS_ERR_QUEUE_FULL;
    const hws_status status = hws_queue_share(&feed->stream->queue, bytes);
    hws_stream_flush(feed->stream);
    return status;
}
