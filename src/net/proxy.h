/* SPDX-License-Identifier: MIT */
/* Proxies: their URLs, which of them is for whom, and how each is asked to open the way. */
#ifndef HAWSER_NET_PROXY_H
#define HAWSER_NET_PROXY_H

#include "base/buffer.h"
#include "hawser/http_head.h"
#include "hawser/url.h"

typedef enum hws_proxy_kind {
    HWS_PROXY_NONE,    /* go there directly */
    HWS_PROXY_HTTP,    /* CONNECT (RFC 9110 §9.3.6) */
    HWS_PROXY_HTTPS,   /* likewise, inside TLS to the proxy */
    HWS_PROXY_SOCKS5,  /* RFC 1928; names are looked up here */
    HWS_PROXY_SOCKS5H, /* there */
} hws_proxy_kind;

/* Borrows from the text that was parsed. */
typedef struct hws_proxy {
    hws_proxy_kind kind;
    hws_text host; /* an IPv6 address without its brackets */
    uint16_t port; /* 80, 443 or 1080 when none is named */
    hws_text user; /* percent-encoded as it was written; absent for none */
    hws_text password;
} hws_proxy;

/* Reads "http://user:password@host:port", "socks5h://[::1]:1080", "none"; a "host:port" alone is an
 * http proxy, as the environment variables have it; a path but "/" is refused.
 *
 * Errors: HWS_ERR_URL_SCHEME, _HOST, _PORT, _USERINFO, _PATH, _TOO_LONG. */
HWS_MUST_CHECK hws_status hws_proxy_parse(hws_text text, hws_proxy *proxy);

/* The value of an environment variable; NULL when it is not set. */
typedef const char *hws_proxy_variable(void *user, const char *name);

/* Which proxy the environment names for a URL: https_proxy for wss, http_proxy for ws, else
 * all_proxy; lower case before upper case (but never HTTP_PROXY, which a CGI program's client could
 * set).  None for hosts that no_proxy names (a name and all below it, an address, a network
 * "10.0.0.0/8", "*"; names and addresses with or without a port) and for localhost and loopback
 * addresses.  A variable that is empty counts as not set.
 *
 * proxy    HWS_PROXY_NONE when there is none.  Borrows from the variable.
 *
 * Errors: of hws_proxy_parse. */
HWS_MUST_CHECK hws_status hws_proxy_of_environment(const hws_url *url, hws_proxy_variable *variable,
                                                   void *user, hws_proxy *proxy);

/* The talk with a proxy, without a socket: bytes in, bytes out. */
typedef struct hws_proxy_talk {
    const hws_proxy *proxy;
    const hws_memory *memory;
    hws_text host; /* whom to reach: a name, or an address literal without brackets */
    uint16_t port;
    uint8_t state;
    hws_http_head head; /* of the answer to CONNECT */
    uint8_t reply[262]; /* of SOCKS, as far as it has come */
    uint16_t reply_size;
    hws_status failure;
    char text[160]; /* what the proxy said, in words, when it failed */
} hws_proxy_talk;

/* Appends the first bytes to send to `output`.  `proxy`, which is not HWS_PROXY_NONE, and `host`
 * outlive the talk.
 * Errors: HWS_ERR_NO_MEMORY, HWS_ERR_LIMIT (a name over 255 bytes, or credentials that SOCKS has no
 *         room for), HWS_ERR_INVALID_ARGUMENT (no host, port 0, escapes in the credentials that are
 *         none, a user with a colon for Basic).  Nothing is owned, and `output` is as it was. */
HWS_MUST_CHECK hws_status hws_proxy_talk_init(hws_proxy_talk *talk, const hws_proxy *proxy,
                                              hws_text host, uint16_t port,
                                              const hws_memory *memory, hws_buffer *output);

/* Consumes `input` as far as it belongs to the talk, and appends to `output` what is to be sent.
 * What is left behind a `done` talk is the target's; nothing more is consumed then.
 *
 * Errors: HWS_ERR_PROXY (refused: talk->text), HWS_ERR_PROXY_AUTHENTICATION, HWS_ERR_PROXY_PROTOCOL
 *         (junk, a head over 16 KiB), HWS_ERR_NO_MEMORY.  Final. */
HWS_MUST_CHECK hws_status hws_proxy_talk_receive(hws_proxy_talk *talk, hws_span *input,
                                                 hws_buffer *output, bool *done);

void hws_proxy_talk_release(hws_proxy_talk *talk);

#endif /* HAWSER_NET_PROXY_H */
