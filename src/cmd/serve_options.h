/* SPDX-License-Identifier: MIT */
/* What hawser serve was asked to do, on the command line and in a file. */
#ifndef HAWSER_CMD_SERVE_OPTIONS_H
#define HAWSER_CMD_SERVE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "cmd/bounds.h"
#include "cmd/compression.h"
#include "cmd/config.h"
#include "cmd/hooks.h"
#include "cmd/namespaces.h"
#include "cmd/options.h"
#include "cmd/secure.h"

/* The texts lie in argv, or in `config`. */
typedef struct serve_options {
    config *config; /* NULL: there is no file */
    option_list listen;
    option_list origins;
    option_list hosts;
    option_list proxy_protocol;
    secure secure;
    const char *files;
    const char *echo_path;
    const char *config_file;
    const char *metrics;
    const char *threads;
    const char *backend_name; /* NULL: not given */
    const char *log_form;
    uint64_t message_size_max;
    uint64_t send_queue_max;
    uint64_t ping_interval_ms;
    uint64_t drain_ms;
    bounds bounds;
    compression compression;
    namespaces namespaces;
    option_texts token_keys;
    const char *token_audience;
    const char *token_issuer;
    const char *api_key;
    const char *admin_token;
    const char *admin_listen; /* NULL: at its own default */
    hooks hooks;
    bool no_core_dumps;
    bool token_without_exp;
    bool anonymous;
    bool demo;
    const config_node *namespace_map; /* NULL: the file has none */
    uint32_t thread_count;
    uint8_t backend;
    int log_level;
    bool check;
    bool help;
} serve_options;

/* --help */
extern const char serve_help[];

/* Reads the arguments, and the file that they name; argv[0] is the command's name.
 *
 * Returns: NULL when something is wrong; one line on stderr has said what to do. */
serve_options *serve_options_read(int argc, char **argv);

void serve_options_free(serve_options *it); /* NULL is let pass */

/* The names of those options that differ and that a running server cannot change.
 * Returns: how many. */
size_t serve_options_compare(serve_options *old, serve_options *fresh,
                             const char *names[OPTION_COUNT_MAX]);

#endif /* HAWSER_CMD_SERVE_OPTIONS_H */
