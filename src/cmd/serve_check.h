/* SPDX-License-Identifier: MIT */
/* hawser serve --check */
#ifndef HAWSER_CMD_SERVE_CHECK_H
#define HAWSER_CMD_SERVE_CHECK_H

#include "cmd/options.h"

/* Whether each of the addresses in `listen` is one; and the same with a free port each, in `free`,
 * so that a server can be made beside one that runs.  Unix sockets are left out.
 *
 * Returns: false when one is not; one line on stderr has said what to do. */
bool serve_check_listen(const char *command, const char *listen, option_list *free);

#endif /* HAWSER_CMD_SERVE_CHECK_H */
