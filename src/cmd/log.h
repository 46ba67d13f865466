/* SPDX-License-Identifier: MIT */
/* The command's log: one line to stderr, for what is worth knowing. */
#ifndef HAWSER_CMD_LOG_H
#define HAWSER_CMD_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum { LOG_TEXT_MAX = 1000 }; /* bytes of an escaped text, its end included */

/* The level of a name: error, warning, info or debug.  Returns: false for any other. */
bool log_level(const char *name, int *level);

/* Copies `text` into `line`, with every byte that is not printable ASCII as \xNN: what a peer sent
 * can neither break a line nor steer a terminal, and escaped text can be told from plain text
 * because a backslash is escaped too.  What does not fit is cut off, which "..." shows.
 *
 * line_size  At least 8.
 * Returns: the length of the line, its final zero not counted. */
size_t log_escape(const char *text, char *line, size_t line_size);

/* The on_log of a server; `user` is a `const int *`, the highest level that is written. */
void log_write(int level, const char *text, void *user);

#endif /* HAWSER_CMD_LOG_H */
