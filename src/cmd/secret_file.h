/* SPDX-License-Identifier: MIT */
/* The first line of a file that holds a secret: of a client, which says it to a server. */
#ifndef HAWSER_CMD_SECRET_FILE_H
#define HAWSER_CMD_SECRET_FILE_H

#include <stdbool.h>

enum { SECRET_FILE_SIZE_MAX = 8192 }; /* bytes of a token or a password, its end included */

/* It may be a pipe: --bearer-file <(pass show token).
 *
 * Returns: false: one line on stderr has said why. */
bool secret_file_read(const char *command, const char *option, const char *path,
                      char secret[SECRET_FILE_SIZE_MAX]);

#endif /* HAWSER_CMD_SECRET_FILE_H */
