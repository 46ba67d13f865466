/* SPDX-License-Identifier: MIT */
/* The endpoint as a value, for those who embed it in a connection and own its queue; and what its
 * own files share.
 *
 *     endpoint.c            made, asked, released
 *     endpoint_receive.c    bytes in, short messages out
 *     endpoint_frames.c     all else that comes: frames, and messages in pieces
 *     endpoint_inflate.c    what came compressed
 *     endpoint_held.c       input that is not wanted yet
 *     endpoint_send.c       messages and control frames into the queue
 *     endpoint_deflate.c    what goes out compressed
 *     endpoint_close.c      the closing handshake, and failing
 *     endpoint_keepalive.c  what time demands
 */
#ifndef HAWSER_WIRE_ENDPOINT_H
#define HAWSER_WIRE_ENDPOINT_H

#include "base/queue.h"
#include "hawser/endpoint.h"
#include "hawser/frame.h"
#include "hawser/utf8.h"
#include "wire/assembly.h"
#include "wire/deflate.h"
#include "wire/kernels.h"

/* What an endpoint has only while something of the peer's is under way: between two calls an idle
 * one has none.  A call that finds none works on one of its own, and only what outlives the call is
 * moved to memory. */
typedef struct hws_incoming {
    hws_frame_header frame;  /* the frame that is under way */
    uint64_t frame_left;     /* bytes of its payload still to come */
    hws_assembly message;    /* of the message under way, unless it is delivered in parts */
    uint64_t message_size;   /* bytes of it so far */
    uint64_t deflated_size;  /* bytes of it as they came, when it is compressed */
    hws_inflater *inflater;  /* of it; with takeover of all that come; NULL: none yet */
    hws_deflater *deflater;  /* of what is sent in parts; with takeover of all that is sent */
    struct hws_held *held;   /* input that its owner does not want looked at yet; NULL: none */
    uint8_t *control;        /* payload of a control frame that came in pieces; NULL: none */
    uint8_t *kept_pong;      /* size and payload of the one that waits while output is stuck */
    uint64_t receiving_ms;   /* when the frame or message under way began */
    uint32_t fragment_count; /* frames of the message so far */
    uint32_t fragment_empty; /* those without payload */
    uint64_t control_ms;     /* when control_debt was counted last */
    uint64_t control_debt;   /* control frames that came of late, in thousandths */

    uint8_t head[HWS_FRAME_HEADER_MAX - 1]; /* a header that came in pieces */
    uint8_t head_size;
    hws_utf8 received_utf8; /* of the text under way */
    uint8_t message_opcode; /* of the message under way; 0: none */

    bool is_deflated : 1;     /* the message under way is compressed */
    bool has_more : 1;        /* of it, than there was room to inflate to */
    bool in_frame : 1;        /* the header is read, the payload not yet dealt with */
    bool part_delivered : 1;  /* the message under way was begun to be delivered */
    bool message_is_done : 1; /* delivered: its bytes go with the next call */
    bool control_is_done : 1;
    bool receiving : 1; /* receiving_ms counts */
} hws_incoming;

/* One per connection, idle or not: every byte counts (docs/decisions/0031). */
struct hws_endpoint {
    const hws_endpoint_options *options;
    hws_queue *queue;
    hws_incoming *incoming; /* NULL: nothing is under way */

    /* The last sign of life; or when the ping, or the Close, that waits for an answer was sent. */
    uint64_t since_ms;

    uint16_t close_code; /* that we sent; 0: none, or without a code */
    hws_utf8 sent_utf8;
    uint8_t sent_opcode; /* of the message that is being sent in parts; 0: none */

    uint8_t send_bits : 4; /* the windows of permessage-deflate; 0: it was not agreed on */
    uint8_t receive_bits : 4;
    bool send_takeover : 1;
    bool receive_takeover : 1;
    bool sends_deflated : 1; /* the message that is being sent in parts is compressed */
    bool pinged : 1;         /* since_ms is that of a ping */
    bool blocked : 1;
    bool close_sent : 1;
    bool ended : 1; /* HWS_EVENT_CLOSE was told */
};

