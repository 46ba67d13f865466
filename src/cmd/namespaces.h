/* SPDX-License-Identifier: MIT */
/* The namespaces of a configuration file.
 *
 *     namespaces:
 *       default:              # channels without a namespace
 *         history_size: 100
 *       quotes:               # "quotes:…"
 *         max_rate: 10
 */
#ifndef HAWSER_CMD_NAMESPACES_H
#define HAWSER_CMD_NAMESPACES_H

#include "cmd/config.h"
#include "hawser/channel.h"

typedef struct namespaces {
    hws_namespace list[HWS_NAMESPACE_MAX]; /* their names point into the file's tree */
    size_t count;
} namespaces;

/* NULL in place of a map is none.  Returns: false when something is wrong; one line on stderr has
 * said where, and what to do. */
bool namespaces_read(const char *command, const config *from, const config_node *map,
                     namespaces *it);

#endif /* HAWSER_CMD_NAMESPACES_H */
