/* SPDX-License-Identifier: MIT */
/* The token (JWT) that a client of channels says in its first command, as hawser token makes it. */
#ifndef HAWSER_CMD_ACCESS_TOKEN_H
#define HAWSER_CMD_ACCESS_TOKEN_H

#include <stdbool.h>

#include "cmd/secret_file.h"

/* Zero is none.  The first two are options, --token and --token-file. */
typedef struct access_token {
    const char *given;
    const char *file;
    const char *text; /* what is said; NULL: nothing */
    char secret[SECRET_FILE_SIZE_MAX];
} access_token;

/* Finds what is said.
 *
 * Returns: false when it cannot be read or is no token; one line on stderr has said why. */
bool access_token_read(const char *command, access_token *it);

/* For a further connection: who renews a token writes it into the file.  A pipe has been read.
 *
 * Returns: as above. */
bool access_token_renew(const char *command, access_token *it);

#endif /* HAWSER_CMD_ACCESS_TOKEN_H */
