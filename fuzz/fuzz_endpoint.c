/* SPDX-License-Identifier: MIT */
/* The same bytes, cut differently, tell the same story and send the same answer, whatever calls
 * come between them; what is sent is frames, and nothing follows a Close.
 *
 * Byte 0 picks role, options and compression, byte 1 how the second run is cut, byte 2 after how
 * many allocations memory fails (0: never; then there is but one run).  Then come steps: a byte
 * under CALLS is a size, and that many bytes arrive; any other is a call. */
#include <stdlib.h>
#include <string.h>

#include "deflate/zlib.h"
#include "wire/deflate_offer.h"
#include "wire/endpoint.h"
#include "wire/kernels.h"

enum { HEAD_SIZE = 3, CALLS = 0xC0, SIZE_MAX_OF_CASE = 8192 };

typedef struct story {
    const uint8_t *head;
    bool in_pieces;
    uint32_t random; /* of the cuts */
    hws_endpoint_options options;
    hws_memory memory;
    size_t bytes_out;
    size_t calls_left;
    hws_deflate deflate;
    hws_endpoint *endpoint;
    uint64_t now_ms;
    uint64_t told;                        /* a hash of the events */
    uint64_t sent;                        /* a hash of the output */
    uint64_t parts;                       /* a hash of the message that is being told in parts */
    uint8_t output[4 * SIZE_MAX_OF_CASE]; /* what is not yet parsed */
    size_t output_size;
    bool close_was_sent;
    bool close_was_told;
} story;

static void check(bool right)
{
    if (!right) abort();
}

static void *resize(void *user, void *block, size_t old_size, size_t new_size)
{
    story *it = user;
    if (new_size > 0 && it->calls_left-- == 0) {
        it->calls_left = 0;
        return NULL;
    }
    it->bytes_out += new_size - old_size;
    if (new_size == 0) free(block);
    return new_size == 0 ? NULL : realloc(block, new_size);
}

static bool fixed_key(void *user, uint8_t *bytes, size_t size)
{
    (void)user;
    memset(bytes, 0x5a, size);
    return true;
}

static void mix(uint64_t *hash, uint64_t value)
{
    *hash = (*hash ^ value) * UINT64_C(0x100000001b3);
}

static void mix_bytes(uint64_t *hash, const void *data, size_t size)
{
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++) mix(hash, bytes[i]);
}

static void hear_message(story *it, const hws_message *message)
{
    check(message->part == HWS_WHOLE || it->options.stream_parts);
    mix_bytes(&it->parts, message->data, message->size);
    if (message->part == HWS_FIRST || message->part == HWS_MIDDLE) return;
    mix(&it->told, message->type);
    mix(&it->told, it->parts);
    it->parts = 0;
}

static void hear(story *it, const hws_event *event)
{
    if (event->type == HWS_EVENT_NEED_INPUT) return;
    check(!it->close_was_told);
    switch (event->type) {
    case HWS_EVENT_NEED_INPUT:
        break;
    case HWS_EVENT_MESSAGE:
        hear_message(it, &event->message);
        break;
    case HWS_EVENT_PING:
    case HWS_EVENT_PONG:
        mix(&it->told, event->type);
        mix_bytes(&it->told, event->payload.data, event->payload.size);
        break;
    case HWS_EVENT_CLOSE:
        it->close_was_told = true;
        mix(&it->told, (uint64_t)event->close.code);
        mix(&it->told, (uint64_t)event->close.status);
        mix(&it->told, event->close.was_clean);
        mix_bytes(&it->told, event->close.reason.data, event->close.reason.size);
        break;
    }
}

/* Takes frames off the output as they are complete; there is never a part of one. */
static void parse_output(story *it)
{
    const hws_frame_rules rules = {
        .rsv_allowed = it->options.deflate ? HWS_DEFLATE_RSV : 0,
        .from_client = it->options.role == HWS_ROLE_CLIENT,
    };
    size_t at = 0;
    while (at < it->output_size) {
        check(!it->close_was_sent);
        hws_frame_header header;
        size_t size;
        check(hws_frame_header_read(it->output + at, it->output_size - at, &rules, &header,
                                    &size) == HWS_OK);
        check(size > 0 && header.payload_size <= it->output_size - at - size);
        it->close_was_sent = header.opcode == HWS_OPCODE_CLOSE;
        at += size + (size_t)header.payload_size;
    }
    mix_bytes(&it->sent, it->output, it->output_size);
    it->output_size = 0;
}

static void drain(story *it)
{
    for (;;) {
        const hws_span span = hws_endpoint_output(it->endpoint);
        if (span.size == 0) break;
        check(span.size <= sizeof it->output - it->output_size);
        memcpy(it->output + it->output_size, span.data, span.size);
        it->output_size += span.size;
        hws_endpoint_sent(it->endpoint, span.size);
    }
    parse_output(it);
}

static void receive(story *it, const uint8_t *data, size_t size)
{
    uint8_t *block = malloc(size + 1);
    check(block != NULL);
    memcpy(block, data, size);
    hws_span input = {block, size};
    hws_event event;
    do {
        hws_endpoint_receive(it->endpoint, it->now_ms, &input, &event);
        hear(it, &event);
    } while (event.type != HWS_EVENT_NEED_INPUT);
    check(input.size == 0);
    free(block);
    drain(it);
}

