/* SPDX-License-Identifier: MIT */
/* From bytes to events.
 *
 *     header ──▶ begin_frame ──▶ control ──▶ ping, pong, close
 *                     └────────▶ data ─────▶ a whole message, in place     (the usual case)
 *                                  └───────▶ a piece ─▶ buffer or part ─▶ message
 */
#include <assert.h>
#include <string.h>

#include "base/memory.h"
#include "base/span.h"
#include "base/try.h"
#include "wire/endpoint.h"
#include "wire/frame.h"
#include "wire/mask.h"
#include "wire/utf8.h"

static hws_frame_rules rules_of(const hws_endpoint *endpoint)
{
    return (hws_frame_rules){.from_client = endpoint->options->role == HWS_ROLE_SERVER};
}

/* Goes on with a header that was cut: what it lacks is taken from `input`. */
static hws_status read_cut_header(hws_endpoint *endpoint, hws_span *input, size_t *header_size)
{
    const hws_frame_rules rules = rules_of(endpoint);
    const size_t had = endpoint->head_size;
    uint8_t head[HWS_FRAME_HEADER_MAX];
    size_t have = sizeof head - had < input->size ? sizeof head : had + input->size;
    memcpy(head, endpoint->head, had);
    if (have > had) memcpy(head + had, input->data, have - had);

    HWS_TRY(hws_frame_read(head, have, &rules, &endpoint->frame, header_size));
    const size_t taken = *header_size > 0 ? *header_size - had : have - had;
    if (*header_size == 0) {
        memcpy(endpoint->head, head, have);
        endpoint->head_size = (uint8_t)have;
    } else {
        endpoint->head_size = 0;
    }
    hws_span_take(input, taken);
    return HWS_OK;
}

static hws_status read_header(hws_endpoint *endpoint, hws_span *input, size_t *header_size)
{
    if (endpoint->head_size > 0) return read_cut_header(endpoint, input, header_size);
    const hws_frame_rules rules = rules_of(endpoint);
    HWS_TRY(hws_frame_read(input->data, input->size, &rules, &endpoint->frame, header_size));
    if (*header_size == 0) return read_cut_header(endpoint, input, header_size);
    hws_span_take(input, *header_size);
    return HWS_OK;
}

static bool is_control(const hws_frame_header *frame)
{
    return (frame->opcode & HWS_FRAME_CONTROL_BIT) != 0;
}

/* A bucket of credit, filled at control_rate_max in 10 s: who only pings must not keep us busy. */
static hws_status charge_control(hws_endpoint *endpoint, uint64_t now_ms)
{
    const hws_endpoint_options *options = endpoint->options;
    const uint64_t full = (uint64_t)options->control_burst_max * 1000;
    const uint64_t earned = (now_ms - endpoint->control_ms) * options->control_rate_max / 10;
    if (earned > 0) {
        const uint64_t credit = endpoint->control_credit + earned;
        endpoint->control_credit = (uint32_t)(credit < full ? credit : full);
        endpoint->control_ms = now_ms;
    }
    if (endpoint->control_credit < 1000) return HWS_ERR_CONTROL_RATE;
    endpoint->control_credit -= 1000;
    return HWS_OK;
}

static hws_status begin_data(hws_endpoint *endpoint)
{
    const hws_endpoint_options *options = endpoint->options;
    const hws_frame_header *frame = &endpoint->frame;

    /* §5.4: fragments of one message follow each other. */
    const bool goes_on = frame->opcode == HWS_OPCODE_CONTINUATION;
    if (goes_on != (endpoint->message_opcode != 0)) return HWS_ERR_MESSAGE_SEQUENCE;
    if (frame->payload_size > options->message_size_max - endpoint->message_size)
        return HWS_ERR_MESSAGE_TOO_BIG;
    if (!goes_on) {
        endpoint->message_opcode = frame->opcode;
        endpoint->received_utf8 = (hws_utf8){0};
        if (frame->fin) return HWS_OK;
    }
    if (++endpoint->fragment_count > options->fragment_count_max) return HWS_ERR_MESSAGE_FRAGMENTS;
    if (frame->payload_size == 0 && ++endpoint->fragment_empty > options->fragment_empty_max)
        return HWS_ERR_MESSAGE_FRAGMENTS;
    return HWS_OK;
}

