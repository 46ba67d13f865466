/* SPDX-License-Identifier: MIT */
/* The server's side of the opening handshake (RFC 6455 §4.2). */
#include "base/base64.h"
#include "base/try.h"
#include "wire/handshake.h"
#include "wire/http_list.h"
#include "wire/offer.h"

bool hws_handshake_is_asked(const hws_http_head *request)
{
    return hws_text_equal(hws_http_head_method(request), hws_text_of("GET")) &&
           hws_http_head_has_token(request, "Upgrade", "websocket");
}

/* §4.2.1 (1), (3), (4), and what RFC 9110 lets a request add to them. */
static hws_status check_upgrade(const hws_http_head *request)
{
    if (!hws_text_equal(hws_http_head_method(request), hws_text_of("GET")))
        return HWS_ERR_HTTP_METHOD_NOT_ALLOWED;
    if (request->version_minor == 0) return HWS_ERR_HANDSHAKE_HTTP;
    if (!hws_http_head_has_token(request, "Upgrade", "websocket")) return HWS_ERR_HANDSHAKE_UPGRADE;
    if (!hws_http_head_has_token(request, "Connection", "upgrade"))
        return HWS_ERR_HANDSHAKE_CONNECTION;
    if (hws_http_head_field(request, "Expect").data) return HWS_ERR_HTTP_EXPECTATION;
    return HWS_OK;
}

/* §8.1, row D034: every value that is interpreted here is ASCII, and so is an origin. */
static hws_status check_ascii(const hws_http_head *request)
{
    static const char *const NAMES[] = {"Upgrade", "Connection", "Origin"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        hws_http_field field = {0};
        while (hws_http_head_next_named(request, NAMES[i], &field))
            if (!hws_text_is_ascii(field.value)) return HWS_ERR_HTTP_SYNTAX;
    }
    return HWS_OK;
}

/* What follows the head are frames: a body would be taken for them. */
static hws_status check_body(const hws_http_head *request)
{
    hws_http_body body;
    uint64_t size;
    HWS_TRY(hws_http_head_body(request, &body, &size));
    return body == HWS_HTTP_BODY_NONE ? HWS_OK : HWS_ERR_HANDSHAKE_BODY;
}

/* §4.2.1 (6), §4.4 */
static hws_status check_version(const hws_http_head *request)
{
    const hws_text version = hws_http_head_field(request, "Sec-WebSocket-Version");
    if (!version.data) return HWS_ERR_HANDSHAKE_NO_VERSION;
    return hws_text_equal(version, hws_text_of("13")) ? HWS_OK : HWS_ERR_HANDSHAKE_VERSION;
}

/* §4.2.1 (5) */
static hws_status check_key(const hws_http_head *request)
{
    const hws_text key = hws_http_head_field(request, "Sec-WebSocket-Key");
    size_t size;
    if (!hws_base64_is_valid(key, &size)) return HWS_ERR_HANDSHAKE_KEY;
    return size == HWS_HANDSHAKE_NONCE_SIZE ? HWS_OK : HWS_ERR_HANDSHAKE_KEY;
}

static bool contains(const hws_text *texts, size_t count, hws_text text)
{
    for (size_t i = 0; i < count; i++)
        if (hws_text_equal(texts[i], text)) return true;
    return false;
}

/* §4.1 (10): one or more tokens, all different. */
static hws_status check_protocols(const hws_http_head *request)
{
    hws_text seen[HWS_HANDSHAKE_PROTOCOL_MAX];
    size_t count = 0;
    hws_handshake_protocols protocols = {0};
    hws_text protocol;
    while (hws_handshake_next_protocol(request, &protocols, &protocol)) {
        if (!hws_text_is_token(protocol)) return HWS_ERR_HANDSHAKE_PROTOCOL;
        if (count == HWS_HANDSHAKE_PROTOCOL_MAX) return HWS_ERR_HANDSHAKE_PROTOCOL;
        if (contains(seen, count, protocol)) return HWS_ERR_HANDSHAKE_PROTOCOL;
        seen[count++] = protocol;
    }
    return HWS_OK;
}

static hws_status check_extensions(const hws_http_head *request)
{
    hws_offer_list offers;
    hws_offer offer;
    bool more = false;
    hws_offer_list_init(&offers, request);
    do HWS_TRY(hws_offer_next(&offers, &offer, &more));
    while (more);
    return HWS_OK;
}

hws_status hws_handshake_check(const hws_http_head *request)
{
    HWS_TRY(check_upgrade(request));
    HWS_TRY(check_ascii(request));
    HWS_TRY(check_body(request));
    HWS_TRY(check_version(request));
    HWS_TRY(check_key(request));
    HWS_TRY(check_protocols(request));
    return check_extensions(request);
}

bool hws_handshake_next_protocol(const hws_http_head *request, hws_handshake_protocols *protocols,
                                 hws_text *protocol)
{
    while (!hws_http_list_next(&protocols->rest, protocol)) {
        if (!hws_http_head_next_named(request, "Sec-WebSocket-Protocol", &protocols->field))
            return false;
        protocols->rest = protocols->field.value;
    }
    return true;
}

static bool is_offered(const hws_http_head *request, hws_text wanted)
{
    hws_handshake_protocols protocols = {0};
    hws_text protocol;
    while (hws_handshake_next_protocol(request, &protocols, &protocol))
        if (hws_text_equal(protocol, wanted)) return true;
    return false;
}

hws_text hws_handshake_choose(const hws_http_head *request, const char *const *protocols)
{
    for (; protocols && *protocols; protocols++)
        if (is_offered(request, hws_text_of(*protocols))) return hws_text_of(*protocols);
    return (hws_text){NULL, 0};
}

hws_status hws_handshake_accept(const hws_http_head *request, const hws_handshake_reply *reply,
                                char *text, size_t size_max, size_t *size)
{
    if (reply->protocol.data && !is_offered(request, reply->protocol))
        return HWS_ERR_INVALID_ARGUMENT;
    if (!hws_handshake_value_is_safe(reply->extensions)) return HWS_ERR_INVALID_ARGUMENT;

    char accept[HWS_HANDSHAKE_ACCEPT_SIZE];
    hws_handshake_accept_key(hws_http_head_field(request, "Sec-WebSocket-Key"), accept);

    hws_writer writer = {text, size_max, 0};
    hws_writer_add_string(&writer, "HTTP/1.1 101 Switching Protocols\r\n"
                                   "Upgrade: websocket\r\n"
                                   "Connection: Upgrade\r\n");
    hws_handshake_add_field(&writer, "Sec-WebSocket-Accept", (hws_text){accept, sizeof accept});
    if (reply->protocol.data)
        hws_handshake_add_field(&writer, "Sec-WebSocket-Protocol", reply->protocol);
    if (reply->extensions.data)
        hws_handshake_add_field(&writer, "Sec-WebSocket-Extensions", reply->extensions);
    HWS_TRY(hws_handshake_add_headers(&writer, reply->headers, reply->header_count));
    hws_writer_add_string(&writer, "\r\n");
    return hws_writer_finish(&writer, size);
}
