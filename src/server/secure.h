/* SPDX-License-Identifier: MIT */
/* The server's TLS: one context for all https:// addresses. */
#ifndef HAWSER_SERVER_SECURE_H
#define HAWSER_SERVER_SECURE_H

#include "server/worker.h"

/* Makes server->tls when an address wants it.  On failure `explain` has one line.
 *
 * Errors: HWS_ERR_INVALID_ARGUMENT (no certificate), HWS_ERR_TLS_FILE, HWS_ERR_NO_MEMORY. */
HWS_MUST_CHECK hws_status hws_secure_open(hws_server *server, char *explain, size_t explain_size);

/* Says in the log why a connection broke off, when that was for TLS. */
void hws_secure_log_failure(hws_worker *worker, const hws_stream *stream, hws_status why);

#endif /* HAWSER_SERVER_SECURE_H */
