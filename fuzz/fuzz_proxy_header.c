/* SPDX-License-Identifier: MIT */
/* The same header, cut differently, says the same, and ends at the same byte.
 *
 * Byte 0 is the size of the pieces; the rest is what the proxy says. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "net/proxy_header.h"

typedef struct story {
    hws_status status;
    size_t taken;
    bool done;
    bool has_source;
    char source[HWS_ADDRESS_NAME_MAX];
} story;

/* A piece from a place of its own, so that reading past its end is noticed. */
static void feed(story *told, hws_proxy_header *header, const uint8_t *data, size_t size)
{
    uint8_t *piece = malloc(size);
    assert(piece);
    memcpy(piece, data, size);
    hws_span input = {piece, size};
    told->status = hws_proxy_header_parse(header, &input, &told->done);
    if (told->status == HWS_OK) told->taken += size - input.size;
    assert(told->status != HWS_OK || told->done || input.size == 0);
    free(piece);
}

static story read_header(const uint8_t *data, size_t size, size_t cut)
{
    story told = {.status = HWS_OK};
    hws_proxy_header header = {0};
    for (size_t at = 0; at < size && told.status == HWS_OK && !told.done; at += cut)
        feed(&told, &header, data + at, cut < size - at ? cut : size - at);
    if (told.status != HWS_OK) told.taken = 0; /* how far depends on the cut */
    told.has_source = told.done && header.has_source;
    if (told.has_source) hws_address_name(&header.source, told.source);
    assert(!told.done || told.taken >= 15);
    return told;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) return 0;
    const story whole = read_header(data + 1, size - 1, size);
    const story cut = read_header(data + 1, size - 1, (size_t)data[0] % 32 + 1);
    assert(whole.status == cut.status && whole.taken == cut.taken && whole.done == cut.done);
    assert(whole.has_source == cut.has_source && strcmp(whole.source, cut.source) == 0);
    return 0;
}