static hws_status begin_frame(hws_endpoint *endpoint, uint64_t now_ms)
{
    endpoint->in_frame = true;
    endpoint->frame_left = endpoint->frame.payload_size;
    if (is_control(&endpoint->frame)) {
        if (endpoint->frame.opcode == HWS_OPCODE_CLOSE) return HWS_OK;
        return charge_control(endpoint, now_ms);
    }
    /* After our Close nothing but the peer's is of interest. */
    return endpoint->close_sent ? HWS_OK : begin_data(endpoint);
}

/* The next bytes of the payload, unmasked: all of it, or what has come. */
static hws_span take_payload(hws_endpoint *endpoint, hws_span *input)
{
    const uint64_t left = endpoint->frame_left;
    const hws_span piece = hws_span_take(input, left < input->size ? (size_t)left : input->size);
    if (endpoint->frame.masked && piece.size > 0)
        hws_mask(endpoint->options->kernels, piece, endpoint->frame.mask_key,
                 endpoint->frame.payload_size - left);
    endpoint->frame_left -= piece.size;
    if (endpoint->frame_left == 0) endpoint->in_frame = false;
    return piece;
}

static hws_status check_text(hws_endpoint *endpoint, hws_span piece, bool last)
{
    if (endpoint->message_opcode != HWS_OPCODE_TEXT || endpoint->options->skip_utf8) return HWS_OK;
    HWS_TRY(hws_utf8_check(endpoint->options->kernels, &endpoint->received_utf8, piece));
    return last ? hws_utf8_finish(&endpoint->received_utf8) : HWS_OK;
}

static void tell_message(const hws_endpoint *endpoint, hws_span bytes, hws_message_part part,
                         hws_event *event)
{
    event->type = HWS_EVENT_MESSAGE;
    event->message = (hws_message){
        .type = (hws_message_type)endpoint->message_opcode,
        .part = part,
        .data = bytes.data,
        .size = bytes.size,
    };
}

/* The message is over: the time for the next one begins with its first byte. */
static void end_message(hws_endpoint *endpoint)
{
    endpoint->message_is_done = true;
    endpoint->receiving = false;
}

static void tell_part(hws_endpoint *endpoint, hws_span piece, bool last, hws_event *event)
{
    if (piece.size == 0 && !last) return; /* nothing new */
    const hws_message_part part =
        endpoint->part_delivered ? (last ? HWS_LAST : HWS_MIDDLE) : (last ? HWS_WHOLE : HWS_FIRST);
    tell_message(endpoint, piece, part, event);
    endpoint->part_delivered = true;
}

/* Keeps a piece until the message is complete.  The buffer grows with what has arrived, never by
 * trust in what a header declares. */
static hws_status keep_piece(hws_endpoint *endpoint, hws_span piece, bool last, hws_event *event)
{
    const uint64_t size_max = endpoint->message_size + endpoint->frame_left;
    HWS_TRY(hws_buffer_append(&endpoint->message, endpoint->options->memory, piece.data, piece.size,
                              endpoint->frame.fin && size_max < SIZE_MAX ? (size_t)size_max
                                                                         : SIZE_MAX));
    if (last)
        tell_message(endpoint, (hws_span){endpoint->message.data, endpoint->message.size},
                     HWS_WHOLE, event);
    return HWS_OK;
}

static hws_status receive_data(hws_endpoint *endpoint, hws_span *input, hws_event *event)
{
    const hws_span piece = take_payload(endpoint, input);
    if (endpoint->close_sent) return HWS_OK;

    const bool last = endpoint->frame.fin && !endpoint->in_frame;
    const bool whole = last && endpoint->message_size == 0 && endpoint->fragment_count == 0;
    endpoint->message_size += piece.size;
    HWS_TRY(check_text(endpoint, piece, last));
    if (whole)
        tell_message(endpoint, piece, HWS_WHOLE, event); /* where it lies: nothing is copied */
    else if (endpoint->options->stream_parts)
        tell_part(endpoint, piece, last, event);
    else
        HWS_TRY(keep_piece(endpoint, piece, last, event));
    if (last) end_message(endpoint);
    return HWS_OK;
}

