/* SPDX-License-Identifier: MIT */
/* From bytes to events, frame by frame.
 *
 *     header ──▶ begin_frame ──▶ control ──▶ ping, pong, close
 *                     └────────▶ data ─────▶ a whole message, in place
 *                                  ├───────▶ a piece ─▶ buffer or part ─▶ message
 *                                  └───────▶ compressed ─▶ inflated ─▶ part or message
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
    /* RFC 7692 §6: RSV1 is for the first frame of a message.  After our Close nobody judges which
     * that is. */
    const bool may_begin = endpoint->close_sent || endpoint->incoming->message_opcode == 0;
    return (hws_frame_rules){
        .rsv_allowed = endpoint->receive_bits > 0 && may_begin ? HWS_DEFLATE_RSV : 0,
        .from_client = endpoint->options->role == HWS_ROLE_SERVER,
    };
}

/* Goes on with a header that was cut: what it lacks is taken from `input`. */
static hws_status read_cut_header(hws_endpoint *endpoint, hws_span *input, size_t *header_size)
{
    const hws_frame_rules rules = rules_of(endpoint);
    const size_t had = endpoint->incoming->head_size;
    uint8_t head[HWS_FRAME_HEADER_MAX];
    size_t have = sizeof head - had < input->size ? sizeof head : had + input->size;
    memcpy(head, endpoint->incoming->head, had);
    if (have > had) memcpy(head + had, input->data, have - had);

    HWS_TRY(hws_frame_read(head, have, &rules, &endpoint->incoming->frame, header_size));
    const size_t taken = *header_size > 0 ? *header_size - had : have - had;
    if (*header_size == 0) {
        memcpy(endpoint->incoming->head, head, have);
        endpoint->incoming->head_size = (uint8_t)have;
    } else {
        endpoint->incoming->head_size = 0;
    }
    hws_span_take(input, taken);
    return HWS_OK;
}

static hws_status read_header(hws_endpoint *endpoint, hws_span *input, size_t *header_size)
{
    if (endpoint->incoming->head_size > 0) return read_cut_header(endpoint, input, header_size);
    const hws_frame_rules rules = rules_of(endpoint);
    HWS_TRY(
        hws_frame_read(input->data, input->size, &rules, &endpoint->incoming->frame, header_size));
    if (*header_size == 0) return read_cut_header(endpoint, input, header_size);
    hws_span_take(input, *header_size);
    return HWS_OK;
}

static bool is_control(const hws_frame_header *frame)
{
    return (frame->opcode & HWS_FRAME_CONTROL_BIT) != 0;
}

/* A debt that is paid off at control_rate_max in 10 s: who only pings must not keep us busy. */
static void pay_control(hws_endpoint *endpoint, uint64_t now_ms)
{
    hws_incoming *incoming = endpoint->incoming;
    const uint64_t paid =
        (now_ms - incoming->control_ms) * endpoint->options->control_rate_max / 10;
    if (paid == 0) return;
    incoming->control_debt -= paid < incoming->control_debt ? paid : incoming->control_debt;
    incoming->control_ms = now_ms;
}

static hws_status charge_control(hws_endpoint *endpoint, uint64_t now_ms)
{
    if (endpoint->options->control_rate_max == UINT32_MAX) return HWS_OK;
    hws_incoming *incoming = endpoint->incoming;
    const uint64_t most = (uint64_t)endpoint->options->control_burst_max * 1000;
    if (incoming->control_debt == 0)
        incoming->control_ms = now_ms;
    else
        pay_control(endpoint, now_ms);
    if (incoming->control_debt + 1000 > most) return HWS_ERR_CONTROL_RATE;
    incoming->control_debt += 1000;
    return HWS_OK;
}

/* Deflate may grow what it cannot shrink, and ends each fragment with a few bytes: that much more
 * may come than what may come out, so that input without output has an end, too. */
static uint64_t deflated_size_max(uint64_t size_max)
{
    enum { EXTRA = 65536 };
    const uint64_t more = size_max / 8 + EXTRA;
    return size_max < UINT64_MAX - more ? size_max + more : UINT64_MAX;
}

