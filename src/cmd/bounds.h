/* SPDX-License-Identifier: MIT */
/* The limits of a server as options of a command: those that an operator sets. */
#ifndef HAWSER_CMD_BOUNDS_H
#define HAWSER_CMD_BOUNDS_H

#include "hawser/hawser.h"

/* Zero: the library's default. */
typedef struct bounds {
    uint64_t connection_count_max;
    uint64_t connection_rate_max;
    uint64_t address_count_max;
    uint64_t address_rate_max;
    uint64_t message_rate_max;
    uint64_t byte_rate_max;
    uint64_t memory_size_max;
    uint64_t broadcast_size_max;
    uint64_t handshake_timeout_ms;
    uint64_t message_timeout_ms;
    uint64_t pong_timeout_ms;
    uint64_t close_timeout_ms;
    uint64_t send_timeout_ms;
} bounds;

/* The part of --help about them. */
extern const char bounds_help[];

void bounds_fill(const bounds *bounds, hws_server_options *options);

#endif /* HAWSER_CMD_BOUNDS_H */
