/* SPDX-License-Identifier: MIT */
/* URLs of WebSockets and of what serves them (RFC 3986, RFC 6455 §3), and web origins (RFC 6454).
 *
 * Strict: ASCII as it goes onto the wire, with no user name and no fragment.  Whatever is answered
 * borrows from the text that was parsed. */
#ifndef HAWSER_URL_H
#define HAWSER_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hawser/export.h"
#include "hawser/span.h"
#include "hawser/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { HWS_URL_SIZE_MAX = 8192 }; /* bytes */

typedef enum hws_scheme {
    HWS_SCHEME_HTTP,
    HWS_SCHEME_HTTPS,
    HWS_SCHEME_WS,
    HWS_SCHEME_WSS,
} hws_scheme;

typedef enum hws_host_kind {
    HWS_HOST_NAME,
    HWS_HOST_IPV4,
    HWS_HOST_IPV6,
    HWS_HOST_ANY, /* "*", where it is allowed */
} hws_host_kind;

typedef struct hws_url {
    hws_scheme scheme;
    hws_host_kind host_kind;
    uint16_t port;  /* the scheme's when none is named */
    hws_text host;  /* as it was written; an IPv6 address without its brackets */
    hws_text path;  /* escaped as it was; "/" when there is none */
    hws_text query; /* behind the "?"; absent (data NULL) without one */
} hws_url;

/* "http", "https", "ws", "wss". */
HWS_API const char *hws_scheme_name(hws_scheme scheme);

HWS_API bool hws_scheme_is_secure(hws_scheme scheme);

/* 80 or 443. */
HWS_API uint16_t hws_scheme_port(hws_scheme scheme);

/* Reads an absolute URL.
 *
 * Errors: HWS_ERR_URL_SCHEME, _HOST, _PORT (0 and over 65535, too), _USERINFO, _FRAGMENT, _PATH (a
 *         space, a control, a byte over 0x7E, one of "<>\^`{}, or a "%" without two digits),
 *         _TOO_LONG. */
HWS_API HWS_MUST_CHECK hws_status hws_url_parse(hws_text text, hws_url *url);

/* Reads an address to listen on: http or https, a host, which may be "*" for all addresses, and a
 * port, which may be 0 for a free one; no path but "/", no query.
 *
 * Errors: as above. */
HWS_API HWS_MUST_CHECK hws_status hws_url_parse_listen(hws_text text, hws_url *url);

/* Writes "scheme://host:port/path?query", the port where it is not the scheme's.
 *
 * size     The bytes written; unchanged on failure.  No zero is added.
 *
 * Errors:  HWS_ERR_LIMIT: over `size_max` bytes. */
HWS_API HWS_MUST_CHECK hws_status hws_url_write(const hws_url *url, char *text, size_t size_max,
                                                size_t *size);

/* Writes "host" or "host:port", as a Host field has it.  Otherwise as above. */
HWS_API HWS_MUST_CHECK hws_status hws_url_write_authority(const hws_url *url, char *text,
                                                          size_t size_max, size_t *size);

/* Where a web page comes from. */
typedef struct hws_origin {
    hws_scheme scheme; /* http or https */
    hws_host_kind host_kind;
    uint16_t port;
    hws_text host; /* an IPv6 address without its brackets */
} hws_origin;

/* Reads an origin in the form of RFC 6454 §6.2: "https://example.com", "http://[::1]:8080".
 *
 * Errors: HWS_ERR_HANDSHAKE_ORIGIN: anything else, such as "null", "file://", a list, a path. */
HWS_API HWS_MUST_CHECK hws_status hws_origin_parse(hws_text text, hws_origin *origin);

/* The origin of pages that `authority` ("host" or "host:port", hws_http_head_authority) serves.
 *
 * Errors: HWS_ERR_HANDSHAKE_ORIGIN: not an authority. */
HWS_API HWS_MUST_CHECK hws_status hws_origin_of_authority(bool is_secure, hws_text authority,
                                                          hws_origin *origin);

/* Whether scheme, host (whatever its case) and port are the same: nothing less is the same
 * origin. */
HWS_API bool hws_origin_equal(const hws_origin *a, const hws_origin *b);

/* Writes "scheme://host:port", the port where it is not the scheme's.  As hws_url_write. */
HWS_API HWS_MUST_CHECK hws_status hws_origin_write(const hws_origin *origin, char *text,
                                                   size_t size_max, size_t *size);

#ifdef __cplusplus
}
#endif

#endif /* HAWSER_URL_H */
