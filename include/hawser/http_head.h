/* SPDX-License-Identifier: MIT */
/* The head of an HTTP/1.1 request or response (RFC 9112, RFC 9110), strictly.
 *
 *     hws_http_head head;
 *     hws_http_head_init(&head, HWS_HTTP_REQUEST, NULL, memory);
 *     ...
 *     bool done = false;
 *     hws_status status = hws_http_head_parse(&head, &input, &done);
 *     if (status != HWS_OK) return refuse(hws_status_http(status));
 *     if (!done) return; // call again with more
 *     answer(hws_http_head_target(&head), input); // what is left stands behind the head
 *
 * What is done is valid: syntax, target, Host, and the fields that may stand only once have been
 * looked at.  Every text that is answered is borrowed, and lives until the head is released or
 * reset. */
#ifndef HAWSER_HTTP_HEAD_H
#define HAWSER_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hawser/export.h"
#include "hawser/memory.h"
#include "hawser/span.h"
#include "hawser/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    HWS_HTTP_LINE_SIZE_MAX = 8192,  /* bytes of one line with its CRLF, unless told otherwise */
    HWS_HTTP_HEAD_SIZE_MAX = 16384, /* bytes of the whole head, unless told otherwise */
    HWS_HTTP_FIELD_COUNT_MAX = 100, /* field lines, unless told otherwise */
    HWS_HTTP_METHOD_SIZE_MAX = 32,  /* bytes */
    HWS_HTTP_EMPTY_LINE_MAX = 2,    /* before a request line (RFC 9112 §2.2) */
};

typedef enum hws_http_kind {
    HWS_HTTP_REQUEST,
    HWS_HTTP_RESPONSE,
} hws_http_kind;

/* Zero is the default named above.  Over 65535 counts as 65535. */
typedef struct hws_http_limits {
    uint32_t line_size_max;
    uint32_t head_size_max;
    uint32_t field_count_max;
} hws_http_limits;

/* One field line.  Zero stands before the first of them. */
typedef struct hws_http_field {
    hws_text name;
    hws_text
        value; /* without the white space around it; bytes from 0x80 on are left as they came */
} hws_http_field;

typedef struct hws_http_head {
    /* When done. */
    uint16_t status;       /* of a response: 100 to 999 */
    uint16_t field_count;  /* field lines */
    uint8_t version_minor; /* of HTTP/1: 0 or 1 */

    /* Private. */
    uint8_t kind;
    uint8_t state;
    uint8_t step; /* how far into the part that `state` names, where that is short */
    uint16_t line_size;
    uint16_t head_size;
    uint16_t line_size_max;
    uint16_t head_size_max;
    uint16_t field_count_max;
    uint16_t start_size[2]; /* method and target, or nothing and the reason */
    uint16_t seen;          /* a bit for each field that may stand once */
    uint32_t record;        /* where in the block the field line under way begins */
    uint32_t block_size;
    uint32_t block_capacity;
    uint8_t *block; /* the start line's texts, then the fields */
    const hws_memory *memory;
    hws_status failure;
} hws_http_head;

/* Readies `head` for the first byte.  Allocates nothing; `limits` may be NULL; `memory` must
 * outlive the head. */
HWS_API void hws_http_head_init(hws_http_head *head, hws_http_kind kind,
                                const hws_http_limits *limits, const hws_memory *memory);

/* Consumes `input` up to the end of the head.
 *
 * input   Bytes in the order they arrived, cut anywhere; what was consumed is taken off the front,
 *         what stands behind the head is left.
 * done    Whether the head is complete.  Once it is, nothing more is consumed.
 *
 * Errors: HWS_ERR_HTTP_SYNTAX, HWS_ERR_HTTP_METHOD (over 32 bytes, or CONNECT),
 *         HWS_ERR_HTTP_VERSION, HWS_ERR_HTTP_URI_TOO_LONG (a request line over line_size_max),
 *         HWS_ERR_HTTP_HEAD_TOO_BIG (any other limit), HWS_ERR_HTTP_HOST (missing, invalid, or at
 *         odds with an absolute target), HWS_ERR_HTTP_DUPLICATE, HWS_ERR_NO_MEMORY.
 *         A failure is final: every later call answers the same. */
