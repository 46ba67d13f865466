/* SPDX-License-Identifier: MIT */
#include "wire/endpoint.h"

#include "base/memory.h"
#include "base/try.h"

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
    const uint32_t burst_max = 4000000; /* which is counted in thousandths */
    if (options->control_burst_max > burst_max) options->control_burst_max = burst_max;
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
        .since_ms = now_ms,
    };
}

void hws_endpoint_set_deflate(hws_endpoint *endpoint, hws_deflate_terms terms)
{
    endpoint->send_bits = (unsigned)terms.send_bits & 0xFU;
    endpoint->receive_bits = (unsigned)terms.receive_bits & 0xFU;
    endpoint->send_takeover = terms.send_takeover;
    endpoint->receive_takeover = terms.receive_takeover;
}

hws_deflate_terms hws_endpoint_deflate(const hws_endpoint *endpoint)
{
    return (hws_deflate_terms){
        .send_bits = endpoint->send_bits,
        .receive_bits = endpoint->receive_bits,
        .send_takeover = endpoint->send_takeover,
        .receive_takeover = endpoint->receive_takeover,
    };
}

hws_status hws_endpoint_need_incoming(hws_endpoint *endpoint)
{
    if (!endpoint->incoming)
        endpoint->incoming =
            hws_memory_new_zeroed(endpoint->options->memory, sizeof *endpoint->incoming);
    return endpoint->incoming ? HWS_OK : HWS_ERR_NO_MEMORY;
}

void hws_endpoint_drop_message(hws_endpoint *endpoint)
{
    if (!endpoint->receive_takeover) hws_endpoint_give_inflater(endpoint);
    hws_assembly_release(&endpoint->incoming->message);
    endpoint->incoming->message_size = 0;
    endpoint->incoming->deflated_size = 0;
    endpoint->incoming->is_deflated = false;
    endpoint->incoming->has_more = false;
    endpoint->incoming->fragment_count = 0;
    endpoint->incoming->fragment_empty = 0;
    endpoint->incoming->message_opcode = 0;
    endpoint->incoming->part_delivered = false;
    endpoint->incoming->message_is_done = false;
}

void hws_endpoint_drop_control(hws_endpoint *endpoint)
{
    hws_memory_free(endpoint->options->memory, endpoint->incoming->control, HWS_FRAME_CONTROL_MAX);
    endpoint->incoming->control = NULL;
    endpoint->incoming->control_is_done = false;
}

/* What ended owns nothing but what its last event told. */
static bool is_under_way(const hws_endpoint *endpoint)
{
    const hws_incoming *incoming = endpoint->incoming;
    if (incoming->control || incoming->kept_pong || incoming->held) return true;
    if (endpoint->ended) return false;
    if (incoming->inflater || incoming->deflater) return true;
    return incoming->head_size > 0 || incoming->in_frame || incoming->message_opcode != 0 ||
           incoming->message.blob || incoming->control_debt > 0;
}

/* What was told where it lay is over; what was told from memory goes with the next call. */
static void forget_told(hws_endpoint *endpoint)
{
    hws_incoming *incoming = endpoint->incoming;
    if (endpoint->ended || (incoming->message_is_done && !incoming->message.blob))
        hws_endpoint_drop_message(endpoint);
    if (!incoming->control) incoming->control_is_done = false;
    if (!endpoint->ended) return;
    hws_endpoint_give_inflater(endpoint);
    hws_endpoint_give_deflater(endpoint);
}

static void drop_incoming(hws_endpoint *endpoint)
{
    hws_endpoint_drop_message(endpoint);
    hws_endpoint_drop_control(endpoint);
    hws_memory_free(endpoint->options->memory, endpoint->incoming->kept_pong,
                    1 + HWS_FRAME_CONTROL_MAX);
    endpoint->incoming->kept_pong = NULL;
    hws_endpoint_drop_held(endpoint);
    hws_endpoint_give_inflater(endpoint);
    hws_endpoint_give_deflater(endpoint);
}

hws_status hws_endpoint_settle(hws_endpoint *endpoint, const hws_incoming *own)
{
    const hws_memory *memory = endpoint->options->memory;
    hws_incoming *incoming = endpoint->incoming;
    forget_told(endpoint);
    if (!is_under_way(endpoint)) {
        if (incoming != own) hws_memory_free(memory, incoming, sizeof *incoming);
        endpoint->incoming = NULL;
        return HWS_OK;
    }
    if (incoming != own) return HWS_OK;
    endpoint->incoming = hws_memory_new(memory, sizeof *incoming);
    if (endpoint->incoming) {
        *endpoint->incoming = *own;
        return HWS_OK;
    }
    endpoint->incoming = incoming;
    drop_incoming(endpoint);
    endpoint->incoming = NULL;
    return HWS_ERR_NO_MEMORY;
}

size_t hws_endpoint_weight(const hws_endpoint *endpoint)
{
    const hws_incoming *incoming = endpoint->incoming;
    const hws_deflate *deflate = endpoint->options->deflate;
    if (!incoming) return 0;
    return hws_assembly_capacity(&incoming->message) + hws_endpoint_held(endpoint).size +
           (incoming->inflater ? deflate->codec->inflater_size(incoming->inflater) : 0) +
           (incoming->deflater ? deflate->codec->deflater_size(incoming->deflater) : 0);
}

void hws_endpoint_release(hws_endpoint *endpoint)
{
    endpoint->ended = true;
    if (endpoint->send_bits > 0) {
        hws_deflate_leave(endpoint->options->deflate, hws_endpoint_deflate(endpoint));
        endpoint->send_bits = endpoint->receive_bits = 0;
    }
    if (!endpoint->incoming) return;
    drop_incoming(endpoint);
    hws_memory_free(endpoint->options->memory, endpoint->incoming, sizeof *endpoint->incoming);
    endpoint->incoming = NULL;
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
