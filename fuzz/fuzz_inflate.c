/* SPDX-License-Identifier: MIT */
/* What a compressed message becomes is what zlib makes of all of it at once, however it is cut, and
 * whether it is told whole or in parts; it is refused exactly when that is, or when it is too large
 * or no text, and memory stays within the limit.  The same bytes sent, compressed, arrive.
 *
 * Byte 0 picks the options, byte 1 how it is cut; then comes the payload. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "deflate/zlib.h"
#include "hawser/utf8.h"
#include "wire/deflate_offer.h"
#include "wire/endpoint.h"
#include "wire/frame.h"
#include "wire/kernels.h"

enum { HEAD_SIZE = 2, SIZE_MAX_OF_CASE = 4096, LIMIT = 60000, OUTPUT_MAX = 1 << 23 };

typedef struct side {
    hws_memory memory;
    size_t bytes_out;
    size_t bytes_peak;
    hws_deflate deflate;
    hws_endpoint_options options;
    hws_endpoint *endpoint;
    uint8_t got[LIMIT];
    size_t got_size;
    size_t message_count;
    hws_status failure;
} side;

static void check(bool right)
{
    if (!right) abort();
}

static void *resize(void *user, void *block, size_t old_size, size_t new_size)
{
    side *it = user;
    it->bytes_out += new_size - old_size;
    if (it->bytes_out > it->bytes_peak) it->bytes_peak = it->bytes_out;
    if (new_size == 0) free(block);
    return new_size == 0 ? NULL : realloc(block, new_size);
}

static bool fixed_key(void *user, uint8_t *bytes, size_t size)
{
    (void)user;
    memset(bytes, 0x5a, size);
    return true;
}

static void open_side(side *it, hws_role role, bool in_parts)
{
    hws_deflate_options options = {0};
    *it = (side){.memory = {.resize = resize, .user = it}};
    it->deflate = (hws_deflate){.codec = hws_codec_zlib(), .size_min = 1};
    it->options = (hws_endpoint_options){
        .role = role,
        .stream_parts = in_parts,
        .message_size_max = LIMIT,
        .fragment_empty_max = UINT32_MAX,
        .kernels = hws_kernels_best(),
        .memory = &it->memory,
        .deflate = &it->deflate,
        .random = fixed_key,
    };
    hws_endpoint_options_complete(&it->options);
    check(hws_deflate_options_complete(&options) == HWS_OK);
    check(hws_codec_pool_new(&it->memory, &options, NULL, &it->deflate.pool) == HWS_OK);
    check(hws_endpoint_new(&it->options, 0, &it->endpoint) == HWS_OK);
    hws_endpoint_set_deflate(it->endpoint, (hws_deflate_terms){15, 15, false, false});
}

static void close_side(side *it)
{
    hws_endpoint_free(it->endpoint);
    hws_codec_pool_free(it->deflate.pool);
    check(it->bytes_out == 0);
}

static void hear(side *it, const hws_event *event)
{
    if (event->type == HWS_EVENT_CLOSE) it->failure = event->close.status;
    if (event->type != HWS_EVENT_MESSAGE) return;
    check(event->message.size <= LIMIT - it->got_size);
    if (event->message.size > 0)
        memcpy(it->got + it->got_size, event->message.data, event->message.size);
    it->got_size += event->message.size;
    const hws_message_part part = event->message.part;
    it->message_count += part == HWS_WHOLE || part == HWS_LAST;
}

static void receive(side *it, hws_span input)
{
    hws_event event;
    do {
        hws_endpoint_receive(it->endpoint, 0, &input, &event);
        hear(it, &event);
    } while (event.type != HWS_EVENT_NEED_INPUT);
}

/* A message in fragments of at most `step` bytes, in pieces of as many. */
static void send_payload(side *it, hws_opcode opcode, const uint8_t *payload, size_t size,
                         size_t step)
{
    static uint8_t bytes[1 << 17];
    for (size_t at = 0; at == 0 || at < size; at += step) {
        const size_t part = step < size - at ? step : size - at;
        const hws_frame_header header = {
            .payload_size = part,
            .opcode = at == 0 ? (uint8_t)opcode : HWS_OPCODE_CONTINUATION,
            .rsv = at == 0 ? HWS_DEFLATE_RSV : 0,
            .fin = at + part == size,
            .masked = true,
        };
        const size_t head = hws_frame_write(&header, bytes);
        memcpy(bytes + head, payload + at, part);
        for (size_t sent = 0; sent < head + part;) {
            const size_t left = head + part - sent;
            const size_t piece = step < left ? step : left;
            receive(it, (hws_span){bytes + sent, piece});
            sent += piece;
        }
    }
}

