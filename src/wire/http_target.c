/* SPDX-License-Identifier: MIT */
/* Targets: what they name, and the one form of a path that routes and files are compared with. */
#include "wire/http_target.h"

#include <assert.h>

#include "base/try.h"

/* Answers 16 for what is no hex digit. */
static uint8_t hex_value(char character)
{
    if (character >= '0' && character <= '9') return (uint8_t)(character - '0');
    if (character >= 'a' && character <= 'f') return (uint8_t)(character - 'a' + 10);
    if (character >= 'A' && character <= 'F') return (uint8_t)(character - 'A' + 10);
    return 16;
}

/* Reads the escape that `text` begins with.  Returns: false if it is none. */
static bool read_escape(hws_text text, uint8_t *byte)
{
    if (text.size < 3) return false;
    const uint8_t high = hex_value(text.data[1]);
    const uint8_t low = hex_value(text.data[2]);
    *byte = (uint8_t)(high << 4 | low);
    return high < 16 && low < 16;
}

/* An escaped zero byte is refused wherever it stands: somebody behind us ends a string there. */
static bool is_well_escaped(hws_text text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte;
        if (text.data[i] != '%') continue;
        if (!read_escape((hws_text){text.data + i, text.size - i}, &byte) || byte == 0)
            return false;
    }
    return true;
}

static void split_origin_form(hws_text target, hws_http_target *parts)
{
    const char *mark = memchr(target.data, '?', target.size);
    parts->path = target;
    if (!mark) return;
    parts->path.size = (size_t)(mark - target.data);
    parts->query = (hws_text){mark + 1, target.size - parts->path.size - 1};
}

/* RFC 6455 §4.2.1 wants an http or https URL, RFC 9110 §4.2.4 no user name in it. */
static hws_status split_absolute_form(hws_text target, hws_http_target *parts)
{
    hws_url url;
    if (hws_url_parse(target, &url) != HWS_OK) return HWS_ERR_HTTP_SYNTAX;
    if (url.scheme != HWS_SCHEME_HTTP && url.scheme != HWS_SCHEME_HTTPS) return HWS_ERR_HTTP_SYNTAX;

    const char *start = target.data + strlen(hws_scheme_name(url.scheme)) + strlen("://");
    const char *end = start;
    while (end < target.data + target.size && *end != '/' && *end != '?') end++;
    parts->is_absolute = true;
    parts->is_secure = hws_scheme_is_secure(url.scheme);
    parts->authority = (hws_text){start, (size_t)(end - start)};
    parts->path = url.path;
    parts->query = url.query;
    return HWS_OK;
}

hws_status hws_http_target_parse(hws_text method, hws_text target, hws_http_target *parts)
{
    hws_http_target found = {0};
    if (hws_text_equal(method, hws_text_of("CONNECT"))) return HWS_ERR_HTTP_METHOD;
    if (target.size == 0 || !is_well_escaped(target)) return HWS_ERR_HTTP_SYNTAX;

    if (target.data[0] == '/') {
        split_origin_form(target, &found);
    } else if (hws_text_equal(target, hws_text_of("*"))) {
        /* RFC 9112 §3.2.4 */
        if (!hws_text_equal(method, hws_text_of("OPTIONS"))) return HWS_ERR_HTTP_SYNTAX;
        found.path = target;
    } else {
        HWS_TRY(split_absolute_form(target, &found));
    }
    *parts = found;
    return HWS_OK;
}

/* The next byte of a path, unescaped.  A slash that was escaped, like a control character, is not
 * what it seems to one of those who will look at the result. */
static hws_status take_unescaped(hws_text *rest, char *byte)
{
    uint8_t value = (uint8_t)rest->data[0];
    size_t size = 1;
    if (value == '%') {
        if (!read_escape(*rest, &value)) return HWS_ERR_HTTP_SYNTAX;
        if (value < 0x20 || value == 0x7F || value == '/') return HWS_ERR_HTTP_SYNTAX;
        size = 3;
    }
    *byte = (char)value;
    rest->data += size;
    rest->size -= size;
    return HWS_OK;
}

/* What the path is after a segment that begins at `start`, behind a slash, and ends at `end`. */
static size_t resolve_segment(const char *path, size_t start, size_t end)
{
    assert(start > 0 && path[start - 1] == '/');
    const hws_text segment = {path + start, end - start};
    if (hws_text_equal(segment, hws_text_of("."))) return start;
    if (!hws_text_equal(segment, hws_text_of(".."))) return end;
    if (start == 1) return start; /* the root has no parent */
    start--;
    while (path[start - 1] != '/') start--;
    return start;
}

hws_status hws_http_path_normalise(hws_text escaped, char *path, size_t path_max, size_t *path_size)
{
    size_t size = 0;
    size_t start = 0; /* of the segment under way */
    while (escaped.size > 0) {
        const bool is_slash = escaped.data[0] == '/';
        char byte;
        HWS_TRY(take_unescaped(&escaped, &byte));
        if (is_slash && size > 0) {
            size = resolve_segment(path, start, size);
            if (path[size - 1] == '/') { /* which serves */
                start = size;
                continue;
            }
        }
        if (size == path_max) return HWS_ERR_LIMIT;
        path[size++] = byte;
        if (is_slash) start = size;
    }
    *path_size = start > 0 ? resolve_segment(path, start, size) : size;
    return HWS_OK;
}
