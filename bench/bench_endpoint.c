/* SPDX-License-Identifier: MIT */
/* What the protocol costs without a network: nanoseconds per echoed message through receive, send
 * and the queue, beside a copy of the same bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "loop/loop.h"
#include "wire/endpoint.h"
#include "wire/mask.h"

enum { ROUNDS = 9 };

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

typedef struct load {
    uint8_t *bytes; /* one input: `count` masked frames */
    uint8_t *copy;
    size_t size;
    size_t count;
} load;

static load make_load(hws_opcode opcode, size_t payload_size, size_t count)
{
    static const char TEXT[] = "The quick brown fox jumps over the lazy dog. ";
    load it = {.count = count};
    it.bytes = malloc((payload_size + HWS_FRAME_HEADER_MAX) * count);
    it.copy = malloc((payload_size + HWS_FRAME_HEADER_MAX) * count);
    if (!it.bytes || !it.copy) abort();
    for (size_t i = 0; i < count; i++) {
        const hws_frame_header header = {.payload_size = payload_size,
                                         .mask_key = {1, 2, 3, 4},
                                         .opcode = (uint8_t)opcode,
                                         .fin = true,
                                         .masked = true};
        it.size += hws_frame_header_write(&header, it.bytes + it.size);
        for (size_t k = 0; k < payload_size; k++)
            it.bytes[it.size + k] = (uint8_t)TEXT[k % (sizeof TEXT - 1)];
        hws_mask(hws_kernels_scalar(), (hws_span){it.bytes + it.size, payload_size},
                 header.mask_key, 0);
        it.size += payload_size;
    }
    return it;
}

static void echo(hws_endpoint *endpoint, hws_queue *queue, const load *it)
{
    memcpy(it->copy, it->bytes, it->size); /* as the kernel would */
    hws_span input = {it->copy, it->size};
    hws_event event;
    for (;;) {
        hws_endpoint_receive(endpoint, 0, &input, &event);
        if (event.type != HWS_EVENT_MESSAGE) break;
        if (hws_endpoint_send(endpoint, &event.message) != HWS_OK) abort();
    }
    hws_queue_drop(queue, queue->size);
}

static void copy_only(const load *it, uint8_t *out)
{
    memcpy(it->copy, it->bytes, it->size);
    memcpy(out, it->copy, it->size);
}

static void measure(hws_opcode opcode, size_t payload_size, size_t count)
{
    hws_endpoint_options options = {
        .memory = &hws_memory_malloc, .kernels = hws_kernels_best(), .message_size_max = 16 << 20};
    hws_endpoint_options_complete(&options);
    hws_queue_store store;
    hws_queue queue;
    hws_endpoint endpoint;
    hws_queue_store_init(&store, &hws_memory_malloc);
    hws_queue_init(&queue, &store);
    hws_endpoint_init(&endpoint, &options, &queue, 0);
    const load it = make_load(opcode, payload_size, count);
    uint8_t *out = malloc(it.size);
    if (!out) abort();

    const size_t repeat = 1 + 20000000 / (it.size + 100 * count);
    double echoes[ROUNDS], copies[ROUNDS];
    for (size_t round = 0; round < ROUNDS; round++) {
        const uint64_t start = now_ns();
        for (size_t i = 0; i < repeat; i++) echo(&endpoint, &queue, &it);
        const uint64_t middle = now_ns();
        for (size_t i = 0; i < repeat; i++) copy_only(&it, out);
        const uint64_t end = now_ns();
        echoes[round] = (double)(middle - start) / (double)(repeat * count);
        copies[round] = (double)(end - middle) / (double)(repeat * count);
    }
    qsort(echoes, ROUNDS, sizeof *echoes, by_value);
    qsort(copies, ROUNDS, sizeof *copies, by_value);
    printf("%-6s %8zu B x %2zu   %9.1f ns per echo   (copying alone %9.1f)\n",
           opcode == HWS_OPCODE_TEXT ? "text" : "binary", payload_size, count, echoes[ROUNDS / 2],
           copies[ROUNDS / 2]);

    free(out);
    free(it.bytes);
    free(it.copy);
    hws_endpoint_release(&endpoint);
    hws_queue_clear(&queue);
    hws_queue_store_release(&store);
}

int main(void)
{
    static const size_t SIZES[] = {20, 125, 1024, 16384};
    printf("kernels: %s\n", hws_kernels_best()->name);
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
        for (size_t count = 1; count <= 16; count += 15) {
            measure(HWS_OPCODE_TEXT, SIZES[i], count);
            measure(HWS_OPCODE_BINARY, SIZES[i], count);
        }
    }
    return 0;
}
