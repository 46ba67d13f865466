/* SPDX-License-Identifier: MIT */
/* What the protocol costs without a network: headers read and written, messages received, and
 * messages echoed through an endpoint and its queue, back to back as when many are in flight. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "contest.h"
#include "loop/loop.h"
#include "micro.h"
#include "wire/endpoint.h"
#include "wire/frame.h"
#include "wire/mask.h"

enum { IN_FLIGHT = 16 };

static const size_t SIZES[] = {20, 125, 1024, 16384};

typedef struct flight {
    uint8_t *bytes; /* the frames, masked, as a client sends them */
    uint8_t *input; /* where they are received, again and again */
    uint8_t *out;
    size_t size;
    size_t frame_size;
    hws_queue_store store;
    hws_queue queue;
    hws_endpoint endpoint;
    uint64_t sum; /* so that nothing is left out */
} flight;

static void receive(const void *with, void *on)
{
    (void)with;
    flight *it = on;
    memcpy(it->input, it->bytes, it->size);
}

static void copy(const void *with, void *on)
{
    flight *it = on;
    receive(with, on);
    memcpy(it->out, it->input, it->size);
}

static void read_headers(const void *with, void *on)
{
    flight *it = on;
    const hws_frame_rules *rules = with;
    for (size_t at = 0; at < it->size; at += it->frame_size) {
        hws_frame_header header = {0};
        size_t header_size;
        if (hws_frame_read(it->bytes + at, it->size - at, rules, &header, &header_size) != HWS_OK)
            abort();
        it->sum += header.payload_size + header_size;
    }
}

static void write_headers(const void *with, void *on)
{
    flight *it = on;
    const hws_frame_header *header = with;
    for (size_t at = 0; at < it->size; at += it->frame_size)
        it->sum += hws_frame_write(header, it->out + at);
}

static void take(const void *with, void *on)
{
    flight *it = on;
    receive(with, on);
    hws_span input = {it->input, it->size};
    hws_event event;
    for (;;) {
        hws_endpoint_receive(&it->endpoint, 0, &input, &event);
        if (event.type != HWS_EVENT_MESSAGE) break;
        it->sum += event.message.size;
    }
}

static void echo(const void *with, void *on)
{
    flight *it = on;
    receive(with, on);
    hws_span input = {it->input, it->size};
    hws_event event;
    for (;;) {
        hws_endpoint_receive(&it->endpoint, 0, &input, &event);
        if (event.type != HWS_EVENT_MESSAGE) break;
        if (hws_endpoint_send(&it->endpoint, &event.message) != HWS_OK) abort();
    }
    hws_queue_drop(&it->queue, it->queue.size);
}

static void write_frame(flight *it, hws_frame_header *header, const char *text)
{
    uint8_t *frame = it->bytes + it->size;
    const size_t header_size = hws_frame_write(header, frame);
    const hws_span payload = {frame + header_size, (size_t)header->payload_size};
    const size_t text_size = strlen(text);
    for (size_t i = 0; i < payload.size; i++) payload.data[i] = (uint8_t)text[i % text_size];
    (void)hws_mask(hws_kernels_scalar(), payload, header->mask_key, 0);
    it->frame_size = header_size + payload.size;
    it->size += it->frame_size;
}

static void run(flight *it, hws_opcode opcode, size_t size)
{
    static const hws_frame_rules FROM_CLIENT = {.from_client = true};
    hws_frame_header header = {.payload_size = size,
                               .mask_key = {1, 2, 3, 4},
                               .opcode = (uint8_t)opcode,
                               .fin = true,
                               .masked = true};
    it->size = 0;
    for (size_t i = 0; i < IN_FLIGHT; i++)
        write_frame(it, &header, "The quick brown fox jumps over the lazy dog. ");
    const way ways[] = {
        {"copy in and out", copy, NULL},
        {"read headers", read_headers, &FROM_CLIENT},
        {"write headers", write_headers, &header},
        {"copy in, receive", take, NULL},
        {"copy in, echo", echo, NULL},
    };
    const size_t way_count = sizeof ways / sizeof *ways;
    if (it->frame_size == size + 6 && opcode == HWS_OPCODE_TEXT && size == SIZES[0])
        contest_print_names(ways, way_count);
    contest_run(&(contest){.title = opcode == HWS_OPCODE_TEXT ? "text frames" : "binary frames",
                           .size = size,
                           .item_count = IN_FLIGHT,
                           .on = it,
                           .ways = ways,
                           .way_count = way_count});
}

void micro_frames(void)
{
    hws_endpoint_options options = {.memory = &hws_memory_malloc, .kernels = hws_kernels_best()};
    hws_endpoint_options_complete(&options);
    static flight it;
    const size_t most =
        IN_FLIGHT * (SIZES[sizeof SIZES / sizeof *SIZES - 1] + HWS_FRAME_HEADER_MAX);
    it.bytes = malloc(most);
    it.input = malloc(most);
    it.out = malloc(most);
    if (!it.bytes || !it.input || !it.out) abort();
    hws_queue_store_init(&it.store, &hws_memory_malloc);
    hws_queue_init(&it.queue, &it.store);
    hws_endpoint_init(&it.endpoint, &options, &it.queue, 0);
    for (size_t s = 0; s < sizeof SIZES / sizeof *SIZES; s++) {
        run(&it, HWS_OPCODE_TEXT, SIZES[s]);
        run(&it, HWS_OPCODE_BINARY, SIZES[s]);
    }
    hws_endpoint_release(&it.endpoint);
    hws_queue_clear(&it.queue);
    hws_queue_store_release(&it.store);
    free(it.bytes);
    free(it.input);
    free(it.out);
}
