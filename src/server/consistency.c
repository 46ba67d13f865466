/* SPDX-License-Identifier: MIT */
#include "server/consistency.h"

typedef struct part {
    uint64_t size;
    const char *complaint;
} part;

/* Zero is a default, the largest number no limit. */
static bool is_over(uint64_t size, uint64_t no_limit, uint64_t bound)
{
    return size != no_limit && size > bound;
}

/* What must fit into all the memory that there may be. */
static const char *check_memory(const hws_server_options *given)
{
    const part parts[] = {
        {given->message_size_max, "message_size_max is more than limits.memory_size_max"},
        {given->send_queue_max, "send_queue_max is more than limits.memory_size_max"},
        {given->head_size_max, "head_size_max is more than limits.memory_size_max"},
        {given->body_size_max, "body_size_max is more than limits.memory_size_max"},
        {given->limits.retained_size_max,
         "limits.retained_size_max is more than limits.memory_size_max"},
        {given->limits.broadcast_size_max,
         "limits.broadcast_size_max is more than limits.memory_size_max"},
        {given->deflate.memory_max, "deflate.memory_max is more than limits.memory_size_max"},
    };
    const uint64_t bound = given->limits.memory_size_max;
    if (bound == 0) return NULL;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (is_over(parts[i].size, UINT64_MAX, bound)) return parts[i].complaint;
    for (size_t i = 0; i < HWS_ROUTE_MAX; i++) {
        const hws_route *route = &given->route[i];
        if (!route->stream_parts && is_over(route->message_size_max, UINT64_MAX, bound))
            return "message_size_max of a route is more than limits.memory_size_max";
    }
    return NULL;
}

const char *hws_consistency_check(const hws_server_options *given)
{
    const uint32_t connections = given->connection_count_max;
    if (connections > 0 && is_over(given->limits.address_count_max, UINT32_MAX, connections))
        return "limits.address_count_max is more than connection_count_max";
    if (given->ping_interval_ms == UINT32_MAX && given->pong_timeout_ms > 0)
        return "pong_timeout_ms is given, but ping_interval_ms says that there are no pings";
    return check_memory(given);
}
