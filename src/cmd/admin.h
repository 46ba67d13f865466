/* SPDX-License-Identifier: MIT */
/* The admin page of hawser serve, at an address of its own, and what stands behind it: a hub of its
 * own, which lets in who shows the admin token and nobody else.  Nothing of it is in the server and
 * the hub that everybody talks to.
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

/* Where it is when nobody says where. */
extern const char admin_listen[];

/* The first group is set by who makes it; the rest is zero. */
typedef struct admin {
    hws_loop *loop;
    const hws_server *watched_server;
    hws_hub *watched;
    log_sink *log;

    hws_hub *hub;       /* NULL: there is no token, and nothing of this */
    hws_server *server; /* its own */
    hws_timer *timer;
    uint64_t begun_ms;
    uint64_t details_due_ms; /* not before */
    bool is_closed;          /* before all the rest, and by whoever hands over */
} admin;

/* Makes its hub and its server, if `options` name a token, and tells what happens from now on.
 *
 * Errors: as hws_hub_new and hws_server_new, which `explain` is for; HWS_ERR_NOT_FOUND: the token's
 *         file, and stderr has said what. */
hws_status admin_open(admin *it, const serve_options *options, uint32_t inherited_count,
                      char *explain, size_t explain_size);

/* Of its login: for /metrics.  Returns: bytes, without the zero; 0 without a hub. */
size_t admin_write_metrics(const admin *it, char *text, size_t size);

/* Its WebSockets are closed with `code`; then `on_done` (may be NULL) is called.
 *
 * Returns: false: there is nothing to close, and nothing is called. */
bool admin_close(admin *it, int code, void (*on_done)(void *user), void *user);

/* Before what it watches. */
void admin_release(admin *it);

#endif /* HAWSER_CMD_ADMIN_H */
