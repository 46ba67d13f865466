/* SPDX-License-Identifier: MIT */
/* From a host's name to a stream that is ready to be spoken on: the lookup, the race of addresses
 * (RFC 8305), the proxy, TLS.
 *
 *     RESOLVING ──▶ RACING ──▶ [TLS to the proxy] ──▶ [PROXY] ──▶ [TLS] ──▶ on_connected
 *         └────────────┴────────────────┴─────────────────┴─────────┴─────▶ on_failed */
#ifndef HAWSER_NET_DIALER_H
#define HAWSER_NET_DIALER_H

#include "hawser/step.h"
#include "net/proxy.h"
#include "net/stream.h"
#include "net/tls_context.h"

typedef struct hws_dial hws_dial;

/* Where to, and how; all of it outlives the dial. */
typedef struct hws_dial_target {
    const char *host; /* a name, or an address literal without brackets; terminated */
    uint16_t port;
    const char *unix_path;       /* of a socket that stands for host and port; NULL: none */
    const hws_proxy *proxy;      /* NULL, or HWS_PROXY_NONE: none; never with unix_path */
    hws_tls_context *tls;        /* NULL: not encrypted; HWS_TLS_CLIENT */
    hws_tls_context *proxy_tls;  /* for HWS_PROXY_HTTPS */
    uint32_t connect_timeout_ms; /* up to an open way, through the proxy; 0: 10000 */
    uint32_t tls_timeout_ms;     /* then for TLS; 0: 10000 */
    uint32_t send_timeout_ms;    /* of the stream; 0: HWS_STREAM_SEND_TIMEOUT_MS */
} hws_dial_target;

/* Exactly one of the first two is called, from the loop, and the dial is then gone. */
typedef struct hws_dial_owner {
    /* The stream is the owner's, not receiving; it is to be owned (hws_stream_own) at once. */
    void (*on_connected)(void *owner, hws_stream *stream);

    /* `text`, one line, says what happened, with the names and addresses that matter. */
    void (*on_failed)(void *owner, hws_status status, const char *text);

    void (*on_step)(void *owner, const hws_step *step); /* may be NULL */
} hws_dial_owner;

/* Errors: HWS_ERR_NO_MEMORY, HWS_ERR_SYSTEM; nothing is called then.  Nothing is ever called from
 * inside this. */
HWS_MUST_CHECK hws_status hws_dial_new(hws_loop *loop, const hws_dial_target *target,
                                       const hws_dial_owner *calls, void *owner, hws_dial **dial);

/* Gives it up; nothing more is called.  Also from inside its on_step. */
void hws_dial_cancel(hws_dial *dial);

#endif /* HAWSER_NET_DIALER_H */
