/* SPDX-License-Identifier: MIT */
/* What time demands, in a clock that is passed in:
 *
 *     silence for ping_interval_ms          a ping
 *     still silence pong_timeout_ms later   the peer is dead
 *     a message under way for too long      the peer stalls
 *     no Close in answer to ours            the peer is dead, or does not care
 */
#include "wire/endpoint.h"

/* A slow but steady sender is let go on: each message_rate_min bytes earn it a second. */
static uint64_t message_deadline(const hws_endpoint *endpoint)
{
    const hws_endpoint_options *options = endpoint->options;
    const uint64_t earned_s = endpoint->message_size / options->message_rate_min;
    return endpoint->receiving_ms + options->message_timeout_ms + earned_s * 1000;
}

static uint64_t keepalive_deadline(const hws_endpoint *endpoint)
{
    const hws_endpoint_options *options = endpoint->options;
    if (endpoint->pinged) return endpoint->asked_ms + options->pong_timeout_ms;
    if (options->ping_interval_ms == UINT32_MAX) return UINT64_MAX;
    return endpoint->heard_ms + options->ping_interval_ms;
}

uint64_t hws_endpoint_deadline(const hws_endpoint *endpoint)
{
    if (endpoint->ended) return UINT64_MAX;
    if (endpoint->close_sent) return endpoint->asked_ms + endpoint->options->close_timeout_ms;
    const uint64_t keepalive = keepalive_deadline(endpoint);
    if (!endpoint->receiving) return keepalive;
    const uint64_t message = message_deadline(endpoint);
    return message < keepalive ? message : keepalive;
}

static hws_status ping(hws_endpoint *endpoint, uint64_t now_ms)
{
    endpoint->pinged = true;
    endpoint->asked_ms = now_ms;
    return hws_endpoint_write(endpoint, HWS_OPCODE_PING, true, NULL, 0);
}

/* A tick that comes this late says that we were stopped, not the peer: it gets a new chance (row
 * N020). */
static bool is_far_too_late(const hws_endpoint *endpoint, uint64_t now_ms)
{
    const hws_endpoint_options *options = endpoint->options;
    return now_ms - endpoint->asked_ms > (uint64_t)options->pong_timeout_ms * 2;
}

static hws_status keep_alive(hws_endpoint *endpoint, uint64_t now_ms)
{
    if (now_ms < keepalive_deadline(endpoint)) return HWS_OK;
    if (endpoint->pinged && !is_far_too_late(endpoint, now_ms)) return HWS_ERR_PONG_TIMEOUT;
    return ping(endpoint, now_ms);
}

void hws_endpoint_tick(hws_endpoint *endpoint, uint64_t now_ms, hws_event *event)
{
    *event = (hws_event){.type = HWS_EVENT_NEED_INPUT};
    if (now_ms < hws_endpoint_deadline(endpoint)) return;

    hws_status status;
    if (endpoint->close_sent)
        status = HWS_ERR_CLOSE_TIMEOUT;
    else if (endpoint->receiving && now_ms >= message_deadline(endpoint))
        status = HWS_ERR_MESSAGE_TIMEOUT;
    else
        status = keep_alive(endpoint, now_ms);
    if (status != HWS_OK) hws_endpoint_fail(endpoint, status, event);
}
