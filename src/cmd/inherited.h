/* SPDX-License-Identifier: MIT */
/* Sockets that this process was started with: sd_listen_fds(3).  They begin at descriptor 3; names
 * tell what is spoken there: "https…" is TLS, "metrics" is for --metrics, anything else HTTP. */
#ifndef HAWSER_CMD_INHERITED_H
#define HAWSER_CMD_INHERITED_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/options.h"

enum {
    INHERITED_FIRST = 3,
    INHERITED_MAX = 1024,
};

/* How many there are for us; 0: none. */
uint32_t inherited_count(void);

/* The name of the socket at `fd`, "unknown" without one; "metrics" and "https" among them. */
const char *inherited_name(int fd, char *name, size_t size);

/* The words of --listen for all that are not for --metrics. */
void inherited_listen(uint32_t count, option_list *listen);

/* Closes those that no server took, and answers how many. */
uint32_t inherited_close_unused(uint32_t count);

#endif /* HAWSER_CMD_INHERITED_H */