enum { HWS_ENDPOINT_SIZE_MAX = 40 };
_Static_assert(sizeof(void *) > 8 || sizeof(struct hws_endpoint) <= HWS_ENDPOINT_SIZE_MAX,
               "an idle connection pays for each of these bytes");

/* Whether a message ends with this part, or is whole. */
static inline bool hws_message_ends(const hws_message *message)
{
    return message->part == HWS_WHOLE || message->part == HWS_LAST;
}

/* Readies `endpoint`; what it sends is put into `queue`, which is its owner's. */
void hws_endpoint_init(hws_endpoint *endpoint, const hws_endpoint_options *options,
                       hws_queue *queue, uint64_t now_ms);

/* Before anything has been sent or received: permessage-deflate was agreed on.  What the terms
 * reserved (hws_deflate_enter) is given back when it is released. */
void hws_endpoint_set_deflate(hws_endpoint *endpoint, hws_deflate_terms terms);
hws_deflate_terms hws_endpoint_deflate(const hws_endpoint *endpoint);

void hws_endpoint_release(hws_endpoint *endpoint);

/* Keeps a copy of `input`, which is not wanted yet; of input that is held already, the rest.
 * Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_endpoint_hold(hws_endpoint *endpoint, hws_span input);

/* What is held; it stays until it is dropped. */
hws_span hws_endpoint_held(const hws_endpoint *endpoint);
void hws_endpoint_drop_held(hws_endpoint *endpoint);

/* Bytes that it holds of what has arrived. */
size_t hws_endpoint_weight(const hws_endpoint *endpoint);

/* Where what comes next is best received: the memory of the message that is under way.  Size 0:
 * nowhere in particular.  What is received there is then the input, and all of it is consumed by
 * one call.  Lifetime: until the next call. */
hws_span hws_endpoint_room(hws_endpoint *endpoint);

/* Whether it is worth asking. */
bool hws_endpoint_has_room(const hws_endpoint *endpoint);

/* As hws_endpoint_send, for the very message that is being told, whole, from within the input: the
 * queue may borrow it, and the head of its frame is then written before it.
 *
 * room     Bytes of the input before it.
 * Errors:  as of hws_endpoint_send. */
HWS_MUST_CHECK hws_status hws_endpoint_send_back(hws_endpoint *endpoint, const hws_message *message,
                                                 size_t room);

/* A message framed for any server's endpoint, to be sent to many: frame once, share often.
 * NULL when there is no memory.  The text must have been checked. */
hws_blob *hws_endpoint_frame(const hws_memory *memory, const hws_message *message);

/* Puts a framed message into the queue without a copy, in the form that is due.  `label` as of
 * hws_queue_share_as; NULL: none.  Errors: HWS_ERR_NOT_OPEN, HWS_ERR_INVALID_ARGUMENT (a message in
 * parts is under way, or a client, which must mask), HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_endpoint_share(hws_endpoint *endpoint, hws_blob *frame,
                                             const uint64_t *label);

/* A frame of hws_endpoint_frame as this peer is to get it: itself, or its compressed form, which is
 * made once for all whose windows are alike.  Lifetime: that of `frame`. */
hws_blob *hws_endpoint_form(const hws_endpoint *endpoint, hws_blob *frame);

/* The message in a frame of hws_endpoint_frame. */
hws_message hws_endpoint_framed(const hws_blob *frame);

/* What arrived was not looked at for a while, by our own will: whatever the peer owes, it gets the
 * time for it again. */
void hws_endpoint_excuse(hws_endpoint *endpoint, uint64_t now_ms);

/* Ends because of `why`: with a Close frame if one can still be sent and `why` has a code. */
void hws_endpoint_fail(hws_endpoint *endpoint, hws_status why, hws_event *event);

/* From here on for the endpoint's own files. */

