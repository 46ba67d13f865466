/* SPDX-License-Identifier: MIT */
/* A body in chunks (RFC 9112 §7.1), from bytes to the bytes that are meant.
 *
 *     hws_span data;
 *     do {
 *         HWS_TRY(hws_http_chunks_parse(&chunks, &input, &data, &done));
 *         ... take data ...
 *     } while (data.size > 0);
 *
 * Extensions and trailers are checked, bounded, and let fall.  How much data there is in all is
 * the caller's to bound.  A plain value: zero is ready for the first byte. */
#ifndef HAWSER_WIRE_HTTP_CHUNKS_H
#define HAWSER_WIRE_HTTP_CHUNKS_H

#include <stdbool.h>

#include "hawser/span.h"
#include "hawser/status.h"

enum {
    HWS_HTTP_CHUNK_DIGITS_MAX = 16,      /* of one size, leading zeros among them */
    HWS_HTTP_CHUNK_EXTENSION_MAX = 1024, /* bytes of all extensions of one body */
    HWS_HTTP_CHUNK_TRAILERS_MAX = 16384, /* bytes behind the last chunk */
};

typedef struct hws_http_chunks {
    uint64_t left;  /* of the chunk: the size while it is read, then the bytes to come */
    uint16_t extra; /* bytes of extensions so far, then of trailers */
    uint8_t digits; /* of the size so far */
    uint8_t state;
    hws_status failure;
} hws_http_chunks;

/* Consumes `input` up to the end of a run of data.
 *
 * data    The run, in `input`; empty when all input is consumed or the body is done.
 * done    Whether the body is complete; what stands behind it is left in `input`.
 *
 * Errors: HWS_ERR_HTTP_SYNTAX, HWS_ERR_HTTP_HEAD_TOO_BIG (trailers).  A failure is final. */
HWS_MUST_CHECK hws_status hws_http_chunks_parse(hws_http_chunks *chunks, hws_span *input,
                                                hws_span *data, bool *done);

#endif /* HAWSER_WIRE_HTTP_CHUNKS_H */
