/* SPDX-License-Identifier: MIT */
#include "wire/endpoint.h"

#include "base/memory.h"

static void default_32(uint32_t *option, uint32_t value)
{
    if (*option == 0) *option = value;
}

void hws_endpoint_options_complete(hws_endpoint_options *options)
{
    if (options->message_size_max == 0) options->message_size_max = 1 << 20;
    /* Row G013: "no limit" is not a limit to a message that is to lie in memory whole. */
    const uint64_t whole_max = UINT64_C(1) << 31;
    if (!options->stream_parts && options->message_size_max > whole_max)
        options->message_size_max = whole_max;
    if (!options->kernels) options->kernels = hws_kernels_scalar();
    default_32(&options->fragment_count_max, 131072);
    default_32(&options->fragment_empty_max, 128);
    default_32(&options->control_burst_max, 50);
    default_32(&options->control_rate_max, 100);
    default_32(&options->ping_interval_ms, 25000);
    default_32(&options->pong_timeout_ms, 8000);
    default_32(&options->close_timeout_ms, 5000);
    default_32(&options->message_timeout_ms, 30000);
    default_32(&options->message_rate_min, 16384);
}

void hws_endpoint_init(hws_endpoint *endpoint, const hws_endpoint_options *options,
                       hws_queue *queue, uint64_t now_ms)
{
    *endpoint = (hws_endpoint){
        .options = options,
        .queue = queue,
        .heard_ms = now_ms,
        .control_ms = now_ms,
        .control_credit = options->control_burst_max * 1000,
    };
}

void hws_endpoint_drop_message(hws_endpoint *endpoint)
{
    hws_buffer_release(&endpoint->message, endpoint->options->memory);
    endpoint->message_size = 0;
    endpoint->fragment_count = 0;
    endpoint->fragment_empty = 0;
    endpoint->message_opcode = 0;
    endpoint->part_delivered = false;
    endpoint->message_is_done = false;
}

void hws_endpoint_drop_control(hws_endpoint *endpoint)
{
    hws_memory_free(endpoint->options->memory, endpoint->control, HWS_FRAME_CONTROL_MAX);
    endpoint->control = NULL;
    endpoint->control_is_done = false;
}

void hws_endpoint_release(hws_endpoint *endpoint)
{
    hws_endpoint_drop_message(endpoint);
    hws_endpoint_drop_control(endpoint);
    hws_memory_free(endpoint->options->memory, endpoint->kept_pong, 1 + HWS_FRAME_CONTROL_MAX);
    endpoint->kept_pong = NULL;
    endpoint->ended = true;
}

hws_ready_state hws_endpoint_ready_state(const hws_endpoint *endpoint)
{
    return endpoint->ended ? HWS_CLOSED : endpoint->close_sent ? HWS_CLOSING : HWS_OPEN;
}

/* An endpoint for those who have no queue of their own. */
typedef struct hermit {
    hws_endpoint endpoint; /* first */
    hws_queue_store store;
    hws_queue queue;
} hermit;

hws_status hws_endpoint_new(const hws_endpoint_options *options, uint64_t now_ms,
                            hws_endpoint **endpoint)
{
    hermit *made = hws_memory_new(options->memory, sizeof *made);
    if (!made) return HWS_ERR_NO_MEMORY;
    hws_queue_store_init(&made->store, options->memory);
    hws_queue_init(&made->queue, &made->store);
    hws_endpoint_init(&made->endpoint, options, &made->queue, now_ms);
    *endpoint = &made->endpoint;
    return HWS_OK;
}

void hws_endpoint_free(hws_endpoint *endpoint)
{
    if (!endpoint) return;
    hermit *made = (hermit *)endpoint;
    hws_endpoint_release(endpoint);
    hws_queue_clear(&made->queue);
    hws_queue_store_release(&made->store);
    hws_memory_free(endpoint->options->memory, made, sizeof *made);
}

hws_span hws_endpoint_output(const hws_endpoint *endpoint)
{
    hws_span first = {0};
    (void)hws_queue_peek(endpoint->queue, &first, 1);
    return first;
}

void hws_endpoint_sent(hws_endpoint *endpoint, size_t size)
{
    hws_queue_drop(endpoint->queue, size);
}
