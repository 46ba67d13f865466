/* SPDX-License-Identifier: MIT */
/* SOCKS version 5 (RFC 1928), with a user and a password (RFC 1929).
 *
 *     AWAIT_METHOD ──▶ [AWAIT_LOGIN] ──▶ AWAIT_REPLY ──▶ OPEN
 *
 * Each answer is looked at byte by byte: a refusal is known, and told, before the proxy has sent
 * the rest of it, which not all do. */
#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>

#include "base/span.h"
#include "base/text.h"
#include "base/try.h"
#include "net/credentials.h"
#include "net/proxy_talk.h"

enum { AWAIT_METHOD, AWAIT_LOGIN, AWAIT_REPLY, OPEN };

enum {
    VERSION = 5,
    LOGIN_VERSION = 1,
    METHOD_NONE = 0,
    METHOD_LOGIN = 2,
    METHOD_UNACCEPTABLE = 0xFF,
    COMMAND_CONNECT = 1,
    ADDRESS_V4 = 1,
    ADDRESS_NAME = 3,
    ADDRESS_V6 = 4,
    FIELD_MAX = 255, /* bytes that one byte can count */
};

static hws_status send_bytes(const hws_proxy_talk *talk, hws_buffer *output, const void *bytes,
                             size_t size)
{
    return hws_buffer_append(output, talk->memory, bytes, size, HWS_PROXY_OUTPUT_MAX);
}

static hws_status fail(hws_proxy_talk *talk, hws_status status, const char *text)
{
    snprintf(talk->text, sizeof talk->text, "%s", text);
    return status;
}

/* Writes the size of the text, percent-decoded, and the text behind it. */
static hws_status add_field(hws_text text, uint8_t *bytes, size_t *size)
{
    uint8_t *const count = &bytes[(*size)++];
    for (*count = 0; text.size > 0; ++*count) {
        const int taken = hws_credentials_take(&text);
        if (taken < 0) return HWS_ERR_INVALID_ARGUMENT;
        if (*count == FIELD_MAX) return HWS_ERR_LIMIT;
        bytes[(*size)++] = (uint8_t)taken;
    }
    return HWS_OK;
}

/* RFC 1929 §2. */
static hws_status write_login(const hws_proxy *proxy, uint8_t bytes[3 + 2 * FIELD_MAX],
                              size_t *size)
{
    bytes[0] = LOGIN_VERSION;
    *size = 1;
    HWS_TRY(add_field(proxy->user, bytes, size));
    return add_field(proxy->password, bytes, size);
}

static hws_status send_login(hws_proxy_talk *talk, hws_buffer *output)
{
    uint8_t bytes[3 + 2 * FIELD_MAX];
    size_t size;
    HWS_TRY(write_login(talk->proxy, bytes, &size));
    talk->state = AWAIT_LOGIN;
    return send_bytes(talk, output, bytes, size);
}

/* The address in the bytes of its type, a name behind its size (RFC 1928 §5). */
static size_t write_address(hws_text host, uint8_t bytes[2 + HWS_PROXY_HOST_MAX])
{
    char literal[HWS_PROXY_HOST_MAX + 1];
    assert(host.size < sizeof literal);
    memcpy(literal, host.data, host.size);
    literal[host.size] = 0;

    bytes[0] = ADDRESS_V4;
    if (inet_pton(AF_INET, literal, bytes + 1) == 1) return 1 + 4;
    bytes[0] = ADDRESS_V6;
    if (inet_pton(AF_INET6, literal, bytes + 1) == 1) return 1 + 16;
    bytes[0] = ADDRESS_NAME;
    bytes[1] = (uint8_t)host.size;
    memcpy(bytes + 2, host.data, host.size);
    return 2 + host.size;
}

/* RFC 1928 §4. */
static hws_status send_request(hws_proxy_talk *talk, hws_buffer *output)
{
    uint8_t bytes[3 + 2 + HWS_PROXY_HOST_MAX + 2] = {VERSION, COMMAND_CONNECT, 0};
    size_t size = 3 + write_address(talk->host, bytes + 3);
    hws_store_be(bytes + size, 2, talk->port);
    talk->state = AWAIT_REPLY;
    return send_bytes(talk, output, bytes, size + 2);
}

/* An http proxy, or a web server, answers what it does not understand in HTTP. */
static hws_status fail_version(hws_proxy_talk *talk, uint8_t byte)
{
    return fail(talk, HWS_ERR_PROXY_PROTOCOL,
                byte == 'H' ? "the proxy answers in HTTP, not in SOCKS version 5"
                            : "the proxy does not answer in SOCKS version 5");
}

