/* SPDX-License-Identifier: MIT */
/* The door of a server: which new connections are let in (rows A014 to A016). */
#ifndef HAWSER_SERVER_ADMISSION_H
#define HAWSER_SERVER_ADMISSION_H

#include "server/worker.h"

/* Makes server->addresses, and reads which peers are proxies.  On failure `explain` has one line.
 *
 * Errors: HWS_ERR_INVALID_ARGUMENT (proxy_protocol), HWS_ERR_NO_MEMORY, HWS_ERR_RANDOM. */
HWS_MUST_CHECK hws_status hws_admission_open(hws_server *server, hws_loop *loop,
                                             const hws_limits *given, char *explain, size_t size);

/* The stream of a new connection, counted from now on; NULL: it was turned away, or there was no
 * memory for it, which is counted and said.
 *
 * is_secure    Whether it is to have TLS; it has it then, unless it is proxied.
 * is_proxied   It is a proxy's, and says first whom it is for (hws_admission_settle). */
hws_stream *hws_admission_ask(hws_worker *worker, int fd, bool is_secure, bool *is_proxied);

/* The same for one that was proxied and has said whom it is for: `peer`, or for nobody else (NULL).
 * Takes over `stream`, which is plain and owned by nobody. */
hws_stream *hws_admission_settle(hws_worker *worker, hws_stream *stream, bool is_secure,
                                 const hws_address *peer);

#endif /* HAWSER_SERVER_ADMISSION_H */
