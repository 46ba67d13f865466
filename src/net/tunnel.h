/* SPDX-License-Identifier: MIT */
/* A way through a proxy: the talk of net/proxy.h, held over a stream that leads there. */
#ifndef HAWSER_NET_TUNNEL_H
#define HAWSER_NET_TUNNEL_H

#include "net/proxy.h"
#include "net/stream.h"

typedef struct hws_tunnel hws_tunnel;

/* Exactly one of them is called, from the loop, and the tunnel is then gone. */
typedef struct hws_tunnel_owner {
    /* What is sent on `stream` now reaches the host that was asked for.  It is the owner's, and not
     * receiving. */
    void (*on_open)(void *owner, hws_stream *stream);

    /* `text`, one line, names the proxy, and never a user or password. */
    void (*on_failed)(void *owner, hws_status status, const char *text);
} hws_tunnel_owner;

/* Asks for `host` (a name, or an address literal without brackets), which outlives the tunnel, as
 * does `proxy`.  Takes over `stream`, on failure too: it is then closed.
 *
 * Errors: of hws_proxy_talk_init. */
HWS_MUST_CHECK hws_status hws_tunnel_new(hws_stream *stream, const hws_proxy *proxy, hws_text host,
                                         uint16_t port, const hws_tunnel_owner *calls, void *owner,
                                         hws_tunnel **tunnel);

/* Nothing more is called, and the stream is closed. */
void hws_tunnel_cancel(hws_tunnel *tunnel);

/* "the proxy 192.0.2.1 port 3128". */
void hws_tunnel_name_proxy(const hws_proxy *proxy, char *name, size_t size);
enum { HWS_TUNNEL_NAME_MAX = 300 };

#endif /* HAWSER_NET_TUNNEL_H */
