/* SPDX-License-Identifier: MIT */
/* What the talks with all proxies have in common: whom they may ask for, and that a failure is
 * final. */
#include "net/proxy_talk.h"

#include <assert.h>

#include "base/try.h"
#include "wire/host.h"
#include "wire/writer.h"

enum { AUTHORITY_SIZE_MAX = HWS_PROXY_HOST_MAX + sizeof "[]:65535" };

static bool speaks_http(const hws_proxy *proxy)
{
    return proxy->kind == HWS_PROXY_HTTP || proxy->kind == HWS_PROXY_HTTPS;
}

/* "host:port", with the brackets of an IPv6 address (RFC 9110 §9.3.6).  It is read again, so that
 * nothing but a host gets into a request, whoever named it. */
static hws_status write_authority(const hws_proxy_talk *talk, char *text, size_t *size)
{
    const hws_text host = talk->host;
    if (host.size > HWS_PROXY_HOST_MAX) return HWS_ERR_LIMIT;
    const bool is_v6 = host.size > 0 && memchr(host.data, ':', host.size);

    hws_writer writer = {text, AUTHORITY_SIZE_MAX, 0};
    if (is_v6) hws_writer_add_string(&writer, "[");
    hws_writer_add(&writer, host);
    hws_writer_add_string(&writer, is_v6 ? "]:" : ":");
    hws_writer_add_number(&writer, talk->port);
    HWS_TRY(hws_writer_finish(&writer, size));

    hws_host parsed;
    const bool is_host = hws_host_parse((hws_text){text, *size}, &parsed) == HWS_OK;
    return is_host && parsed.port > 0 ? HWS_OK : HWS_ERR_INVALID_ARGUMENT;
}

static hws_status open_talk(hws_proxy_talk *talk, hws_buffer *output)
{
    char text[AUTHORITY_SIZE_MAX];
    size_t size;
    HWS_TRY(write_authority(talk, text, &size));
    if (speaks_http(talk->proxy))
        return hws_proxy_connect_init(talk, (hws_text){text, size}, output);
    return hws_proxy_socks5_init(talk, output);
}

hws_status hws_proxy_talk_init(hws_proxy_talk *talk, const hws_proxy *proxy, hws_text host,
                               uint16_t port, const hws_memory *memory, hws_buffer *output)
{
    assert(proxy->kind != HWS_PROXY_NONE);
    *talk = (hws_proxy_talk){.proxy = proxy, .memory = memory, .host = host, .port = port};
    hws_http_head_init(&talk->head, HWS_HTTP_RESPONSE, NULL, memory);
    const size_t size = output->size;
    talk->failure = open_talk(talk, output);
    if (talk->failure != HWS_OK) output->size = size;
    return talk->failure;
}

hws_status hws_proxy_talk_receive(hws_proxy_talk *talk, hws_span *input, hws_buffer *output,
                                  bool *done)
{
    HWS_TRY(talk->failure);
    talk->failure = speaks_http(talk->proxy) ? hws_proxy_connect_receive(talk, input, done)
                                             : hws_proxy_socks5_receive(talk, input, output, done);
    return talk->failure;
}

void hws_proxy_talk_release(hws_proxy_talk *talk)
{
    hws_http_head_release(&talk->head);
}
