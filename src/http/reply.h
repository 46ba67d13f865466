/* SPDX-License-Identifier: MIT */
/* The answer to a request of ours, head and whole body, with a bound.  Bytes in, without a socket.
 *
 *     hws_reply reply;
 *     hws_reply_init(&reply, memory, 1 << 20);
 *     ...
 *     HWS_TRY(hws_reply_receive(&reply, &bytes, &done));
 *     if (done) look(reply.head.status, hws_reply_body(&reply));
 *
 * Answers of 1xx are passed over.  The body is read as if it answered a GET: it is not for HEAD. */
#ifndef HAWSER_HTTP_REPLY_H
#define HAWSER_HTTP_REPLY_H

#include "http/body.h"

enum { HWS_REPLY_INTERIM_MAX = 10 }; /* answers of 1xx before the one that counts */

typedef struct hws_reply {
    hws_http_head head; /* when has_head */
    hws_body body;
    size_t size_max; /* bytes of the body */
    bool has_begun;  /* something has come */
    bool has_head;   /* of the answer that counts */
    bool is_done;
    bool until_close; /* its end is the connection's */
    uint8_t interim_count;
    hws_status failure;
    const hws_memory *memory;
} hws_reply;

void hws_reply_init(hws_reply *reply, const hws_memory *memory, size_t size_max);

/* Consumes `input` up to the end of the answer; once it is done, nothing more is consumed.
 *
 * Errors: of hws_http_head_parse, hws_body_begin and hws_body_read; HWS_ERR_HTTP_SYNTAX also for
 *         more than HWS_REPLY_INTERIM_MAX answers of 1xx.  Final. */
HWS_MUST_CHECK hws_status hws_reply_receive(hws_reply *reply, hws_span *input, bool *done);

/* The connection has ended, in order.  Returns: whether that was the end of the answer, too. */
bool hws_reply_end(hws_reply *reply);

/* Whether the connection may carry another request (RFC 9112 §9.3).  It is done. */
bool hws_reply_keeps_connection(const hws_reply *reply);

/* What has come of the body. */
hws_text hws_reply_body(const hws_reply *reply);

void hws_reply_release(hws_reply *reply);

#endif /* HAWSER_HTTP_REPLY_H */
