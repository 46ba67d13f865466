/* SPDX-License-Identifier: MIT */
#include "server/service.h"

#include "base/text.h"
#include "base/try.h"
#include "server/connection.h"
#include "server/internal.h"
#include "wire/kernels.h"

static bool random_for_endpoint(void *user, uint8_t *bytes, size_t size)
{
    return hws_loop_random(user, bytes, size) == HWS_OK;
}

static hws_endpoint_options endpoint_options(const hws_server *server, const hws_route *route)
{
    const hws_server_options *options = &server->options;
    hws_endpoint_options endpoint = {
        .role = HWS_ROLE_SERVER,
        .stream_parts = route->stream_parts,
        .message_size_max =
            route->message_size_max ? route->message_size_max : options->message_size_max,
        .ping_interval_ms = options->ping_interval_ms,
        .pong_timeout_ms = options->pong_timeout_ms,
        .close_timeout_ms = options->close_timeout_ms,
        .message_timeout_ms = options->message_timeout_ms,
        .memory = server->memory,
        .kernels = hws_kernels_best(),
        .random = random_for_endpoint,
        .random_user = server->loop,
    };
    hws_endpoint_options_complete(&endpoint);
    return endpoint;
}

static hws_status check_protocols(const hws_route *route)
{
    for (const char *const *name = route->protocols; name && *name; name++)
        if (!hws_text_is_token(hws_text_of(*name)) || strlen(*name) > HWS_PROTOCOL_SIZE_MAX)
            return HWS_ERR_INVALID_ARGUMENT;
    return HWS_OK;
}

hws_status hws_service_init(hws_service *service, hws_server *server, const hws_route *route)
{
    const size_t size = strlen(route->path);
    if (size == 0 || route->path[0] != '/') return HWS_ERR_INVALID_ARGUMENT;
    HWS_TRY(check_protocols(route));

    const bool is_prefix = route->path[size - 1] == '*';
    *service = (hws_service){
        .server = server,
        .route = route,
        .path = {route->path, is_prefix ? size - 1 : size},
        .is_prefix = is_prefix,
        .opens = route->on_upgrade || route->on_open || route->on_message || route->on_error ||
                 route->on_close || route->on_drain,
        .plan =
            {
                .loop = server->loop,
                .slots = server->slots,
                .memory = server->memory,
                .handlers = {route->on_open, route->on_message, route->on_error, route->on_close,
                             route->on_drain},
                .user = route->user,
                .endpoint = endpoint_options(server, route),
                .send_queue_max = server->options.send_queue_max,
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
