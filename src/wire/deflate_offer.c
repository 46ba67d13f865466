/* SPDX-License-Identifier: MIT */
#include "wire/deflate_offer.h"

#include "base/text.h"
#include "base/try.h"
#include "wire/offer.h"
#include "wire/writer.h"

static const char NAME[] = "permessage-deflate";

static bool set_default(uint8_t *option, unsigned least, unsigned most, unsigned value)
{
    if (*option == 0) *option = (uint8_t)value;
    return *option >= least && *option <= most;
}

hws_status hws_deflate_options_complete(hws_deflate_options *options)
{
    /* zlib makes no streams for a window of 2^8 bytes, but reads them. */
    const bool good = set_default(&options->send_window_bits, HWS_DEFLATE_BITS_MIN + 1,
                                  HWS_DEFLATE_BITS_MAX, HWS_DEFLATE_BITS_MAX) &&
                      set_default(&options->receive_window_bits, HWS_DEFLATE_BITS_MIN,
                                  HWS_DEFLATE_BITS_MAX, HWS_DEFLATE_BITS_MAX) &&
                      set_default(&options->level, 1, 9, 1) &&
                      set_default(&options->memory_level, 1, 9, 5);
    if (options->size_min == 0) options->size_min = 128;
    return good ? HWS_OK : HWS_ERR_INVALID_ARGUMENT;
}

/* §7.1.2: 8 to 15, without leading zeros. */
static bool read_bits(hws_text value, uint8_t *bits)
{
    uint64_t number;
    if (value.size == 0 || value.data[0] == '0') return false;
    if (!hws_text_parse_number(value, HWS_DEFLATE_BITS_MAX, &number)) return false;
    *bits = (uint8_t)number;
    return number >= HWS_DEFLATE_BITS_MIN;
}

static bool read_flag(hws_text value, bool *flag)
{
    if (*flag || value.data) return false;
    *flag = true;
    return true;
}

/* A parameter that is unknown, stands there twice, or has a wrong value, spoils it all (§7.1). */
static bool read_parameter(const hws_offer_parameter *parameter, hws_deflate_offer *offer)
{
    const hws_text name = parameter->name;
    const hws_text value = parameter->value;
    if (hws_text_equal(name, hws_text_of("server_no_context_takeover")))
        return read_flag(value, &offer->server_no_takeover);
    if (hws_text_equal(name, hws_text_of("client_no_context_takeover")))
        return read_flag(value, &offer->client_no_takeover);
    if (hws_text_equal(name, hws_text_of("server_max_window_bits")))
        return offer->server_bits == 0 && read_bits(value, &offer->server_bits);
    if (!hws_text_equal(name, hws_text_of("client_max_window_bits")) || offer->client_bits != 0)
        return false;
    if (value.data) return read_bits(value, &offer->client_bits);
    offer->client_bits = HWS_DEFLATE_BITS_ANY;
    return true;
}

static bool is_deflate(const hws_offer *offer)
{
    return hws_text_equal_ignoring_case(offer->name, hws_text_of(NAME));
}

static bool read_offer(hws_offer offer, hws_deflate_offer *read)
{
    hws_offer_parameter parameter;
    *read = (hws_deflate_offer){0};
    while (hws_offer_next_parameter(&offer, &parameter))
        if (!read_parameter(&parameter, read)) return false;
    return true;
}

/* What cannot be asked of a client that does not know how to use a smaller window: that it keeps
 * one.  That bounds our memory, too. */
static void limit_client(const hws_deflate_options *options, const hws_deflate_offer *offer,
                         hws_deflate_offer *answer)
{
    const uint8_t bits = options->receive_window_bits;
    if (offer->client_bits == 0) {
        if (bits < HWS_DEFLATE_BITS_MAX) answer->client_no_takeover = true;
        return;
    }
    answer->client_bits = offer->client_bits < bits ? offer->client_bits : bits;
    /* Without a value it says no more than that we might limit it. */
    if (offer->client_bits == HWS_DEFLATE_BITS_ANY && bits == HWS_DEFLATE_BITS_MAX)
        answer->client_bits = 0;
}

static bool answer_offer(const hws_deflate_options *options, const hws_deflate_offer *offer,
                         hws_deflate_offer *answer)
{
    const uint8_t bits = options->send_window_bits;
    if (offer->server_bits == HWS_DEFLATE_BITS_MIN) return false; /* row L007 */
    *answer = (hws_deflate_offer){
        .server_no_takeover = offer->server_no_takeover || !options->send_takeover,
        .client_no_takeover = offer->client_no_takeover || !options->receive_takeover,
    };
    /* §7.1.2.1: an offer with a limit is accepted by repeating it, or a lower one. */
    if (offer->server_bits > 0)
        answer->server_bits = offer->server_bits < bits ? offer->server_bits : bits;
    else if (bits < HWS_DEFLATE_BITS_MAX)
        answer->server_bits = bits;
    limit_client(options, offer, answer);
    return true;
}

bool hws_deflate_answer(const hws_deflate_options *options, const hws_http_head *request,
                        hws_deflate_offer *answer)
{
    hws_offer_list offers;
    hws_offer offer;
    bool more = options->enabled;
    hws_offer_list_init(&offers, request);
    while (more && hws_offer_next(&offers, &offer, &more) == HWS_OK && more) {
        hws_deflate_offer wanted;
        if (is_deflate(&offer) && read_offer(offer, &wanted) &&
            answer_offer(options, &wanted, answer))
            return true;
    }
    return false;
}

static void add_bits(hws_writer *writer, const char *name, uint8_t bits)
{
    if (bits == 0) return;
    hws_writer_add_string(writer, "; ");
    hws_writer_add_string(writer, name);
    if (bits == HWS_DEFLATE_BITS_ANY) return;
    hws_writer_add_string(writer, "=");
    hws_writer_add_number(writer, bits);
}