static hws_status choose_method(hws_proxy_talk *talk, hws_buffer *output)
{
    const bool has_login = talk->proxy->user.data != NULL;
    const uint8_t method = talk->reply[1];
    talk->reply_size = 0;
    if (method == METHOD_NONE) return send_request(talk, output);
    if (method == METHOD_LOGIN && has_login) return send_login(talk, output);
    if (method != METHOD_UNACCEPTABLE)
        return fail(talk, HWS_ERR_PROXY_PROTOCOL,
                    "the proxy chose an authentication that was not offered");
    return fail(talk, HWS_ERR_PROXY_AUTHENTICATION,
                has_login ? "the proxy wants an authentication other than a user and a password"
                          : "the proxy wants an authentication, and no user is named");
}

static hws_status read_method(hws_proxy_talk *talk, hws_buffer *output)
{
    if (talk->reply[0] != VERSION) return fail_version(talk, talk->reply[0]);
    return talk->reply_size == 2 ? choose_method(talk, output) : HWS_OK;
}

static hws_status read_login(hws_proxy_talk *talk, hws_buffer *output)
{
    if (talk->reply[0] != LOGIN_VERSION)
        return fail(talk, HWS_ERR_PROXY_PROTOCOL,
                    "the proxy answers the user and password in an unknown version");
    if (talk->reply_size < 2) return HWS_OK;
    if (talk->reply[1] != 0)
        return fail(talk, HWS_ERR_PROXY_AUTHENTICATION,
                    "the proxy refused the user or the password");
    talk->reply_size = 0;
    return send_request(talk, output);
}

/* RFC 1928 §6, REP. */
static hws_status refuse(hws_proxy_talk *talk, uint8_t code)
{
    static const char *const REASONS[] = {
        [1] = "it failed",
        [2] = "its rules do not allow the connection",
        [3] = "it cannot reach the network",
        [4] = "it cannot reach the host",
        [5] = "the host refused the connection",
        [6] = "the way to the host is too long (TTL expired)",
        [7] = "it does not make connections (command not supported)",
        [8] = "it does not know this type of address",
    };
    const bool is_known = code < sizeof REASONS / sizeof *REASONS;
    snprintf(talk->text, sizeof talk->text, "the proxy answered %d: %s", code,
             is_known ? REASONS[code] : "a code that means nothing");
    return HWS_ERR_PROXY;
}

/* How many bytes the reply has, of which five are there. */
static size_t reply_size(const uint8_t *reply)
{
    const size_t around = 4 + 2; /* what stands before the address, and the port */
    if (reply[3] == ADDRESS_V4) return around + 4;
    if (reply[3] == ADDRESS_V6) return around + 16;
    return around + 1 + reply[4];
}

/* Where the proxy connects from is of no interest here, but where that ends is. */
static hws_status read_reply(hws_proxy_talk *talk)
{
    const uint8_t *reply = talk->reply;
    if (reply[0] != VERSION) return fail_version(talk, reply[0]);
    if (talk->reply_size == 2 && reply[1] != 0) return refuse(talk, reply[1]);
    if (talk->reply_size < 4) return HWS_OK; /* RSV: whatever it says */
    if (reply[3] != ADDRESS_V4 && reply[3] != ADDRESS_NAME && reply[3] != ADDRESS_V6)
        return fail(talk, HWS_ERR_PROXY_PROTOCOL,
                    "the proxy answers with an unknown type of address");
    if (talk->reply_size > 4 && talk->reply_size == reply_size(reply)) talk->state = OPEN;
    return HWS_OK;
}

static hws_status read_byte(hws_proxy_talk *talk, uint8_t byte, hws_buffer *output)
{
    assert(talk->reply_size < sizeof talk->reply);
    talk->reply[talk->reply_size++] = byte;
    if (talk->state == AWAIT_METHOD) return read_method(talk, output);
    if (talk->state == AWAIT_LOGIN) return read_login(talk, output);
    return read_reply(talk);
}

/* RFC 1928 §3: what is offered.  Credentials that do not fit are told before anything is sent. */
hws_status hws_proxy_socks5_init(hws_proxy_talk *talk, hws_buffer *output)
{
    uint8_t login[3 + 2 * FIELD_MAX];
    size_t size;
    if (!talk->proxy->user.data)
        return send_bytes(talk, output, (uint8_t[]){VERSION, 1, METHOD_NONE}, 3);
    HWS_TRY(write_login(talk->proxy, login, &size));
    return send_bytes(talk, output, (uint8_t[]){VERSION, 2, METHOD_NONE, METHOD_LOGIN}, 4);
}

hws_status hws_proxy_socks5_receive(hws_proxy_talk *talk, hws_span *input, hws_buffer *output,
                                    bool *done)
{
    while (input->size > 0 && talk->state != OPEN)
        HWS_TRY(read_byte(talk, *hws_span_take(input, 1).data, output));
    *done = talk->state == OPEN;
    return HWS_OK;
}
