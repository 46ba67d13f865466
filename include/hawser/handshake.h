/* SPDX-License-Identifier: MIT */
/* The opening handshake over HTTP/1.1 (RFC 6455 §4), both sides, from heads to bytes.
 *
 * A server:
 *
 *     hws_status status = hws_handshake_check(&request);
 *     if (status != HWS_OK) return refuse(hws_status_http(status));
 *     const hws_handshake_reply reply = {.protocol = hws_handshake_choose(&request, protocols)};
 *     status = hws_handshake_accept(&request, &reply, text, sizeof text, &size);
 *
 * A client:
 *
 *     status = hws_handshake_ask(&question, text, sizeof text, &size);
 *     ... hws_http_head_parse of the response ...
 *     status = hws_handshake_verify(&question, &response, &protocol);
 *
 * Whether the origin of a request is welcome is asked elsewhere (hws_origin_equal). */
#ifndef HAWSER_HANDSHAKE_H
#define HAWSER_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hawser/export.h"
#include "hawser/http_head.h"
#include "hawser/span.h"
#include "hawser/status.h"
#include "hawser/url.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    HWS_HANDSHAKE_NONCE_SIZE = 16,   /* bytes of randomness in a request */
    HWS_HANDSHAKE_KEY_SIZE = 24,     /* bytes of the nonce as a key */
    HWS_HANDSHAKE_ACCEPT_SIZE = 28,  /* bytes of the answer to a key */
    HWS_HANDSHAKE_PROTOCOL_MAX = 64, /* subprotocols in one offer */
};

/* Writes the Sec-WebSocket-Accept that answers a Sec-WebSocket-Key (§4.2.2). */
HWS_API void hws_handshake_accept_key(hws_text key, char accept[HWS_HANDSHAKE_ACCEPT_SIZE]);

/* Whether a request asks for a WebSocket at all, rightly or not: the Upgrade of a GET names it. */
HWS_API bool hws_handshake_is_asked(const hws_http_head *request);

/* Judges an opening handshake, in this order:
 *
 *     method        GET                          HWS_ERR_HTTP_METHOD_NOT_ALLOWED  405, Allow: GET
 *     version       HTTP/1.1                     HWS_ERR_HANDSHAKE_HTTP           400
 *     Upgrade       names websocket              HWS_ERR_HANDSHAKE_UPGRADE        426, Upgrade
 *     Connection    names Upgrade                HWS_ERR_HANDSHAKE_CONNECTION     400
 *     values        are ASCII, Origin's too      HWS_ERR_HTTP_SYNTAX              400
 *     Expect        is not there                 HWS_ERR_HTTP_EXPECTATION         417
 *     body          there is none                HWS_ERR_HANDSHAKE_BODY           400
 *                                                HWS_ERR_HTTP_FRAMING             400
 *                                                HWS_ERR_HTTP_TRANSFER_CODING     501
 *     -Version      is there                     HWS_ERR_HANDSHAKE_NO_VERSION     400
 *                   is 13                        HWS_ERR_HANDSHAKE_VERSION        426, -Version: 13
 *     -Key          16 bytes in base64           HWS_ERR_HANDSHAKE_KEY            400
 *     -Protocol     tokens, each once, up to 64  HWS_ERR_HANDSHAKE_PROTOCOL       400
 *     -Extensions   §9.1                         HWS_ERR_HANDSHAKE_EXTENSION      400
 *
 * where "-" stands for Sec-WebSocket-.  Extensions that nobody knows are no failure. */
HWS_API HWS_MUST_CHECK hws_status hws_handshake_check(const hws_http_head *request);

/* Where one is in the list of subprotocols; zero stands before the first. */
typedef struct hws_handshake_protocols {
    hws_http_field field;
    hws_text rest;
} hws_handshake_protocols;

/* Steps through the subprotocols that a checked request offers, in the client's order.
 *
 * Returns: false behind the last. */
HWS_API bool hws_handshake_next_protocol(const hws_http_head *request,
                                         hws_handshake_protocols *protocols, hws_text *protocol);

/* The first of `protocols` (in the server's order of preference, ended by NULL; may be NULL) that
 * the client offers; case matters.  Absent when there is none. */
HWS_API hws_text hws_handshake_choose(const hws_http_head *request, const char *const *protocols);

/* What a server adds to its 101; zero adds nothing. */
typedef struct hws_handshake_reply {
    hws_text protocol;             /* one that was offered; absent: none */
    hws_text extensions;           /* what was agreed, as it will stand there; absent: none */
    const hws_http_field *headers; /* more fields */
    size_t header_count;
} hws_handshake_reply;

/* Writes the 101 that accepts a checked request.
 *
 * size    The bytes written; unchanged on failure.
 *
 * Errors: HWS_ERR_INVALID_ARGUMENT: a protocol that was not offered, or a header that would not
 *         stay one line, or would change what HTTP or the handshake say;
 *         HWS_ERR_LIMIT: over `size_max` bytes. */
HWS_API HWS_MUST_CHECK hws_status hws_handshake_accept(const hws_http_head *request,
                                                       const hws_handshake_reply *reply, char *text,
                                                       size_t size_max, size_t *size);

/* What a client asks for. */
typedef struct hws_handshake_question {
    const hws_url *url;
    uint8_t nonce[HWS_HANDSHAKE_NONCE_SIZE]; /* random, and new for every question (§4.1) */
    const char *const *protocols;            /* in order of preference, ended by NULL; NULL: none */
    bool protocol_required;                  /* fail when the server takes none of them */
    hws_text extensions;                     /* the offer as it will stand there; absent: none */
    hws_text origin;                         /* absent: none is named */
    const hws_http_field *headers;           /* more fields */
    size_t header_count;
} hws_handshake_question;

/* Writes the request (§4.1).
 *
 * size    The bytes written; unchanged on failure.
 *
 * Errors: HWS_ERR_HANDSHAKE_PROTOCOL: no token, twice the same, over 64;
 *         HWS_ERR_HANDSHAKE_EXTENSION: an offer that is not the syntax of §9.1;
 *         HWS_ERR_INVALID_ARGUMENT: an origin or a header that would not stay one line, or a header
 *         that would change what HTTP or the handshake say;
 *         HWS_ERR_LIMIT: over `size_max` bytes. */
HWS_API HWS_MUST_CHECK hws_status hws_handshake_ask(const hws_handshake_question *question,
                                                    char *text, size_t size_max, size_t *size);

/* Judges the response to a question, in the order of §4.1.
 *
 * protocol  The one that the server took; absent when it took none.  Unchanged on failure.
 *
 * Errors: HWS_ERR_HANDSHAKE_STATUS: not a 101 of HTTP/1.1;
 *         HWS_ERR_HANDSHAKE_UPGRADE, _CONNECTION, _ACCEPT;
 *         HWS_ERR_HANDSHAKE_EXTENSION: malformed, not asked for, or taken twice;
 *         HWS_ERR_HANDSHAKE_PROTOCOL: not asked for, several, or none although required. */
HWS_API HWS_MUST_CHECK hws_status hws_handshake_verify(const hws_handshake_question *question,
                                                       const hws_http_head *response,
                                                       hws_text *protocol);

#ifdef __cplusplus
}
#endif

#endif /* HAWSER_HANDSHAKE_H */