static size_t piece_size(story *it, size_t left)
{
    if (!it->in_pieces) return left;
    it->random = it->random * 1664525 + 1013904223;
    const size_t size = it->random >> 24 < 0x80 ? 1 : (it->random >> 16) % 64 + 1;
    return size < left ? size : left;
}

static void feed(story *it, const uint8_t *data, size_t size)
{
    while (size > 0) {
        const size_t piece = piece_size(it, size);
        receive(it, data, piece);
        data += piece;
        size -= piece;
    }
}

static void call_send(story *it, unsigned way)
{
    static const uint8_t TEXT[] = "h\xc3\xa9llo";
    const hws_message message = {
        .compress = HWS_COMPRESS_ALWAYS,
        .type = way & 1 ? HWS_TEXT : HWS_BINARY,
        .part = (hws_message_part)(way / 2 % 4),
        .data = TEXT,
        .size = way / 8 % 7,
    };
    mix(&it->told, (uint64_t)hws_endpoint_send(it->endpoint, &message));
}

static void call_time(story *it, unsigned way)
{
    static const uint64_t STEPS_MS[] = {1, 999, 5000, 8000, 25000, 30000, 70000, 0};
    it->now_ms += STEPS_MS[way % 8];
    hws_event event;
    hws_endpoint_tick(it->endpoint, it->now_ms, &event);
    hear(it, &event);
    check(hws_endpoint_deadline(it->endpoint) > it->now_ms || it->calls_left == 0);
}

static void call_rest(story *it, unsigned way)
{
    static const int CODES[] = {0, 1000, 1005, 4999};
    hws_event event;
    if (way < 4) {
        mix(&it->told,
            (uint64_t)hws_endpoint_close(it->endpoint, it->now_ms, CODES[way],
                                         (hws_text){way % 2 ? "bye" : NULL, way % 2 * 3}));
    } else if (way < 6) {
        hws_endpoint_set_blocked(it->endpoint, way == 4);
    } else if (way == 6) {
        mix(&it->told, (uint64_t)hws_endpoint_ping(it->endpoint, "ping", 4));
    } else {
        hws_endpoint_end(it->endpoint, HWS_ERR_CONNECTION_LOST, &event);
        hear(it, &event);
    }
}

static void call(story *it, unsigned way)
{
    if (way < 0x30) {
        call_send(it, way);
    } else if (way < 0x38) {
        call_time(it, way);
    } else {
        call_rest(it, way - 0x38);
    }
    drain(it);
}

/* Without takeover: then what comes means the same however it is cut. */
static void open_deflate(story *it)
{
    hws_deflate_options options = {0};
    it->deflate = (hws_deflate){.codec = hws_codec_zlib()};
    if (!(it->head[0] & 128) || hws_deflate_options_complete(&options) != HWS_OK) return;
    if (hws_codec_pool_new(&it->memory, &options, NULL, &it->deflate.pool) == HWS_OK)
        it->options.deflate = &it->deflate;
}

static void play(story *it, const uint8_t *data, size_t size)
{
    it->memory = (hws_memory){.resize = resize, .user = it};
    it->calls_left = it->head[2] ? it->head[2] : SIZE_MAX;
    it->options = (hws_endpoint_options){
        .role = it->head[0] & 1 ? HWS_ROLE_CLIENT : HWS_ROLE_SERVER,
        .stream_parts = it->head[0] & 2,
        .skip_utf8 = it->head[0] & 4,
        .message_size_max = it->head[0] & 8 ? 16 : 0,
        .fragment_count_max = it->head[0] & 16 ? 3 : 0,
        .control_burst_max = it->head[0] & 32 ? 2 : 0,
        .kernels = it->head[0] & 64 ? hws_kernels_best() : NULL,
        .memory = &it->memory,
        .random = fixed_key,
    };
    hws_endpoint_options_complete(&it->options);
    open_deflate(it);
    if (hws_endpoint_new(&it->options, it->now_ms, &it->endpoint) != HWS_OK) {
        hws_codec_pool_free(it->deflate.pool);
        return;
    }
    if (it->options.deflate)
        hws_endpoint_set_deflate(it->endpoint, (hws_deflate_terms){15, 15, false, false});
    for (size_t at = 0; at < size;) {
        const uint8_t step = data[at++];
        if (step >= CALLS) {
            call(it, step - CALLS);
            continue;
        }
        const size_t step_size = step < size - at ? step : size - at;
        feed(it, data + at, step_size);
        at += step_size;
    }
    hws_endpoint_free(it->endpoint);
    hws_codec_pool_free(it->deflate.pool);
    check(it->bytes_out == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD_SIZE || size > SIZE_MAX_OF_CASE) return 0;
    static story whole;
    static story pieces;
    whole = (story){.head = data};
    play(&whole, data + HEAD_SIZE, size - HEAD_SIZE);
    if (data[2] != 0) return 0;
    pieces = (story){.head = data, .in_pieces = true, .random = data[1]};
    play(&pieces, data + HEAD_SIZE, size - HEAD_SIZE);
    check(whole.told == pieces.told);
    check(whole.sent == pieces.sent);
    return 0;
}