static bool is_too_big(const hws_endpoint *endpoint)
{
    const hws_incoming *incoming = endpoint->incoming;
    const uint64_t size_max = endpoint->options->message_size_max;
    if (!incoming->is_deflated)
        return incoming->frame.payload_size > size_max - incoming->message_size;
    return incoming->frame.payload_size > deflated_size_max(size_max) - incoming->deflated_size;
}

static hws_status begin_data(hws_endpoint *endpoint)
{
    const hws_endpoint_options *options = endpoint->options;
    const hws_frame_header *frame = &endpoint->incoming->frame;

    /* §5.4: fragments of one message follow each other. */
    const bool goes_on = frame->opcode == HWS_OPCODE_CONTINUATION;
    if (goes_on != (endpoint->incoming->message_opcode != 0)) return HWS_ERR_MESSAGE_SEQUENCE;
    if (!goes_on) endpoint->incoming->is_deflated = frame->rsv != 0;
    if (is_too_big(endpoint)) return HWS_ERR_MESSAGE_TOO_BIG;
    if (!goes_on) {
        endpoint->incoming->message_opcode = frame->opcode;
        endpoint->incoming->received_utf8 = (hws_utf8){0};
        if (frame->fin) return HWS_OK;
    }
    if (++endpoint->incoming->fragment_count > options->fragment_count_max)
        return HWS_ERR_MESSAGE_FRAGMENTS;
    if (frame->payload_size == 0 &&
        ++endpoint->incoming->fragment_empty > options->fragment_empty_max)
        return HWS_ERR_MESSAGE_FRAGMENTS;
    return HWS_OK;
}

static hws_status begin_frame(hws_endpoint *endpoint, uint64_t now_ms)
{
    endpoint->incoming->in_frame = true;
    endpoint->incoming->frame_left = endpoint->incoming->frame.payload_size;
    if (is_control(&endpoint->incoming->frame)) {
        if (endpoint->incoming->frame.opcode == HWS_OPCODE_CLOSE) return HWS_OK;
        return charge_control(endpoint, now_ms);
    }
    /* After our Close nothing but the peer's is of interest. */
    return endpoint->close_sent ? HWS_OK : begin_data(endpoint);
}

/* The next bytes of the payload, as they came: all of it, or what is there, or `size_max`.
 *
 * offset   Set to where in the payload they start. */
static hws_span take_payload(hws_endpoint *endpoint, hws_span *input, size_t size_max,
                             uint64_t *offset)
{
    const uint64_t left = endpoint->incoming->frame_left;
    if (size_max > input->size) size_max = input->size;
    const hws_span piece = hws_span_take(input, left < size_max ? (size_t)left : size_max);
    *offset = endpoint->incoming->frame.payload_size - left;
    endpoint->incoming->frame_left = left - piece.size;
    endpoint->incoming->in_frame = endpoint->incoming->frame_left > 0;
    return piece;
}

/* Unmasks, and checks text: both in one pass where it is ASCII.
 *
 * key    NULL: not masked.
 * utf8   Where the text stood before; NULL: not a text, or not to be checked. */
static hws_status open_payload(const hws_endpoint *endpoint, hws_span piece, const uint8_t *key,
                               uint64_t offset, hws_utf8 *utf8)
{
    const hws_kernels *kernels = endpoint->options->kernels;
    if (key && utf8) return hws_utf8_unmask(kernels, utf8, piece, key, offset);
    if (utf8) return hws_utf8_check(kernels, utf8, piece);
    if (key) (void)hws_mask(kernels, piece, key, offset);
    return HWS_OK;
}

static const uint8_t *key_of(const hws_frame_header *frame)
{
    return frame->masked ? frame->mask_key : NULL;
}

/* The message is over: the time for the next one begins with its first byte. */
static void end_message(hws_endpoint *endpoint)
{
    endpoint->incoming->message_is_done = true;
    endpoint->incoming->receiving = false;
}

static void tell_part(hws_endpoint *endpoint, hws_span piece, bool last, hws_event *event)
{
    if (piece.size == 0 && !last) return; /* nothing new */
    const hws_message_part part = endpoint->incoming->part_delivered
                                      ? (last ? HWS_LAST : HWS_MIDDLE)
                                      : (last ? HWS_WHOLE : HWS_FIRST);
    hws_endpoint_tell_message(endpoint->incoming->message_opcode, piece, part, event);
    endpoint->incoming->part_delivered = true;
}

