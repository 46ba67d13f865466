/* SPDX-License-Identifier: MIT */
/* The admin page of hawser serve, and what stands behind it: a hub of its own, which lets in who
 * shows the admin token and nobody else.  Nothing of it is in the hub that everybody talks to.
 *
 *     /admin            the page: it holds nothing that is secret
 *     /admin/websocket  channels: "figures", what there is and has been, once a second, with the
 *                       last minutes behind it; "now:details", while somebody looks; and
 *                       procedures: node, info, presence, history, publish, disconnect
 */
#ifndef HAWSER_CMD_ADMIN_H
#define HAWSER_CMD_ADMIN_H

#include "cmd/log.h"
#include "cmd/serve_options.h"
#include "hawser/hawser.h"

extern const char admin_path[];

/* Zero is none. */
typedef struct admin {
    hws_hub *hub; /* NULL: there is no token, and nothing of this */
    hws_hub *watched;
    const hws_server *server;
    hws_loop *loop;
    log_sink *log;
    hws_timer *timer;
    uint64_t begun_ms;
    uint64_t details_due_ms; /* not before */
    bool is_local;           /* for this machine alone */
} admin;

/* Makes its hub, if `options` name a token.
 *
 * Errors: as hws_hub_new; HWS_ERR_NOT_FOUND: the token's file, and stderr has said what. */
hws_status admin_open(admin *it, const serve_options *options, hws_loop *loop, hws_hub *watched,
                      log_sink *log, char *explain, size_t explain_size);

/* Its routes, if it has a hub.  Lifetime: `it` outlives the server. */
hws_route admin_page_route(admin *it);
hws_route admin_route(admin *it);

/* From now on tells what happens, from the loop.  Errors: HWS_ERR_NO_MEMORY. */
hws_status admin_watch(admin *it, const hws_server *server);

/* Of its login: for /metrics.  Returns: bytes, without the zero; 0 without a hub. */
size_t admin_write_metrics(const admin *it, char *text, size_t size);

/* Before the server is freed, and after. */
void admin_stop(admin *it);
void admin_release(admin *it);

#endif /* HAWSER_CMD_ADMIN_H */
