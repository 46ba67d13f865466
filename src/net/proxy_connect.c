/* SPDX-License-Identifier: MIT */
/* HTTP CONNECT (RFC 9110 §9.3.6), with Basic authentication (RFC 7617). */
#include <stdio.h>

#include "base/base64.h"
#include "base/text.h"
#include "base/try.h"
#include "net/credentials.h"
#include "net/proxy_talk.h"

enum {
    REASON_SHOWN_MAX = 64, /* bytes of the reason that are shown */
    INTERIM_COUNT_MAX = 10,
};

static hws_status add(const hws_proxy_talk *talk, hws_buffer *output, hws_text text)
{
    return hws_buffer_append(output, talk->memory, text.data, text.size, HWS_PROXY_OUTPUT_MAX);
}

static hws_status add_string(const hws_proxy_talk *talk, hws_buffer *output, const char *string)
{
    return add(talk, output, hws_text_of(string));
}

static hws_status add_decoded(const hws_proxy_talk *talk, hws_buffer *plain, hws_text text,
                              bool is_user)
{
    while (text.size > 0) {
        const int taken = hws_credentials_take(&text);
        if (taken < 0) return HWS_ERR_INVALID_ARGUMENT;
        if (is_user && taken == ':') return HWS_ERR_INVALID_ARGUMENT; /* RFC 7617 §2 */
        const uint8_t byte = (uint8_t)taken;
        HWS_TRY(hws_buffer_append(plain, talk->memory, &byte, 1, HWS_URL_SIZE_MAX));
    }
    return HWS_OK;
}

/* RFC 7617 §2: user-pass, the user and the password with a colon between. */
static hws_status decode_credentials(const hws_proxy_talk *talk, hws_buffer *plain)
{
    HWS_TRY(add_decoded(talk, plain, talk->proxy->user, true));
    HWS_TRY(hws_buffer_append(plain, talk->memory, ":", 1, HWS_URL_SIZE_MAX));
    return add_decoded(talk, plain, talk->proxy->password, false);
}

static hws_status add_base64(const hws_proxy_talk *talk, hws_buffer *output,
                             const hws_buffer *plain)
{
    const size_t size = hws_base64_size(plain->size);
    HWS_TRY(hws_buffer_reserve(output, talk->memory, size, HWS_PROXY_OUTPUT_MAX));
    char *end = (char *)(void *)(output->data + output->size);
    output->size += hws_base64_encode(plain->data, plain->size, end);
    return HWS_OK;
}

static hws_status add_credentials(const hws_proxy_talk *talk, hws_buffer *output)
{
    if (!talk->proxy->user.data) return HWS_OK;
    HWS_TRY(add_string(talk, output, "Proxy-Authorization: Basic "));
    hws_buffer plain = {0};
    hws_status status = decode_credentials(talk, &plain);
    if (status == HWS_OK) status = add_base64(talk, output, &plain);
    hws_buffer_release(&plain, talk->memory);
    HWS_TRY(status);
    return add_string(talk, output, "\r\n");
}

hws_status hws_proxy_connect_init(hws_proxy_talk *talk, hws_text authority, hws_buffer *output)
{
    HWS_TRY(add_string(talk, output, "CONNECT "));
    HWS_TRY(add(talk, output, authority));
    HWS_TRY(add_string(talk, output, " HTTP/1.1\r\nHost: "));
    HWS_TRY(add(talk, output, authority));
    HWS_TRY(add_string(talk, output, "\r\n"));
    HWS_TRY(add_credentials(talk, output));
    return add_string(talk, output, "\r\n");
}

/* The reason is the proxy's: it goes to a terminal, or a log, and may want to be more than text. */
static void tell_refusal(hws_proxy_talk *talk)
{
    const hws_text reason = hws_http_head_reason(&talk->head);
    char shown[REASON_SHOWN_MAX + 1];
    size_t size = 0;
    for (; size < reason.size && size < REASON_SHOWN_MAX; size++) {
        const char character = reason.data[size];
        shown[size] = (char)(character >= ' ' && character <= '~' ? character : '?');
    }
    shown[size] = 0;
    snprintf(talk->text, sizeof talk->text, "the proxy answered %d%s%s", talk->head.status,
             size > 0 ? " " : "", shown);
}

/* RFC 9110 §15.5.8: 407; but tinyproxy says 401 to credentials that are wrong. */
static hws_status refuse(hws_proxy_talk *talk)
{
    const uint16_t status = talk->head.status;
    tell_refusal(talk);
    return status == 407 || status == 401 ? HWS_ERR_PROXY_AUTHENTICATION : HWS_ERR_PROXY;
}

static hws_status explain_junk(hws_proxy_talk *talk, hws_status status)
{
    const char *text = status == HWS_ERR_HTTP_HEAD_TOO_BIG
                           ? "the head of the proxy's answer is too big"
                           : "the proxy does not answer in HTTP";
    if (status == HWS_ERR_NO_MEMORY) return status;
    snprintf(talk->text, sizeof talk->text, "%s", text);
    return HWS_ERR_PROXY_PROTOCOL;
}

/* RFC 9110 §15.2: interim answers go before the final one; but 101 would be another protocol. */
static bool is_interim(const hws_proxy_talk *talk)
{
    return talk->head.status < 200 && talk->head.status != 101 && talk->state < INTERIM_COUNT_MAX;
}

hws_status hws_proxy_connect_receive(hws_proxy_talk *talk, hws_span *input, bool *done)
{
    bool is_whole = false;
    for (;;) {
        const hws_status status = hws_http_head_parse(&talk->head, input, &is_whole);
        if (status != HWS_OK) return explain_junk(talk, status);
        if (!is_whole || !is_interim(talk)) break;
        hws_http_head_reset(&talk->head);
        talk->state++;
    }
    /* §9.3.6: a 2xx has no body, whatever its fields say. */
    if (is_whole && (talk->head.status < 200 || talk->head.status > 299)) return refuse(talk);
    *done = is_whole;
    return HWS_OK;
}
