/* SPDX-License-Identifier: MIT */
/* The limits of a server with every default filled in (hawser/limits.h). */
#ifndef HAWSER_SERVER_LIMIT_H
#define HAWSER_SERVER_LIMIT_H

#include "hawser/endpoint.h"
#include "hawser/server.h"
#include "http/h1.h"
#include "server/addresses.h"

/* Replaces zeros by the defaults; connection_count_max is complete already. */
void hws_limit_complete(hws_server_options *options);

/* The rules for connections.  `given` are the limits before they were completed: what was set there
 * is for this machine, too. */
hws_addresses_rules hws_limit_addresses(const hws_server_options *options, const hws_limits *given);

void hws_limit_endpoint(const hws_limits *limits, hws_endpoint_options *endpoint);
void hws_limit_h1(const hws_limits *limits, hws_h1_options *h1);

/* `per_second`, twice as much at once; none for the largest number. */
hws_rate hws_limit_rate(uint64_t per_second, uint64_t no_limit);

/* What the machine has in memory, or the process's cgroup may have of it, in bytes. */
uint64_t hws_limit_machine_memory(void);

#endif /* HAWSER_SERVER_LIMIT_H */
