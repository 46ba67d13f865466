/* SPDX-License-Identifier: MIT */
/* Lists of extensions:
 *
 *     list       offer *("," offer)           with empty elements let pass (RFC 9110 §5.6.1.2)
 *     offer      token *(";" parameter)
 *     parameter  token ["=" (token | quoted)]
 *
 * White space may stand between any two of these. */
#include "wire/offer.h"

#include <assert.h>

#include "base/try.h"

static void skip(hws_text *rest, size_t size)
{
    rest->data += size;
    rest->size -= size;
}

static void skip_white_space(hws_text *rest)
{
    while (rest->size > 0 && (*rest->data == ' ' || *rest->data == '\t')) skip(rest, 1);
}

/* Takes `character` if it is the next, and the white space around it. */
static bool take(hws_text *rest, char character)
{
    skip_white_space(rest);
    if (rest->size == 0 || *rest->data != character) return false;
    skip(rest, 1);
    skip_white_space(rest);
    return true;
}

static hws_status take_token(hws_text *rest, hws_text *token)
{
    size_t size = 0;
    while (size < rest->size && hws_character_is_token(rest->data[size])) size++;
    if (size == 0) return HWS_ERR_HANDSHAKE_EXTENSION;
    *token = (hws_text){rest->data, size};
    skip(rest, size);
    return HWS_OK;
}

/* What remains of a token that was quoted and escaped. */
static hws_status unescape(hws_text quoted, hws_offer_parameter *parameter)
{
    size_t size = 0;
    for (size_t i = 0; i < quoted.size; i++) {
        if (quoted.data[i] == '\\') i++;
        if (size == sizeof parameter->unescaped) return HWS_ERR_HANDSHAKE_EXTENSION;
        parameter->unescaped[size++] = quoted.data[i];
    }
    parameter->value = (hws_text){parameter->unescaped, size};
    return HWS_OK;
}

/* Behind the opening quote. */
static hws_status take_quoted(hws_text *rest, hws_offer_parameter *parameter)
{
    size_t size = 0;
    bool is_escaped = false;
    for (; size < rest->size && rest->data[size] != '"'; size++) {
        if (rest->data[size] != '\\') continue;
        is_escaped = true;
        size++; /* whatever follows; the end of the text is found below */
    }
    if (size >= rest->size) return HWS_ERR_HANDSHAKE_EXTENSION;

    parameter->value = (hws_text){rest->data, size};
    skip(rest, size + 1);
    if (is_escaped) HWS_TRY(unescape(parameter->value, parameter));
    return hws_text_is_token(parameter->value) ? HWS_OK : HWS_ERR_HANDSHAKE_EXTENSION;
}

static hws_status take_parameter(hws_text *rest, hws_offer_parameter *parameter)
{
    HWS_TRY(take_token(rest, &parameter->name));
    parameter->value = (hws_text){NULL, 0};
    if (!take(rest, '=')) return HWS_OK;
    if (rest->size == 0 || *rest->data != '"') return take_token(rest, &parameter->value);
    skip(rest, 1);
    return take_quoted(rest, parameter);
}

static hws_status take_offer(hws_text *rest, hws_offer *offer)
{
    hws_offer found;
    hws_offer_parameter parameter;
    HWS_TRY(take_token(rest, &found.name));
    found.parameters.data = rest->data;
    while (take(rest, ';')) HWS_TRY(take_parameter(rest, &parameter));
    found.parameters.size = (size_t)(rest->data - found.parameters.data);
    if (rest->size > 0 && *rest->data != ',') return HWS_ERR_HANDSHAKE_EXTENSION;
    *offer = found;
    return HWS_OK;
}

/* Steps to the next line when one is read.  Returns: false behind the last. */
static bool has_rest(hws_offer_list *offers)
{
    skip_white_space(&offers->rest);
    while (offers->rest.size == 0) {
        if (!offers->head) return false;
        if (!hws_http_head_next_named(offers->head, "Sec-WebSocket-Extensions", &offers->field))
            return false;
        offers->rest = offers->field.value;
        offers->is_given = true;
    }
    return true;
}

void hws_offer_list_init(hws_offer_list *offers, const hws_http_head *head)
{
    *offers = (hws_offer_list){.head = head};
}

void hws_offer_list_init_text(hws_offer_list *offers, hws_text text)
{
    *offers = (hws_offer_list){.rest = text, .is_given = text.data != NULL};
}

hws_status hws_offer_next(hws_offer_list *offers, hws_offer *offer, bool *more)
{
    while (has_rest(offers)) {
        if (take(&offers->rest, ',')) continue;
        HWS_TRY(take_offer(&offers->rest, offer));
        take(&offers->rest, ',');
        offers->has_offer = true;
        *more = true;
        return HWS_OK;
    }
    /* A list has at least one element. */
    if (offers->is_given && !offers->has_offer) return HWS_ERR_HANDSHAKE_EXTENSION;
    *more = false;
    return HWS_OK;
}

bool hws_offer_next_parameter(hws_offer *offer, hws_offer_parameter *parameter)
{
    if (!take(&offer->parameters, ';')) return false;
    const hws_status status = take_parameter(&offer->parameters, parameter);
    assert(status == HWS_OK); /* it was looked at with the offer */
    return status == HWS_OK;
}
