/* SPDX-License-Identifier: MIT */
/* An HTTP request, and the answer to it.
 *
 *     static void on_request(hws_request *request, void *user)
 *     {
 *         hws_request_respond(request, &(hws_response){
 *             .type = "text/plain; charset=utf-8", .body = "hello\n", .body_size = 6});
 *     }
 *
 * Lifetime: a request, and all text that it answers, lives until the callback that was given it
 *           returns.
 * Thread:   the loop's. */
#ifndef HAWSER_REQUEST_H
#define HAWSER_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "hawser/export.h"
#include "hawser/header.h"
#include "hawser/span.h"
#include "hawser/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct hws_request hws_request;

HWS_API hws_text hws_request_method(const hws_request *request); /* "GET" */
HWS_API hws_text hws_request_target(const hws_request *request); /* as it was sent */

/* Percent-decoded once, without "." and ".." segments and without the query; begins with "/", but
 * for the "*" of OPTIONS. */
HWS_API hws_text hws_request_path(const hws_request *request);

/* What stands behind "?", as it was sent; absent without one. */
HWS_API hws_text hws_request_query(const hws_request *request);

/* The value of the first field of that name (of any case); absent when there is none. */
HWS_API hws_text hws_request_header(const hws_request *request, const char *name);

/* The whole body, at most the server's body_size_max bytes. */
HWS_API hws_text hws_request_body(const hws_request *request);

/* The peer's address as text ("192.0.2.1", "2001:db8::1", "unix"), terminated. */
HWS_API const char *hws_request_address(hws_request *request);

/* Whether it came encrypted. */
HWS_API bool hws_request_is_secure(const hws_request *request);

typedef struct hws_response {
    int status;       /* 200 to 599; 0: 200 */
    const char *type; /* of the body, the Content-Type; NULL: none is named */
    const void *body; /* copied */
    size_t body_size; /* bytes */
    const hws_header *headers;
    size_t header_count;
    bool close;        /* end the connection after this answer */
    char reserved[31]; /* zero */
} hws_response;

/* Answers; once.  Content-Length, Date and Connection are added, and the body is left out for HEAD
 * and for a status that has none (204, 304).
 * A request that is not answered when its callback returns gets 500.
 *
 * Errors: HWS_ERR_INVALID_ARGUMENT (a header that would not stay one line, or one of those that are
 *         added, or Transfer-Encoding; a status out of range; answered already),
 *         HWS_ERR_NO_MEMORY. */
HWS_API hws_status hws_request_respond(hws_request *request, const hws_response *response);

#ifdef __cplusplus
}
#endif

#endif /* HAWSER_REQUEST_H */
