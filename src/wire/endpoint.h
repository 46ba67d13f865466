/* SPDX-License-Identifier: MIT */
/* The endpoint as a value, for those who embed it in a connection and own its queue; and what its
 * own files share.
 *
 *     endpoint.c            made, asked, released
 *     endpoint_receive.c    bytes in, frames, messages out
 *     endpoint_send.c       messages and control frames into the queue
 *     endpoint_close.c      the closing handshake, and failing
 *     endpoint_keepalive.c  what time demands
 */
#ifndef HAWSER_WIRE_ENDPOINT_H
#define HAWSER_WIRE_ENDPOINT_H

#include "base/buffer.h"
#include "base/queue.h"
#include "hawser/endpoint.h"
#include "hawser/frame.h"
#include "hawser/utf8.h"
#include "wire/kernels.h"

/* One per connection, idle or not: every byte counts (HWS_ENDPOINT_SIZE_MAX). */
struct hws_endpoint {
    const hws_endpoint_options *options;
    hws_queue *queue;

    /* What is being received. */
    hws_frame_header frame;  /* the frame that is under way */
    uint64_t frame_left;     /* bytes of its payload still to come */
    hws_buffer message;      /* of the message under way, unless it is delivered in parts */
    uint64_t message_size;   /* bytes of it so far */
    uint8_t *control;        /* payload of a control frame that came in pieces; NULL: none */
    uint64_t receiving_ms;   /* when the frame or message under way began */
    uint32_t fragment_count; /* frames of the message so far */
    uint32_t fragment_empty; /* those without payload */

    /* Time. */
    uint64_t heard_ms;       /* the last sign of life */
    uint64_t asked_ms;       /* when the ping, or the Close, that waits for an answer was sent */
    uint64_t control_ms;     /* when control_credit was counted last */
    uint32_t control_credit; /* control frames that may come now, in thousandths */

    uint8_t *kept_pong; /* size and payload of the one that waits while output is stuck */
    uint8_t head[HWS_FRAME_HEADER_MAX - 1]; /* a header that came in pieces */
    uint8_t head_size;
    uint16_t close_code;    /* that we sent; 0: none, or without a code */
    hws_utf8 received_utf8; /* of the text under way */
    hws_utf8 sent_utf8;
    uint8_t message_opcode; /* of the message under way; 0: none */
    uint8_t sent_opcode;    /* of the message that is being sent in parts; 0: none */

    bool in_frame : 1;        /* the header is read, the payload not yet dealt with */
    bool part_delivered : 1;  /* the message under way was begun to be delivered */
    bool message_is_done : 1; /* delivered: its bytes go with the next call */
    bool control_is_done : 1;
    bool receiving : 1; /* receiving_ms counts */
    bool pinged : 1;    /* asked_ms is that of a ping */
    bool blocked : 1;
    bool close_sent : 1;
    bool ended : 1; /* HWS_EVENT_CLOSE was told */
};

enum { HWS_ENDPOINT_SIZE_MAX = 168 };
_Static_assert(sizeof(void *) > 8 || sizeof(struct hws_endpoint) <= HWS_ENDPOINT_SIZE_MAX,
               "an idle connection pays for each of these bytes");

/* Readies `endpoint`; what it sends is put into `queue`, which is its owner's. */
void hws_endpoint_init(hws_endpoint *endpoint, const hws_endpoint_options *options,
                       hws_queue *queue, uint64_t now_ms);

void hws_endpoint_release(hws_endpoint *endpoint);

/* A message framed for any server's endpoint, to be sent to many: frame once, share often.
 * NULL when there is no memory.  The text must have been checked. */
hws_blob *hws_endpoint_frame(const hws_memory *memory, const hws_message *message);

/* Puts a framed message into the queue without a copy.  Errors: HWS_ERR_NOT_OPEN,
 * HWS_ERR_INVALID_ARGUMENT (a message in parts is under way, or a client, which must mask),
 * HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_endpoint_share(hws_endpoint *endpoint, hws_blob *frame);

/* From here on for the endpoint's own files. */

/* Puts one frame into the queue, masked if we are the client.
 * Errors: HWS_ERR_NO_MEMORY, HWS_ERR_RANDOM; nothing of it was queued then. */
HWS_MUST_CHECK hws_status hws_endpoint_write(hws_endpoint *endpoint, uint8_t opcode, bool fin,
                                             const void *payload, size_t size);

/* Answers a ping, or keeps the answer while output is stuck. */
HWS_MUST_CHECK hws_status hws_endpoint_pong(hws_endpoint *endpoint, hws_span payload);

/* Judges the peer's Close frame, answers it, and ends. */
HWS_MUST_CHECK hws_status hws_endpoint_take_close(hws_endpoint *endpoint, hws_span body,
                                                  hws_event *event);

/* Ends because of `why`: with a Close frame if one can still be sent and `why` has a code. */
void hws_endpoint_fail(hws_endpoint *endpoint, hws_status why, hws_event *event);

/* Forgets the message under way. */
void hws_endpoint_drop_message(hws_endpoint *endpoint);
void hws_endpoint_drop_control(hws_endpoint *endpoint);

#endif /* HAWSER_WIRE_ENDPOINT_H */
