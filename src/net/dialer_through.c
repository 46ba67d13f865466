/* SPDX-License-Identifier: MIT */
/* From a connection to a stream that is ready: TLS with the proxy, the way through it, TLS with the
 * target, each where it is wanted. */
#include <stdio.h>

#include "base/text.h"
#include "net/dialer_state.h"

/* A host that has been looked up, or that a proxy has taken, is no longer than a name may be. */
static void write_target(const hws_dial *dial, char name[HWS_TUNNEL_NAME_MAX])
{
    const hws_text host = hws_text_of(dial->target.host);
    const bool bracketed = strchr(dial->target.host, ':') != NULL;
    snprintf(name, HWS_TUNNEL_NAME_MAX, bracketed ? "[%.*s] port %u" : "%.*s port %u",
             (int)host.size, host.data, (unsigned)dial->target.port);
}

/* With whom the TLS under way is. */
static void write_tls_peer(const hws_dial *dial, char name[HWS_TUNNEL_NAME_MAX])
{
    if (dial->stage == HWS_DIAL_PROXY_TLS)
        hws_tunnel_name_proxy(dial->target.proxy, name, HWS_TUNNEL_NAME_MAX);
    else
        write_target(dial, name);
}

/* TLS, with the proxy and with the target. */

static void open_tunnel(hws_dial *dial, hws_stream *stream);

/* The step says why; the text of the whole, of whom, too. */
static void fail_tls(hws_dial *dial, hws_status status, const char *why)
{
    char peer[HWS_TUNNEL_NAME_MAX];
    char text[HWS_DIAL_TEXT_SIZE];
    write_tls_peer(dial, peer);
    snprintf(text, sizeof text, "TLS with %s: %.*s", peer, HWS_DIAL_EXPLAINED_SIZE, why);
    const bool goes_on = dial->stream ? hws_dial_tell_tls(dial, status, why)
                                      : hws_dial_tell(dial, HWS_STEP_TLS, status, why);
    if (goes_on) hws_dial_fail(dial, status, text);
}

static void on_tls_ready(void *owner)
{
    hws_dial *dial = owner;
    char peer[HWS_TUNNEL_NAME_MAX];
    write_tls_peer(dial, peer);
    hws_stream_receive(dial->stream, false);
    if (!hws_dial_tell_tls(dial, HWS_OK, dial->stage == HWS_DIAL_PROXY_TLS ? peer : "")) return;
    hws_stream *stream = dial->stream;
    dial->stream = NULL;
    if (dial->stage == HWS_DIAL_PROXY_TLS)
        open_tunnel(dial, stream);
    else
        hws_dial_succeed(dial, stream);
}

static void on_tls_end(void *owner, hws_status why)
{
    hws_dial *dial = owner;
    char text[HWS_DIAL_EXPLAINED_SIZE];
    if (why == HWS_OK) why = HWS_ERR_CONNECTION_LOST;
    hws_stream_explain(dial->stream, text, sizeof text);
    if (!text[0] && why == HWS_ERR_CONNECTION_LOST)
        snprintf(text, sizeof text, "the peer closed the connection during the handshake");
    fail_tls(dial, why, text[0] ? text : hws_status_text(why));
}

/* Before on_ready there is nothing to receive, and after it the stream is another's. */
static void on_tls_receive(void *owner, hws_span bytes)
{
    (void)owner;
    (void)bytes;
}

static void on_tls_sent(void *owner)
{
    (void)owner;
}

static const hws_stream_owner tls_calls = {
    .on_receive = on_tls_receive,
    .on_end = on_tls_end,
    .on_sent = on_tls_sent,
    .on_ready = on_tls_ready,
};

static void secure(hws_dial *dial, hws_dial_stage stage, hws_stream *lower,
                   hws_tls_context *context, const char *host, uint16_t port)
{
    dial->stage = stage;
    const hws_status status = hws_stream_tls_new(lower, context, host, port, &dial->stream);
    if (status < HWS_OK) {
        fail_tls(dial, status, hws_status_text(status));
        return;
    }
    hws_stream_own(dial->stream, &tls_calls, dial);
    hws_stream_receive(dial->stream, true);
}

