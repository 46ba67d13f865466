/* SPDX-License-Identifier: MIT */
/* The lines that were typed in earlier sessions, in a file that nobody else may read. */
#ifndef HAWSER_CMD_CONNECT_HISTORY_H
#define HAWSER_CMD_CONNECT_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <histedit.h>

enum {
    CONNECT_HISTORY_COUNT_MAX = 1000,     /* lines */
    CONNECT_HISTORY_PATH_SIZE_MAX = 1024, /* bytes, the end included */
};

/* $XDG_STATE_HOME/hawser/history, or ~/.local/state/hawser/history.
 *
 * Returns: false: neither is an absolute path, or it is too long. */
bool connect_history_path(char path[CONNECT_HISTORY_PATH_SIZE_MAX]);

/* Reads the file, if there is one. */
void connect_history_load(History *lines, const char *path);

/* Replaces the file, which may be new, as its folders may be: all for their owner alone.
 *
 * Returns: false: errno says why it could not; the file is then as it was. */
bool connect_history_save(History *lines, const char *path);

/* Remembers a line; not an empty one, nor one that begins with a space, as shells have it: what
 * must not be kept can be typed so. */
void connect_history_add(History *lines, const char *line);

#endif /* HAWSER_CMD_CONNECT_HISTORY_H */
