/* SPDX-License-Identifier: MIT */
/* Input that the endpoint's owner does not want looked at yet: a copy of it, and how far it is. */
#include <assert.h>
#include <string.h>

#include "base/memory.h"
#include "base/try.h"
#include "wire/endpoint.h"

/* What is left of it is at its end. */
struct hws_held {
    size_t size;
    size_t at; /* bytes before it are done with */
    uint8_t bytes[];
};

hws_status hws_endpoint_hold(hws_endpoint *endpoint, hws_span input)
{
    const hws_memory *memory = endpoint->options->memory;
    HWS_TRY(hws_endpoint_need_incoming(endpoint));
    hws_incoming *incoming = endpoint->incoming;
    if (incoming->held) {
        assert(input.size <= incoming->held->size);
        incoming->held->at = incoming->held->size - input.size;
        return HWS_OK;
    }
    incoming->held = hws_memory_new(memory, sizeof *incoming->held + input.size);
    if (!incoming->held) return HWS_ERR_NO_MEMORY;
    *incoming->held = (struct hws_held){.size = input.size};
    memcpy(incoming->held->bytes, input.data, input.size);
    return HWS_OK;
}

hws_span hws_endpoint_held(const hws_endpoint *endpoint)
{
    struct hws_held *held = endpoint->incoming ? endpoint->incoming->held : NULL;
    return held ? (hws_span){held->bytes + held->at, held->size - held->at} : (hws_span){0};
}

void hws_endpoint_drop_held(hws_endpoint *endpoint)
{
    struct hws_held *held = endpoint->incoming ? endpoint->incoming->held : NULL;
    if (!held) return;
    endpoint->incoming->held = NULL;
    hws_memory_free(endpoint->options->memory, held, sizeof *held + held->size);
}
