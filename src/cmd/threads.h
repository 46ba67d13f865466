/* SPDX-License-Identifier: MIT */
/* The value of --threads. */
#ifndef HAWSER_CMD_THREADS_H
#define HAWSER_CMD_THREADS_H

#include <stdbool.h>
#include <stdint.h>

/* "all", or from 1 to HWS_THREADS_MAX.
 *
 * Returns: false after a line on stderr. */
bool threads_read(const char *command, const char *text, uint32_t *count);

#endif /* HAWSER_CMD_THREADS_H */
