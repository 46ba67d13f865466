/* SPDX-License-Identifier: MIT */
/* The target of a request line (RFC 9112 §3.2). */
#ifndef HAWSER_WIRE_HTTP_TARGET_H
#define HAWSER_WIRE_HTTP_TARGET_H

#include "base/text.h"
#include "hawser/url.h"

typedef struct hws_http_target {
    bool is_absolute;
    bool is_secure;     /* absolute, and https */
    hws_text authority; /* of an absolute target, else absent */
    hws_text path;      /* escaped as it was; "*" for the server as a whole */
    hws_text query;     /* behind the "?"; absent without one */
} hws_http_target;

/* Takes a target apart.
 *
 * Errors: HWS_ERR_HTTP_SYNTAX: in no form that goes with this method, with something in it that
 *         must be escaped, or badly escaped;
 *         HWS_ERR_HTTP_METHOD: CONNECT, which only a proxy answers. */
HWS_MUST_CHECK hws_status hws_http_target_parse(hws_text method, hws_text target,
                                                hws_http_target *parts);

/* What hws_http_head_path promises, of a path alone. */
HWS_MUST_CHECK hws_status hws_http_path_normalise(hws_text escaped, char *path, size_t path_max,
                                                  size_t *path_size);

#endif /* HAWSER_WIRE_HTTP_TARGET_H */
