/* SPDX-License-Identifier: MIT */
/* The echo: sends every message back as it came. */
#ifndef HAWSER_CMD_ECHO_H
#define HAWSER_CMD_ECHO_H

#include "hawser/server.h"

/* path              Must outlive the server.
 * message_size_max  Bytes of the largest message that is taken. */
hws_route echo_route(const char *path, uint64_t message_size_max);

#endif /* HAWSER_CMD_ECHO_H */
