/* SPDX-License-Identifier: MIT */
#include "wire/close.h"

#include <string.h>

#include "base/span.h"
#include "base/try.h"
#include "hawser/utf8.h"

bool hws_close_code_is_valid(int code)
{
    /* 1004 is reserved; 1005, 1006 and 1015 are never sent; 1012 to 1014 came with the registry. */
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
           (code >= 3000 && code <= 4999);
}

static hws_status check_reason(hws_text reason)
{
    hws_utf8 utf8 = {0};
    HWS_TRY(hws_utf8_feed(&utf8, (const uint8_t *)reason.data, reason.size));
    return hws_utf8_finish(&utf8);
}

hws_status hws_close_check(int code, hws_text reason)
{
    if (code == 0) return reason.size == 0 ? HWS_OK : HWS_ERR_INVALID_ARGUMENT;
    if (!hws_close_code_is_valid(code)) return HWS_ERR_INVALID_ARGUMENT;
    if (reason.size > HWS_CLOSE_REASON_MAX) return HWS_ERR_INVALID_ARGUMENT;
    return check_reason(reason);
}

hws_status hws_close_read(hws_span body, int *code, hws_text *reason)
{
    if (body.size == 0) {
        *code = HWS_CLOSE_NO_CODE;
        *reason = (hws_text){0};
        return HWS_OK;
    }
    if (body.size == 1) return HWS_ERR_CLOSE_BODY;
    const int number = (int)hws_load_be(body.data, 2);
    const hws_text text = {(const char *)body.data + 2, body.size - 2};
    if (!hws_close_code_is_valid(number)) return HWS_ERR_CLOSE_CODE;
    HWS_TRY(check_reason(text));
    *code = number;
    *reason = text;
    return HWS_OK;
}

/* The largest size up to `max` that does not end within a character. */
static size_t cut_at_character(hws_text text, size_t max)
{
    size_t size = max;
    while (size > 0 && ((uint8_t)text.data[size] & 0xC0) == 0x80) size--;
    return size;
}

size_t hws_close_write(int code, hws_text reason, uint8_t body[2 + HWS_CLOSE_REASON_MAX])
{
    if (code == 0) return 0;
    size_t size = reason.size;
    if (size > HWS_CLOSE_REASON_MAX) size = cut_at_character(reason, HWS_CLOSE_REASON_MAX);
    hws_store_be(body, 2, (uint64_t)code);
    if (size > 0) memcpy(body + 2, reason.data, size);
    return 2 + size;
}