/* The target's own TLS has a time of its own. */
static void on_way_open(hws_dial *dial, hws_stream *stream)
{
    if (!dial->target.tls) {
        hws_dial_succeed(dial, stream);
        return;
    }
    const uint64_t until_ms = hws_loop_now_ms(dial->loop) + dial->target.tls_timeout_ms;
    const hws_status status = hws_alarm_set(&dial->deadline, dial->loop, until_ms);
    (void)status; /* it was set */
    secure(dial, HWS_DIAL_TLS, stream, dial->target.tls, dial->target.host, dial->target.port);
}

/* The proxy. */

static void on_tunnel_open(void *owner, hws_stream *stream)
{
    hws_dial *dial = owner;
    const hws_proxy_kind kind = dial->target.proxy->kind;
    const bool is_http = kind == HWS_PROXY_HTTP || kind == HWS_PROXY_HTTPS;
    char name[HWS_TUNNEL_NAME_MAX];
    char text[HWS_TUNNEL_NAME_MAX + 64];
    dial->tunnel = NULL;
    dial->stream = stream;
    hws_tunnel_name_proxy(dial->target.proxy, name, sizeof name);
    snprintf(text, sizeof text, "%s opened the way, by %s", name + sizeof "the proxy " - 1,
             is_http ? "CONNECT" : "SOCKS 5");
    if (!hws_dial_tell(dial, HWS_STEP_PROXY, HWS_OK, text)) return;
    dial->stream = NULL;
    on_way_open(dial, stream);
}

static void on_tunnel_failed(void *owner, hws_status status, const char *text)
{
    hws_dial *dial = owner;
    dial->tunnel = NULL;
    hws_dial_fail_step(dial, HWS_STEP_PROXY, status, text);
}

static void fail_proxy(hws_dial *dial, hws_status status, const char *why)
{
    char name[HWS_TUNNEL_NAME_MAX];
    char text[HWS_DIAL_TEXT_SIZE];
    hws_tunnel_name_proxy(dial->target.proxy, name, sizeof name);
    snprintf(text, sizeof text, "%s: %s", name, why);
    hws_dial_fail_step(dial, HWS_STEP_PROXY, status, text);
}

static void open_tunnel(hws_dial *dial, hws_stream *stream)
{
    static const hws_tunnel_owner CALLS = {on_tunnel_open, on_tunnel_failed};
    dial->stage = HWS_DIAL_PROXY;
    const hws_status status = hws_tunnel_new(stream, dial->target.proxy, dial->tunnel_host,
                                             dial->target.port, &CALLS, dial, &dial->tunnel);
    if (status == HWS_ERR_LIMIT)
        fail_proxy(dial, status, "the host, the user or the password is too long for it");
    else if (status == HWS_ERR_INVALID_ARGUMENT)
        fail_proxy(dial, status, "the host, the user or the password cannot be told to it");
    else if (status < HWS_OK)
        fail_proxy(dial, status, hws_status_text(status));
}

void hws_dial_go_through(hws_dial *dial, hws_stream *stream)
{
    if (!hws_dial_has_proxy(dial))
        on_way_open(dial, stream);
    else if (dial->target.proxy->kind == HWS_PROXY_HTTPS)
        secure(dial, HWS_DIAL_PROXY_TLS, stream, dial->target.proxy_tls, dial->proxy_host,
               dial->target.proxy->port);
    else
        open_tunnel(dial, stream);
}

/* Out of time. */

void hws_dial_fail_going_late(hws_dial *dial, const char *within)
{
    char why[64];
    if (dial->stage == HWS_DIAL_PROXY) {
        snprintf(why, sizeof why, "no answer within %s", within);
        fail_proxy(dial, HWS_ERR_CONNECT_TIMEOUT, why);
    } else {
        snprintf(why, sizeof why, "the handshake has not ended within %s", within);
        fail_tls(dial, HWS_ERR_CONNECT_TIMEOUT, why);
    }
}
