/* SPDX-License-Identifier: MIT */
/* Where a body ends (RFC 9112 §6), decided so that nobody before or behind us can decide
 * otherwise: whatever smuggles requests begins with a difference here. */
#include "base/text.h"
#include "base/try.h"
#include "hawser/http_head.h"

/* Digits alone, in their shortest form; no list of equal values (which §6.3 lets pass). */
static hws_status read_length(hws_text value, uint64_t *size)
{
    if (value.size > 1 && value.data[0] == '0') return HWS_ERR_HTTP_FRAMING;
    if (!hws_text_parse_number(value, INT64_MAX, size)) return HWS_ERR_HTTP_FRAMING;
    return HWS_OK;
}

/* §6.1: with a Content-Length, or from HTTP/1.0, it is an attack or a mistake. */
static hws_status check_transfer_coding(const hws_http_head *head, hws_text coding)
{
    if (head->version_minor == 0) return HWS_ERR_HTTP_FRAMING;
    if (hws_http_head_count(head, "Transfer-Encoding") > 1) return HWS_ERR_HTTP_FRAMING;
    if (hws_http_head_count(head, "Content-Length") > 0) return HWS_ERR_HTTP_FRAMING;
    if (!hws_text_equal_ignoring_case(coding, hws_text_of("chunked")))
        return HWS_ERR_HTTP_TRANSFER_CODING;
    return HWS_OK;
}

/* §6.3: some responses end with their head, whatever their fields say. */
static bool never_has_body(const hws_http_head *head)
{
    return head->kind == HWS_HTTP_RESPONSE &&
           (head->status < 200 || head->status == 204 || head->status == 304);
}

hws_status hws_http_head_body(const hws_http_head *head, hws_http_body *body, uint64_t *size)
{
    const hws_text coding = hws_http_head_field(head, "Transfer-Encoding");
    const hws_text length = hws_http_head_field(head, "Content-Length");
    hws_http_body found =
        head->kind == HWS_HTTP_REQUEST ? HWS_HTTP_BODY_NONE : HWS_HTTP_BODY_UNTIL_CLOSE;
    uint64_t found_size = 0;

    if (never_has_body(head)) {
        found = HWS_HTTP_BODY_NONE;
    } else if (coding.data) {
        HWS_TRY(check_transfer_coding(head, coding));
        found = HWS_HTTP_BODY_CHUNKED;
    } else if (length.data) {
        HWS_TRY(read_length(length, &found_size));
        found = found_size > 0 ? HWS_HTTP_BODY_SIZED : HWS_HTTP_BODY_NONE;
    }
    *body = found;
    *size = found_size;
    return HWS_OK;
}
