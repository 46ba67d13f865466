/* SPDX-License-Identifier: MIT */
/* What goes out compressed (RFC 7692 §7.2.1).
 *
 *     whole      deflate, cut the tail off                            one frame, RSV1
 *     in parts   deflate each; the tail is cut off the last alone     RSV1 on the first
 *
 * It is compressed straight into the queue, behind the room for its header.  What would grow is not
 * sent so; a message in parts can only be judged by the first of them. */
#include <assert.h>
#include <string.h>

#include "base/memory.h"
#include "base/span.h"
#include "base/try.h"
#include "wire/endpoint.h"
#include "wire/frame.h"
#include "wire/mask.h"
#include "wire/utf8.h"

void hws_endpoint_give_deflater(hws_endpoint *endpoint)
{
    hws_incoming *incoming = endpoint->incoming;
    const hws_deflate *deflate = endpoint->options->deflate;
    if (incoming->deflater) deflate->codec->give_deflater(deflate->pool, incoming->deflater);
    incoming->deflater = NULL;
}

void hws_endpoint_forget_window(hws_endpoint *endpoint)
{
    const hws_incoming *incoming = endpoint->incoming;
    if (incoming && incoming->deflater)
        endpoint->options->deflate->codec->reset_deflater(incoming->deflater);
}

static bool is_first(const hws_message *message)
{
    return message->part == HWS_WHOLE || message->part == HWS_FIRST;
}

static bool is_last(const hws_message *message)
{
    return hws_message_ends(message);
}

/* Errors: HWS_ERR_NO_MEMORY. */
static hws_status need_deflater(hws_endpoint *endpoint)
{
    const hws_deflate *deflate = endpoint->options->deflate;
    HWS_TRY(hws_endpoint_need_incoming(endpoint));
    hws_incoming *incoming = endpoint->incoming;
    if (!incoming->deflater)
        incoming->deflater = deflate->codec->take_deflater(deflate->pool, endpoint->send_bits,
                                                           endpoint->send_takeover);
    if (incoming->deflater) return HWS_OK;
    HWS_TRY(hws_endpoint_settle(endpoint, NULL));
    return HWS_ERR_NO_MEMORY;
}

/* It stands for itself: nothing of it is kept. */
static bool is_alone(const hws_endpoint *endpoint, const hws_message *message)
{
    return message->part == HWS_WHOLE && !endpoint->send_takeover;
}

/* Behind a part or, with takeover, a message: `is_kept` while parts of it are still to come. */
static void give_deflater(hws_endpoint *endpoint, bool is_kept)
{
    if (is_kept || endpoint->send_takeover || !endpoint->incoming) return;
    hws_endpoint_give_deflater(endpoint);
    const hws_status status = hws_endpoint_settle(endpoint, NULL);
    assert(status == HWS_OK); /* it gives memory back */
    (void)status;
}

/* Bytes that a message, or a part, may become.  The first must shrink; what follows it is sent
 * however it turns out. */
static size_t room_for(const hws_message *message)
{
    enum { BLOCKS = 64 }; /* bytes of what begins and ends blocks, for small ones */
    if (is_first(message)) return message->size + HWS_DEFLATE_TAIL_SIZE;
    return message->size + message->size / 8 + message->size / 64 + BLOCKS;
}

static hws_span bytes_of(const hws_message *message)
{
    return (hws_span){(uint8_t *)(uintptr_t)message->data, message->size};
}

/* Returns: the bytes to send, or 0 when they would be more than those of the message. */
static size_t compress_alone(const hws_deflate *deflate, const hws_message *message,
                             uint8_t window_bits, uint8_t *place)
{
    const uint8_t bits = hws_deflate_bits_for(window_bits, message->size);
    if (bits == 0 || message->size == 0) return 0;
    const size_t size = deflate->codec->deflate_alone(deflate->pool, bits, bytes_of(message), place,
                                                      room_for(message));
    return size > 0 && size - HWS_DEFLATE_TAIL_SIZE < message->size ? size - HWS_DEFLATE_TAIL_SIZE
                                                                    : 0;
}

/* Likewise; of what is not the first part whatever it becomes. */
static size_t compress(const hws_codec *codec, hws_deflater *deflater, const hws_message *message,
                       uint8_t *place)
{
    /* A last part without bytes: the block whose tail is cut off has begun (§7.2.3.6). */
    if (message->size == 0) {
        place[0] = 0;
        return is_last(message) ? 1 : 0;
    }
    size_t size = codec->deflate(deflater, bytes_of(message), place, room_for(message));
    assert(size > 0 || is_first(message));
    if (size > 0 && is_last(message)) size -= HWS_DEFLATE_TAIL_SIZE;
    if (!is_first(message) || (size > 0 && size < message->size)) return size;
    codec->reset_deflater(deflater); /* the peer will not see what it knows now */
    return 0;
}

static hws_status check_text(const hws_endpoint *endpoint, const hws_message *message,
                             hws_utf8 *utf8)
{
    if (!utf8) return HWS_OK;
    const hws_span text = {(uint8_t *)(uintptr_t)message->data, message->size};
    HWS_TRY(hws_utf8_check(endpoint->options->kernels, utf8, text));
    return is_last(message) ? hws_utf8_finish(utf8) : HWS_OK;
}

