/* SPDX-License-Identifier: MIT */
/* Preconditions of a request for something that has a validator (RFC 9110 §13). */
#ifndef HAWSER_HTTP_CONDITION_H
#define HAWSER_HTTP_CONDITION_H

#include <stdbool.h>

#include "hawser/http_head.h"

/* What the sender may have a copy of. */
typedef struct hws_validator {
    const char *etag; /* a strong one, with its quotes */
    int64_t modified; /* seconds since 1970 */
    int64_t now;      /* as well */
} hws_validator;

/* What to answer a GET or HEAD with: 200: there is nothing against it; 304: the sender has it;
 * 412: it is not what the sender expects.  A field that cannot be understood is ignored. */
int hws_condition_status(const hws_http_head *head, const hws_validator *validator);

/* Whether a Range may be answered with a part: without If-Range, or when that still holds. */
bool hws_condition_allows_range(const hws_http_head *head, const hws_validator *validator);

#endif /* HAWSER_HTTP_CONDITION_H */
