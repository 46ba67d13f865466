/* SPDX-License-Identifier: MIT */
/* A socket that accepts connections. */
#ifndef HAWSER_NET_LISTENER_H
#define HAWSER_NET_LISTENER_H

#include "loop/loop.h"
#include "net/address.h"

typedef struct hws_listener hws_listener;

/* Listens.  `on_accept` gets each new descriptor (nonblocking, close-on-exec, TCP_NODELAY), which
 * is then the callee's.  A unix socket's path is made, and a stale one is replaced only when
 * it is a socket that nobody answers on; it is removed on close.
 *
 * Errors: HWS_ERR_ADDRESS, HWS_ERR_ADDRESS_IN_USE, HWS_ERR_PERMISSION, HWS_ERR_NO_MEMORY,
 *         HWS_ERR_SYSTEM (errno is kept). */
HWS_MUST_CHECK hws_status hws_listener_open(hws_loop *loop, const hws_address *address,
                                            void (*on_accept)(void *user, int fd), void *user,
                                            hws_listener **listener);

/* The address it really got (port 0 asks the kernel for a free one). */
void hws_listener_address(const hws_listener *listener, hws_address *address);

/* No more calls; what waits in the backlog is refused by the kernel.  Frees itself.  NULL is let
 * pass. */
void hws_listener_close(hws_listener *listener);

#endif /* HAWSER_NET_LISTENER_H */
