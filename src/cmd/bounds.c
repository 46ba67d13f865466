/* SPDX-License-Identifier: MIT */
#include "cmd/bounds.h"

const char bounds_help[] =
    "\n"
    "More limits\n"
    "  --connection-count-max NUMBER\n"
    "                           connections in all (default: as the descriptor limit allows)\n"
    "  --connection-rate-max NUMBER\n"
    "                           new ones in a second (default 10000)\n"
    "  --address-count-max NUMBER\n"
    "                           connections of one address, IPv4 or IPv6 /64 (default: half of\n"
    "                           all, and no limit for this machine)\n"
    "  --address-rate-max NUMBER\n"
    "                           new ones in a second of one address (default: 500, and no limit\n"
    "                           for this machine)\n"
    "  --message-rate-max NUMBER\n"
    "                           messages in a second of one peer (default: no limit)\n"
    "  --byte-rate-max SIZE     bytes in a second of one peer (default: no limit)\n"
    "  --memory-size-max SIZE   of all connections and what they hold; the biggest go first\n"
    "                           (default: a quarter of the machine, or of its cgroup)\n"
    "  --broadcast-size-max SIZE\n"
    "                           of what was published and waits; who is behind meets it first\n"
    "                           (default: a quarter of --memory-size-max)\n"
    "  --handshake-timeout TIME from accepting to an open WebSocket (default 10s)\n"
    "  --message-timeout TIME   for a message, and 1s for each 16K of it (default 30s)\n"
    "  --pong-timeout TIME      for any sign of life after a ping (default 8s)\n"
    "  --close-timeout TIME     for the answer to our Close (default 5s)\n"
    "  --send-timeout TIME      without a slow reader taking a byte (default 10s)\n";

/* The rules of the options let no more than 32 bits through. */
void bounds_fill(const bounds *it, hws_server_options *options)
{
    options->connection_count_max = (uint32_t)it->connection_count_max;
    options->handshake_timeout_ms = (uint32_t)it->handshake_timeout_ms;
    options->message_timeout_ms = (uint32_t)it->message_timeout_ms;
    options->pong_timeout_ms = (uint32_t)it->pong_timeout_ms;
    options->close_timeout_ms = (uint32_t)it->close_timeout_ms;
    options->send_timeout_ms = (uint32_t)it->send_timeout_ms;
    options->limits.connection_rate_max = (uint32_t)it->connection_rate_max;
    options->limits.address_count_max = (uint32_t)it->address_count_max;
    options->limits.address_rate_max = (uint32_t)it->address_rate_max;
    options->limits.message_rate_max = (uint32_t)it->message_rate_max;
    options->limits.byte_rate_max = it->byte_rate_max;
    options->limits.memory_size_max = it->memory_size_max;
    options->limits.broadcast_size_max = it->broadcast_size_max;
}
