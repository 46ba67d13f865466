/* SPDX-License-Identifier: MIT */
/* URLs, from left to right: scheme "://" host [":" port] [path] ["?" query]. */
#include "hawser/url.h"

#include "base/text.h"
#include "base/try.h"
#include "wire/host.h"
#include "wire/writer.h"

static bool is_hex(char character)
{
    return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'f') ||
           (character >= 'A' && character <= 'F');
}

const char *hws_scheme_name(hws_scheme scheme)
{
    static const char *const NAMES[] = {"http", "https", "ws", "wss"};
    return NAMES[scheme];
}

bool hws_scheme_is_secure(hws_scheme scheme)
{
    return scheme == HWS_SCHEME_HTTPS || scheme == HWS_SCHEME_WSS;
}

uint16_t hws_scheme_port(hws_scheme scheme)
{
    return hws_scheme_is_secure(scheme) ? 443 : 80;
}

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

static hws_status take_scheme(hws_text *rest, hws_scheme *scheme)
{
    const hws_text name = take(rest, size_until(*rest, ":"));
    if (rest->size < 3 || memcmp(rest->data, "://", 3) != 0) return HWS_ERR_URL_SCHEME;
    take(rest, 3);
    for (int i = HWS_SCHEME_HTTP; i <= HWS_SCHEME_WSS; i++) {
        if (!hws_text_equal_ignoring_case(name, hws_text_of(hws_scheme_name((hws_scheme)i))))
            continue;
        *scheme = (hws_scheme)i;
        return HWS_OK;
    }
    return HWS_ERR_URL_SCHEME;
}

static hws_status read_host(hws_text text, bool for_listening, hws_host *host)
{
    if (text.size > 0 && memchr(text.data, '@', text.size)) return HWS_ERR_URL_USERINFO;
    if (!for_listening || text.size == 0 || text.data[0] != '*') return hws_host_parse(text, host);

    *host = (hws_host){.name = {text.data, 1}, .kind = HWS_HOST_ANY};
    return hws_host_parse_port((hws_text){text.data + 1, text.size - 1}, host);
}

static hws_status take_authority(hws_text *rest, bool for_listening, hws_url *url)
{
    hws_host host;
    HWS_TRY(read_host(take(rest, size_until(*rest, "/?#")), for_listening, &host));
    if (host.has_port && host.port == 0 && !for_listening) return HWS_ERR_URL_PORT;

    url->host = host.name;
    url->host_kind = host.kind;
    url->port = host.has_port ? host.port : hws_scheme_port(url->scheme);
    return HWS_OK;
}

/* What a browser escapes in a path must come escaped (WHATWG URL, path percent-encode set), and a
 * backslash, which a browser takes for a slash. */
static hws_status check_path_and_query(hws_text text)
{
    for (size_t i = 0; i < text.size; i++) {
        const char character = text.data[i];
        if (character == '#') return HWS_ERR_URL_FRAGMENT; /* RFC 6455 §3 */
        if (character <= ' ' || character > '~') return HWS_ERR_URL_PATH;
        if (strchr("\"<>\\^`{}", character)) return HWS_ERR_URL_PATH;
        if (character != '%') continue;
        if (text.size - i < 3 || !is_hex(text.data[i + 1]) || !is_hex(text.data[i + 2]))
            return HWS_ERR_URL_PATH;
    }
    return HWS_OK;
}

static hws_status parse(hws_text text, bool for_listening, hws_url *url)
{
    hws_url found = {0};
    if (text.size > HWS_URL_SIZE_MAX) return HWS_ERR_URL_TOO_LONG;
    HWS_TRY(take_scheme(&text, &found.scheme));
    HWS_TRY(take_authority(&text, for_listening, &found));
    HWS_TRY(check_path_and_query(text));

    found.path = take(&text, size_until(text, "?"));
    if (found.path.size == 0) found.path = hws_text_of("/"); /* RFC 6455 §3 */
    if (text.size > 0) found.query = (hws_text){text.data + 1, text.size - 1};
    *url = found;
    return HWS_OK;
}

hws_status hws_url_parse(hws_text text, hws_url *url)
{
    return parse(text, false, url);
}

hws_status hws_url_parse_listen(hws_text text, hws_url *url)
{
    hws_url found;
    HWS_TRY(parse(text, true, &found));
    if (found.scheme != HWS_SCHEME_HTTP && found.scheme != HWS_SCHEME_HTTPS)
        return HWS_ERR_URL_SCHEME;
    if (found.path.size > 1 || found.query.data) return HWS_ERR_URL_PATH;
    *url = found;
    return HWS_OK;
}

static void add_authority(hws_writer *writer, const hws_url *url)
{
    const bool is_bracketed = url->host_kind == HWS_HOST_IPV6;
    if (is_bracketed) hws_writer_add_string(writer, "[");
    hws_writer_add(writer, url->host);
    if (is_bracketed) hws_writer_add_string(writer, "]");
    if (url->port == hws_scheme_port(url->scheme)) return;
    hws_writer_add_string(writer, ":");
    hws_writer_add_number(writer, url->port);
}

hws_status hws_url_write(const hws_url *url, char *text, size_t size_max, size_t *size)
{
    hws_writer writer = {text, size_max, 0};
    hws_writer_add_string(&writer, hws_scheme_name(url->scheme));
    hws_writer_add_string(&writer, "://");
    add_authority(&writer, url);
    hws_writer_add(&writer, url->path);
    if (url->query.data) hws_writer_add_string(&writer, "?");
    hws_writer_add(&writer, url->query);
    return hws_writer_finish(&writer, size);
}

hws_status hws_url_write_authority(const hws_url *url, char *text, size_t size_max, size_t *size)
{
    hws_writer writer = {text, size_max, 0};
    add_authority(&writer, url);
    return hws_writer_finish(&writer, size);
}
