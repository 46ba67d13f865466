/* SPDX-License-Identifier: MIT */
/* Listening sockets that somebody passed on to this process. */
#ifndef HAWSER_SERVER_INHERIT_H
#define HAWSER_SERVER_INHERIT_H

#include <stdint.h>

#include "net/address.h"

enum { HWS_INHERITED_FIRST = 3 }; /* as sd_listen_fds(3) has it */

/* One of the `count` that is bound to `address` (at any port when that has none) and that nobody
 * has taken yet; -1: there is none. */
int hws_inherit_find(uint32_t count, const hws_address *address);

/* Whether `fd` was passed on, and nobody has taken it yet. */
bool hws_inherit_is_free(uint32_t count, int fd);

#endif /* HAWSER_SERVER_INHERIT_H */