/* What zlib makes of it: HWS_OK, or how it is to be refused. */
static hws_status model(hws_opcode opcode, const uint8_t *payload, size_t size, uint8_t *output,
                        size_t *output_size)
{
    uint8_t all[SIZE_MAX_OF_CASE + HWS_DEFLATE_TAIL_SIZE];
    memcpy(all, payload, size);
    memcpy(all + size, hws_deflate_tail, HWS_DEFLATE_TAIL_SIZE);
    z_stream stream = {.next_in = all, .avail_in = (uInt)(size + HWS_DEFLATE_TAIL_SIZE)};
    stream.next_out = output;
    stream.avail_out = OUTPUT_MAX;
    check(inflateInit2(&stream, -15) == Z_OK);
    int status = Z_OK;
    size_t without_tail = SIZE_MAX; /* output at the end of the payload */
    while (status == Z_OK && stream.avail_in > 0) {
        const uInt before = stream.avail_in;
        const uInt step = before > HWS_DEFLATE_TAIL_SIZE ? before - HWS_DEFLATE_TAIL_SIZE : before;
        if (before <= HWS_DEFLATE_TAIL_SIZE && without_tail == SIZE_MAX)
            without_tail = OUTPUT_MAX - stream.avail_out;
        const uInt rest = before - step;
        stream.avail_in = step;
        status = inflate(&stream, Z_SYNC_FLUSH);
        const bool whole = status == Z_STREAM_END ||
                           ((stream.data_type & 128) != 0 && (stream.data_type & 63) == 0);
        if (status == Z_STREAM_END) status = inflateResetKeep(&stream);
        stream.avail_in += rest;
        if (whole && stream.avail_in == HWS_DEFLATE_TAIL_SIZE) stream.avail_in = 0;
        if (!whole && stream.avail_in == 0 && status == Z_OK) status = Z_DATA_ERROR;
    }
    (void)inflateEnd(&stream);
    *output_size = OUTPUT_MAX - stream.avail_out;
    if (without_tail != SIZE_MAX && *output_size > without_tail) {
        *output_size = without_tail;
        status = Z_DATA_ERROR;
    }
    const size_t kept = *output_size < LIMIT ? *output_size : LIMIT;
    hws_utf8 utf8 = {0};
    if (opcode == HWS_OPCODE_TEXT && hws_utf8_feed(&utf8, output, kept) != HWS_OK)
        return HWS_ERR_UTF8;
    if (*output_size > LIMIT) return HWS_ERR_MESSAGE_TOO_BIG;
    if (status != Z_OK) return HWS_ERR_DEFLATE;
    return opcode == HWS_OPCODE_TEXT ? hws_utf8_finish(&utf8) : HWS_OK;
}

static void check_inflating(const uint8_t *head, const uint8_t *payload, size_t size)
{
    static uint8_t output[OUTPUT_MAX];
    static side it;
    const hws_opcode opcode = head[0] & 1 ? HWS_OPCODE_TEXT : HWS_OPCODE_BINARY;
    size_t want_size = 0;
    const hws_status want = size == 0 ? HWS_OK : model(opcode, payload, size, output, &want_size);
    for (int in_parts = 0; in_parts < 2; in_parts++) {
        const size_t steps[] = {SIZE_MAX_OF_CASE + 1, head[1] + 1U, 1};
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
            open_side(&it, HWS_ROLE_SERVER, in_parts != 0);
            const size_t before = it.bytes_out;
            send_payload(&it, opcode, payload, size, steps[i]);
            check(it.failure == want);
            check(it.message_count == (want == HWS_OK));
            if (want == HWS_OK)
                check(it.got_size == want_size && memcmp(it.got, output, want_size) == 0);
            check(it.bytes_peak - before <= LIMIT + 16384 + hws_codec_inflater_cost(15));
            close_side(&it);
        }
    }
}

static void check_sending(const uint8_t *head, const uint8_t *bytes, size_t size)
{
    static side from;
    static side to;
    open_side(&from, HWS_ROLE_CLIENT, false);
    open_side(&to, HWS_ROLE_SERVER, false);
    const size_t step = head[0] & 2 ? head[1] + 1U : SIZE_MAX_OF_CASE + 1;
    for (size_t at = 0; at == 0 || at < size; at += step) {
        const bool last = size - at <= step;
        const hws_message part = {
            .type = HWS_BINARY,
            .part = at == 0 ? (last ? HWS_WHOLE : HWS_FIRST) : (last ? HWS_LAST : HWS_MIDDLE),
            .data = bytes + at,
            .size = last ? size - at : step,
        };
        check(hws_endpoint_send(from.endpoint, &part) == HWS_OK);
    }
    for (;;) {
        const hws_span output = hws_endpoint_output(from.endpoint);
        if (output.size == 0) break;
        receive(&to, output);
        hws_endpoint_sent(from.endpoint, output.size);
    }
    check(to.failure == HWS_OK && to.message_count == 1 && to.got_size == size);
    check(size == 0 || memcmp(to.got, bytes, size) == 0);
    close_side(&from);
    close_side(&to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD_SIZE || size > SIZE_MAX_OF_CASE) return 0;
    check_inflating(data, data + HEAD_SIZE, size - HEAD_SIZE);
    check_sending(data, data + HEAD_SIZE, size - HEAD_SIZE);
    return 0;
}
