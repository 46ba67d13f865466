/* SPDX-License-Identifier: MIT */
/* An endpoint that echoes compressed messages, beside the codec that inflates and deflates the same
 * bytes with nothing around it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contest.h"
#include "deflate/zlib.h"
#include "loop/loop.h"
#include "micro.h"
#include "wire/deflate_offer.h"
#include "wire/endpoint.h"
#include "wire/frame.h"
#include "wire/mask.h"

enum { MESSAGES = 16, SIZE_MAX_HERE = 16384 };

typedef struct stage {
    hws_deflate deflate;
    hws_endpoint endpoint;
    hws_queue_store store;
    hws_queue queue;
    size_t size;                             /* of each message */
    uint8_t packed[MESSAGES][SIZE_MAX_HERE]; /* as they arrive, with the tail */
    size_t packed_size[MESSAGES];
    uint8_t frames[MESSAGES * (SIZE_MAX_HERE + HWS_FRAME_HEADER_MAX)];
    uint8_t input[MESSAGES * (SIZE_MAX_HERE + HWS_FRAME_HEADER_MAX)];
    size_t frames_size;
    uint8_t plain[SIZE_MAX_HERE];
    uint8_t again[SIZE_MAX_HERE + 64];
} stage;

static unsigned next_number(unsigned *seed)
{
    *seed = *seed * 1103515245U + 12345U;
    return *seed >> 16;
}

/* Records as quotes and chats have them. */
static void fill(uint8_t *bytes, size_t size, unsigned *seed)
{
    static const char *const WORDS[] = {"order", "filled", "price", "hello", "quote", "update",
                                        "the",   "of",     "limit", "open",  "sell",  "closed"};
    for (size_t at = 0; at < size;) {
        char record[192];
        const unsigned id = next_number(seed);
        const int made = snprintf(
            record, sizeof record,
            "{\"id\":%u,\"symbol\":\"%c%c%c\",\"price\":%u.%02u,\"size\":%u,\"text\":\"%s %s\"},",
            id, 'A' + next_number(seed) % 26, 'A' + next_number(seed) % 26,
            'A' + next_number(seed) % 26, next_number(seed) % 5000, next_number(seed) % 100,
            next_number(seed) % 1000, WORDS[next_number(seed) % 12], WORDS[next_number(seed) % 12]);
        const size_t left = size - at;
        const size_t part = made > 0 && (size_t)made < left ? (size_t)made : left;
        memcpy(bytes + at, record, part);
        at += part;
    }
}

static void bare(const void *with, void *on)
{
    (void)with;
    stage *it = on;
    const hws_codec *codec = it->deflate.codec;
    for (size_t i = 0; i < MESSAGES; i++) {
        size_t size;
        hws_span input = {it->packed[i], it->packed_size[i]};
        hws_inflater *inflater = codec->take_inflater(it->deflate.pool, 15, false);
        if (!inflater) abort();
        if (codec->inflate(inflater, &input, it->plain, sizeof it->plain, &size) != HWS_OK) abort();
        const hws_span plain = {it->plain, size};
        if (codec->deflate_alone(it->deflate.pool, 15, plain, it->again, sizeof it->again) == 0)
            abort();
        codec->give_inflater(it->deflate.pool, inflater);
    }
}

static void echo(const void *with, void *on)
{
    (void)with;
    stage *it = on;
    memcpy(it->input, it->frames,
           it->frames_size); /* as a receive would: they are unmasked there */
    hws_span input = {it->input, it->frames_size};
    hws_event event;
    for (;;) {
        hws_endpoint_receive(&it->endpoint, 0, &input, &event);
        if (event.type != HWS_EVENT_MESSAGE) break;
        if (hws_endpoint_send(&it->endpoint, &event.message) != HWS_OK) abort();
    }
    if (event.type != HWS_EVENT_NEED_INPUT) abort();
    hws_queue_drop(&it->queue, it->queue.size);
}

static void prepare(stage *it, size_t size)
{
    const hws_codec *codec = it->deflate.codec;
    unsigned seed = 1;
    it->size = size;
    it->frames_size = 0;
    for (size_t i = 0; i < MESSAGES; i++) {
        fill(it->plain, size, &seed);
        hws_deflater *deflater = codec->take_deflater(it->deflate.pool, 15, false);
        it->packed_size[i] = codec->deflate(deflater, (hws_span){it->plain, size}, it->packed[i],
                                            sizeof it->packed[i]);
        codec->give_deflater(it->deflate.pool, deflater);
        const hws_frame_header header = {.payload_size = it->packed_size[i] - HWS_DEFLATE_TAIL_SIZE,
                                         .mask_key = {1, 2, 3, 4},
                                         .opcode = HWS_OPCODE_TEXT,
                                         .rsv = HWS_DEFLATE_RSV,
                                         .fin = true,
                                         .masked = true};
        uint8_t *frame = it->frames + it->frames_size;
        const size_t header_size = hws_frame_write(&header, frame);
        const hws_span payload = {frame + header_size, (size_t)header.payload_size};
        memcpy(payload.data, it->packed[i], payload.size);
        (void)hws_mask(hws_kernels_scalar(), payload, header.mask_key, 0);
        it->frames_size += header_size + payload.size;
    }
}

void micro_deflate(void)
{
    static const size_t SIZES[] = {128, 256, 1024, 4096, 16384};
    static stage it;
    static const way WAYS[] = {{"inflate, deflate", bare, NULL}, {"echo", echo, NULL}};
    hws_deflate_options wanted = {.size_min = 1};
    hws_endpoint_options options = {
        .memory = &hws_memory_malloc,
        .kernels = hws_kernels_best(),
        .deflate = &it.deflate,
    };
    hws_endpoint_options_complete(&options);
    it.deflate = (hws_deflate){.codec = hws_codec_zlib(), .size_min = 1};
    if (hws_deflate_options_complete(&wanted) != HWS_OK ||
        hws_codec_pool_new(&hws_memory_malloc, &wanted, NULL, &it.deflate.pool) != HWS_OK)
        abort();
    hws_queue_store_init(&it.store, &hws_memory_malloc);
    hws_queue_init(&it.queue, &it.store);
    hws_endpoint_init(&it.endpoint, &options, &it.queue, 0);
    hws_endpoint_set_deflate(&it.endpoint, (hws_deflate_terms){15, 15, false, false});
    contest_print_names(WAYS, sizeof WAYS / sizeof *WAYS);
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
        prepare(&it, SIZES[i]);
        contest_run(&(contest){.title = "JSON, compressed",
                               .size = SIZES[i],
                               .item_count = MESSAGES,
                               .on = &it,
                               .ways = WAYS,
                               .way_count = sizeof WAYS / sizeof *WAYS});
    }
    hws_endpoint_release(&it.endpoint);
    hws_queue_clear(&it.queue);
    hws_codec_pool_free(it.deflate.pool);
    hws_queue_store_release(&it.store);
}
