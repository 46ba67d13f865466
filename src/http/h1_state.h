/* SPDX-License-Identifier: MIT */
/* An HTTP/1.1 connection and its request from inside: for src/http alone. */
#ifndef HAWSER_HTTP_H1_STATE_H
#define HAWSER_HTTP_H1_STATE_H

#include "base/buffer.h"
#include "http/body.h"
#include "http/h1.h"
#include "http/source.h"
#include "loop/alarm.h"
#include "net/address.h"

typedef enum hws_h1_state {
    HWS_H1_READING_HEAD,
    HWS_H1_READING_BODY,
    HWS_H1_ANSWERING, /* the owner has the request */
    HWS_H1_HELD,
    HWS_H1_ANSWERED, /* the owner may still look at the request */
    HWS_H1_SENDING,  /* a source is being emptied */
    HWS_H1_DRAINING, /* the last answer leaves; input is not looked at any more */
    HWS_H1_GONE,     /* waits for the end of the turn, to be freed */
} hws_h1_state;

struct hws_request {
    hws_h1 *h1;
    hws_http_head head;
    hws_body body;
    hws_buffer path;
    bool is_head;                       /* the method is HEAD */
    char address[HWS_ADDRESS_TEXT_MAX]; /* "" until asked for */
};

struct hws_h1 {
    hws_loop *loop;
    hws_stream *stream;
    const hws_h1_owner *calls; /* NULL: the owner has gone, or was told that we go */
    void *owner;
    hws_h1_options options;
    hws_request request;

    hws_span input;     /* what is not consumed yet of the bytes being read */
    hws_buffer waiting; /* what arrived before its turn */
    hws_source *source; /* of the answer under way */

    hws_alarm alarm; /* set from new to the end, at deadline_ms or earlier */
    uint64_t deadline_ms;
    hws_deferred deferred; /* goes on, or frees */

    uint32_t request_count; /* whole requests so far */
    uint8_t state;          /* an hws_h1_state */
    bool head_begun;        /* a byte of the head has arrived */
    bool receiving;
    bool last; /* no request after this one */
};

/* h1_read.c */

/* More than this in the queue: no further request is read, and no source asked for more. */
enum { HWS_H1_QUEUE_ENOUGH = 64 * 1024 };

/* Whether input is looked at now. */
bool hws_h1_reads(const hws_h1 *h1);

/* Bytes have arrived: makes requests of them, and keeps what is left for later. */
void hws_h1_read(hws_h1 *h1, hws_span bytes);

/* The same with what was kept. */
void hws_h1_read_waiting(hws_h1 *h1);

/* h1_answer.c */

/* The request is whole: the owner's turn. */
void hws_h1_answer(hws_h1 *h1);

/* An answer is in the queue, its body still to come from `source` (may be NULL). */
void hws_h1_answered(hws_h1 *h1, hws_source *source, bool close);

/* Nobody looks at the request any more: sends the rest of the answer, awaits the next request. */
void hws_h1_complete(hws_h1 *h1);

/* Moves bytes from the source to the queue while that is short. */
void hws_h1_send_source(hws_h1 *h1);
void hws_h1_close_source(hws_h1 *h1);

/* Answers with an error, in the place of a request that is not whole or not answered. */
void hws_h1_refuse(hws_h1 *h1, hws_status why);

/* Ends a request that the owner holds: he hears of it at once. */
void hws_h1_give_up(hws_h1 *h1, hws_status why);

/* h1.c */

void hws_h1_expect_within(hws_h1 *h1, uint32_t timeout_ms);

/* Lets the queue leave, then finishes. */
void hws_h1_drain(hws_h1 *h1);

/* Without an owner nobody else will end it, should the peer read but slowly: sets a deadline. */
void hws_h1_bound_end(hws_h1 *h1);

/* Closes the stream.  The owner, if any, is told, and may be gone when this returns. */
void hws_h1_finish(hws_h1 *h1, uint32_t linger_ms);
void hws_h1_tell_close(hws_h1 *h1);

/* request.c */

/* Makes a request of a head that is complete: path, body, expectation.
 *
 * has_body   Whether hws_body_read is to be called.
 *
 * Errors: the answer to give instead. */
HWS_MUST_CHECK hws_status hws_request_begin(hws_request *request, bool *has_body);

/* Whether the peer wants to go on after it (RFC 9112 §9.3). */
bool hws_request_keeps_alive(const hws_request *request);

/* Forgets it.  `keep` leaves the head's memory for the next request, which is there already. */
void hws_request_reset(hws_request *request, bool keep);

/* Answers with the bytes of `source` as the body, `source->left` of them; NULL: with those of
 * `response`.  Takes the source over, also when it fails.  Errors as hws_request_respond. */
HWS_MUST_CHECK hws_status hws_request_respond_from(hws_request *request,
                                                   const hws_response *response,
                                                   hws_source *source);

/* The answer of `status` with a line of text. */
void hws_request_respond_text(hws_request *request, int status, const char *text,
                              const hws_header *headers, size_t header_count, bool close);

#endif /* HAWSER_HTTP_H1_STATE_H */
