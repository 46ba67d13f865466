/* SPDX-License-Identifier: MIT */
/* One POST of JSON to a server of this machine, or of its network: the connection is made for it,
 * and ends with the answer.  Without TLS: what goes out of the house goes by curl. */
#ifndef HAWSER_CMD_HTTP_CALL_H
#define HAWSER_CMD_HTTP_CALL_H

#include <stdbool.h>
#include <stddef.h>

#include "hawser/span.h"
#include "hawser/url.h"

enum {
    HTTP_CALL_ANSWER_MAX = 65536, /* bytes of an answer, its head included */
    HTTP_CALL_TIMEOUT_S = 10,     /* without anything coming or going */
};

typedef struct http_call {
    const char *command; /* in whose name it complains */
    hws_url url;
    const char *unix_path; /* NULL: to the url's host */
    const char *api_key;
    hws_text body;

    char answer[HTTP_CALL_ANSWER_MAX + 1];
    int status;          /* of HTTP */
    const char *content; /* of the answer, terminated */
} http_call;

/* False: one line on stderr has said why. */
bool http_call_make(http_call *it);

#endif /* HAWSER_CMD_HTTP_CALL_H */
