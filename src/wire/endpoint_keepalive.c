/* SPDX-License-Identifier: MIT */
/* What time demands, in a clock that is passed in:
 *
 *     silence for ping_interval_ms          a ping
 *     still silence pong_timeout_ms later   the peer is dead
 *     a message under way for too long      the peer stalls
 *     no Close in answer to ours            the peer is dead, or does not care
 */
#include "wire/endpoint.h"

enum { STANDSTILL_MS = 25000 }; /* how late a tick may be, when there is no ping interval to tell */

static bool is_receiving(const hws_endpoint *endpoint)
{
    return endpoint->incoming && endpoint->incoming->receiving;
}

/* A slow but steady sender is let go on: each message_rate_min bytes earn it a second. */
static uint64_t message_deadline(const hws_endpoint *endpoint)
{
    const hws_endpoint_options *options = endpoint->options;
    const uint64_t rate = options->message_rate_min;
    const uint64_t size = endpoint->incoming->is_deflated ? endpoint->incoming->deflated_size
                                                          : endpoint->incoming->message_size;
    const uint64_t earned_ms = size / rate * 1000 + size % rate * 1000 / rate;
    return endpoint->incoming->receiving_ms + options->message_timeout_ms + earned_ms;
}

static uint64_t keepalive_deadline(const hws_endpoint *endpoint)
{
    const hws_endpoint_options *options = endpoint->options;
    if (endpoint->pinged) return endpoint->since_ms + options->pong_timeout_ms;
    if (options->ping_interval_ms == UINT32_MAX) return UINT64_MAX;
    return endpoint->since_ms + options->ping_interval_ms;
}

uint64_t hws_endpoint_deadline(const hws_endpoint *endpoint)
{
    if (endpoint->ended) return UINT64_MAX;
    if (endpoint->close_sent) return endpoint->since_ms + endpoint->options->close_timeout_ms;
    const uint64_t keepalive = keepalive_deadline(endpoint);
    if (!is_receiving(endpoint)) return keepalive;
    const uint64_t message = message_deadline(endpoint);
    return message < keepalive ? message : keepalive;
}

static hws_status ping(hws_endpoint *endpoint, uint64_t now_ms)
{
    endpoint->pinged = true;
    endpoint->since_ms = now_ms;
    return hws_endpoint_write(endpoint, HWS_OPCODE_PING, true, NULL, 0);
}

/* A tick that comes that late says that we were stopped, not the peer (row N020): whatever it owes
 * us, it gets the time for it again. */
static bool is_far_too_late(const hws_endpoint *endpoint, uint64_t now_ms)
{
    const uint32_t interval_ms = endpoint->options->ping_interval_ms;
    const uint64_t late_ms = now_ms - hws_endpoint_deadline(endpoint);
    return late_ms > (interval_ms == UINT32_MAX ? STANDSTILL_MS : interval_ms);
}

static hws_status start_anew(hws_endpoint *endpoint, uint64_t now_ms)
{
    if (endpoint->incoming) endpoint->incoming->receiving_ms = now_ms;
    return endpoint->options->ping_interval_ms == UINT32_MAX ? HWS_OK : ping(endpoint, now_ms);
}

void hws_endpoint_excuse(hws_endpoint *endpoint, uint64_t now_ms)
{
    if (endpoint->incoming) endpoint->incoming->receiving_ms = now_ms;
    if (endpoint->close_sent) return;
    endpoint->since_ms = now_ms;
    endpoint->pinged = false;
}

static hws_status judge(hws_endpoint *endpoint, uint64_t now_ms)
{
    if (endpoint->close_sent) return HWS_ERR_CLOSE_TIMEOUT;
    if (is_far_too_late(endpoint, now_ms)) return start_anew(endpoint, now_ms);
    if (is_receiving(endpoint) && now_ms >= message_deadline(endpoint))
        return HWS_ERR_MESSAGE_TIMEOUT;
    return endpoint->pinged ? HWS_ERR_PONG_TIMEOUT : ping(endpoint, now_ms);
}

void hws_endpoint_tick(hws_endpoint *endpoint, uint64_t now_ms, hws_event *event)
{
    *event = (hws_event){.type = HWS_EVENT_NEED_INPUT};
    if (now_ms < hws_endpoint_deadline(endpoint)) return;
    const hws_status status = judge(endpoint, now_ms);
    if (status != HWS_OK) hws_endpoint_fail(endpoint, status, event);
}
