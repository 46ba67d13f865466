/* SPDX-License-Identifier: MIT */
/* A connection of a proxy that has to say first whom it speaks for (net/proxy_header.h): the stream
 * under it, while it does. */
#ifndef HAWSER_NET_PROXIED_H
#define HAWSER_NET_PROXIED_H

#include "net/proxy_header.h"
#include "net/stream.h"

typedef struct hws_proxied hws_proxied;

/* Exactly one is called, once, but for hws_proxied_close.  The proxied has freed itself when it
 * is. */
typedef struct hws_proxied_owner {
    /* The header is whole, and the stream is the owner's, receiving.
     *
     * header   Lives until this returns.
     * rest     What came behind it, for hws_stream_pass_on before this returns. */
    void (*on_header)(void *owner, hws_stream *stream, const hws_proxy_header *header,
                      hws_span rest);

    /* It has not come: the stream has been closed, without a word.
     *
     * peer   Where the proxy is.
     * why    HWS_ERR_PROXY_HEADER: what came is none; HWS_ERR_HANDSHAKE_TIMEOUT: it took too long;
     *        HWS_ERR_CONNECTION_LOST, …: the proxy went away in the middle of it; HWS_OK: it went
     *        away, or said nothing in all the time, as those do who look whether we are there. */
    void (*on_end)(void *owner, const hws_address *peer, hws_status why);
} hws_proxied_owner;

/* Takes over `stream` and begins to read.  On failure the stream is closed.
 *
 * until_ms   When the header must be whole, in the loop's time.
 *
 * Errors: HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_proxied_new(const hws_memory *memory, hws_stream *stream,
                                          uint64_t until_ms, const hws_proxied_owner *calls,
                                          void *owner, hws_proxied **proxied);

/* Closes the stream; nothing is called. */
void hws_proxied_close(hws_proxied *proxied);

#endif /* HAWSER_NET_PROXIED_H */
