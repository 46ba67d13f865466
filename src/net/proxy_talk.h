/* SPDX-License-Identifier: MIT */
/* The two languages of proxies, for proxy_talk.c alone. */
#ifndef HAWSER_NET_PROXY_TALK_H
#define HAWSER_NET_PROXY_TALK_H

#include "net/proxy.h"

enum {
    HWS_PROXY_HOST_MAX = 255,       /* bytes of a name, SOCKS' limit and over the DNS's */
    HWS_PROXY_OUTPUT_MAX = 1 << 16, /* bytes that wait to be sent to a proxy */
};

/* HTTP CONNECT.  `authority` is "host:port".  As hws_proxy_talk_init and _receive. */
HWS_MUST_CHECK hws_status hws_proxy_connect_init(hws_proxy_talk *talk, hws_text authority,
                                                 hws_buffer *output);
HWS_MUST_CHECK hws_status hws_proxy_connect_receive(hws_proxy_talk *talk, hws_span *input,
                                                    bool *done);

/* SOCKS version 5. */
HWS_MUST_CHECK hws_status hws_proxy_socks5_init(hws_proxy_talk *talk, hws_buffer *output);
HWS_MUST_CHECK hws_status hws_proxy_socks5_receive(hws_proxy_talk *talk, hws_span *input,
                                                   hws_buffer *output, bool *done);

#endif /* HAWSER_NET_PROXY_TALK_H */
