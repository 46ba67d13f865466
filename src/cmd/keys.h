/* SPDX-License-Identifier: MIT */
/* Secrets and public keys, which come from files: what stands on a command line everybody can
 * see. */
#ifndef HAWSER_CMD_KEYS_H
#define HAWSER_CMD_KEYS_H

#include "cmd/options.h"
#include "hawser/channel.h"

enum { KEY_FILE_SIZE_MAX = 16384 };

/* Zero is no key. */
typedef struct key_file {
    char *text; /* terminated; NULL: there is none */
    size_t size;
} key_file;

typedef struct keys {
    key_file files[HWS_TOKEN_KEY_MAX];
    char ids[HWS_TOKEN_KEY_MAX][HWS_KEY_ID_SIZE_MAX + 1];
    hws_token_key list[HWS_TOKEN_KEY_MAX];
    size_t count;
} keys;

/* Reads a file, without the line break at its end.  False: one line on stderr has said why. */
bool key_file_read(const char *command, const char *option, const char *path, key_file *it);
void key_file_wipe(key_file *it);

/* Reads those of "FILE" or "ID=FILE". */
bool keys_read(const char *command, const option_texts *paths, keys *it);
void keys_wipe(keys *it);

#endif /* HAWSER_CMD_KEYS_H */