HWS_API HWS_MUST_CHECK hws_status hws_http_head_parse(hws_http_head *head, hws_span *input,
                                                      bool *done);

/* Readies `head` for the next one on the same connection; its memory is kept. */
HWS_API void hws_http_head_reset(hws_http_head *head);

/* Gives the memory back; the head is then as after hws_http_head_init. */
HWS_API void hws_http_head_release(hws_http_head *head);

/* All that follows is asked of a head that is done. */

/* Of a request.  A method is any token: "get" is not "GET", and unknown ones pass. */
HWS_API hws_text hws_http_head_method(const hws_http_head *head);
HWS_API hws_text hws_http_head_target(const hws_http_head *head); /* as it was sent */

/* Who the request is for, "host" or "host:port": of an absolute target, else the Host field
 * (RFC 9112 §3.2.2).  Absent when an HTTP/1.0 request names nobody. */
HWS_API hws_text hws_http_head_authority(const hws_http_head *head);

/* What stands behind the target's "?", as it was sent; absent without one. */
HWS_API hws_text hws_http_head_query(const hws_http_head *head);

/* Writes the path that the target names, ready to be compared with a route: percent-decoded once,
 * "." and ".." segments resolved (never above the root), runs of "/" made one.  "*" stays "*".
 *
 * path      Room for the path, as many bytes as the target has; not terminated.
 *
 * Errors:   HWS_ERR_HTTP_SYNTAX: an encoded slash or control character, which would be a different
 *           path for whoever decodes it later; HWS_ERR_LIMIT: over `path_max` bytes. */
HWS_API HWS_MUST_CHECK hws_status hws_http_head_path(const hws_http_head *head, char *path,
                                                     size_t path_max, size_t *path_size);

/* Of a response; may be empty. */
HWS_API hws_text hws_http_head_reason(const hws_http_head *head);

/* Steps to the next field line, in the order they came; zero `field` before the first.
 *
 *     hws_http_field field = {0};
 *     while (hws_http_head_next(&head, &field)) ...
 *
 * Returns: false behind the last. */
HWS_API bool hws_http_head_next(const hws_http_head *head, hws_http_field *field);

/* As above, for the lines of one name, whatever its case. */
HWS_API bool hws_http_head_next_named(const hws_http_head *head, const char *name,
                                      hws_http_field *field);

/* The value of the first line of that name; absent (data NULL) when there is none. */
HWS_API hws_text hws_http_head_field(const hws_http_head *head, const char *name);

/* How many lines have that name. */
HWS_API size_t hws_http_head_count(const hws_http_head *head, const char *name);

/* Whether a field that is a list, over all its lines, has `token` as one whole element, whatever
 * its case: Connection, Upgrade. */
HWS_API bool hws_http_head_has_token(const hws_http_head *head, const char *name,
                                     const char *token);

typedef enum hws_http_body {
    HWS_HTTP_BODY_NONE,
    HWS_HTTP_BODY_SIZED,       /* Content-Length */
    HWS_HTTP_BODY_CHUNKED,     /* for hws_http_chunks_parse */
    HWS_HTTP_BODY_UNTIL_CLOSE, /* of a response alone */
} hws_http_body;

/* Where the body behind a head ends (RFC 9112 §6.3); of a response, as if it answered a GET.
 *
 * size    The bytes of a sized body, else 0.
 *
 * Errors: HWS_ERR_HTTP_FRAMING: two readers could differ about it;
 *         HWS_ERR_HTTP_TRANSFER_CODING: a coding other than chunked. */
HWS_API HWS_MUST_CHECK hws_status hws_http_head_body(const hws_http_head *head, hws_http_body *body,
                                                     uint64_t *size);

#ifdef __cplusplus
}
#endif

#endif /* HAWSER_HTTP_HEAD_H */
