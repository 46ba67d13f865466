/* SPDX-License-Identifier: MIT */
/* The channels of hawser serve: a hub as the options want it. */
#ifndef HAWSER_CMD_CHANNELS_H
#define HAWSER_CMD_CHANNELS_H

#include "cmd/demo_call.h"
#include "cmd/serve_options.h"
#include "hawser/channel.h"

/* Where clients connect. */
extern const char channels_path[];

/* The part of --help about them. */
extern const char channels_help[];

/* Whether they are for development: for this machine alone, and without keys. */
bool channels_are_local(const serve_options *options);

/* Whether they are those of the pages: when asked for, or where there are neither keys nor
 * namespaces of one's own. */
bool channels_are_demo(const serve_options *options);

/* `shown` answers its RPC where they are those of the pages; `hub` and it live as long as each
 * other.
 *
 * webhooks   Decide; NULL: there are none.
 *
 * Errors: as hws_hub_new; HWS_ERR_NOT_FOUND: a file, and stderr has said which. */
hws_status channels_open(const serve_options *options, const hws_webhooks *webhooks, demo *shown,
                         char *explain, size_t explain_size, hws_hub **hub);

#endif /* HAWSER_CMD_CHANNELS_H */
