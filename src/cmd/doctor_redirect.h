/* SPDX-License-Identifier: MIT */
/* Where a redirect leads, as the URL of a WebSocket. */
#ifndef HAWSER_CMD_DOCTOR_REDIRECT_H
#define HAWSER_CMD_DOCTOR_REDIRECT_H

#include <stdbool.h>
#include <stddef.h>

#include "hawser/url.h"

/* Writes the URL that `location` (RFC 9110 §10.2.2) names, seen from `from`: absolute, with the
 * scheme ws or wss.
 *
 * Returns: false: it is no URL of ours, or there is no room. */
bool doctor_redirect_resolve(const hws_url *from, const char *location, char *text, size_t size);

#endif /* HAWSER_CMD_DOCTOR_REDIRECT_H */
