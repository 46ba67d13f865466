/* SPDX-License-Identifier: MIT */
/* A socket that accepts connections. */
#ifndef HAWSER_NET_LISTENER_H
#define HAWSER_NET_LISTENER_H

#include "loop/loop.h"
#include "net/address.h"

typedef struct hws_listener hws_listener;

typedef struct hws_listener_options {
    /* Gets each new descriptor (nonblocking, close-on-exec, TCP_NODELAY), which is then the
     * callee's. */
    void (*on_accept)(void *user, int fd);
    void *user;

    /* A group are listeners at one TCP address, among which the kernel distributes connections
     * (SO_REUSEPORT).  The one that begins it finds the address free, or in use; those that join it
     * come later, at the address that it got. */
    bool begins_group;
    bool joins_group;
} hws_listener_options;

/* Listens.  A unix socket's path is made, and a stale one is replaced only when it is a socket that
 * nobody answers on; it is removed on close.
 *
 * Errors: HWS_ERR_ADDRESS, HWS_ERR_ADDRESS_IN_USE, HWS_ERR_PERMISSION, HWS_ERR_NO_MEMORY,
 *         HWS_ERR_SYSTEM (errno is kept). */
HWS_MUST_CHECK hws_status hws_listener_open(hws_loop *loop, const hws_address *address,
                                            const hws_listener_options *options,
                                            hws_listener **listener);

/* Takes over a socket that listens already: nothing is bound, and a path stays when it closes.
 * On failure `fd` is still the caller's.
 *
 * Errors: HWS_ERR_ADDRESS (not a listening stream socket), HWS_ERR_NO_MEMORY, HWS_ERR_SYSTEM. */
HWS_MUST_CHECK hws_status hws_listener_adopt(hws_loop *loop, int fd,
                                             const hws_listener_options *options,
                                             hws_listener **listener);

/* The descriptor, which stays the listener's. */
int hws_listener_fd(const hws_listener *listener);

/* Its path, if it has one, is not removed on close. */
void hws_listener_leave_path(hws_listener *listener);

/* The address it really got (port 0 asks the kernel for a free one). */
void hws_listener_address(const hws_listener *listener, hws_address *address);

/* No more calls; what waits in the backlog is refused by the kernel.  Frees itself.  NULL is let
 * pass. */
void hws_listener_close(hws_listener *listener);

#endif /* HAWSER_NET_LISTENER_H */
