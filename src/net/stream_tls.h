/* SPDX-License-Identifier: MIT */
/* TLS as a stream over a stream.
 *
 *          owner            on_receive ▲   │ queue of plain bytes
 *     ──────────────────────────────────────────────
 *          tls                SSL_read ▲   │ SSL_write, at the end of the turn
 *     ──────────────────────────────────────────────
 *          lower (tcp)       on_receive ▲   │ queue of records
 *
 * The handshake runs by itself as soon as the owner receives; what is queued before waits for it.
 * OpenSSL holds no buffer between records. */
#ifndef HAWSER_NET_STREAM_TLS_H
#define HAWSER_NET_STREAM_TLS_H

#include "net/stream.h"
#include "net/tls_context.h"

/* How much of a queue is encrypted ahead of the network: so much may wait below, besides what the
 * queue of the stream itself holds. */
enum { HWS_STREAM_TLS_AHEAD_MAX = 64 * 1024 };

/* Takes over `lower`, on failure too (it is then closed), and a reference to `context`.  `host` and
 * `port` as in hws_tls_context_begin.
 *
 * The owner hears on_ready when the handshake is over; when it fails, on_end with HWS_ERR_TLS_*:
 * hws_stream_explain then says why.  A transport that ends without close_notify ends with
 * HWS_ERR_CONNECTION_LOST; key updates or empty records without measure, or an attempt to negotiate
 * once more, with HWS_ERR_TLS_RATE.
 *
 * Closed before the handshake is over, what is queued is dropped.  Closed after a failure of TLS it
 * lingers for a second at least, for the alert to arrive.
 *
 * Errors: HWS_ERR_NO_MEMORY, HWS_ERR_TLS_NAME. */
HWS_MUST_CHECK hws_status hws_stream_tls_new(hws_stream *lower, hws_tls_context *context,
                                             const char *host, uint16_t port, hws_stream **stream);

/* What the handshake came to, also after it failed; as hws_tls_context_info.  `stream` must be one
 * of hws_stream_tls_new. */
HWS_MUST_CHECK hws_status hws_stream_tls_info(hws_stream *stream, hws_tls_info *info,
                                              hws_tls_info_store **store);

#endif /* HAWSER_NET_STREAM_TLS_H */