/* The payload stands behind room for the longest header. */
static void commit(hws_endpoint *endpoint, const hws_frame_header *header, uint8_t *place)
{
    const size_t size = (size_t)header->payload_size;
    const size_t header_size = hws_frame_write(header, place);
    uint8_t *payload = place + header_size;
    memmove(payload, place + HWS_FRAME_HEADER_MAX, size);
    if (header->masked)
        (void)hws_mask(endpoint->options->kernels, (hws_span){payload, size}, header->mask_key, 0);
    hws_queue_commit(endpoint->queue, header_size + size);
}

/* Returns: the bytes to send, or 0: it is not to be sent so, or is a part without any. */
static size_t compress_for(hws_endpoint *endpoint, const hws_message *message, uint8_t *place)
{
    const hws_deflate *deflate = endpoint->options->deflate;
    if (is_alone(endpoint, message))
        return compress_alone(deflate, message, endpoint->send_bits, place);
    if (endpoint->send_bits == HWS_DEFLATE_BITS_MIN || need_deflater(endpoint) != HWS_OK) return 0;
    return compress(deflate->codec, endpoint->incoming->deflater, message, place);
}

hws_status hws_endpoint_put_deflated(hws_endpoint *endpoint, const hws_message *message,
                                     hws_utf8 *utf8, bool *is_sent)
{
    hws_deflate *deflate = endpoint->options->deflate;
    const bool first = is_first(message);
    const bool last = is_last(message);
    hws_frame_header header = {
        .opcode = first ? (uint8_t)message->type : HWS_OPCODE_CONTINUATION,
        .rsv = first ? HWS_DEFLATE_RSV : 0,
        .fin = last,
    };
    *is_sent = !first;
    HWS_TRY(check_text(endpoint, message, utf8));
    HWS_TRY(hws_endpoint_begin_frame(endpoint, &header));
    if (message->size > SIZE_MAX / 2) return HWS_ERR_NO_MEMORY;
    uint8_t *place = hws_queue_reserve(endpoint->queue, HWS_FRAME_HEADER_MAX + room_for(message));
    if (!place) return HWS_ERR_NO_MEMORY;
    header.payload_size = compress_for(endpoint, message, place + HWS_FRAME_HEADER_MAX);
    *is_sent |= header.payload_size > 0;
    if (*is_sent) {
        commit(endpoint, &header, place);
        hws_counter_add(&deflate->sent, message->size);
        hws_counter_add(&deflate->sent_deflated, header.payload_size);
    } else {
        hws_queue_drop(endpoint->queue, 0); /* a queue that is empty again keeps no memory */
    }
    if (!is_alone(endpoint, message)) give_deflater(endpoint, *is_sent && !last);
    return HWS_OK;
}

/* For many. */

hws_message hws_endpoint_framed(const hws_blob *frame)
{
    const unsigned length = frame->data[1] & HWS_FRAME_LENGTH_BITS;
    const size_t head_size = length == HWS_FRAME_LENGTH_64   ? 10
                             : length == HWS_FRAME_LENGTH_16 ? 4
                                                             : 2;
    return (hws_message){
        .type = (hws_message_type)(frame->data[0] & HWS_FRAME_OPCODE_BITS),
        .data = frame->data + head_size,
        .size = frame->size - head_size,
        .compress = (hws_compress)frame->compress,
    };
}

/* NULL: no memory, or it would grow. */
static hws_blob *make_form(const hws_endpoint_options *options, const hws_message *message,
                           uint8_t window_bits)
{
    if (message->size > SIZE_MAX / 2) return NULL;
    hws_blob *made = hws_blob_new(options->memory, HWS_FRAME_HEADER_MAX + room_for(message));
    if (!made) return NULL;
    uint8_t *payload = made->data + HWS_FRAME_HEADER_MAX;
    const size_t size = compress_alone(options->deflate, message, window_bits, payload);
    if (size == 0) {
        hws_blob_unref(made);
        return NULL;
    }
    const hws_frame_header header = {
        .payload_size = size,
        .opcode = (uint8_t)message->type,
        .rsv = HWS_DEFLATE_RSV,
        .fin = true,
    };
    const size_t header_size = hws_frame_write(&header, made->data);
    memmove(made->data + header_size, payload, size);
    return hws_blob_shrink(made, header_size + size);
}

/* What could not be made is remembered, as an empty one, lest each receiver tries again. */
static const hws_blob *find_form(const hws_endpoint *endpoint, hws_blob *frame,
                                 const hws_message *message, uint8_t window_bits)
{
    const hws_endpoint_options *options = endpoint->options;
    hws_blob *form = hws_blob_form(frame, window_bits);
    if (form) return form;
    form = make_form(options, message, window_bits);
    if (!form) form = hws_blob_new(options->memory, 0);
    if (form) hws_blob_add_form(frame, window_bits, form);
    return form;
}

hws_blob *hws_endpoint_form(const hws_endpoint *endpoint, hws_blob *frame)
{
    if (endpoint->send_bits == 0 || frame->form != 0) return frame;
    const hws_message message = hws_endpoint_framed(frame);
    if (!hws_deflate_wants(endpoint->options->deflate, &message)) return frame;
    const uint8_t bits = hws_deflate_bits_for(endpoint->send_bits, message.size);
    if (bits == 0) return frame;
    const hws_blob *form = find_form(endpoint, frame, &message, bits);
    return form && form->size > 0 ? hws_blob_form(frame, bits) : frame;
}
