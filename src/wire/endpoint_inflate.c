/* SPDX-License-Identifier: MIT */
/* What came compressed (RFC 7692 §7.2.2).
 *
 *     payload ──▶ inflater ──▶ incoming->message ──▶ UTF-8 ──▶ a part, or the whole message
 *                    ▲                │
 *     the tail ──────┘                └── never over message_size_max
 *
 * Room is made as it is needed, never by trust in what a size or a ratio promises. */
#include <assert.h>

#include "base/try.h"
#include "wire/endpoint.h"
#include "wire/utf8.h"

enum {
    STEP = 32768,   /* bytes of output at once: they are checked while they are near */
    PART = 16384,   /* bytes of a part that is delivered */
    ROOM_MIN = 512, /* bytes at first ... */
    ROOM_RATIO = 4, /* ... and so many for each byte that has come */
};

void hws_endpoint_give_inflater(hws_endpoint *endpoint)
{
    hws_incoming *incoming = endpoint->incoming;
    const hws_deflate *deflate = endpoint->options->deflate;
    if (incoming->inflater) deflate->codec->give_inflater(deflate->pool, incoming->inflater);
    incoming->inflater = NULL;
}

static hws_status need_inflater(hws_endpoint *endpoint)
{
    hws_incoming *incoming = endpoint->incoming;
    const hws_deflate *deflate = endpoint->options->deflate;
    if (!incoming->inflater)
        incoming->inflater = deflate->codec->take_inflater(deflate->pool, endpoint->receive_bits,
                                                           endpoint->receive_takeover);
    return incoming->inflater ? HWS_OK : HWS_ERR_NO_MEMORY;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Bytes that the message may still grow by. */
static size_t left_of(const hws_endpoint *endpoint)
{
    const uint64_t left = endpoint->options->message_size_max - endpoint->incoming->message_size;
    return left < SIZE_MAX / 2 ? (size_t)left : SIZE_MAX / 2;
}

/* Makes room behind what has been inflated, when there is none, but for no more than `size_max`
 * bytes in all.  The first guess comes from what has arrived; then it doubles. */
static hws_status make_room(const hws_endpoint *endpoint, size_t input_size, size_t size_max)
{
    hws_assembly *message = &endpoint->incoming->message;
    const size_t capacity = hws_assembly_capacity(message);
    if (message->size < capacity || message->size >= size_max) return HWS_OK;
    const size_t wanted = capacity > 0 ? 1 : ROOM_MIN + ROOM_RATIO * smaller(input_size, STEP);
    return hws_assembly_reserve(message, endpoint->options->memory,
                                smaller(wanted, size_max - message->size), size_max);
}

/* What has been inflated into the room of the message. */
static hws_status take_in(hws_endpoint *endpoint, hws_span bytes)
{
    hws_incoming *incoming = endpoint->incoming;
    incoming->message.size += bytes.size;
    incoming->message_size += bytes.size;
    endpoint->options->deflate->inflated_to += bytes.size;
    if (incoming->message_opcode != HWS_OPCODE_TEXT || endpoint->options->skip_utf8) return HWS_OK;
    return hws_utf8_check(endpoint->options->kernels, &incoming->received_utf8, bytes);
}

/* At the limit one more byte is too much. */
static hws_status probe(hws_endpoint *endpoint, hws_span *input)
{
    const hws_codec *codec = endpoint->options->deflate->codec;
    uint8_t byte;
    size_t size;
    endpoint->incoming->has_more = false;
    const hws_status status = codec->inflate(endpoint->incoming->inflater, input, &byte, 1, &size);
    return size == 0 ? status : HWS_ERR_MESSAGE_TOO_BIG;
}

/* Until the input is used up, or a part is full and there may be more. */
static hws_status inflate(hws_endpoint *endpoint, hws_span *input)
{
    const size_t part_max = endpoint->options->stream_parts ? PART : SIZE_MAX;
    hws_incoming *incoming = endpoint->incoming;
    hws_assembly *message = &incoming->message;
    const hws_codec *codec = endpoint->options->deflate->codec;
    do {
        const size_t left = left_of(endpoint);
        if (left == 0) return probe(endpoint, input);
        const size_t size_max = smaller(message->size + left, part_max);
        HWS_TRY(make_room(endpoint, input->size, size_max));
        const size_t capacity = hws_assembly_capacity(message);
        const size_t room = smaller(smaller(capacity, size_max) - message->size, STEP);
        uint8_t *data = hws_assembly_data(message);
        assert(data); /* there is room in it */
        hws_span made = {data + message->size, 0};
        const hws_status status =
            codec->inflate(incoming->inflater, input, made.data, room, &made.size);
        HWS_TRY(take_in(endpoint, made)); /* a fault in it comes before one behind it */
        HWS_TRY(status);
        incoming->has_more = made.size == room;
    } while (incoming->has_more && message->size < part_max);
    return HWS_OK;
}

hws_status hws_endpoint_inflate(hws_endpoint *endpoint, hws_span *input)
{
    const size_t size = input->size;
    if (size == 0 && !endpoint->incoming->has_more) return HWS_OK;
    HWS_TRY(need_inflater(endpoint));
    const hws_status status = inflate(endpoint, input);
    endpoint->incoming->deflated_size += size - input->size;
    endpoint->options->deflate->inflated_from += size - input->size;
    return status;
}

/* §7.2.2: the tail that was not sent.  A message that ends with a whole block, such as a last one,
 * needs none; one without any bytes is empty (rows M008, M009). */
static hws_status add_tail(hws_endpoint *endpoint)
{
    const hws_incoming *incoming = endpoint->incoming;
    const hws_codec *codec = endpoint->options->deflate->codec;
    if (incoming->deflated_size == 0 || codec->is_whole(incoming->inflater)) return HWS_OK;
    uint8_t tail[HWS_DEFLATE_TAIL_SIZE];
    memcpy(tail, hws_deflate_tail, sizeof tail);
    hws_span input = {tail, sizeof tail};
    uint8_t nothing;
    size_t size;
    HWS_TRY(codec->inflate(incoming->inflater, &input, &nothing, sizeof nothing, &size));
    /* What the tail itself is inflated to was cut off from the end of a block. */
    return size == 0 && codec->is_whole(incoming->inflater) ? HWS_OK : HWS_ERR_DEFLATE;
}

hws_status hws_endpoint_inflate_end(hws_endpoint *endpoint)
{
    const hws_incoming *incoming = endpoint->incoming;
    hws_deflate *deflate = endpoint->options->deflate;
    HWS_TRY(add_tail(endpoint));
    if (incoming->message_opcode == HWS_OPCODE_TEXT && !endpoint->options->skip_utf8)
        HWS_TRY(hws_utf8_finish(&incoming->received_utf8));
    hws_counter_add(&deflate->received, incoming->message_size);
    hws_counter_add(&deflate->received_deflated, incoming->deflated_size);
    if (!endpoint->receive_takeover) hws_endpoint_give_inflater(endpoint);
    return HWS_OK;
}
