/* SPDX-License-Identifier: MIT */
/* The answer to the request of an opening handshake: its head, and the first bytes of a body that
 * says why not.  Bytes in, without a socket. */
#ifndef HAWSER_CLIENT_ANSWER_H
#define HAWSER_CLIENT_ANSWER_H

#include "base/buffer.h"
#include "hawser/client.h"
#include "hawser/http_head.h"
#include "wire/http_chunks.h"

typedef struct hws_answer {
    hws_http_head head; /* when has_head */
    hws_buffer bytes;   /* of the head, as they came, and of the body, without its chunks */
    size_t head_size;   /* of them */
    bool has_head;
    bool is_done;
    uint8_t interim_count; /* answers of 1xx that were passed over */
    uint8_t body_kind;     /* an hws_http_body */
    uint64_t body_left;    /* of a sized one */
    hws_http_chunks chunks;
    hws_status failure;
    const hws_memory *memory;
} hws_answer;

void hws_answer_init(hws_answer *answer, const hws_memory *memory);

/* Consumes `input` up to the end of the answer: of its head when it is a 101, else of its body or
 * of as much of it as is looked at.  Once it is done, nothing more is consumed.
 *
 * Errors: of hws_http_head_parse; HWS_ERR_HTTP_SYNTAX also for more than ten answers of 1xx (row
 *         E001).  Final. */
HWS_MUST_CHECK hws_status hws_answer_receive(hws_answer *answer, hws_span *input, bool *done);

/* The bytes of the head, as far as they have come, and behind a whole one those of the body that
 * are looked at; of what was refused, those that came with it, too. */
hws_text hws_answer_bytes(const hws_answer *answer);

/* Says in words why an answer with a whole head that is no 101 refuses: "HTTP 403 Forbidden:
 * "token expired"". */
void hws_answer_describe(const hws_answer *answer, char *words);

void hws_answer_release(hws_answer *answer);

#endif /* HAWSER_CLIENT_ANSWER_H */
