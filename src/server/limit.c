/* SPDX-License-Identifier: MIT */
#include "server/limit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    CONNECTION_RATE = 10000,
    ADDRESS_RATE = 500,
    TURN_MESSAGES = 1000,
    MEMORY_SHARE = 4,    /* a quarter */
    RETAINED_SHARE = 16, /* of that */
    BROADCAST_SHARE = 4, /* likewise */
};

static void default_32(uint32_t *limit, uint32_t value)
{
    if (*limit == 0) *limit = value;
}

/* A number from a file of the kernel's; UINT64_MAX when there is none, such as "max". */
static uint64_t read_number(const char *path)
{
    char text[32];
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return UINT64_MAX;
    const ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    if (size <= 0 || text[0] < '0' || text[0] > '9') return UINT64_MAX;
    text[size] = 0;
    return strtoull(text, NULL, 10);
}

/* In a container the root of the cgroups that is seen is the container's own; version 2 first. */
static uint64_t cgroup_memory(void)
{
    const uint64_t second = read_number("/sys/fs/cgroup/memory.max");
    if (second != UINT64_MAX) return second;
    return read_number("/sys/fs/cgroup/memory/memory.limit_in_bytes");
}

uint64_t hws_limit_machine_memory(void)
{
    const long pages = sysconf(_SC_PHYS_PAGES);
    const long page_size = sysconf(_SC_PAGESIZE);
    const uint64_t all =
        pages > 0 && page_size > 0 ? (uint64_t)pages * (uint64_t)page_size : UINT64_MAX;
    const uint64_t ours = cgroup_memory();
    return ours < all ? ours : all;
}

void hws_limit_complete(hws_server_options *options)
{
    hws_limits *limits = &options->limits;
    default_32(&limits->connection_rate_max, CONNECTION_RATE);
    default_32(&limits->address_count_max, (options->connection_count_max + 1) / 2);
    default_32(&limits->address_rate_max, ADDRESS_RATE);
    default_32(&limits->header_count_max, HWS_HTTP_FIELD_COUNT_MAX);
    default_32(&limits->message_rate_max, UINT32_MAX);
    default_32(&limits->turn_message_max, TURN_MESSAGES);
    if (limits->byte_rate_max == 0) limits->byte_rate_max = UINT64_MAX;
    if (limits->memory_size_max == 0)
        limits->memory_size_max = hws_limit_machine_memory() / MEMORY_SHARE;
    if (limits->retained_size_max == 0)
        limits->retained_size_max = limits->memory_size_max / RETAINED_SHARE;
    if (limits->broadcast_size_max == 0)
        limits->broadcast_size_max = limits->memory_size_max / BROADCAST_SHARE;
}

hws_rate hws_limit_rate(uint64_t per_second, uint64_t no_limit)
{
    if (per_second == no_limit) return (hws_rate){0};
    const uint64_t burst = per_second < UINT64_MAX / 2 ? 2 * per_second : UINT64_MAX;
    return (hws_rate){.per_second = per_second, .burst = burst};
}

hws_addresses_rules hws_limit_addresses(const hws_server_options *options, const hws_limits *given)
{
    const hws_limits *limits = &options->limits;
    hws_rate all = hws_limit_rate(limits->connection_rate_max, UINT32_MAX);
    all.burst /= 2;
    return (hws_addresses_rules){
        .all_count_max = options->connection_count_max,
        .all_rate = all,
        .count_max = limits->address_count_max,
        .rate = hws_limit_rate(limits->address_rate_max, UINT32_MAX),
        .count_spares_local = given->address_count_max == 0,
        .rate_spares_local = given->address_rate_max == 0,
    };
}

void hws_limit_endpoint(const hws_limits *limits, hws_endpoint_options *endpoint)
{
    endpoint->fragment_count_max = limits->fragment_count_max;
    endpoint->fragment_empty_max = limits->fragment_empty_max;
    endpoint->control_rate_max = limits->control_rate_max;
    endpoint->message_rate_min = limits->message_size_rate_min;
}

void hws_limit_h1(const hws_limits *limits, hws_h1_options *h1)
{
    h1->field_count_max = limits->header_count_max;
    h1->request_count_max = limits->request_count_max;
}
