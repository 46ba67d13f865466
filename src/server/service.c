/* SPDX-License-Identifier: MIT */
#include "server/service.h"

#include "base/text.h"
#include "base/try.h"
#include "server/connection.h"
#include "server/limit.h"
#include "server/worker.h"
#include "wire/kernels.h"

static bool random_for_endpoint(void *user, uint8_t *bytes, size_t size)
{
    return hws_loop_random(user, bytes, size) == HWS_OK;
}

static hws_endpoint_options endpoint_options(hws_worker *worker, const hws_route *route)
{
    const hws_server_options *options = &worker->server->options;
    hws_endpoint_options endpoint = {
        .role = HWS_ROLE_SERVER,
        .stream_parts = route->stream_parts,
        .message_size_max =
            route->message_size_max ? route->message_size_max : options->message_size_max,
        .ping_interval_ms = options->ping_interval_ms,
        .pong_timeout_ms = options->pong_timeout_ms,
        .close_timeout_ms = options->close_timeout_ms,
        .message_timeout_ms = options->message_timeout_ms,
        .memory = worker->memory,
        .deflate = options->deflate.enabled ? &worker->deflate : NULL,
        .kernels = hws_kernels_best(),
        .random = random_for_endpoint,
        .random_user = worker->loop,
    };
    hws_limit_endpoint(&options->limits, &endpoint);
    hws_endpoint_options_complete(&endpoint);
    return endpoint;
}

static hws_status check_protocols(const hws_route *route)
{
    size_t count = 0;
    for (const char *const *name = route->protocols; name && *name; name++, count++)
        if (!hws_text_is_token(hws_text_of(*name)) || strlen(*name) > HWS_PROTOCOL_SIZE_MAX)
            return HWS_ERR_INVALID_ARGUMENT;
    return count <= HWS_SESSION_PROTOCOL_MAX ? HWS_OK : HWS_ERR_INVALID_ARGUMENT;
}

hws_status hws_service_init(hws_service *service, hws_worker *worker, const hws_route *route)
{
    const size_t size = strlen(route->path);
    if (size == 0 || route->path[0] != '/') return HWS_ERR_INVALID_ARGUMENT;
    HWS_TRY(check_protocols(route));

    const hws_limits *limits = &worker->server->options.limits;
    const hws_rate message_rate = hws_limit_rate(limits->message_rate_max, UINT32_MAX);
    const hws_rate byte_rate = hws_limit_rate(limits->byte_rate_max, UINT64_MAX);
    const bool has_rates = message_rate.per_second > 0 || byte_rate.per_second > 0;
    const bool is_prefix = route->path[size - 1] == '*';
    *service = (hws_service){
        .worker = worker,
        .route = route,
        .path = {route->path, is_prefix ? size - 1 : size},
        .is_prefix = is_prefix,
        .opens = route->on_upgrade || route->on_open || route->on_message || route->on_error ||
                 route->on_close || route->on_drain || route->on_pong,
        .message_rate = message_rate,
        .byte_rate = byte_rate,
        .plan =
            {
                .loop = worker->loop,
                .slots = worker->slots,
                .memory = worker->memory,
                .handlers = {route->on_open, route->on_message, route->on_error, route->on_close,
                             route->on_drain, route->on_pong},
                .user = route->user,
                .endpoint = endpoint_options(worker, route),
                .protocols = route->protocols,
                .send_queue_max = worker->server->options.send_queue_max,
                .traffic = &worker->metric.traffic,
                .turn_message_max = limits->turn_message_max,
                .charge = has_rates ? hws_connection_charge : NULL,
                .on_finished = hws_connection_finished,
            },
    };
    return service->opens || route->on_request ? HWS_OK : HWS_ERR_INVALID_ARGUMENT;
}

bool hws_service_fits(const hws_service *service, hws_text path)
{
    if (path.size < service->path.size) return false;
    if (path.size > service->path.size && !service->is_prefix) return false;
    return memcmp(path.data, service->path.data, service->path.size) == 0;
}
