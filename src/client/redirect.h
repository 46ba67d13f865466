/* SPDX-License-Identifier: MIT */
/* Where a refused attempt is sent on to (RFC 9110 §10.2.2, §15.4). */
#ifndef HAWSER_CLIENT_REDIRECT_H
#define HAWSER_CLIENT_REDIRECT_H

#include <stdbool.h>
#include <stdint.h>

#include "hawser/memory.h"
#include "hawser/span.h"
#include "hawser/status.h"

/* Zero is where the program wanted to go. */
typedef struct hws_redirect {
    char *url; /* NULL: not redirected */
    uint32_t count;
    bool is_elsewhere; /* it has left the program's origin; once there is no way back */
} hws_redirect;

/* Whether an answer of that status can be followed. */
bool hws_redirect_is_one(int http_status, hws_text location);

/* Follows `location`, as it stands in the answer to `from`.
 *
 * Errors: HWS_ERR_REDIRECT: more than `count_max`, from a secure URL to one that is not, or not an
 *         address of a WebSocket; HWS_ERR_NO_MEMORY.  Unchanged then. */
HWS_MUST_CHECK hws_status hws_redirect_follow(hws_redirect *redirect, const char *from,
                                              hws_text location, uint32_t count_max,
                                              const hws_memory *memory);

void hws_redirect_release(hws_redirect *redirect, const hws_memory *memory);

#endif /* HAWSER_CLIENT_REDIRECT_H */
