/* SPDX-License-Identifier: MIT */
/* The web pages that the command carries within itself (pages/, through tools/embed-pages). */
#ifndef HAWSER_CMD_PAGE_H
#define HAWSER_CMD_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "hawser/server.h"

typedef struct page {
    const char *path; /* "/chat" */
    const char *type; /* of its content, for Content-Type */
    const char *etag; /* of its content, in its quotes (RFC 9110 §8.8.3) */
    const unsigned char *data;
    size_t size; /* bytes */
} page;

extern const page page_table[];
extern const size_t page_count;

/* The page at a path; NULL when there is none. */
const page *page_find(const char *path, size_t path_size);

/* Answers with the page at the request's path, one of page_table; else with 404. */
void page_answer(hws_request *request);

/* A route that answers with the page at `path`, one of page_table; else with 404. */
hws_route page_route(const char *path);

/* A route for all that pages load: a server has fewer routes than there are files. */
hws_route page_loaded_route(void);

/* Whether it needs a route of its own. */
bool page_has_route(const page *it);

/* Whether a request is one of `methods`, such as "GET, HEAD"; any other is answered here, with 405
 * or 501 (RFC 9110 §15.5.6). */
bool page_allows(hws_request *request, const char *methods);

/* Whether it is GET or HEAD; any other is answered here. */
bool page_is_only_read(hws_request *request);

/* Answers with a line of text, and a header more (NULL: none). */
void page_refuse(hws_request *request, int status, const char *text, const hws_header *header);

/* Whether an If-None-Match names `etag` (RFC 9110 §13.1.2): in a list, as "*", or as weak. */
bool page_etag_matches(hws_text if_none_match, const char *etag);

#endif /* HAWSER_CMD_PAGE_H */
