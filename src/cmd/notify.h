/* SPDX-License-Identifier: MIT */
/* Tells the service manager how we are: sd_notify(3), a datagram of lines to $NOTIFY_SOCKET. */
#ifndef HAWSER_CMD_NOTIFY_H
#define HAWSER_CMD_NOTIFY_H

#include <stdint.h>

/* Sends `lines` ("READY=1\nSTATUS=serving").  Without a service manager nothing happens. */
void notify_send(const char *lines) __attribute__((nonnull));

/* "RELOADING=1" with the moment that it began at, which systemd wants to know. */
void notify_reloading(void);

/* How long the service manager waits for a WATCHDOG=1 before it takes us for dead; 0: it does not
 * watch. */
uint64_t notify_watchdog_ms(void);

#endif /* HAWSER_CMD_NOTIFY_H */
