/* SPDX-License-Identifier: MIT */
/* What an operator's machines ask of a server, at an address of their own: /metrics, /healthz. */
#ifndef HAWSER_CMD_MONITOR_H
#define HAWSER_CMD_MONITOR_H

#include "cmd/admin.h"
#include "hawser/hawser.h"

typedef struct monitor {
    const hws_server *watched;
    hws_hub *hub;                 /* watched, too */
    const hws_webhooks *webhooks; /* likewise; NULL: there are none */
    const admin *admin;           /* its logins are counted, too */
    hws_server *server;           /* NULL: nobody asks */
    bool is_draining;             /* /healthz says so: balancers send nobody any more */
} monitor;

/* Errors: as hws_server_new, which `explain` is for. */
hws_status monitor_open(monitor *it, hws_loop *loop, const char *listen, uint32_t inherited_count,
                        const hws_server *watched, hws_hub *hub, const admin *page, char *explain,
                        size_t explain_size);

#endif /* HAWSER_CMD_MONITOR_H */
