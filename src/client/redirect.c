/* SPDX-License-Identifier: MIT */
#include "client/redirect.h"

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/try.h"
#include "hawser/url.h"
#include "wire/writer.h"

bool hws_redirect_is_one(int http_status, hws_text location)
{
    return location.size > 0 && (http_status == 301 || http_status == 302 || http_status == 303 ||
                                 http_status == 307 || http_status == 308);
}

static bool begins_with(hws_text text, const char *start)
{
    const size_t size = strlen(start);
    return text.size >= size && memcmp(text.data, start, size) == 0;
}

/* How many bytes stand before the first of `ends`. */
static size_t size_until(hws_text text, const char *ends)
{
    size_t size = 0;
    while (size < text.size && (text.data[size] == 0 || !strchr(ends, text.data[size]))) size++;
    return size;
}

/* A colon before anything that could end a scheme (§4.2). */
static bool names_scheme(hws_text text)
{
    const size_t size = size_until(text, ":/?");
    return size < text.size && text.data[size] == ':';
}

/* Up to and with the last slash. */
static hws_text folder_of(hws_text path)
{
    const char *slash = memrchr(path.data, '/', path.size);
    return (hws_text){path.data, (size_t)(slash - path.data) + 1};
}

/* RFC 3986 §5.2.2: what `location` leaves out is that of `base`. */
static void write_inherited(hws_writer *writer, const hws_url *base, hws_text location)
{
    char authority[HWS_URL_SIZE_MAX];
    size_t size = 0;
    if (names_scheme(location)) return;
    hws_writer_add_string(writer, hws_scheme_name(base->scheme));
    hws_writer_add_string(writer, ":");
    if (begins_with(location, "//")) return;
    (void)!hws_url_write_authority(base, authority, sizeof authority, &size);
    hws_writer_add_string(writer, "//");
    hws_writer_add(writer, (hws_text){authority, size});
    if (begins_with(location, "/")) return;
    const bool has_path = location.size > 0 && location.data[0] != '?';
    hws_writer_add(writer, has_path ? folder_of(base->path) : base->path);
    if (location.size > 0 || !base->query.data) return;
    hws_writer_add_string(writer, "?");
    hws_writer_add(writer, base->query);
}

/* How many dots a segment with its slash is made of, and nothing else; 0 for any other. */
static size_t count_dots(const char *segment, size_t size)
{
    if (size < 2 || size > 3 || memcmp(segment, "/..", size) != 0) return 0;
    return size - 1;
}

/* §5.2.4, in place: "." and ".." go, and what ".." takes back.  `text` is a good URL.  Returns its
 * size. */
static size_t remove_dots(char *text, size_t size)
{
    const size_t host = size_until((hws_text){text, size}, ":") + strlen("://");
    const size_t start = host + size_until((hws_text){text + host, size - host}, "/?");
    const size_t end = start + size_until((hws_text){text + start, size - start}, "?");
    size_t out = start;
    for (size_t in = start; in < end;) {
        const size_t left = end - in - 1;
        const size_t segment = 1 + size_until((hws_text){text + in + 1, left}, "/");
        const size_t dots = count_dots(text + in, segment);
        in += segment;
        if (dots == 0) {
            memmove(text + out, text + in - segment, segment);
            out += segment;
            continue;
        }
        if (dots == 2)
            while (out > start && text[--out] != '/') continue;
        if (in == end) text[out++] = '/';
    }
    memmove(text + out, text + end, size - end);
    return out + size - end;
}

static bool is_same_origin(const hws_url *a, const hws_url *b)
{
    return hws_scheme_is_secure(a->scheme) == hws_scheme_is_secure(b->scheme) &&
           a->port == b->port && hws_text_equal_ignoring_case(a->host, b->host);
}

hws_status hws_redirect_follow(hws_redirect *redirect, const char *from, hws_text location,
                               uint32_t count_max, const hws_memory *memory)
{
    if (redirect->count >= count_max) return HWS_ERR_REDIRECT;
    hws_url base;
    hws_url target;
    char text[HWS_URL_SIZE_MAX];
    size_t size;
    HWS_TRY(hws_url_parse(hws_text_of(from), &base));
    hws_writer writer = {text, sizeof text, 0};
    /* A fragment is for browsers: what is asked for is the same without it. */
    location.size = size_until(location, "#");
    write_inherited(&writer, &base, location);
    hws_writer_add(&writer, location);
    if (hws_writer_finish(&writer, &size) != HWS_OK ||
        hws_url_parse((hws_text){text, size}, &target) != HWS_OK)
        return HWS_ERR_REDIRECT;
    if (hws_scheme_is_secure(base.scheme) && !hws_scheme_is_secure(target.scheme))
        return HWS_ERR_REDIRECT;

    const bool is_elsewhere = !is_same_origin(&base, &target);
    size = remove_dots(text, size);
    char *url = hws_memory_new(memory, size + 1);
    if (!url) return HWS_ERR_NO_MEMORY;
    memcpy(url, text, size);
    url[size] = 0;
    redirect->is_elsewhere = redirect->is_elsewhere || is_elsewhere;
    if (redirect->url) hws_memory_free(memory, redirect->url, strlen(redirect->url) + 1);
    redirect->url = url;
    redirect->count++;
    return HWS_OK;
}

void hws_redirect_release(hws_redirect *redirect, const hws_memory *memory)
{
    if (redirect->url) hws_memory_free(memory, redirect->url, strlen(redirect->url) + 1);
    *redirect = (hws_redirect){0};
}
