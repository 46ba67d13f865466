/* SPDX-License-Identifier: MIT */
/* Web origins (RFC 6454), for the check that a page may talk to this server (RFC 6455 §10.2). */
#include "base/text.h"
#include "base/try.h"
#include "hawser/url.h"
#include "wire/host.h"

static bool take_prefix(hws_text *text, const char *prefix)
{
    const hws_text front = hws_text_of(prefix);
    if (text->size < front.size || memcmp(text->data, front.data, front.size) != 0) return false;
    text->data += front.size;
    text->size -= front.size;
    return true;
}

/* A URL with nothing behind its host and port. */
static hws_url url_of(const hws_origin *origin)
{
    return (hws_url){
        .scheme = origin->scheme,
        .host_kind = origin->host_kind,
        .port = origin->port,
        .host = origin->host,
    };
}

hws_status hws_origin_parse(hws_text text, hws_origin *origin)
{
    if (take_prefix(&text, "https://")) return hws_origin_of_authority(true, text, origin);
    if (take_prefix(&text, "http://")) return hws_origin_of_authority(false, text, origin);
    return HWS_ERR_HANDSHAKE_ORIGIN;
}

hws_status hws_origin_of_authority(bool is_secure, hws_text authority, hws_origin *origin)
{
    hws_host host;
    if (hws_host_parse(authority, &host) != HWS_OK) return HWS_ERR_HANDSHAKE_ORIGIN;
    if (host.has_port && host.port == 0) return HWS_ERR_HANDSHAKE_ORIGIN;

    const hws_scheme scheme = is_secure ? HWS_SCHEME_HTTPS : HWS_SCHEME_HTTP;
    *origin = (hws_origin){
        .scheme = scheme,
        .host_kind = host.kind,
        .port = host.has_port ? host.port : hws_scheme_port(scheme),
        .host = host.name,
    };
    return HWS_OK;
}

bool hws_origin_equal(const hws_origin *a, const hws_origin *b)
{
    return a->scheme == b->scheme && a->host_kind == b->host_kind && a->port == b->port &&
           hws_text_equal_ignoring_case(a->host, b->host);
}

hws_status hws_origin_write(const hws_origin *origin, char *text, size_t size_max, size_t *size)
{
    const hws_url url = url_of(origin);
    return hws_url_write(&url, text, size_max, size);
}
