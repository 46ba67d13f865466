/* SPDX-License-Identifier: MIT */
/* The body of a request, collected whole, however it is framed (RFC 9112 §6). */
#ifndef HAWSER_HTTP_BODY_H
#define HAWSER_HTTP_BODY_H

#include "base/buffer.h"
#include "hawser/http_head.h"
#include "wire/http_chunks.h"

/* Zero is no body. */
typedef struct hws_body {
    hws_buffer bytes;
    uint64_t left; /* of a sized one */
    size_t size_max;
    hws_http_chunks chunks;
    uint8_t kind; /* an hws_http_body */
} hws_body;

/* Readies it for what stands behind `head`.  Nothing is allocated for what is only announced.
 *
 * Errors: HWS_ERR_HTTP_FRAMING, HWS_ERR_HTTP_TRANSFER_CODING, HWS_ERR_HTTP_BODY_TOO_BIG: over
 *         `size_max` bytes are announced. */
HWS_MUST_CHECK hws_status hws_body_begin(hws_body *body, const hws_http_head *head,
                                         size_t size_max);

/* Whether bytes are to come, be it a chunk that says that there are none. */
bool hws_body_is_expected(const hws_body *body);

/* Consumes `input` up to the end of the body.
 *
 * Errors: HWS_ERR_HTTP_SYNTAX, HWS_ERR_HTTP_HEAD_TOO_BIG (trailers), HWS_ERR_HTTP_BODY_TOO_BIG,
 *         HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_body_read(hws_body *body, const hws_memory *memory, hws_span *input,
                                        bool *done);

/* What has come so far. */
hws_text hws_body_text(const hws_body *body);

/* It is then no body. */
void hws_body_release(hws_body *body, const hws_memory *memory);

#endif /* HAWSER_HTTP_BODY_H */