/* Somewhere to keep what outlives a call.  Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_endpoint_need_incoming(hws_endpoint *endpoint);

/* Receives what is no short message that is there whole, until there is an event, or no input left.
 * What the peer does wrong has ended the endpoint, and is told as an event.
 * Errors: HWS_ERR_NO_MEMORY: for what outlives the call. */
HWS_MUST_CHECK hws_status hws_endpoint_receive_frames(hws_endpoint *endpoint, uint64_t now_ms,
                                                      hws_span *input, hws_event *event);

static inline void hws_endpoint_tell_message(uint8_t opcode, hws_span bytes, hws_message_part part,
                                             hws_event *event)
{
    event->type = HWS_EVENT_MESSAGE;
    event->message = (hws_message){
        .type = (hws_message_type)opcode,
        .part = part,
        .data = bytes.data,
        .size = bytes.size,
    };
}

/* Inflates from the front of `input` to the end of incoming->message: all of it, or, when parts are
 * delivered, as much as makes one (has_more).  UTF-8 is checked as it comes out.
 *
 * Errors: HWS_ERR_MESSAGE_TOO_BIG, HWS_ERR_UTF8, HWS_ERR_DEFLATE, HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_endpoint_inflate(hws_endpoint *endpoint, hws_span *input);

/* The message ends here.  Errors as above: HWS_ERR_DEFLATE, HWS_ERR_UTF8 when it may not. */
HWS_MUST_CHECK hws_status hws_endpoint_inflate_end(hws_endpoint *endpoint);

/* What is borrowed for the message under way, or for all, goes back. */
void hws_endpoint_give_inflater(hws_endpoint *endpoint);
void hws_endpoint_give_deflater(hws_endpoint *endpoint);

/* Nothing that is sent from here on refers to what was sent before: the peer's window has moved, or
 * may move, by a shared frame that ours has not seen (with a label it may yet be replaced). */
void hws_endpoint_forget_window(hws_endpoint *endpoint);

/* Puts a message, or a part of one, into the queue compressed.
 *
 * utf8     Where its text stood before, and then after it; NULL: nothing to check.
 * is_sent  False: it would have grown, or there is no memory to compress it with; nothing has
 *          happened.  Of a part that is not the first always true.
 * Errors: HWS_ERR_UTF8, HWS_ERR_RANDOM, HWS_ERR_NO_MEMORY; nothing of it was queued then. */
HWS_MUST_CHECK hws_status hws_endpoint_put_deflated(hws_endpoint *endpoint,
                                                    const hws_message *message, hws_utf8 *utf8,
                                                    bool *is_sent);

/* A header for a frame of ours, with a fresh mask key if we are the client (§5.3).
 * Errors: HWS_ERR_RANDOM. */
HWS_MUST_CHECK hws_status hws_endpoint_begin_frame(const hws_endpoint *endpoint,
                                                   hws_frame_header *header);

/* Puts one frame into the queue, masked if we are the client.
 * Errors: HWS_ERR_NO_MEMORY, HWS_ERR_RANDOM; nothing of it was queued then. */
HWS_MUST_CHECK hws_status hws_endpoint_write(hws_endpoint *endpoint, uint8_t opcode, bool fin,
                                             const void *payload, size_t size);

/* Answers a ping, or keeps the answer while output is stuck. */
HWS_MUST_CHECK hws_status hws_endpoint_pong(hws_endpoint *endpoint, hws_span payload);

/* Judges the peer's Close frame, answers it, and ends. */
HWS_MUST_CHECK hws_status hws_endpoint_take_close(hws_endpoint *endpoint, hws_span body,
                                                  hws_event *event);

/* What is under way leaves the call's own `incoming` for memory, if there is anything, or gives the
 * memory back, if there is nothing.  Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_endpoint_settle(hws_endpoint *endpoint, const hws_incoming *own);

/* Forgets the message under way. */
void hws_endpoint_drop_message(hws_endpoint *endpoint);
void hws_endpoint_drop_control(hws_endpoint *endpoint);

#endif /* HAWSER_WIRE_ENDPOINT_H */
