/* SPDX-License-Identifier: MIT */
/* Who may come in: which pages may open a WebSocket (the Origin field, RFC 6455 §10.2), and which
 * names this server answers to (against DNS rebinding). */
#ifndef HAWSER_SERVER_ACCESS_H
#define HAWSER_SERVER_ACCESS_H

#include <stdbool.h>

#include "hawser/http_head.h"

/* The words of the options, which outlive it. */
typedef struct hws_access {
    const char *origins; /* NULL: the same origin only */
    const char *hosts;   /* NULL: see only_local */
    bool only_local;     /* nobody but this machine can connect */
} hws_access;

/* Errors: HWS_ERR_INVALID_ARGUMENT: a word of `origins` is no origin, or one of `hosts` no host. */
HWS_MUST_CHECK hws_status hws_access_init(hws_access *access, const char *origins,
                                          const char *hosts, bool only_local);

/* Whether a request for `authority` ("host" or "host:port"; absent: HTTP/1.0) is for us.  A page of
 * an attacker reaches us under a name of his whose address he has changed to ours; an address
 * cannot be changed. */
bool hws_access_host(const hws_access *access, hws_text authority);

/* Whether the page that sent this request may open a WebSocket.  A request without Origin comes
 * from no browser: it is let in unless it carries cookies (row D013). */
bool hws_access_origin(const hws_access *access, const hws_http_head *head, bool is_secure);

#endif /* HAWSER_SERVER_ACCESS_H */
