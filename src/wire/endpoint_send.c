/* SPDX-License-Identifier: MIT */
/* From messages to frames in the queue.  A frame is in the queue whole or not at all. */
#include <string.h>

#include "base/memory.h"
#include "base/try.h"
#include "wire/endpoint.h"
#include "wire/frame.h"
#include "wire/mask.h"
#include "wire/utf8.h"

static bool is_open(const hws_endpoint *endpoint)
{
    return !endpoint->close_sent && !endpoint->ended;
}

/* Copies a payload to its place in the queue, and masks it on the way, or finds a text to be ASCII:
 * only what is not is read again.
 *
 * utf8   Where the text stood before, and then after it; NULL: nothing to check. */
static hws_status put_payload(const hws_endpoint *endpoint, const hws_frame_header *header,
                              uint8_t *place, const uint8_t *payload, hws_utf8 *utf8)
{
    const hws_kernels *kernels = endpoint->options->kernels;
    const size_t size = (size_t)header->payload_size;
    const uint64_t key = header->masked ? hws_mask_twice(header->mask_key) : 0;
    const bool ascii = hws_mask_copy(kernels, place, payload, size, key) && !header->masked;
    if (!utf8) return HWS_OK;
    if (!ascii || utf8->needed > 0) HWS_TRY(hws_utf8_feed_with(kernels, utf8, payload, size));
    return header->fin ? hws_utf8_finish(utf8) : HWS_OK;
}

/* §5.3: a fresh key for every frame, from a strong source. */
hws_status hws_endpoint_begin_frame(const hws_endpoint *endpoint, hws_frame_header *header)
{
    const hws_endpoint_options *options = endpoint->options;
    header->masked = options->role == HWS_ROLE_CLIENT;
    if (header->masked && !options->random(options->random_user, header->mask_key, 4))
        return HWS_ERR_RANDOM;
    return HWS_OK;
}

static hws_status put_frame(hws_endpoint *endpoint, uint8_t opcode, bool fin, const void *payload,
                            size_t size, hws_utf8 *utf8)
{
    hws_frame_header header = {.payload_size = size, .opcode = opcode, .fin = fin};
    HWS_TRY(hws_endpoint_begin_frame(endpoint, &header));
    if (size > SIZE_MAX - HWS_FRAME_HEADER_MAX) return HWS_ERR_NO_MEMORY;
    uint8_t *place = hws_queue_reserve(endpoint->queue, HWS_FRAME_HEADER_MAX + size);
    if (!place) return HWS_ERR_NO_MEMORY;
    const size_t header_size = hws_frame_write(&header, place);
    const hws_status status = put_payload(endpoint, &header, place + header_size, payload, utf8);
    if (status == HWS_OK)
        hws_queue_commit(endpoint->queue, header_size + size);
    else
        hws_queue_drop(endpoint->queue, 0); /* a queue that is empty again keeps no memory */
    return status;
}

/* Bytes from which on a frame is sent from where its payload lies: of less a copy costs less. */
enum { IN_PLACE_MIN = 8192 };

/* Whether an answer to what was told may be what was told, as it lies: it goes out in one frame,
 * not masked, and not compressed. */
static bool is_sent_in_place(const hws_endpoint *endpoint, const hws_message *message)
{
    if (message->size < IN_PLACE_MIN || message->part != HWS_WHOLE) return false;
    if (endpoint->options->role != HWS_ROLE_SERVER || endpoint->sent_opcode != 0) return false;
    return endpoint->send_bits == 0 || !hws_deflate_wants(endpoint->options->deflate, message);
}

/* Writes the head before the payload.  Returns the frame. */
static hws_span put_head_before(const hws_message *message, size_t room)
{
    const hws_frame_header header = {
        .payload_size = message->size, .opcode = (uint8_t)message->type, .fin = true};
    uint8_t head[HWS_FRAME_HEADER_MAX];
    const size_t head_size = hws_frame_write(&header, head);
    if (room < head_size) return (hws_span){0};
    uint8_t *payload = (uint8_t *)(uintptr_t)message->data; /* which lies in memory of ours */
    memcpy(payload - head_size, head, head_size);
    return (hws_span){payload - head_size, head_size + message->size};
}

/* The message that was told last, from memory of its own: what it says was checked. */
static bool is_told(const hws_endpoint *endpoint, const hws_message *message)
{
    const hws_incoming *incoming = endpoint->incoming;
    return incoming && incoming->message_is_done && incoming->message.blob &&
           message->data == hws_assembly_data(&incoming->message) &&
           message->size == incoming->message.size &&
           (uint8_t)message->type == incoming->message_opcode;
}

