/* SPDX-License-Identifier: MIT */
/* The value of --backend. */
#ifndef HAWSER_CMD_BACKEND_H
#define HAWSER_CMD_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

/* "epoll" or "io_uring", as HWS_BACKEND_*; NULL is HWS_BACKEND_ANY.
 *
 * Returns: false after a line on stderr. */
bool backend_read(const char *command, const char *text, uint8_t *backend);

#endif /* HAWSER_CMD_BACKEND_H */
