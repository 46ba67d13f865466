/* SPDX-License-Identifier: MIT */
/* The URL of a proxy, from left to right: [scheme "://"] [user [":" password] "@"] host [":" port]
 * ["/"]. */
#include "net/proxy.h"

#include "base/text.h"
#include "base/try.h"
#include "net/credentials.h"
#include "wire/host.h"

typedef struct scheme {
    const char *name;
    hws_proxy_kind kind;
    uint16_t port;
} scheme;

static const scheme SCHEMES[] = {
    {"http", HWS_PROXY_HTTP, 80}, /* first: who names none means it */
    {"https", HWS_PROXY_HTTPS, 443},
    {"socks5", HWS_PROXY_SOCKS5, 1080},
    {"socks5h", HWS_PROXY_SOCKS5H, 1080},
};
enum { SCHEME_COUNT = sizeof SCHEMES / sizeof *SCHEMES };

static hws_text take(hws_text *rest, size_t size)
{
    const hws_text front = {rest->data, size};
    rest->data += size;
    rest->size -= size;
    return front;
}

/* How many bytes stand before the first of `ends`. */
static size_t size_until(hws_text text, const char *ends)
{
    size_t size = 0;
    while (size < text.size && (text.data[size] == 0 || !strchr(ends, text.data[size]))) size++;
    return size;
}

static hws_status take_scheme(hws_text *rest, const scheme **found)
{
    const size_t size = size_until(*rest, ":");
    *found = &SCHEMES[0];
    if (rest->size - size < 3 || memcmp(rest->data + size, "://", 3) != 0) return HWS_OK;

    const hws_text name = take(rest, size);
    take(rest, 3);
    for (*found = SCHEMES; *found < SCHEMES + SCHEME_COUNT; ++*found)
        if (hws_text_equal_ignoring_case(name, hws_text_of((*found)->name))) return HWS_OK;
    return HWS_ERR_URL_SCHEME;
}

/* Whether whoever needs them later will be able to decode them. */
static bool are_credentials(hws_text text)
{
    while (text.size > 0)
        if (hws_credentials_take(&text) < 0) return false;
    return true;
}

/* The last "@" ends the credentials: a user may be "me@example.com", a host has none. */
static hws_status take_credentials(hws_text *authority, hws_proxy *proxy)
{
    const char *end = authority->size > 0 ? memrchr(authority->data, '@', authority->size) : NULL;
    if (!end) return HWS_OK;
    hws_text credentials = take(authority, (size_t)(end - authority->data));
    take(authority, 1);
    if (credentials.size == 0) return HWS_OK;
    if (!are_credentials(credentials)) return HWS_ERR_URL_USERINFO;

    proxy->user = take(&credentials, size_until(credentials, ":"));
    if (credentials.size == 0) return HWS_OK;
    take(&credentials, 1);
    proxy->password = credentials;
    return HWS_OK;
}

static hws_status read_authority(hws_text authority, const scheme *named, hws_proxy *proxy)
{
    hws_host host;
    HWS_TRY(take_credentials(&authority, proxy));
    HWS_TRY(hws_host_parse(authority, &host));
    if (host.has_port && host.port == 0) return HWS_ERR_URL_PORT;
    proxy->kind = named->kind;
    proxy->host = host.name;
    proxy->port = host.has_port ? host.port : named->port;
    return HWS_OK;
}

hws_status hws_proxy_parse(hws_text text, hws_proxy *proxy)
{
    hws_proxy found = {.kind = HWS_PROXY_NONE};
    if (text.size == 0) return HWS_ERR_URL_HOST;
    if (text.size > HWS_URL_SIZE_MAX) return HWS_ERR_URL_TOO_LONG;
    if (!hws_text_equal_ignoring_case(text, hws_text_of("none"))) {
        const scheme *named;
        HWS_TRY(take_scheme(&text, &named));
        HWS_TRY(read_authority(take(&text, size_until(text, "/?#")), named, &found));
        if (text.size > 0 && !hws_text_equal(text, hws_text_of("/"))) return HWS_ERR_URL_PATH;
    }
    *proxy = found;
    return HWS_OK;
}