static void add_offer(hws_writer *writer, const hws_deflate_offer *offer)
{
    hws_writer_add_string(writer, NAME);
    if (offer->server_no_takeover) hws_writer_add_string(writer, "; server_no_context_takeover");
    if (offer->client_no_takeover) hws_writer_add_string(writer, "; client_no_context_takeover");
    add_bits(writer, "server_max_window_bits", offer->server_bits);
    add_bits(writer, "client_max_window_bits", offer->client_bits);
}

size_t hws_deflate_write(const hws_deflate_offer *answer, char text[HWS_DEFLATE_TEXT_MAX])
{
    hws_writer writer = {text, HWS_DEFLATE_TEXT_MAX, 0};
    add_offer(&writer, answer);
    return writer.size;
}

enum { OFFERS_MAX = 2 };

/* What we would like, and, for a server that cannot be limited, what we can live with. */
static size_t make_offers(const hws_deflate_options *options, hws_deflate_offer offers[OFFERS_MAX])
{
    const bool is_limited = options->receive_window_bits < HWS_DEFLATE_BITS_MAX;
    const bool may_limit_us = options->send_window_bits < HWS_DEFLATE_BITS_MAX;
    if (!options->enabled) return 0;
    offers[0] = (hws_deflate_offer){
        .server_no_takeover = !options->receive_takeover,
        .client_no_takeover = !options->send_takeover,
        .server_bits = is_limited ? options->receive_window_bits : 0,
        .client_bits = may_limit_us ? options->send_window_bits : HWS_DEFLATE_BITS_ANY,
    };
    offers[1] = offers[0];
    offers[1].server_no_takeover = false;
    offers[1].server_bits = 0;
    return is_limited || !options->receive_takeover ? 2 : 1;
}

size_t hws_deflate_ask(const hws_deflate_options *options, char text[HWS_DEFLATE_TEXT_MAX])
{
    hws_writer writer = {text, HWS_DEFLATE_TEXT_MAX, 0};
    hws_deflate_offer offers[OFFERS_MAX];
    const size_t count = make_offers(options, offers);
    for (size_t i = 0; i < count; i++) {
        if (i > 0) hws_writer_add_string(&writer, ", ");
        add_offer(&writer, &offers[i]);
    }
    return writer.size;
}

/* Whether a server may give that answer to that offer (§7.1.1, §7.1.2). */
static bool fits(const hws_deflate_offer *offer, const hws_deflate_offer *answer)
{
    if (offer->server_no_takeover && !answer->server_no_takeover) return false;
    if (offer->server_bits > 0 &&
        (answer->server_bits == 0 || answer->server_bits > offer->server_bits))
        return false;
    return answer->client_bits < HWS_DEFLATE_BITS_ANY && answer->client_bits <= offer->client_bits;
}

hws_status hws_deflate_verify(const hws_deflate_options *options, const hws_http_head *response,
                              hws_deflate_offer *answer, bool *agreed)
{
    hws_deflate_offer asked[OFFERS_MAX];
    const size_t count = make_offers(options, asked);
    hws_offer_list taken;
    hws_offer offer;
    bool more = false;
    hws_offer_list_init(&taken, response);
    do HWS_TRY(hws_offer_next(&taken, &offer, &more));
    while (more && !is_deflate(&offer));
    if (!more) {
        *agreed = false;
        return HWS_OK;
    }
    hws_deflate_offer read;
    if (!read_offer(offer, &read)) return HWS_ERR_HANDSHAKE_EXTENSION;
    for (size_t i = 0; i < count; i++) {
        if (!fits(&asked[i], &read)) continue;
        *answer = read;
        *agreed = true;
        return HWS_OK;
    }
    return HWS_ERR_HANDSHAKE_EXTENSION;
}

static uint8_t window(uint8_t bits)
{
    return bits > 0 ? bits : HWS_DEFLATE_BITS_MAX;
}

hws_deflate_terms hws_deflate_terms_of(const hws_deflate_offer *answer, hws_role role,
                                       const hws_deflate_options *options)
{
    const bool is_server = role == HWS_ROLE_SERVER;
    const uint8_t sent = window(is_server ? answer->server_bits : answer->client_bits);
    const bool sent_alone = is_server ? answer->server_no_takeover : answer->client_no_takeover;
    const bool received_alone = is_server ? answer->client_no_takeover : answer->server_no_takeover;
    return (hws_deflate_terms){
        .send_bits = sent < options->send_window_bits ? sent : options->send_window_bits,
        .receive_bits = window(is_server ? answer->client_bits : answer->server_bits),
        .send_takeover = options->send_takeover && !sent_alone && sent > HWS_DEFLATE_BITS_MIN,
        .receive_takeover = !received_alone,
    };
}

static uint8_t said_bits(uint8_t bits)
{
    return bits < HWS_DEFLATE_BITS_MAX ? bits : 0;
}

hws_deflate_offer hws_deflate_terms_as_answer(hws_deflate_terms terms, hws_role role)
{
    const hws_deflate_offer ours = {
        .server_no_takeover = !terms.send_takeover,
        .client_no_takeover = !terms.receive_takeover,
        .server_bits = said_bits(terms.send_bits),
        .client_bits = said_bits(terms.receive_bits),
    };
    if (role == HWS_ROLE_SERVER) return ours;
    return (hws_deflate_offer){
        .server_no_takeover = ours.client_no_takeover,
        .client_no_takeover = ours.server_no_takeover,
        .server_bits = ours.client_bits,
        .client_bits = ours.server_bits,
    };
}
