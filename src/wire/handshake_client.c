/* SPDX-License-Identifier: MIT */
/* The client's side of the opening handshake (RFC 6455 §4.1). */
#include "base/base64.h"
#include "base/try.h"
#include "wire/handshake.h"
#include "wire/offer.h"

static void write_key(const hws_handshake_question *question, char key[HWS_HANDSHAKE_KEY_SIZE])
{
    hws_base64_encode(question->nonce, sizeof question->nonce, key);
}

static bool is_asked(const hws_handshake_question *question, size_t count, hws_text protocol)
{
    for (size_t i = 0; i < count && question->protocols[i]; i++)
        if (hws_text_equal(hws_text_of(question->protocols[i]), protocol)) return true;
    return false;
}

/* (10): tokens, all different. */
static hws_status add_protocols(hws_writer *writer, const hws_handshake_question *question)
{
    if (!question->protocols || !question->protocols[0]) return HWS_OK;
    hws_writer_add_string(writer, "Sec-WebSocket-Protocol: ");
    for (size_t i = 0; question->protocols[i]; i++) {
        const hws_text protocol = hws_text_of(question->protocols[i]);
        if (i == HWS_HANDSHAKE_PROTOCOL_MAX || !hws_text_is_token(protocol) ||
            is_asked(question, i, protocol))
            return HWS_ERR_HANDSHAKE_PROTOCOL;
        if (i > 0) hws_writer_add_string(writer, ", ");
        hws_writer_add(writer, protocol);
    }
    hws_writer_add_string(writer, "\r\n");
    return HWS_OK;
}

static hws_status add_extensions(hws_writer *writer, const hws_handshake_question *question)
{
    hws_offer_list offers;
    hws_offer offer;
    bool more = false;
    if (!question->extensions.data) return HWS_OK;
    hws_offer_list_init_text(&offers, question->extensions);
    do HWS_TRY(hws_offer_next(&offers, &offer, &more));
    while (more);
    hws_handshake_add_field(writer, "Sec-WebSocket-Extensions", question->extensions);
    return HWS_OK;
}

static hws_status add_origin(hws_writer *writer, const hws_handshake_question *question)
{
    if (!question->origin.data) return HWS_OK;
    if (!hws_handshake_value_is_safe(question->origin)) return HWS_ERR_INVALID_ARGUMENT;
    hws_handshake_add_field(writer, "Origin", question->origin);
    return HWS_OK;
}

static hws_status add_start(hws_writer *writer, const hws_url *url)
{
    char authority[HWS_URL_SIZE_MAX];
    size_t size = 0;
    HWS_TRY(hws_url_write_authority(url, authority, sizeof authority, &size));
    hws_writer_add_string(writer, "GET ");
    hws_writer_add(writer, url->path);
    if (url->query.data) hws_writer_add_string(writer, "?");
    hws_writer_add(writer, url->query);
    hws_writer_add_string(writer, " HTTP/1.1\r\n");
    hws_handshake_add_field(writer, "Host", (hws_text){authority, size});
    return HWS_OK;
}

hws_status hws_handshake_ask(const hws_handshake_question *question, char *text, size_t size_max,
                             size_t *size)
{
    char key[HWS_HANDSHAKE_KEY_SIZE];
    write_key(question, key);

    hws_writer writer = {text, size_max, 0};
    HWS_TRY(add_start(&writer, question->url));
    hws_writer_add_string(&writer, "Upgrade: websocket\r\n"
                                   "Connection: Upgrade\r\n");
    hws_handshake_add_field(&writer, "Sec-WebSocket-Key", (hws_text){key, sizeof key});
    hws_writer_add_string(&writer, "Sec-WebSocket-Version: 13\r\n");
    HWS_TRY(add_origin(&writer, question));
    HWS_TRY(add_protocols(&writer, question));
    HWS_TRY(add_extensions(&writer, question));
    HWS_TRY(hws_handshake_add_headers(&writer, question->headers, question->header_count));
    hws_writer_add_string(&writer, "\r\n");
    return hws_writer_finish(&writer, size);
}

/* (4): the answer to our key, byte for byte. */
static hws_status verify_accept(const hws_handshake_question *question,
                                const hws_http_head *response)
{
    char key[HWS_HANDSHAKE_KEY_SIZE];
    char accept[HWS_HANDSHAKE_ACCEPT_SIZE];
    write_key(question, key);
    hws_handshake_accept_key((hws_text){key, sizeof key}, accept);
    return hws_text_equal(hws_http_head_field(response, "Sec-WebSocket-Accept"),
                          (hws_text){accept, sizeof accept})
               ? HWS_OK
               : HWS_ERR_HANDSHAKE_ACCEPT;
}

/* How many offers of that name `offers` holds, which are known to be well-formed. */
static size_t count_offers(hws_offer_list offers, hws_text name)
{
    size_t count = 0;
    hws_offer offer;
    bool more = false;
    while (hws_offer_next(&offers, &offer, &more) == HWS_OK && more)
        count += hws_text_equal_ignoring_case(offer.name, name);
    return count;
}

/* (5): only what was asked for, and each once.  The parameters are the extension's to judge. */
static hws_status verify_extensions(const hws_handshake_question *question,
                                    const hws_http_head *response)
{
    hws_offer_list asked;
    hws_offer_list taken;
    hws_offer_list all;
    hws_offer offer;
    bool more = false;
    hws_offer_list_init_text(&asked, question->extensions);
    hws_offer_list_init(&taken, response);
    all = taken;
    for (;;) {
        HWS_TRY(hws_offer_next(&taken, &offer, &more));
        if (!more) return HWS_OK;
        if (count_offers(asked, offer.name) == 0 || count_offers(all, offer.name) > 1)
            return HWS_ERR_HANDSHAKE_EXTENSION;
    }
}

/* (6) */
static hws_status verify_protocol(const hws_handshake_question *question,
                                  const hws_http_head *response, hws_text *protocol)
{
    const hws_text taken = hws_http_head_field(response, "Sec-WebSocket-Protocol");
    const bool is_any_asked = question->protocols && question->protocols[0];
    if (!taken.data) {
        if (is_any_asked && question->protocol_required) return HWS_ERR_HANDSHAKE_PROTOCOL;
    } else {
        if (hws_http_head_count(response, "Sec-WebSocket-Protocol") > 1)
            return HWS_ERR_HANDSHAKE_PROTOCOL;
        if (!is_any_asked || !is_asked(question, HWS_HANDSHAKE_PROTOCOL_MAX, taken))
            return HWS_ERR_HANDSHAKE_PROTOCOL;
    }
    *protocol = taken;
    return HWS_OK;
}

hws_status hws_handshake_verify(const hws_handshake_question *question,
                                const hws_http_head *response, hws_text *protocol)
{
    if (response->status != 101 || response->version_minor == 0) return HWS_ERR_HANDSHAKE_STATUS;
    /* (2): exactly that, where a request may name more. */
    if (hws_http_head_count(response, "Upgrade") != 1 ||
        !hws_text_equal_ignoring_case(hws_http_head_field(response, "Upgrade"),
                                      hws_text_of("websocket")))
        return HWS_ERR_HANDSHAKE_UPGRADE;
    if (!hws_http_head_has_token(response, "Connection", "upgrade"))
        return HWS_ERR_HANDSHAKE_CONNECTION;
    HWS_TRY(verify_accept(question, response));
    HWS_TRY(verify_extensions(question, response));
    return verify_protocol(question, response, protocol);
}
