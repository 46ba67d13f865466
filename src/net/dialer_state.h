/* SPDX-License-Identifier: MIT */
/* A dial from inside: for dialer*.c alone.
 *
 * Each stage is held by one object, which is cancelled when the dial ends before it does:
 *
 *     RESOLVING   lookup  (of the target, when the proxy is to be told its address; then of whom we
 *                          connect to)
 *     RACING      race    (and the lookup still, for addresses that come late)
 *     PROXY_TLS   stream
 *     PROXY       tunnel
 *     TLS         stream
 *
 * A step that is told may cancel the dial: whoever tells looks at what hws_dial_tell answers before
 * going on.  The memory goes at the end of the turn, so that this can be looked at. */
#ifndef HAWSER_NET_DIALER_STATE_H
#define HAWSER_NET_DIALER_STATE_H

#include "loop/alarm.h"
#include "net/dialer.h"
#include "net/race.h"
#include "net/resolver.h"
#include "net/stream_tls.h"
#include "net/tunnel.h"

enum {
    HWS_DIAL_TEXT_SIZE = 1024,
    HWS_DIAL_EXPLAINED_SIZE = 640, /* of a text: what others say in it */
};

typedef enum hws_dial_stage {
    HWS_DIAL_RESOLVING,
    HWS_DIAL_RACING,
    HWS_DIAL_PROXY_TLS,
    HWS_DIAL_PROXY,
    HWS_DIAL_TLS,
} hws_dial_stage;

struct hws_dial {
    hws_loop *loop;
    hws_dial_target target;
    const hws_dial_owner *calls;
    void *owner;
    uint64_t begun_us;
    hws_alarm deadline; /* always set, so that setting it cannot fail */
    hws_deferred begin;
    hws_deferred free;
    hws_dial_stage stage;
    hws_text resolving; /* the host that is looked up */
    bool over;

    hws_lookup *lookup;
    hws_race *race;
    hws_tunnel *tunnel;
    hws_stream *stream;

    /* The target as the proxy is told: for HWS_PROXY_SOCKS5 its address, once that is known. */
    hws_text tunnel_host;
    char tunnel_address[HWS_ADDRESS_TEXT_MAX];
    char proxy_host[HWS_QUERY_HOST_MAX + 1]; /* terminated */
};

/* Whom we connect to: the proxy, or the target. */
bool hws_dial_has_proxy(const hws_dial *dial);
hws_text hws_dial_host(const hws_dial *dial);
uint16_t hws_dial_port(const hws_dial *dial);

/* The stages.  Each ends in the next, or in hws_dial_fail. */
void hws_dial_reach(hws_dial *dial);
void hws_dial_go_through(hws_dial *dial, hws_stream *stream); /* from whom we have connected to */

/* Tells a step.  Returns: false: the dial has been cancelled. */
HWS_MUST_CHECK bool hws_dial_tell(hws_dial *dial, hws_step_type type, hws_status status,
                                  const char *text);

/* The step of a TLS handshake that dial->stream has ended, with what it came to. */
HWS_MUST_CHECK bool hws_dial_tell_tls(hws_dial *dial, hws_status status, const char *text);

/* The last of a dial. */
void hws_dial_succeed(hws_dial *dial, hws_stream *stream);
void hws_dial_fail(hws_dial *dial, hws_status status, const char *text);

/* Likewise, by a step that has not been told yet. */
void hws_dial_fail_step(hws_dial *dial, hws_step_type type, hws_status status, const char *text);

/* When the time is up: `within` says how much it was ("10 s"). */
void hws_dial_fail_reaching_late(hws_dial *dial, const char *within);
void hws_dial_fail_going_late(hws_dial *dial, const char *within);

#endif /* HAWSER_NET_DIALER_STATE_H */