hws_status hws_endpoint_write(hws_endpoint *endpoint, uint8_t opcode, bool fin, const void *payload,
                              size_t size)
{
    return put_frame(endpoint, opcode, fin, payload, size, NULL);
}

/* §5.4: parts follow each other, and no other message comes between them. */
static bool part_is_in_sequence(const hws_endpoint *endpoint, const hws_message *message)
{
    switch (message->part) {
    case HWS_WHOLE:
    case HWS_FIRST:
        return endpoint->sent_opcode == 0;
    case HWS_MIDDLE:
    case HWS_LAST:
        return endpoint->sent_opcode == (uint8_t)message->type;
    }
    return false;
}

/* A message in parts goes on as it began. */
static bool is_to_deflate(const hws_endpoint *endpoint, const hws_message *message, bool first)
{
    if (!first) return endpoint->sends_deflated;
    return endpoint->send_bits > 0 && hws_deflate_wants(endpoint->options->deflate, message);
}

static hws_status put_message(hws_endpoint *endpoint, const hws_message *message, bool first,
                              bool fin, hws_utf8 *utf8)
{
    const hws_utf8 before = utf8 ? *utf8 : (hws_utf8){0};
    bool is_sent = false;
    if (is_to_deflate(endpoint, message, first))
        HWS_TRY(hws_endpoint_put_deflated(endpoint, message, utf8, &is_sent));
    endpoint->sends_deflated = is_sent && !fin;
    if (is_sent) return HWS_OK;
    if (utf8) *utf8 = before;
    const uint8_t opcode = first ? (uint8_t)message->type : HWS_OPCODE_CONTINUATION;
    return put_frame(endpoint, opcode, fin, message->data, message->size, utf8);
}

/* Most messages are whole, and go out as they are, in a frame that is not masked.  They need no
 * state, and take a short way that knows nothing else: what differs in a single bit, or is wrong,
 * takes the long one.  What may go out in place is not among them. */
static bool is_short(const hws_endpoint *endpoint, const hws_message *message)
{
    const bool is_busy = endpoint->close_sent || endpoint->ended || endpoint->sent_opcode != 0 ||
                         endpoint->send_bits != 0;
    const bool is_message = message->type == HWS_TEXT || message->type == HWS_BINARY;
    return !is_busy && is_message && message->part == HWS_WHOLE && message->size < IN_PLACE_MIN &&
           endpoint->options->role == HWS_ROLE_SERVER;
}

static hws_status put_short(const hws_endpoint *endpoint, const hws_message *message)
{
    const hws_endpoint_options *options = endpoint->options;
    const size_t size = message->size;
    uint8_t *place = hws_queue_reserve(endpoint->queue, HWS_FRAME_SHORT_MAX + size);
    if (!place) return HWS_ERR_NO_MEMORY;
    const size_t header_size = hws_frame_write_short((uint8_t)message->type, size, place);
    const bool ascii = hws_mask_copy(options->kernels, place + header_size, message->data, size, 0);
    const bool is_checked = !ascii && message->type == HWS_TEXT && !options->skip_utf8;
    const hws_span copy = {place + header_size, size};
    if (is_checked && !hws_utf8_is_text(options->kernels, copy)) {
        hws_queue_drop(endpoint->queue, 0); /* a queue that is empty again keeps no memory */
        return HWS_ERR_UTF8;
    }
    hws_queue_commit(endpoint->queue, header_size + size);
    return HWS_OK;
}

/* Not in line, like receive_long. */
__attribute__((noinline)) static hws_status send_long(hws_endpoint *endpoint,
                                                      const hws_message *message)
{
    if (!is_open(endpoint)) return HWS_ERR_NOT_OPEN;
    if (message->type != HWS_TEXT && message->type != HWS_BINARY) return HWS_ERR_INVALID_ARGUMENT;
    if (!part_is_in_sequence(endpoint, message)) return HWS_ERR_INVALID_ARGUMENT;

    if (is_told(endpoint, message) && is_sent_in_place(endpoint, message))
        return hws_queue_take(endpoint->queue, endpoint->incoming->message.blob,
                              put_head_before(message, HWS_FRAME_HEADER_MAX));

    const bool first = message->part == HWS_WHOLE || message->part == HWS_FIRST;
    const bool fin = hws_message_ends(message);
    hws_utf8 utf8 = first ? (hws_utf8){0} : endpoint->sent_utf8;
    const bool checked = message->type == HWS_TEXT && !endpoint->options->skip_utf8;

    HWS_TRY(put_message(endpoint, message, first, fin, checked ? &utf8 : NULL));
    endpoint->sent_utf8 = utf8;
    endpoint->sent_opcode = fin ? 0 : (uint8_t)message->type;
    return HWS_OK;
}