static hws_assembly_rest rest_of(const hws_incoming *incoming)
{
    return (hws_assembly_rest){.size = incoming->frame_left, .is_last = incoming->frame.fin};
}

/* Keeps a piece until the message is complete. */
static hws_status keep_piece(hws_endpoint *endpoint, hws_span piece, bool last, hws_event *event)
{
    hws_incoming *incoming = endpoint->incoming;
    HWS_TRY(hws_assembly_append(&incoming->message, endpoint->options->memory, piece,
                                rest_of(incoming)));
    if (last)
        hws_endpoint_tell_message(incoming->message_opcode, hws_assembly_span(&incoming->message),
                                  HWS_WHOLE, event);
    return HWS_OK;
}

bool hws_endpoint_has_room(const hws_endpoint *endpoint)
{
    const hws_incoming *incoming = endpoint->incoming;
    if (!incoming || incoming->frame_left < HWS_ASSEMBLY_ROOM_MIN) return false;
    return !endpoint->ended && !endpoint->close_sent && !endpoint->options->stream_parts &&
           !incoming->is_deflated;
}

hws_span hws_endpoint_room(hws_endpoint *endpoint)
{
    if (!hws_endpoint_has_room(endpoint)) return (hws_span){0};
    hws_incoming *incoming = endpoint->incoming;
    return hws_assembly_room(&incoming->message, endpoint->options->memory, rest_of(incoming));
}

/* What could not be inflated yet is as it came. */
static void give_back(hws_endpoint *endpoint, hws_span *input, hws_span rest)
{
    hws_incoming *incoming = endpoint->incoming;
    if (rest.size == 0) return;
    incoming->frame_left += rest.size;
    incoming->in_frame = true;
    const uint64_t offset = incoming->frame.payload_size - incoming->frame_left;
    if (incoming->frame.masked)
        (void)hws_mask(endpoint->options->kernels, rest, incoming->frame.mask_key, offset);
    input->data -= rest.size;
    input->size += rest.size;
}

static hws_status receive_deflated(hws_endpoint *endpoint, hws_span *input, hws_event *event)
{
    enum { PIECE = 1024 }; /* bytes that may have to be given back, again and again */
    hws_incoming *incoming = endpoint->incoming;
    const bool in_parts = endpoint->options->stream_parts;
    uint64_t offset;
    hws_span piece = take_payload(endpoint, input, in_parts ? PIECE : SIZE_MAX, &offset);
    HWS_TRY(open_payload(endpoint, piece, key_of(&incoming->frame), offset, NULL));
    if (in_parts) incoming->message.size = 0; /* was told */
    HWS_TRY(hws_endpoint_inflate(endpoint, &piece));
    give_back(endpoint, input, piece);

    const bool last = incoming->frame.fin && !incoming->in_frame && !incoming->has_more;
    if (last) HWS_TRY(hws_endpoint_inflate_end(endpoint));
    const hws_span bytes = hws_assembly_span(&incoming->message);
    if (in_parts)
        tell_part(endpoint, bytes, last, event);
    else if (last)
        hws_endpoint_tell_message(incoming->message_opcode, bytes, HWS_WHOLE, event);
    if (last) end_message(endpoint);
    return HWS_OK;
}

static hws_status receive_data(hws_endpoint *endpoint, hws_span *input, hws_event *event)
{
    if (endpoint->incoming->is_deflated && !endpoint->close_sent)
        return receive_deflated(endpoint, input, event);
    uint64_t offset;
    const hws_span piece = take_payload(endpoint, input, SIZE_MAX, &offset);
    if (endpoint->close_sent) return HWS_OK;

    const bool last = endpoint->incoming->frame.fin && !endpoint->incoming->in_frame;
    const bool whole =
        last && endpoint->incoming->message_size == 0 && endpoint->incoming->fragment_count == 0;
    endpoint->incoming->message_size += piece.size;
    const bool is_text = endpoint->incoming->message_opcode == HWS_OPCODE_TEXT;
    hws_utf8 *utf8 =
        is_text && !endpoint->options->skip_utf8 ? &endpoint->incoming->received_utf8 : NULL;
    HWS_TRY(open_payload(endpoint, piece, key_of(&endpoint->incoming->frame), offset, utf8));
    if (utf8 && last) HWS_TRY(hws_utf8_finish(utf8));
    if (whole)
        hws_endpoint_tell_message(endpoint->incoming->message_opcode, piece, HWS_WHOLE,
                                  event); /* where it lies */
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
    uint64_t had;
    const hws_span piece = take_payload(endpoint, input, SIZE_MAX, &had);
    HWS_TRY(open_payload(endpoint, piece, key_of(&endpoint->incoming->frame), had, NULL));
    *payload = piece;
    if (had == 0 && !endpoint->incoming->in_frame) return HWS_OK;

    if (!endpoint->incoming->control)
        endpoint->incoming->control =
            hws_memory_new(endpoint->options->memory, HWS_FRAME_CONTROL_MAX);
    if (!endpoint->incoming->control) return HWS_ERR_NO_MEMORY;
    if (piece.size > 0) memcpy(endpoint->incoming->control + had, piece.data, piece.size);
    *payload = (hws_span){endpoint->incoming->control, (size_t)had + piece.size};
    return HWS_OK;
}

