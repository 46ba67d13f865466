/* SPDX-License-Identifier: MIT */
/* The web pages that the command carries within itself (pages/, through tools/embed-pages). */
#include "cmd/page.h"

#include <stdio.h>
#include <string.h>

enum { HOST_SIZE_MAX = 300, POLICY_SIZE_MAX = 1024 };

/* What pages load is below it. */
static const char loaded[] = "/hawser/";

static bool text_is(hws_text text, const char *other)
{
    return text.size == strlen(other) && memcmp(text.data, other, text.size) == 0;
}

const page *page_find(const char *path, size_t path_size)
{
    const hws_text wanted = {path, path_size};
    for (size_t i = 0; i < page_count; i++) {
        if (text_is(wanted, page_table[i].path)) return &page_table[i];
    }
    return NULL;
}

/* The next member of a comma-separated list, without the spaces around it. */
static hws_text next_member(hws_text *list)
{
    const char *comma = memchr(list->data, ',', list->size);
    hws_text member = {list->data, comma ? (size_t)(comma - list->data) : list->size};
    const size_t taken = member.size + (comma ? 1 : 0);
    list->data += taken;
    list->size -= taken;

    while (member.size > 0 && strchr(" \t", member.data[0])) {
        member.data++;
        member.size--;
    }
    while (member.size > 0 && strchr(" \t", member.data[member.size - 1])) member.size--;
    return member;
}

bool page_etag_matches(hws_text if_none_match, const char *etag)
{
    while (if_none_match.size > 0) {
        hws_text member = next_member(&if_none_match);
        if (text_is(member, "*")) return true;
        if (member.size > 2 && memcmp(member.data, "W/", 2) == 0) {
            member.data += 2;
            member.size -= 2;
        }
        if (text_is(member, etag)) return true;
    }
    return false;
}

/* Whether a Host may be quoted in a header: the letters of a name, an address and a port. */
static bool host_is_plain(hws_text host)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  ".-_:[]";
    if (host.size == 0 || host.size > HOST_SIZE_MAX) return false;
    for (size_t i = 0; i < host.size; i++) {
        if (host.data[i] == '\0' || !strchr(letters, host.data[i])) return false;
    }
    return true;
}

/* The pages load nothing but their own, and run no script that stands within them.  Older browsers
 * do not count a WebSocket to the page's own host as 'self', so that host is named as well. */
static void write_policy(hws_text host, char *policy, size_t policy_size)
{
    static const char start[] = "default-src 'none'; script-src 'self'; style-src 'self'; "
                                "img-src 'self'; base-uri 'none'; form-action 'none'; "
                                "frame-ancestors 'none'; connect-src 'self'";
    if (host_is_plain(host)) {
        const int size = (int)host.size;
        snprintf(policy, policy_size, "%s ws://%.*s wss://%.*s", start, size, host.data, size,
                 host.data);
    } else {
        snprintf(policy, policy_size, "%s", start);
    }
}

/* RFC 9110 §9.1: a method that is known but not for pages gets 405, an unknown one 501. */
static int status_of_method(hws_text method)
{
    static const char *const known[] = {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (text_is(method, known[i])) return 405;
    }
    return 501;
}

void page_refuse(hws_request *request, int status, const char *text, const hws_header *header)
{
    (void)hws_request_respond(request, &(hws_response){
                                           .status = status,
                                           .type = "text/plain; charset=utf-8",
                                           .body = text,
                                           .body_size = strlen(text),
                                           .headers = header,
                                           .header_count = header ? 1 : 0,
                                       });
}

bool page_allows(hws_request *request, const char *methods)
{
    const hws_text method = hws_request_method(request);
    hws_text rest = {methods, strlen(methods)};
    while (rest.size > 0) {
        const hws_text allowed = next_member(&rest);
        if (allowed.size == method.size && memcmp(allowed.data, method.data, method.size) == 0)
            return true;
    }
    page_refuse(request, status_of_method(method), "this method is not for what is here\n",
                &(hws_header){"Allow", methods});
    return false;
}

bool page_is_only_read(hws_request *request)
{
    return page_allows(request, "GET, HEAD");
}

void page_answer(hws_request *request)
{
    if (!page_is_only_read(request)) return;
    const hws_text path = hws_request_path(request);
    const page *it = page_find(path.data, path.size);
    if (!it) {
        page_refuse(request, 404, "there is no such page\n", NULL);
        return;
    }

    char policy[POLICY_SIZE_MAX];
    write_policy(hws_request_header(request, "Host"), policy, sizeof policy);
    const hws_header headers[] = {
        {"ETag", it->etag},
        {"Cache-Control", "no-cache"}, /* ask again each time, and be told 304 */
        {"Content-Security-Policy", policy},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
    };
    hws_response response = {
        .headers = headers,
        .header_count = sizeof headers / sizeof *headers,
    };
    if (page_etag_matches(hws_request_header(request, "If-None-Match"), it->etag)) {
        response.status = 304;
    } else {
        response.type = it->type;
        response.body = it->data;
        response.body_size = it->size;
    }
    (void)hws_request_respond(request, &response); /* unanswered, it is answered with 500 */
}

static void on_request(hws_request *request, void *user)
{
    (void)user;
    page_answer(request);
}

bool page_has_route(const page *it)
{
    return strncmp(it->path, loaded, sizeof loaded - 1) != 0;
}

hws_route page_loaded_route(void)
{
    return page_route("/hawser/*");
}

hws_route page_route(const char *path)
{
    return (hws_route){.path = path, .on_request = on_request};
}
