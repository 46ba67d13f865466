/* SPDX-License-Identifier: MIT */
/* The server's side of one HTTP/1.1 connection (RFC 9112): requests one after the other, each
 * answered before the next is looked at, until one of them is upgraded to something else.
 *
 *     READING ──head, body──▶ ANSWERING ──response queued──▶ SENDING ──▶ READING (keep-alive)
 *                                 │ hold                         └─────▶ closed
 *                                 ▼
 *                               HELD ──respond──▶ SENDING
 *                                 └───take_stream──▶ gone; the stream is somebody else's
 *
 * An h1 lives only while its connection speaks HTTP; a WebSocket does not pay for it. */
#ifndef HAWSER_HTTP_H1_H
#define HAWSER_HTTP_H1_H

#include "hawser/http_head.h"
#include "hawser/request.h"
#include "net/stream.h"

typedef struct hws_h1 hws_h1;

/* Every zero is the default.  Each connection has a copy. */
typedef struct hws_h1_options {
    uint32_t head_timeout_ms;   /* from the first moment to the end of the head; 0: 10000 */
    uint32_t body_timeout_ms;   /* for the body after the head; 0: 30000 */
    uint32_t idle_timeout_ms;   /* between requests; 0: 60000 */
    uint32_t hold_timeout_ms;   /* for the answer to a held request; 0: 10000 */
    uint32_t linger_ms;         /* after the last answer; 0: 1000 */
    uint32_t send_timeout_ms;   /* for the last answer after hws_h1_close; 0: 10000 */
    uint32_t request_count_max; /* on one connection; 0: 1000 */
    uint32_t field_count_max;   /* header lines of a request; 0: 100 */
    size_t head_size_max;       /* bytes; 0: 16 KiB */
    size_t body_size_max;       /* bytes; 0: 1 MiB */
    size_t early_size_max;      /* bytes behind a held request; 0: 16 KiB */
    const hws_memory *memory;   /* NULL: the loop's */
} hws_h1_options;

/* Puts the defaults in the place of zeros; hws_h1_new does so by itself. */
void hws_h1_options_complete(hws_h1_options *options);

typedef struct hws_h1_owner {
    /* A whole request.  It is answered (hws_request_respond, hws_files_respond), held
     * (hws_h1_hold), or its stream is taken (hws_h1_take_stream) before this returns. */
    void (*on_request)(void *owner, hws_request *request);

    /* The connection ended or is being given up, with or without a request that was held.  The h1
     * frees itself after this.  Not called when the stream was taken, nor after hws_h1_close. */
    void (*on_close)(void *owner, hws_h1 *h1);

    /* The stream broke off, which may explain it; on_close follows.  May be NULL. */
    void (*on_failure)(void *owner, const hws_stream *stream, hws_status why);
} hws_h1_owner;

/* Takes over `stream` and begins to read.  On failure the stream is closed.
 * Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_h1_new(hws_loop *loop, hws_stream *stream,
                                     const hws_h1_options *options, const hws_h1_owner *calls,
                                     void *owner, hws_h1 **h1);

/* Brings forward when the first head must be whole.  To be called before anything has come. */
void hws_h1_expect_by(hws_h1 *h1, uint64_t deadline_ms);

hws_h1 *hws_request_h1(hws_request *request);
void *hws_h1_owner_of(const hws_h1 *h1);
hws_request *hws_h1_request(hws_h1 *h1); /* the one that is held or being answered */
const hws_http_head *hws_request_head(const hws_request *request);

/* Leaves the request unanswered for now; its texts live until it is answered.  What arrives
 * meanwhile waits, at most early_size_max bytes; the peer's going away, half or whole, ends it with
 * on_close; so does waiting longer than hold_timeout_ms, after which the peer gets 504. */
void hws_h1_hold(hws_h1 *h1);
bool hws_h1_is_held(const hws_h1 *h1); /* and not answered yet */

/* Takes the stream out from under HTTP, for an upgrade; the h1 frees itself.
 *
 * early   The bytes that arrived behind the request; they live until the caller returns to the
 *         loop (or from on_request).
 *
 * The caller owns the stream now, receiving or paused as it was. */
hws_stream *hws_h1_take_stream(hws_h1 *h1, hws_span *early);

/* The whole bytes of an answer that HTTP's own rules do not shape, such as a 101, are put into
 * hws_h1_stream(h1)->queue before the stream is taken. */
hws_stream *hws_h1_stream(hws_h1 *h1);

/* Bytes that it holds beyond itself: of a body, of what came before its turn, of answers. */
size_t hws_h1_weight(const hws_h1 *h1);

/* Ends it: at once when it waits for a request, else after the answer under way, for at most
 * send_timeout_ms; a held request gets 503.  The owner hears nothing more of it, and may go. */
void hws_h1_close(hws_h1 *h1);

/* Answers with the status that hws_status_http gives `why`, its text as the body, the headers that
 * the status asks for (Allow, Upgrade, Sec-WebSocket-Version, Retry-After), and ends the
 * connection. */
void hws_request_refuse(hws_request *request, hws_status why);

#endif /* HAWSER_HTTP_H1_H */
