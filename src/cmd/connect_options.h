/* SPDX-License-Identifier: MIT */
/* What hawser connect was asked to do. */
#ifndef HAWSER_CMD_CONNECT_OPTIONS_H
#define HAWSER_CMD_CONNECT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/options.h"
#include "cmd/secret_file.h"
#include "hawser/client.h"

enum { CONNECT_URL_SIZE_MAX = 8192 + 8 };

/* The texts point into argv, or into this struct: it must stay where it is. */
typedef struct connect_options {
    char url[CONNECT_URL_SIZE_MAX]; /* with its scheme */
    const char *argument;           /* as it was given */
    option_texts protocols;
    option_texts header_lines;
    hws_header headers[OPTION_TEXT_COUNT_MAX];
    char header_text[OPTION_LIST_SIZE_MAX]; /* their names and values, each terminated */
    const char *origin;
    const char *cookie;
    const char *bearer;
    const char *bearer_file;
    const char *user;
    const char *user_file;
    char secret[SECRET_FILE_SIZE_MAX];
    const char *authorities;
    const char *certificate;
    const char *key;
    const char *proxy;
    const char *unix_path;
    const char *wait;
    uint64_t wait_ms;          /* UINT64_MAX: for ever */
    uint64_t answer_count_max; /* leave after so many; 0: no end */
    uint64_t redirect_count_max;
    uint64_t timeout_ms;
    uint64_t ping_interval_ms;
    uint64_t message_size_max;
    hws_deflate_options deflate; /* as the command has it */
    bool no_deflate;
    bool one;
    bool insecure;
    bool reconnect;
    bool binary;
    bool json;
    bool times;
    bool no_color;
    bool no_history;
    bool help;
} connect_options;

/* Reads the arguments and the files that they name; argv[0] is the command's name.
 *
 * Returns: false when something is wrong; one line on stderr has said what to do. */
bool connect_options_read(int argc, char **argv, connect_options *it);

/* What is left to do when all arguments have been read, of another command, too: completes the URL,
 * splits the header lines, reads the files.  Returns: as above. */
bool connect_options_complete(const char *command, connect_options *it);

/* What a command offers that has one connection, for which memory is no matter: compression in
 * which both sides may keep what went before, as browsers do. */
extern const hws_deflate_options connect_options_deflate;

/* The options of the library's client, without callbacks; they point into `it`. */
hws_client_options connect_options_client(const connect_options *it);

/* "" for "wss://..." and the like; else the scheme to put before `text`: "ws://" for this machine
 * (localhost, 127.0.0.1, [::1]), "wss://" for every other. */
const char *connect_options_scheme(const char *text);

extern const char connect_options_help[];

#endif /* HAWSER_CMD_CONNECT_OPTIONS_H */
