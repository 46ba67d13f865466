/* SPDX-License-Identifier: MIT */
/* A WebSocket of a client, over all its connections.
 *
 *     WAITING ──time──▶ TRYING ──▶ OPEN
 *      ▲   ▲              │         │
 *      │   └──── lost ◀───┴─────────┘
 *      │           └─ final, or closed by the program ──▶ ENDED: on_close
 *     (open)
 *
 * Callbacks of the program are called from the loop alone: what a call of its asks for is noted,
 * and the alarm, set to now, comes back to it in the same turn. */
#ifndef HAWSER_CLIENT_CLIENT_H
#define HAWSER_CLIENT_CLIENT_H

#include "client/clients.h"
#include "client/inbox.h"
#include "client/offline.h"
#include "client/opening.h"
#include "client/redirect.h"
#include "client/retry.h"
#include "client/settings.h"
#include "websocket/session.h"

typedef enum hws_client_state {
    HWS_CLIENT_WAITING, /* for the time of the next attempt, or for hws_websocket_reconnect */
    HWS_CLIENT_TRYING,
    HWS_CLIENT_OPEN,
    HWS_CLIENT_ENDED, /* on_close has been called; what is left is to be received */
} hws_client_state;

typedef struct hws_client {
    hws_session session; /* first: a session of these slots is one of these */
    hws_session_plan plan;
    hws_deflate deflate; /* its pool is NULL where it is not wanted */
    hws_clients *home;
    hws_settings *settings;
    hws_destination *destination; /* NULL: what the settings say */
    hws_redirect redirect;
    hws_opening *opening;       /* while TRYING */
    hws_tls_context *tls;       /* NULL until an attempt needs it */
    hws_tls_context *proxy_tls; /* likewise, for a proxy */
    hws_client_state state;
    hws_alarm alarm; /* always set, be it to the end of time: moving it cannot fail */
    hws_retry retry;
    uint64_t opened_ms; /* 0: it never was */
    hws_offline offline;
    hws_inbox *inbox; /* of a blocking one */
    bool dismissed;   /* the program has closed it while it was not open */

    /* Of hws_connect: called behind on_close. */
    void (*on_ended)(void *watcher, const hws_close *close, bool was_open);
    void *watcher;
} hws_client;

/* Opens one in the loop of `clients`; the first attempt is made by the loop.
 * Errors: of hws_websocket_open.  Thread: the loop's. */
HWS_MUST_CHECK hws_status hws_client_new(hws_clients *clients, const hws_client_options *options,
                                         hws_websocket *ws);

/* Makes the attempt that is waited for now. */
void hws_client_hurry(hws_client *client);

/* With the loop: on_close, and it is gone. */
void hws_client_end_now(hws_client *client);

#endif /* HAWSER_CLIENT_CLIENT_H */
