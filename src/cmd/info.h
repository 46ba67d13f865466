/* SPDX-License-Identifier: MIT */
/* What the pages ask of this server: its version, and where its WebSockets are. */
#ifndef HAWSER_CMD_INFO_H
#define HAWSER_CMD_INFO_H

#include "hawser/server.h"

typedef struct info {
    const char *echo_path;
    const char *channels_path;
    bool has_api;
    bool wants_token; /* channels let in who shows one */
    bool is_local;    /* channels let in who comes from this machine */
} info;

/* The route that answers with it, as JSON.  Lifetime: `it` outlives the server. */
hws_route info_route(info *it);

#endif /* HAWSER_CMD_INFO_H */