hws_status hws_endpoint_send(hws_endpoint *endpoint, const hws_message *message)
{
    return is_short(endpoint, message) ? put_short(endpoint, message)
                                       : send_long(endpoint, message);
}

hws_status hws_endpoint_send_back(hws_endpoint *endpoint, const hws_message *message, size_t room)
{
    if (!is_open(endpoint) || !is_sent_in_place(endpoint, message))
        return hws_endpoint_send(endpoint, message);
    const hws_span frame = put_head_before(message, room);
    return frame.size > 0 ? hws_queue_borrow(endpoint->queue, frame)
                          : hws_endpoint_send(endpoint, message);
}

hws_status hws_endpoint_ping(hws_endpoint *endpoint, const void *payload, size_t size)
{
    if (!is_open(endpoint)) return HWS_ERR_NOT_OPEN;
    if (size > HWS_FRAME_CONTROL_MAX) return HWS_ERR_INVALID_ARGUMENT;
    return hws_endpoint_write(endpoint, HWS_OPCODE_PING, true, payload, size);
}

/* §5.5.3: of several pings only the latest need be answered; who reads too little to hear the
 * answers gets just that one. */
static hws_status keep_pong(hws_endpoint *endpoint, hws_span payload)
{
    if (!endpoint->incoming->kept_pong)
        endpoint->incoming->kept_pong =
            hws_memory_new(endpoint->options->memory, 1 + HWS_FRAME_CONTROL_MAX);
    if (!endpoint->incoming->kept_pong) return HWS_ERR_NO_MEMORY;
    endpoint->incoming->kept_pong[0] = (uint8_t)payload.size;
    if (payload.size > 0) memcpy(endpoint->incoming->kept_pong + 1, payload.data, payload.size);
    return HWS_OK;
}

hws_status hws_endpoint_pong(hws_endpoint *endpoint, hws_span payload)
{
    if (!is_open(endpoint)) return HWS_OK;
    if (endpoint->blocked) return keep_pong(endpoint, payload);
    return hws_endpoint_write(endpoint, HWS_OPCODE_PONG, true, payload.data, payload.size);
}

void hws_endpoint_set_blocked(hws_endpoint *endpoint, bool blocked)
{
    endpoint->blocked = blocked;
    uint8_t *pong = endpoint->incoming ? endpoint->incoming->kept_pong : NULL;
    if (blocked || !pong) return;
    endpoint->incoming->kept_pong = NULL;
    /* Without memory the peer goes unanswered once, and pings again. */
    if (is_open(endpoint))
        (void)!hws_endpoint_write(endpoint, HWS_OPCODE_PONG, true, pong + 1, pong[0]);
    hws_memory_free(endpoint->options->memory, pong, 1 + HWS_FRAME_CONTROL_MAX);
}

hws_blob *hws_endpoint_frame(const hws_memory *memory, const hws_message *message)
{
    const hws_frame_header header = {
        .payload_size = message->size, .opcode = (uint8_t)message->type, .fin = true};
    uint8_t head[HWS_FRAME_HEADER_MAX];
    const size_t head_size = hws_frame_write(&header, head);
    if (message->size > SIZE_MAX - head_size) return NULL;
    hws_blob *blob = hws_blob_new(memory, head_size + message->size);
    if (!blob) return NULL;
    blob->compress = (uint8_t)message->compress;
    memcpy(blob->data, head, head_size);
    if (message->size > 0) memcpy(blob->data + head_size, message->data, message->size);
    return blob;
}

static void count_form(const hws_endpoint *endpoint, const hws_blob *frame, const hws_blob *form)
{
    const hws_message message = hws_endpoint_framed(frame);
    hws_counter_add(&endpoint->options->deflate->sent, message.size);
    hws_counter_add(&endpoint->options->deflate->sent_deflated, hws_endpoint_framed(form).size);
}

hws_status hws_endpoint_share(hws_endpoint *endpoint, hws_blob *frame, const uint64_t *label)
{
    if (!is_open(endpoint)) return HWS_ERR_NOT_OPEN;
    if (endpoint->sent_opcode != 0 || endpoint->options->role != HWS_ROLE_SERVER)
        return HWS_ERR_INVALID_ARGUMENT;
    hws_blob *form = hws_endpoint_form(endpoint, frame);
    HWS_TRY(label ? hws_queue_share_as(endpoint->queue, form, *label)
                  : hws_queue_share(endpoint->queue, form));
    if (form != frame) count_form(endpoint, frame, form);
    if (form != frame || label) hws_endpoint_forget_window(endpoint);
    return HWS_OK;
}
