/* SPDX-License-Identifier: MIT */
/* Where a redirect leads, as the URL of a WebSocket. */
#include "cmd/doctor_redirect.h"

#include <stdio.h>
#include <string.h>

static hws_scheme websocket_scheme(hws_scheme scheme)
{
    return hws_scheme_is_secure(scheme) ? HWS_SCHEME_WSS : HWS_SCHEME_WS;
}

/* The path up to its last slash, for what is relative to it (RFC 3986 §5.2.3). */
static int folder_size(hws_text path)
{
    size_t size = path.size;
    while (size > 0 && path.data[size - 1] != '/') size--;
    return (int)size;
}

/* An absolute URL, whose scheme is still HTTP's, perhaps. */
static int make_absolute(const hws_url *from, const char *location, char *text, size_t size)
{
    char authority[HWS_URL_SIZE_MAX];
    size_t authority_size = 0;
    const char *scheme = hws_scheme_name(from->scheme);
    if (hws_url_write_authority(from, authority, sizeof authority, &authority_size) != HWS_OK)
        return -1;
    const int host_size = (int)authority_size;
    if (strstr(location, "://")) return snprintf(text, size, "%s", location);
    if (strncmp(location, "//", 2) == 0) return snprintf(text, size, "%s:%s", scheme, location);
    if (location[0] == '/')
        return snprintf(text, size, "%s://%.*s%s", scheme, host_size, authority, location);
    return snprintf(text, size, "%s://%.*s%.*s%s", scheme, host_size, authority,
                    folder_size(from->path), from->path.data, location);
}

bool doctor_redirect_resolve(const hws_url *from, const char *location, char *text, size_t size)
{
    char absolute[2 * HWS_URL_SIZE_MAX];
    if (location[0] == '\0') return false;
    const int absolute_size = make_absolute(from, location, absolute, sizeof absolute);
    if (absolute_size < 0 || (size_t)absolute_size >= sizeof absolute) return false;
    absolute[strcspn(absolute, "#")] = '\0'; /* a fragment is for the browser */

    hws_url url;
    size_t wrote = 0;
    if (hws_url_parse((hws_text){absolute, strlen(absolute)}, &url) != HWS_OK) return false;
    url.scheme = websocket_scheme(url.scheme);
    if (hws_url_write(&url, text, size - 1, &wrote) != HWS_OK) return false;
    text[wrote] = '\0';
    return true;
}
