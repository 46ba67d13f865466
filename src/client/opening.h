/* SPDX-License-Identifier: MIT */
/* One attempt to open a WebSocket: a dial, the opening handshake (RFC 6455 §4.1), and an answer.
 *
 *     DIALING ──▶ ASKING ──101, verified──▶ on_connected
 *         └──────────┴────────────────────▶ on_refused */
#ifndef HAWSER_CLIENT_OPENING_H
#define HAWSER_CLIENT_OPENING_H

#include "client/settings.h"
#include "net/dialer.h"
#include "wire/deflate.h"

typedef struct hws_opening hws_opening;

/* All of it outlives the attempt. */
typedef struct hws_opening_plan {
    hws_loop *loop;
    const hws_memory *memory;
    const hws_client_options *options;
    const hws_destination *destination;
    const char *url;            /* the destination's, or where that was redirected to */
    bool is_own_origin;         /* as in hws_request_write */
    hws_tls_context *tls;       /* for a secure URL */
    hws_tls_context *proxy_tls; /* for a proxy that is spoken to over TLS */
} hws_opening_plan;

/* Through whom the way to a URL leads, as the options and the environment say; borrows from them.
 *
 * Errors: HWS_ERR_INVALID_ARGUMENT: a proxy that is none. */
HWS_MUST_CHECK hws_status hws_opening_proxy(const hws_client_options *options, const hws_url *url,
                                            hws_proxy *proxy);

/* Lives as long as the callback it is told by. */
typedef struct hws_refusal {
    hws_status status;
    const char *text;       /* in words */
    int http_status;        /* 0: there was no answer */
    uint32_t retry_after_s; /* 0: nothing was asked for */
    hws_text location;      /* of a redirect; absent otherwise */
} hws_refusal;

/* What the answer says. */
typedef struct hws_agreement {
    const char *protocol; /* one of options->protocols, or NULL */
    hws_deflate_terms deflate;
} hws_agreement;

/* Exactly one of the first two is called, from the loop, and the attempt is then gone. */
typedef struct hws_opening_owner {
    /* The stream is the owner's.
     * early  Bytes that came behind the answer; like `agreed` they live until this returns. */
    void (*on_connected)(void *owner, hws_stream *stream, const hws_agreement *agreed,
                         hws_span early);
    void (*on_refused)(void *owner, const hws_refusal *refusal);
    void (*on_step)(void *owner, const hws_step *step); /* may be NULL */
} hws_opening_owner;

/* Errors: HWS_ERR_NO_MEMORY, HWS_ERR_SYSTEM, HWS_ERR_URL_*, HWS_ERR_INVALID_ARGUMENT (a request or
 *         a proxy of the environment that does not work); nothing is called then. */
HWS_MUST_CHECK hws_status hws_opening_new(const hws_opening_plan *plan,
                                          const hws_opening_owner *calls, void *owner,
                                          hws_opening **opening);

/* Gives it up; nothing more is called. */
void hws_opening_cancel(hws_opening *opening);

#endif /* HAWSER_CLIENT_OPENING_H */