/* All of a control frame's payload: in place, or collected when it came in pieces. */
static hws_status collect_control(hws_endpoint *endpoint, hws_span *input, hws_span *payload)
{
    const size_t had = (size_t)(endpoint->frame.payload_size - endpoint->frame_left);
    const hws_span piece = take_payload(endpoint, input);
    *payload = piece;
    if (had == 0 && !endpoint->in_frame) return HWS_OK;

    if (!endpoint->control)
        endpoint->control = hws_memory_new(endpoint->options->memory, HWS_FRAME_CONTROL_MAX);
    if (!endpoint->control) return HWS_ERR_NO_MEMORY;
    if (piece.size > 0) memcpy(endpoint->control + had, piece.data, piece.size);
    *payload = (hws_span){endpoint->control, had + piece.size};
    return HWS_OK;
}

static hws_status receive_control(hws_endpoint *endpoint, hws_span *input, hws_event *event)
{
    hws_span payload;
    HWS_TRY(collect_control(endpoint, input, &payload));
    if (endpoint->in_frame) return HWS_OK;

    endpoint->control_is_done = true;
    if (endpoint->message_opcode == 0) endpoint->receiving = false;
    if (endpoint->frame.opcode == HWS_OPCODE_CLOSE)
        return hws_endpoint_take_close(endpoint, payload, event);
    if (endpoint->close_sent) { /* told to nobody: the next frame may need its place at once */
        hws_endpoint_drop_control(endpoint);
        return HWS_OK;
    }
    if (endpoint->frame.opcode == HWS_OPCODE_PING) HWS_TRY(hws_endpoint_pong(endpoint, payload));
    event->type = endpoint->frame.opcode == HWS_OPCODE_PING ? HWS_EVENT_PING : HWS_EVENT_PONG;
    event->payload = payload;
    return HWS_OK;
}

/* Until there is an event, or no input left. */
static hws_status receive(hws_endpoint *endpoint, uint64_t now_ms, hws_span *input,
                          hws_event *event)
{
    while (event->type == HWS_EVENT_NEED_INPUT) {
        if (!endpoint->in_frame) {
            if (input->size == 0) return HWS_OK;
            size_t header_size;
            HWS_TRY(read_header(endpoint, input, &header_size));
            if (header_size == 0) return HWS_OK;
            HWS_TRY(begin_frame(endpoint, now_ms));
        } else if (input->size == 0) {
            return HWS_OK;
        }
        if (is_control(&endpoint->frame))
            HWS_TRY(receive_control(endpoint, input, event));
        else
            HWS_TRY(receive_data(endpoint, input, event));
    }
    return HWS_OK;
}

/* The clock of a message runs from its first byte, or from that of a frame that was cut. */
static void watch_progress(hws_endpoint *endpoint, uint64_t now_ms)
{
    const bool under_way =
        endpoint->head_size > 0 || endpoint->in_frame || endpoint->message_opcode != 0;
    if (under_way && !endpoint->receiving) endpoint->receiving_ms = now_ms;
    endpoint->receiving = under_way;
}

void hws_endpoint_receive(hws_endpoint *endpoint, uint64_t now_ms, hws_span *input,
                          hws_event *event)
{
    event->type = HWS_EVENT_NEED_INPUT; /* the rest is written with the event */
    if (endpoint->message_is_done) hws_endpoint_drop_message(endpoint);
    if (endpoint->control_is_done) hws_endpoint_drop_control(endpoint);
    if (endpoint->ended) {
        hws_span_take(input, input->size);
        return;
    }
    if (input->size > 0) {
        endpoint->heard_ms = now_ms;
        endpoint->pinged = false;
    }
    const hws_status status = receive(endpoint, now_ms, input, event);
    if (status != HWS_OK)
        hws_endpoint_fail(endpoint, status, event);
    else if (event->type == HWS_EVENT_NEED_INPUT)
        watch_progress(endpoint, now_ms);
}
