/* SPDX-License-Identifier: MIT */
/* The door of a server: which new connections are let in (rows A014 to A016). */
#ifndef HAWSER_SERVER_ADMISSION_H
#define HAWSER_SERVER_ADMISSION_H

#include "server/worker.h"

/* Makes server->addresses.  Errors: HWS_ERR_NO_MEMORY, HWS_ERR_RANDOM. */
HWS_MUST_CHECK hws_status hws_admission_open(hws_server *server, hws_loop *loop,
                                             const hws_limits *given);

/* The stream of a new connection, counted from now on; NULL: it was turned away, or there was no
 * memory for it, which is counted and said. */
hws_stream *hws_admission_ask(hws_worker *worker, int fd, bool is_secure);

#endif /* HAWSER_SERVER_ADMISSION_H */