static hws_status receive_control(hws_endpoint *endpoint, hws_span *input, hws_event *event)
{
    hws_span payload;
    HWS_TRY(collect_control(endpoint, input, &payload));
    if (endpoint->incoming->in_frame) return HWS_OK;

    endpoint->incoming->control_is_done = true;
    if (endpoint->incoming->message_opcode == 0) endpoint->incoming->receiving = false;
    if (endpoint->incoming->frame.opcode == HWS_OPCODE_CLOSE)
        return hws_endpoint_take_close(endpoint, payload, event);
    if (endpoint->close_sent) { /* told to nobody: the next frame may need its place at once */
        hws_endpoint_drop_control(endpoint);
        return HWS_OK;
    }
    if (endpoint->incoming->frame.opcode == HWS_OPCODE_PING)
        HWS_TRY(hws_endpoint_pong(endpoint, payload));
    event->type =
        endpoint->incoming->frame.opcode == HWS_OPCODE_PING ? HWS_EVENT_PING : HWS_EVENT_PONG;
    event->payload = payload;
    return HWS_OK;
}

/* Until there is an event, or no input left. */
static hws_status receive(hws_endpoint *endpoint, uint64_t now_ms, hws_span *input,
                          hws_event *event)
{
    while (event->type == HWS_EVENT_NEED_INPUT) {
        if (!endpoint->incoming->in_frame && !endpoint->incoming->has_more) {
            if (input->size == 0) return HWS_OK;
            size_t header_size;
            HWS_TRY(read_header(endpoint, input, &header_size));
            if (header_size == 0) return HWS_OK;
            HWS_TRY(begin_frame(endpoint, now_ms));
        } else if (input->size == 0 && !endpoint->incoming->has_more) {
            return HWS_OK;
        }
        if (is_control(&endpoint->incoming->frame))
            HWS_TRY(receive_control(endpoint, input, event));
        else
            HWS_TRY(receive_data(endpoint, input, event));
    }
    return HWS_OK;
}

/* The clock of a message runs from its first byte, or from that of a frame that was cut. */
static void watch_progress(hws_incoming *incoming, uint64_t now_ms)
{
    const bool under_way =
        incoming->head_size > 0 || incoming->in_frame || incoming->message_opcode != 0;
    if (under_way && !incoming->receiving) incoming->receiving_ms = now_ms;
    incoming->receiving = under_way;
}

/* Not in line, even when programs are optimised as a whole: the short way is then one short run of
 * code. */
__attribute__((noinline)) hws_status hws_endpoint_receive_frames(hws_endpoint *endpoint,
                                                                 uint64_t now_ms, hws_span *input,
                                                                 hws_event *event)
{
    hws_incoming own;
    if (!endpoint->incoming) {
        own = (hws_incoming){0};
        endpoint->incoming = &own;
    }
    if (endpoint->incoming->control_debt > 0) pay_control(endpoint, now_ms);
    const hws_status status = receive(endpoint, now_ms, input, event);
    if (status == HWS_OK && event->type == HWS_EVENT_NEED_INPUT)
        watch_progress(endpoint->incoming, now_ms);
    if (status != HWS_OK) hws_endpoint_fail(endpoint, status, event);
    const hws_status settled = hws_endpoint_settle(endpoint, &own);
    return event->type == HWS_EVENT_CLOSE ? HWS_OK : settled;
}
