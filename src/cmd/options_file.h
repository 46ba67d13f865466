/* SPDX-License-Identifier: MIT */
/* The options of a command from a configuration file, where each is a key of the same name. */
#ifndef HAWSER_CMD_OPTIONS_FILE_H
#define HAWSER_CMD_OPTIONS_FILE_H

#include "cmd/config.h"
#include "cmd/options.h"

/* Gives the variables of `rules` what `from` says, but for those that were `given` on the command
 * line.  Texts point into `from`, which must live on.
 *
 * Returns: false when something is wrong; one line on stderr has said where, and what to do. */
bool options_file_apply(const char *command, const config *from, const option_rule *rules,
                        size_t rule_count, const bool given[OPTION_COUNT_MAX]);

#endif /* HAWSER_CMD_OPTIONS_FILE_H */
